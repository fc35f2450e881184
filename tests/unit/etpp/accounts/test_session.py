"""Sessions: how long, and whose."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from etpp.accounts import session

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def test_a_session_lasts_its_time_and_no_longer() -> None:
    cookie = session.issue(b"k", "bkpp", NOW)
    found = session.read(b"k", cookie, NOW + session.LIFETIME - dt.timedelta(seconds=1))
    assert found is not None
    assert found.user == "bkpp"
    assert session.read(b"k", cookie, NOW + session.LIFETIME + dt.timedelta(seconds=1)) is None
    assert session.read(b"other", cookie, NOW) is None
    other = session.read(b"k", session.issue(b"k", "bkpp", NOW), NOW)
    assert other is not None
    assert other.csrf != found.csrf


@given(st.text(max_size=100))
def test_a_made_up_cookie_is_nobody(cookie: str) -> None:
    assert session.read(b"k", cookie, NOW) is None
