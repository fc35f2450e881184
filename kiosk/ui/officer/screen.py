"""How the officer's area looks: one form for each kind of sheet, drawn by officer.kv. Kivy; the main thread only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.lang import Builder
from kivy.properties import BooleanProperty, ObjectProperty
from kivy.uix.relativelayout import RelativeLayout

from kiosk.terminal.officer import Act, Page
from kiosk.ui.officer import sheet as sheets
from kiosk.ui.officer.parts import Paper
from kiosk.ui.officer.sheet import Choice, Sheet
from kiosk.ui.officer.signature import picture_of
from kiosk.ui.widgets import upright

_HERE = Path(__file__).parent
_EMPTY = Sheet(Page.PIN, sheets.Form.PIN, "")


class Form(RelativeLayout):
    """Draws `sheet` and the camera's `picture`; dispatches on_act(act, value) and on_signed(picture)."""

    sheet = ObjectProperty(_EMPTY, rebind=True)
    picture = ObjectProperty(None, allownone=True)
    portrait = BooleanProperty(defaultvalue=False)
    __events__ = ("on_act", "on_signed")

    def __init__(self, **properties: Any) -> None:
        super().__init__(portrait=upright(), **properties)

    def on_act(self, act: Act, value: str) -> None:
        """For the stage."""

    def on_signed(self, picture: bytes) -> None:
        """For the stage."""

    def entered(self) -> None:
        """The form has come up anew."""

    def act(self, act: Act, value: str = "") -> None:
        self.dispatch("on_act", act, value)

    # kv calls these with the sheet, so that it asks again when there is another one

    def says(self, sheet: Sheet, act: Act) -> str:
        choice = sheet.choice(act)
        return "" if choice is None else choice.text

    def may(self, sheet: Sheet, act: Act) -> bool:
        choice = sheet.choice(act)
        return choice is not None and choice.enabled

    def line(self, sheet: Sheet, number: int) -> str:
        return sheet.lines[number] if number < len(sheet.lines) else ""

    def _turn(self, sheet: Sheet, which: int) -> Choice | None:
        return next((c for c in sheet.choices if c.act is Act.TURN and (int(c.value) > 0) == bool(which)), None)

    def turn(self, sheet: Sheet, which: int) -> bool:
        choice = self._turn(sheet, which)
        return choice is not None and choice.enabled

    def turn_text(self, sheet: Sheet) -> str:
        choice = self._turn(sheet, 1)
        return "" if choice is None else choice.text

    def turns(self, which: int) -> None:
        """0: towards the beginning, 1: towards the end."""
        choice = self._turn(self.sheet, which)
        if choice is not None and choice.enabled:
            self.act(Act.TURN, choice.value)


class PinForm(Form):
    """Digits, and what became of the last ones."""


class MenuForm(Form):
    """What there is to do."""


class TellForm(Form):
    """A few lines and a few buttons."""

    def rows(self, sheet: Sheet) -> int:
        """Of buttons on a sheet that is higher than wide, where each has a row of its own."""
        return max(2, len(sheet.choices))


class ListForm(Form):
    """Entries of two lines each, page by page."""


class PeopleForm(Form):
    """The office's people, a search, a keyboard."""


class ConsentForm(Form):
    """The text that is agreed to, page by page."""


class SignForm(Form):
    """Paper for a finger."""

    def entered(self) -> None:
        self.ids.paper.clear()

    def signed(self, paper: Paper) -> None:
        self.dispatch("on_signed", picture_of(paper.strokes(), paper.height / paper.width))


class LiveForm(Form):
    """The mirror with the oval, and what is asked."""


class CleaningForm(Form):
    """Takes no touch."""

    def on_touch_down(self, _touch: Any) -> bool:
        return True


_CLASSES: dict[sheets.Form, type[Form]] = {
    sheets.Form.PIN: PinForm,
    sheets.Form.MENU: MenuForm,
    sheets.Form.PEOPLE: PeopleForm,
    sheets.Form.TELL: TellForm,
    sheets.Form.LIST: ListForm,
    sheets.Form.CONSENT: ConsentForm,
    sheets.Form.SIGN: SignForm,
    sheets.Form.LIVE: LiveForm,
    sheets.Form.CLEANING: CleaningForm,
}


def build() -> dict[sheets.Form, Form]:
    """One form of each kind."""
    Builder.load_file(str(_HERE / "officer.kv"), rulesonly=True)
    return {form: widget() for form, widget in _CLASSES.items()}
