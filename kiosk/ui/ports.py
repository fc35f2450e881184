"""What the screen needs from the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from kiosk.model import Frame
from kiosk.terminal.encounter import Button
from kiosk.terminal.officer import Act
from kiosk.ui.officer.sheet import Sheet
from kiosk.ui.viewstate import ViewState


class ScreenSource(Protocol):
    """Feeds the screen and takes its touches. All methods are called from the main thread and MUST NOT block."""

    def pump(self) -> ViewState:
        """Advance the encounter and give its view. Called about 30 times a second; an exception ends `run`."""

    def frame(self) -> Frame | None:
        """The newest frame of the camera; the same object again while there is no newer one."""

    def press(self, button: Button) -> None:
        """A button was touched."""

    def type_nip(self, digits: str) -> None:
        """The last digits of the NIP were entered."""

    def stopping(self) -> bool:
        """Whether the screen shall close."""


class OfficerSource(Protocol):
    """Feeds the screens of the officer's area. All methods are called from the main thread and MUST NOT block."""

    def sheet(self) -> Sheet | None:
        """What is to be shown in place of the source's view, as of its last pump; None while the area is closed."""

    def corner(self, down: bool) -> None:
        """A finger has come into the screen's corner, or has left it."""

    def touch(self, act: Act, value: str) -> None:
        """A button of the area was touched."""

    def sign(self, picture: bytes) -> None:
        """A signature was written: a PNG."""

    def drop(self, path: Path) -> None:
        """A file or a folder was dropped into the window."""
