"""Sessions: what the cookie holds and what is kept of it."""

from __future__ import annotations

import datetime as dt

from etpp.accounts import session

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def test_a_session_lasts_its_time_and_half_of_one_much_less() -> None:
    _, full = session.begin("a", "full", NOW, "10.0.0.1", "Firefox")
    _, half = session.begin("a", "second", NOW, "10.0.0.1", "Firefox")
    assert full.expires_utc == NOW + session.LIFETIME
    assert half.expires_utc == NOW + session.HALF_LIFETIME
    assert session.HALF_LIFETIME < session.LIFETIME


def test_no_token_is_kept_and_none_comes_twice() -> None:
    made = [session.begin("a", "full", NOW, "10.0.0.1", "Firefox") for _ in range(100)]
    tokens, kept = {token for token, _ in made}, {log_in.token_hash for _, log_in in made}
    assert (len(tokens), len(kept)) == (100, 100)
    assert not any(token in str(log_in) for token, log_in in made)
    assert all(session.hashed(token) == log_in.token_hash for token, log_in in made)
    assert not tokens & {session.csrf_of(token) for token in tokens}


def test_what_a_browser_calls_itself_is_kept_short_and_visible() -> None:
    _, log_in = session.begin("a", "full", NOW, "10.0.0.1", "x\x00\n\x1b[2J" + "y" * 500)
    assert len(log_in.agent) == 100
    assert log_in.agent.isprintable()
