"""What feeds the screen: the running terminal, or the one fault that keeps it from running."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from kiosk.model import ClockState, Fault, Frame, QueueState, TerminalStatus
from kiosk.ports import Clock
from kiosk.terminal.capture import Latest
from kiosk.terminal.encounter import Button, Encounter, Phase, Settings
from kiosk.terminal.running import Terminal
from kiosk.ui import view
from kiosk.ui.catalogue import Catalogue, load
from kiosk.ui.officer.source import AreaSource
from kiosk.ui.viewstate import ViewState

_NO_TIMES = Settings(
    min_frames=1,
    max_frames=1,
    confirm_s=1.0,
    result_s=1.0,
    leave_s=1.0,
    refused_pause_s=1.0,
    repeat_interval_s=1.0,
)
"""A fault's screen counts nothing."""


class LiveSource:
    """The running terminal's `ScreenSource`. `shown` is told each view, `alive` that the screen goes on, and `stop`
    ends it."""

    def __init__(
        self,
        terminal: Terminal,
        latest: Latest,
        catalogue: Catalogue,
        *,
        stop: threading.Event,
        shown: Callable[[ViewState], None],
        alive: Callable[[], None],
        officer: AreaSource | None = None,
    ) -> None:
        self._officer = officer
        self._terminal = terminal
        self._latest = latest
        self._catalogue = catalogue
        self._stop = stop
        self._shown = shown
        self._alive = alive

    def pump(self) -> ViewState:
        self._alive()
        now_s = self._terminal.pump()
        status, settings = self._terminal.status(), self._terminal.settings
        shown = view.render(self._terminal.encounter, status, now_s, settings, self._catalogue)
        if self._officer is not None:
            shown = self._officer.pump(shown, status, now_s, self._catalogue)
        self._shown(shown)
        return shown

    def speak(self, language: str) -> None:
        """Go on in another language of the catalogues."""
        self._catalogue = load(language)

    def frame(self) -> Frame | None:
        return self._latest.peek()

    def press(self, button: Button) -> None:
        self._terminal.press(button)

    def type_nip(self, digits: str) -> None:
        self._terminal.type_nip(digits)

    def stopping(self) -> bool:
        return self._stop.is_set()


class FaultSource:
    """The `ScreenSource` of a terminal that does not start: its one fault. `stopping` says whether that is over."""

    def __init__(
        self,
        fault: Fault,
        stopping: Callable[[], bool],
        *,
        clock: Clock,
        timezone: str,
        catalogue: Catalogue,
        alive: Callable[[], None],
    ) -> None:
        self._encounter = Encounter(phase=Phase.FAULT, faults=frozenset({fault}))
        self._stopping = stopping
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._catalogue = catalogue
        self._alive = alive

    def pump(self) -> ViewState:
        self._alive()
        moment = self._clock.now()
        status = TerminalStatus(
            local_time=moment.wall_utc.astimezone(self._zone),
            office_name="",
            people=0,
            connected=None,
            queue=QueueState(waiting=0, parked=0, oldest_waiting_utc=None),
            clock_trusted=moment.clock_state is ClockState.SYNCHRONISED,
        )
        shown = view.render(self._encounter, status, self._clock.monotonic_s(), _NO_TIMES, self._catalogue)
        return replace(shown, connection="")  # how many events wait is not known

    def frame(self) -> Frame | None:
        return None

    def press(self, button: Button) -> None:
        """There is no button."""

    def type_nip(self, digits: str) -> None:
        """There is no pad."""

    def stopping(self) -> bool:
        return self._stopping()
