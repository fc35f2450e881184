"""Calendars that cannot be used are refused, and it is said why."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from etpp.calendar.plan import Calendar
from etpp.calendar.rules import CalendarError, WorkCalendar
from tests.hours import OFFICE, facts_of

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "schedule.json").read_text(encoding="utf-8"))
TUESDAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"timezone": "../../etc/passwd"}, "calendar"),
        ({"holidays": ["24 November"]}, "Invalid isoformat"),
        ({"periods": [{"first": "2026-01-01"}]}, "days is missing"),
        ({"periods": None}, "calendar"),
    ],
)
def test_a_calendar_that_cannot_be_used_is_refused(change: dict[str, Any], named: str) -> None:
    with pytest.raises(CalendarError, match=named):
        WorkCalendar(GOLDEN["calendar"] | change)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"days": {"senin": ["07:30", "16:00"]}}, "senin"),
        ({"days": {"mon": ["16:00", "07:30"]}}, "start must come before"),
        ({"days": {"mon": ["07:30", "07:30"]}}, "start must come before"),
        ({"last": "2020-01-01"}, "last must not come before first"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(change: dict[str, Any], named: str) -> None:
    periods = [GOLDEN["calendar"]["periods"][0] | change]
    with pytest.raises(CalendarError, match=named):
        WorkCalendar(GOLDEN["calendar"] | {"periods": periods})


def test_a_period_of_one_day_holds_on_it() -> None:
    plain = GOLDEN["calendar"]["periods"][0]
    one = plain | {"first": "2026-11-24", "last": "2026-11-24", "days": {"tue": ["09:00", "12:00"]}}
    calendar = Calendar(facts_of(GOLDEN["calendar"] | {"periods": [plain, one]}))
    works = [calendar.office_plan(OFFICE, dt.date(2026, 11, day)).work for day in (23, 24, 25)]
    assert [work and work.start_utc.hour * 60 + work.start_utc.minute for work in works] == [30, 120, 30]


def test_what_it_costs_is_the_last_period_s_that_holds_or_the_last_of_all() -> None:
    calendar = WorkCalendar(GOLDEN["calendar"])
    assert calendar.percents(dt.date(2026, 3, 2)) == (0.5, 1.5)
    assert calendar.percents(dt.date(2026, 3, 20)) == (1.0, 1.0)
    assert calendar.percents(dt.date(2020, 1, 6)) == (1.0, 1.0)
    assert WorkCalendar(GOLDEN["calendar"] | {"periods": []}).percents(TUESDAY) == (0.0, 0.0)
