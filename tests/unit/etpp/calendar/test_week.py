"""A usual week that begins on a date: what held ends before it, what was to come begins as it was to."""

from __future__ import annotations

import datetime as dt

import pytest

from etpp.calendar.model import CalendarFacts, Hours, WorkPeriod
from etpp.calendar.week import begin, usual_on

DAY = Hours(dt.time(7, 30), dt.time(16), 60)
NEW = {0: Hours(dt.time(8), dt.time(15), 30)}


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def period(first: str, last: str | None, scope: str | None = None, season: str = "usual") -> WorkPeriod:
    until = None if last is None else day(last)
    return WorkPeriod(f"{scope}:{season}:{first}", scope, day(first), until, {0: DAY}, season)  # type: ignore[arg-type]


def facts(*periods: WorkPeriod) -> CalendarFacts:
    return CalendarFacts("Asia/Jakarta", {"a": None}, periods=periods)


@pytest.mark.parametrize(
    ("held", "comes"),
    [
        ((), [("2026-06-01", None)]),  # nobody has decided any
        ((("2026-01-01", None),), [("2026-01-01", "2026-05-31"), ("2026-06-01", None)]),
        ((("2026-01-01", "2026-12-31"),), [("2026-01-01", "2026-05-31"), ("2026-06-01", "2026-12-31")]),
        ((("2026-06-01", "2026-12-31"),), [("2026-06-01", "2026-12-31")]),  # decided anew
        ((("2026-01-01", "2026-03-31"),), [("2026-06-01", None)]),  # what is over stays
        (
            (("2026-01-01", "2026-08-31"), ("2026-09-01", None)),
            [("2026-01-01", "2026-05-31"), ("2026-06-01", "2026-08-31")],
        ),
        ((("2026-09-01", None),), [("2026-06-01", "2026-08-31")]),
    ],
)
def test_a_week_from_a_date_on(held: tuple[tuple[str, str | None], ...], comes: list[tuple[str, str | None]]) -> None:
    known = facts(*(period(*each) for each in held), period("2026-02-18", "2026-03-19", None, "ramadan"))
    made = begin(known, None, day("2026-06-01"), NEW)
    assert [(str(each.first), None if each.last is None else str(each.last)) for each in made] == comes
    assert made[-1].days == NEW
    assert all(each.days == {0: DAY} for each in made[:-1])


def test_the_nearest_scope_that_has_a_week_says_it() -> None:
    regency, own = period("2026-01-01", None), period("2026-05-01", None, "a")
    known = facts(regency, own)
    assert usual_on(known, ("a", None), day("2026-04-30")) == regency
    assert usual_on(known, ("a", None), day("2026-05-01")) == own
    assert usual_on(known, ("a", None), day("2025-12-31")) is None
