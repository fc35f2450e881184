"""How far a consent that was taken back, or not given, is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from etpp.consents.model import ConsentAnswer, Face, Standing, State, Wish
from etpp.consents.rules import state

AT = dt.datetime(2026, 11, 24, 1, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(seconds=1)
WISH = Wish("a", "e", "d", "withdrawn", "p", "o", "", AT, AT, LATER)
HELD = Standing(WISH, None, "Sri", "employee", True, (Face("a", "p", 3),), AT)
REFUSED = replace(HELD, wish=replace(WISH, kind="refused"))


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (HELD, "open"),  # agreed at the very moment: that is the consent which was taken back
        (replace(HELD, agreed_utc=None), "open"),
        (replace(HELD, agreed_utc=LATER), "anew"),
        (replace(HELD, faces=()), "gone"),
        (replace(HELD, faces=(), known=False), "open"),  # nobody can say whose face it is
        (replace(HELD, faces=(Face("a", "", 0, ("waits",)),)), "open"),
        (replace(HELD, answer=ConsentAnswer("a/e", True, "", "bkpp", LATER)), "erased"),
        (replace(HELD, answer=ConsentAnswer("a/e", False, "surat", "bkpp", LATER), agreed_utc=LATER), "otherwise"),
        (replace(REFUSED, faces=()), "open"),  # no face is no answer: the presence has to be recorded somehow
        (replace(REFUSED, agreed_utc=LATER), "anew"),
    ],
)
def test_it_is_open_until_it_is_answered_or_nothing_is_left_to_take(standing: Standing, expected: State) -> None:
    assert state(standing) == expected
