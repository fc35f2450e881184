"""Calendars that cannot be used are refused, and it is said why."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from etpp.calendar.rules import CalendarError, WorkCalendar

GOLDEN = json.loads((Path(__file__).parents[3] / "golden" / "schedule.json").read_text(encoding="utf-8"))


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
    calendar = WorkCalendar(GOLDEN["calendar"] | {"periods": [plain, one]})
    starts = [calendar.shift(dt.date(2026, 11, day)) for day in (23, 24, 25)]
    assert [shift and shift.start_utc.hour * 60 + shift.start_utc.minute for shift in starts] == [30, 120, 30]
