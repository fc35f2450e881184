"""The screens: each draws a ViewState and reports touches. Their looks are in the .kv files of the same names.

Kivy; the main thread only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.relativelayout import RelativeLayout

from kiosk.terminal.encounter import Button
from kiosk.ui import wording
from kiosk.ui.viewstate import BLANK, Layout
from kiosk.ui.widgets import upright  # the .kv files name more of its classes, and those of kiosk.ui.mirror

_HERE = Path(__file__).parent


class Screen(RelativeLayout):
    """Draws `view` and the camera's `picture`; dispatches on_button(button) and on_digits(digits)."""

    view = ObjectProperty(BLANK, rebind=True)
    picture = ObjectProperty(None, allownone=True)
    portrait = BooleanProperty(defaultvalue=False)
    __events__ = ("on_button", "on_digits")

    def __init__(self, **properties: Any) -> None:
        super().__init__(portrait=upright(), **properties)

    def on_button(self, button: Button) -> None:
        """For the stage."""

    def on_digits(self, digits: str) -> None:
        """For the stage."""

    def entered(self) -> None:
        """The screen has come up anew."""


class IdleScreen(Screen):
    """Clock, date, office, connection and queue; invites the next person."""


class LiveScreen(Screen):
    """The mirror with the face guide and one hint."""


class ConfirmScreen(Screen):
    """Who, which way, when and what it means, with the countdown."""


class Leaving(Screen):
    """A touch anywhere sends it away."""

    def on_touch_down(self, touch: Any) -> bool:
        if not super().on_touch_down(touch):
            self.dispatch("on_button", Button.CANCEL)
        return True


class StandbyScreen(Leaving):
    """The time, on black: nobody is there."""


class ResultScreen(Leaving):
    """How the encounter ended."""


class PhoneScreen(Leaving):
    """The QR code for the person's phone."""


class MonthScreen(Leaving):
    """The own month so far."""


class FaultScreen(Screen):
    """Why the terminal cannot record, and what to do."""


class PadScreen(Screen):
    """The last digits of the NIP; a whole NIP; a PIN."""

    typed = StringProperty("")
    _typing: tuple[object, ...] = ()

    def entered(self) -> None:
        self.typed = ""

    def shown(self, typed: str, typed_as: str) -> tuple[str, str, str]:
        """What stands in the place of the cells: a PIN, or the two lines of a whole NIP."""
        pin = wording.pin_places(typed, int(self.view.digits_wanted)) if typed_as == "pin" else ""
        return (pin, *(wording.nip_places(typed) if typed_as == "nip" else ("", "")))

    def on_view(self, *_: object) -> None:
        """Another thing is typed from now on, or the same anew."""
        if self.view.asks != self._typing:
            self._typing, self.typed = self.view.asks, ""

    def type(self, digit: str) -> None:
        if len(self.typed) < self.view.digits_wanted:
            self.typed += digit

    def erase(self) -> None:
        self.typed = self.typed[:-1]

    def enter(self) -> None:
        if len(self.typed) == self.view.digits_wanted:
            self.dispatch("on_digits", self.typed)


_CLASSES = {
    Layout.IDLE: IdleScreen,
    Layout.STANDBY: StandbyScreen,
    Layout.LIVE: LiveScreen,
    Layout.CONFIRM: ConfirmScreen,
    Layout.PAD: PadScreen,
    Layout.RESULT: ResultScreen,
    Layout.PHONE: PhoneScreen,
    Layout.MONTH: MonthScreen,
    Layout.FAULT: FaultScreen,
}


def build() -> dict[Layout, Screen]:
    """One screen of each kind."""
    Builder.load_file(str(_HERE / "widgets.kv"), rulesonly=True)
    for layout in Layout:
        Builder.load_file(str(_HERE / f"{layout.value}.kv"), rulesonly=True)
    return {layout: _CLASSES[layout]() for layout in Layout}
