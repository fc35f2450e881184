"""What the keys of a keyboard do on the sheets that are typed on. Pure."""

from __future__ import annotations

from kiosk.terminal.officer import Act
from kiosk.ui.officer.sheet import Form

_BACKSPACE, _ENTER, _ENTER_OF_PAD, _ESCAPE = 8, 13, 271, 27
"""As Kivy numbers them: those of SDL 1.2, on every platform."""

_SEARCHED_BY = frozenset("abcdefghijklmnopqrstuvwxyz0123456789'. ")


def act_of(form: Form, key: int, typed: str) -> tuple[Act | None, str]:
    """The act of a key and its value; None for one that does nothing here. `typed`: the character, if it is one."""
    if form is not Form.PIN and key == _ESCAPE:
        return Act.BACK, ""
    if form is Form.PIN and key in (_ENTER, _ENTER_OF_PAD):
        return Act.ENTER, ""
    if form in (Form.PIN, Form.PEOPLE) and key == _BACKSPACE:
        return Act.ERASE, ""
    if form is Form.PIN and typed in tuple("0123456789"):
        return Act.DIGIT, typed
    if form is Form.PEOPLE and typed.lower() in _SEARCHED_BY:
        return Act.LETTER, typed.lower()
    return None, ""
