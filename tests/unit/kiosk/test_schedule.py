"""The calendar's answers, held to the file that the server's books are held to as well."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from kiosk.model import WorkCalendar, WorkDay, WorkPeriod
from kiosk.schedule import STANDARD_HOURS, assess, working_hours

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "schedule.json").read_text(encoding="utf-8"))
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _calendar(data: dict) -> WorkCalendar:
    periods = tuple(
        WorkPeriod(
            first=dt.date.fromisoformat(p["first"]),
            last=dt.date.fromisoformat(p["last"]) if p["last"] else None,
            days={
                DAYS.index(d): WorkDay(*map(dt.time.fromisoformat, hours), *p.get("grace", {}).get(d, (0, 0)))
                for d, hours in p["days"].items()
            },
            late_percent=p["late_percent"],
            early_percent=p["early_percent"],
        )
        for p in data["periods"]
    )
    return WorkCalendar(data["timezone"], periods, frozenset(map(dt.date.fromisoformat, data["holidays"])))


def _utc(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["why"])
def test_golden(case: dict) -> None:
    found = assess(_calendar(GOLDEN["calendar"]), _utc(case["at_utc"]), _utc(case["before_utc"]))
    assert found.direction.value == case["direction"]
    assert found.minutes_off == case["minutes_off"]
    assert found.points_percent == case["points_percent"]
    assert found.working_day is case["working_day"]


def test_the_standard_week_has_37_and_a_half_hours() -> None:
    monday = dt.date(2026, 11, 23)
    minutes = 0
    for offset in range(7):
        found = working_hours(STANDARD_HOURS, monday + dt.timedelta(days=offset))
        if found:
            hours, _, _ = found
            pause = 90 if offset == 4 else 60
            minutes += (hours.end.hour - hours.start.hour) * 60 + hours.end.minute - hours.start.minute - pause
    assert minutes == 37 * 60 + 30


MON_TO_THU = (dt.time(7, 30), dt.time(16, 0))
FRIDAY = (dt.time(7, 30), dt.time(16, 30))


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (dt.date(2023, 4, 11), None),  # a Tuesday: Perpres 21/2023 was not yet in force
        (dt.date(2023, 4, 12), MON_TO_THU),  # … from here on
        (dt.date(2026, 11, 23), MON_TO_THU),
        (dt.date(2026, 11, 26), MON_TO_THU),
        (dt.date(2026, 11, 27), FRIDAY),
        (dt.date(2026, 11, 28), None),
        (dt.date(2026, 11, 29), None),
    ],
)
def test_the_standard_hours(day: dt.date, hours: tuple[dt.time, dt.time] | None) -> None:
    found = working_hours(STANDARD_HOURS, day)
    assert (found and (found[0].start, found[0].end)) == hours
    if found is not None:
        assert found[1:] == (1.0, 1.0)


def test_another_time_zone_shifts_the_same_instant() -> None:
    at = dt.datetime(2026, 11, 24, 0, 0, tzinfo=dt.UTC)  # 07.00 WIB, 09.00 WIT
    papua = WorkCalendar("Asia/Jayapura", STANDARD_HOURS.periods)
    assert assess(STANDARD_HOURS, at, None).minutes_off == 0
    assert assess(papua, at, None).minutes_off == 90
