"""The calendar's answers, held to the file that the server's books are held to as well."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from kiosk.model import BY_THE_OFFICE, Assessment, Direction, WorkCalendar
from kiosk.schedule import STANDARD_HOURS, assess, working_hours
from kiosk.wire.hours import parse_calendar, parse_roster

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "schedule.json").read_text(encoding="utf-8"))
CALENDAR = parse_calendar(GOLDEN["calendar"])
ROSTERS = {name: parse_roster(roster) for name, roster in GOLDEN["rosters"].items()}


def _utc(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["why"])
def test_golden(case: dict) -> None:
    at, before = dt.datetime.fromisoformat(case["at_utc"]), _utc(case["before_utc"])
    found = assess(CALENDAR, at, before, ROSTERS.get(case.get("roster", ""), BY_THE_OFFICE))
    assert found.direction.value == case["direction"]
    assert found.minutes_off == case["minutes_off"]
    assert found.points_percent == case["points_percent"]
    assert found.working_day is case["working_day"]
    if "occasions" in case:
        assert list(found.occasions) == case["occasions"]


GUESTS = json.loads((Path(__file__).parents[2] / "golden" / "guests.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", GUESTS["cases"], ids=lambda case: case["why"])
def test_of_who_does_not_belong_here_it_says_only_that_the_person_was_here(case: dict) -> None:
    """At 20:00, when everybody else would be told of going home late, or of a day off."""
    told = parse_roster({"shifts": {}, "days": {}, "alone": [], **case["roster"]})

    def said(date: str, before: str | None = None) -> Assessment:
        at, last = (_utc(text and f"{text}T13:00:00.000Z") for text in (date, before))
        assert at is not None
        return assess(CALENDAR, at, last, told)

    for date in case["silent"]:
        found = said(date)
        assert (found.elsewhere, found.minutes_off, found.points_percent, found.occasions) == (True, 0, 0.0, ())
        assert (found.direction, found.again, found.awaited) == (Direction.ARRIVAL, False, False)
        assert (said(date, date).direction, said(date, date).again) == (Direction.DEPARTURE, True)
    for date in case["judged"]:
        at = _utc(f"{date}T13:00:00.000Z")
        assert at is not None
        assert said(date) == assess(CALENDAR, at, None)


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
