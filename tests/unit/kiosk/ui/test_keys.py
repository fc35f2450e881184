"""A keyboard on the officer's sheets: what is typed, and that a key does nothing where nothing is typed."""

from __future__ import annotations

import pytest

from kiosk.terminal.officer import Act
from kiosk.ui.officer.keys import act_of
from kiosk.ui.officer.sheet import Form


@pytest.mark.parametrize(
    ("form", "key", "typed", "does"),
    [
        (Form.PIN, 52, "4", (Act.DIGIT, "4")),
        (Form.PIN, 97, "a", (None, "")),
        (Form.PIN, 0x0665, "\u0665", (None, "")),  # another script's five
        (Form.PIN, 8, "", (Act.ERASE, "")),
        (Form.PIN, 13, "\r", (Act.ENTER, "")),
        (Form.PIN, 271, "", (Act.ENTER, "")),
        (Form.PIN, 27, "", (None, "")),  # nobody closes the window by a key
        (Form.PEOPLE, 114, "R", (Act.LETTER, "r")),
        (Form.PEOPLE, 39, "'", (Act.LETTER, "'")),
        (Form.PEOPLE, 32, " ", (Act.LETTER, " ")),
        (Form.PEOPLE, 13, "\r", (None, "")),
        (Form.PEOPLE, 8, "\b", (Act.ERASE, "")),
        (Form.PEOPLE, 27, "", (Act.BACK, "")),
        (Form.PEOPLE, 304, "", (None, "")),
        (Form.TELL, 27, "", (Act.BACK, "")),
        (Form.TELL, 13, "\r", (None, "")),  # no consent, no withdrawal by a key that was meant for something else
        (Form.CONSENT, 97, "a", (None, "")),
        (Form.LIVE, 8, "", (None, "")),
    ],
)
def test_what_a_key_does(form: Form, key: int, typed: str, does: tuple[Act | None, str]) -> None:
    assert act_of(form, key, typed) == does
