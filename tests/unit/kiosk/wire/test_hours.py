"""Hours and rosters as the gallery brings them: each member to the value that the schedule reads, or refused."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from kiosk.model import WorkDay
from kiosk.wire.codec import WireError
from kiosk.wire.hours import parse_calendar, parse_roster

START, END = dt.time(7, 30), dt.time(16)
CORE = (dt.time(9), dt.time(15))


def period(**members: Any) -> dict[str, Any]:
    made = {"first": "2026-01-05", "last": None, "days": {"mon": ["07:30", "16:00"]}}
    return made | {"late_percent": 1, "early_percent": 2.5} | members


def parsed(**members: Any) -> dict[int, WorkDay]:
    calendar = parse_calendar({"timezone": "Asia/Jakarta", "periods": [period(**members)], "holidays": []})
    return dict(calendar.periods[0].days)


FLEXIBLE = {"mon": {"hours": ["06:30", "18:00"], "need_minutes": 450, "break_minutes": 60}}
CORE_DAYS = {"mon": ["09:00", "15:00"]}


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, {0: WorkDay(START, END, 0, 0)}),
        ({"grace": {"mon": [5, 10]}}, {0: WorkDay(START, END, 5, 10)}),
        (
            {"days": {"mon": ["07:30", "16:00"], "fri": ["07:30", "16:00"]}, "grace": {"fri": [5, 10]}},
            {0: WorkDay(START, END, 0, 0), 4: WorkDay(START, END, 5, 10)},
        ),
        ({"days": CORE_DAYS, "flexible": FLEXIBLE}, {0: WorkDay(dt.time(6, 30), dt.time(18), 0, 0, CORE)}),
        (
            {"days": CORE_DAYS, "flexible": FLEXIBLE, "grace": {"mon": [5, 10]}},
            {0: WorkDay(dt.time(6, 30), dt.time(18), 5, 10, CORE)},
        ),
        ({"days": {}, "nights": {"tue": ["21:00", "07:00"]}}, {1: WorkDay(dt.time(21), dt.time(7), 0, 0)}),
        (
            {"days": {}, "nights": {"tue": ["21:00", "07:00"]}, "grace": {"tue": [1, 2]}},
            {1: WorkDay(dt.time(21), dt.time(7), 1, 2)},
        ),
    ],
)
def test_what_a_period_says_is_read(members: dict[str, Any], expected: dict[int, WorkDay]) -> None:
    assert parsed(**members) == expected


@pytest.mark.parametrize(
    "members",
    [
        {"days": {"mon": ["15:00", "15:00"]}, "flexible": FLEXIBLE},  # a core without a minute
        {"days": CORE_DAYS, "flexible": {"mon": {"hours": ["09:30", "18:00"]}}},
        {"days": CORE_DAYS, "flexible": {"mon": {"hours": ["06:30", "14:00"]}}},
        {"days": CORE_DAYS, "flexible": {"tue": FLEXIBLE["mon"]}},
    ],
)
def test_flexible_hours_that_are_none_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(WireError):
        parsed(**members)


SHIFT = {"hours": ["07:30", "16:00"], "grace": [5, 10]}


def roster(**members: Any) -> dict[str, Any]:
    return {"shifts": {"pagi": SHIFT}, "days": {"2026-03-02": "pagi", "2026-03-03": None}, "alone": []} | members


def test_a_roster_is_read() -> None:
    found = parse_roster(roster(alone=[["2026-03-01", None], ["2026-01-01", "2026-01-01"]]))
    assert found.days == {dt.date(2026, 3, 2): WorkDay(START, END, 5, 10), dt.date(2026, 3, 3): None}
    assert found.alone == ((dt.date(2026, 3, 1), None), (dt.date(2026, 1, 1), dt.date(2026, 1, 1)))


def test_the_core_of_a_shift_is_at_least_a_minute() -> None:
    core = parse_roster(roster(shifts={"pagi": {"hours": ["06:30", "18:00"], "core": ["09:00", "15:00"]}}))
    assert core.days[dt.date(2026, 3, 2)] == WorkDay(dt.time(6, 30), dt.time(18), 0, 0, CORE)
    with pytest.raises(WireError, match="core"):
        parse_roster(roster(shifts={"pagi": {"hours": ["06:30", "18:00"], "core": ["09:00", "09:00"]}}))


@pytest.mark.parametrize("shift", ["siang", 7, ["pagi"], {}, True])
def test_a_day_names_one_of_the_rosters_shifts(shift: object) -> None:
    with pytest.raises(WireError, match="names none of its shifts"):
        parse_roster(roster(days={"2026-03-02": shift}))
