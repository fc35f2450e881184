"""The calendar's answers, held to the file that the server's books are held to as well."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kiosk.model import (
    BY_THE_OFFICE,
    Assessment,
    Direction,
    Letter,
    Occasion,
    Roster,
    Saying,
    WorkCalendar,
    WorkDay,
    WorkPeriod,
)
from kiosk.model.bulletin import Excusable
from kiosk.schedule import STANDARD_HOURS, assess, day_of, elsewhere, excusing, working_hours
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
        assert not found.working_day
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


DAY = dt.date(2026, 11, 25)
NEXT = DAY + dt.timedelta(days=1)


def period(first: str, last: str | None, late: float, early: float) -> WorkPeriod:
    return WorkPeriod(dt.date.fromisoformat(first), last and dt.date.fromisoformat(last), {}, late, early)  # type: ignore[arg-type]


def wib(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"{text}+07:00").astimezone(dt.UTC)


def works(first: str, last: str) -> WorkDay:
    return WorkDay(dt.time.fromisoformat(first), dt.time.fromisoformat(last))


def test_what_a_rosters_day_costs_after_all_periods_is_the_last_ones_affair() -> None:
    periods = tuple(period(f"2026-0{n}-01", f"2026-0{n}-28", n, n + 0.5) for n in (1, 2, 3))
    own = Roster({DAY: works("07:30", "16:00")})
    assert working_hours(WorkCalendar("Asia/Jakarta", periods), DAY, own) == (works("07:30", "16:00"), 3, 3.5)
    assert working_hours(WorkCalendar("Asia/Jakarta", ()), DAY, own) == (works("07:30", "16:00"), 0.0, 0.0)


def test_one_day_elsewhere_and_its_neighbours_are_not_this_offices_affair() -> None:
    one = Roster(elsewhere=((DAY, DAY),))
    said = [elsewhere(one, DAY + dt.timedelta(days=n)) for n in (-2, -1, 0, 1, 2)]
    assert said == [False, True, True, True, False]
    none = Roster(outside=((DAY, DAY),))
    assert [elsewhere(none, DAY + dt.timedelta(days=n)) for n in (-1, 0, 1)] == [False, True, False]


@pytest.mark.parametrize(
    ("at", "last", "held", "awaited"),
    [
        ("12:00", None, ("Siang",), True),
        ("11:59:59", None, (), False),
        ("12:30", "11:59", ("Siang",), True),
        ("12:30", "12:00", ("Siang",), False),  # seen as the window began
        ("12:30", "12:10", ("Siang",), False),
        ("13:00", "11:59", (), False),
    ],
)
def test_an_occasion_awaits_who_was_not_seen_in_its_window(
    at: str, last: str | None, held: tuple[str, ...], awaited: bool
) -> None:
    noon = Occasion("Siang", DAY, None, (dt.time(12), dt.time(13)), None, on_days_off=True, for_shifts=True)
    calendar = WorkCalendar("Asia/Jakarta", (), occasions=(noon,))
    found = assess(calendar, wib(f"2026-11-25 {at}"), None if last is None else wib(f"2026-11-25 {last}"))
    assert (found.occasions, found.awaited) == (held, awaited)


@pytest.mark.parametrize(
    ("yesterday", "today", "line"),
    [
        (("21:00", "06:00"), ("07:30", "16:00"), "06:45"),  # half of the time between
        (("21:00", "06:00"), ("15:00", "21:00"), "10:00"),  # four hours after it
        (("21:00", "06:00"), None, "10:00"),
        (("15:00", "23:00"), ("02:00", "10:00"), "00:00"),  # two hours after midnight is not soon
        (("15:00", "23:00"), ("01:00", "10:00"), "00:00"),
        (("15:00", "23:30"), ("01:30", "10:00"), "00:30"),
    ],
)
def test_where_a_day_ends_and_the_next_begins(
    yesterday: tuple[str, str], today: tuple[str, str] | None, line: str
) -> None:
    own = Roster({DAY: works(*yesterday), NEXT: None if today is None else works(*today)})
    calendar, at = WorkCalendar("Asia/Jakarta", ()), wib(f"{NEXT} {line}")
    assert [day_of(calendar, each, own) for each in (at - dt.timedelta(seconds=1), at)] == [DAY, NEXT]


def test_hours_of_nearly_a_whole_day_reach_into_the_second_day_after() -> None:
    own, calendar = Roster({DAY: works("23:00", "22:59")}), WorkCalendar("Asia/Jakarta", ())
    after = DAY + dt.timedelta(days=2)
    assert [day_of(calendar, wib(f"{after} {at}"), own) for at in ("02:58", "02:59")] == [DAY, after]


# ---------------------------------------------------------------- letters

AT = dt.datetime(2026, 11, 24, 7, 42, 30, tzinfo=ZoneInfo("Asia/Jakarta"))
LATE = Assessment(Direction.ARRIVAL, AT, 12, 1.0, working_day=True)
EARLY = Assessment(Direction.DEPARTURE, AT, 12, 1.0, working_day=True)


def letter(first: str, until: str, *excuses: Excusable) -> Letter:
    start, end = (dt.datetime.fromisoformat(f"2026-11-24T{each}+07:00").astimezone(dt.UTC) for each in (first, until))
    return Letter(Saying("Dinas luar", ""), "090/123", start, end, frozenset(excuses))


@pytest.mark.parametrize(
    ("assessment", "one", "excused"),
    [
        (LATE, letter("07:30", "07:43", "late"), True),
        (LATE, letter("07:31", "08:00", "late"), False),  # one minute is not covered
        (LATE, letter("07:00", "07:42", "late"), True),  # half a minute is left, which is none
        (LATE, letter("07:00", "07:41", "late"), False),
        (LATE, letter("07:00", "09:00", "early", "absence"), False),
        (EARLY, letter("07:42", "07:55", "early"), True),
        (EARLY, letter("07:43", "08:00", "early"), True),
        (EARLY, letter("07:44", "08:00", "early"), False),
        (EARLY, letter("07:00", "07:54", "early"), False),
        (EARLY, letter("07:00", "09:00", "late"), False),
        (replace(LATE, minutes_off=0), letter("07:00", "09:00", "late"), False),
        (replace(LATE, working_day=False), letter("07:00", "09:00", "late"), False),
    ],
)
def test_a_letter_excuses_only_what_it_covers_whole(assessment: Assessment, one: Letter, excused: bool) -> None:
    assert (excusing(assessment, [one]) is one) is excused


def test_letters_that_follow_each_other_excuse_together_and_a_gap_between_them_does_not() -> None:
    first, then = letter("07:00", "07:35", "late"), letter("07:35", "08:00", "late")
    assert excusing(LATE, [first, then]) is first
    assert excusing(LATE, [letter("07:00", "07:34", "late"), then]) is None
