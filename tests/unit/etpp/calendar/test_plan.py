"""One person's day from the calendar's facts: who decides, when work is, which presences belong to it."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etpp.calendar.model import (
    ByRoster,
    DayPlan,
    Hours,
    Occasion,
    PlanError,
    RosterDay,
    Shift,
    SpecialDay,
    WorkPeriod,
)
from etpp.calendar.plan import Calendar, day_plan
from tests.unit.etpp.calendar.calendars import (
    DECIDED,
    FIVE_DAYS,
    FLEXIBLE,
    NIGHT,
    RAMADAN_HOURS,
    REGENCY_HOURS,
    USUAL,
    Member,
    calendar_facts,
    local,
)

ANI = Member()
NURSE = Member("nurse", "puskesmas")
SIX = {day: Hours(dt.time(7), dt.time(13)) for day in range(6)}
LATER = DECIDED + dt.timedelta(days=1)


def plan(date: str, person: Member = ANI, **facts: Any) -> DayPlan:
    found = day_plan(Calendar(calendar_facts(**facts)), person, dt.date.fromisoformat(date))
    assert found is not None
    return found


def hours(date: str, person: Member = ANI, **facts: Any) -> str:
    """`07:30-16:00` by Jakarta's clock, or `off`."""
    work = plan(date, person, **facts).work
    if work is None:
        return "off"
    zone = dt.timezone(dt.timedelta(hours=7))
    return f"{work.start_utc.astimezone(zone):%H:%M}-{work.end_utc.astimezone(zone):%H:%M}"


def off(date: str, scope: str | None = None, decided: dt.datetime = DECIDED, **more: Any) -> SpecialDay:
    return SpecialDay(
        **{
            "special_id": f"off-{date}-{scope}",
            "scope": scope,
            "date": dt.date.fromisoformat(date),
            "hours": None,
            "name": "libur",
            "decided_utc": decided,
            **more,
        }
    )


HALF = Hours(dt.time(7, 30), dt.time(12))
SCHOOL = WorkPeriod("school", "puskesmas", dt.date(2026, 7, 1), dt.date(2026, 12, 31), SIX)
CHRISTMAS = off("2026-12-25")
EVE = off("2026-12-24", special_id="eve", hours=HALF)
CLINIC_OPEN = off("2026-12-25", "dinkes", special_id="open", hours=HALF)


@pytest.mark.parametrize(
    ("date", "person", "facts", "expected"),
    [
        ("2026-11-24", ANI, {}, "07:30-16:00"),  # a Tuesday by the regency's hours
        ("2026-11-27", ANI, {}, "07:30-16:30"),  # Friday ends later: its break is longer
        ("2026-11-28", ANI, {}, "off"),  # Saturday
        ("2026-02-17", ANI, {}, "07:30-16:00"),  # the day before Ramadan
        ("2026-02-18", ANI, {}, "08:00-15:00"),  # its first day
        ("2026-02-20", ANI, {}, "08:00-15:30"),  # its Friday
        ("2026-03-19", ANI, {}, "08:00-15:00"),  # its last day
        ("2026-03-20", ANI, {}, "07:30-16:30"),  # the day after
        ("2026-12-25", ANI, {"special_days": (CHRISTMAS,)}, "off"),  # a public holiday
        ("2026-12-24", ANI, {"special_days": (EVE,)}, "07:30-12:00"),  # half a day
        ("2026-12-25", NURSE, {"special_days": (CHRISTMAS, CLINIC_OPEN)}, "07:30-12:00"),  # the office above hers works
        ("2026-12-25", ANI, {"special_days": (CHRISTMAS, CLINIC_OPEN)}, "off"),  # but not his
        ("2026-11-28", NURSE, {"periods": (REGENCY_HOURS, SCHOOL)}, "07:00-13:00"),  # an office of six days
        ("2026-06-27", NURSE, {"periods": (REGENCY_HOURS, SCHOOL)}, "off"),  # before its period began
        ("2027-01-02", NURSE, {"periods": (REGENCY_HOURS, SCHOOL)}, "off"),  # after it ended
        (
            "2026-11-24",
            NURSE,
            {"periods": (REGENCY_HOURS, replace(SCHOOL, scope="dinkes"))},
            "07:00-13:00",  # inherited from the office above
        ),
        (
            "2026-02-24",
            NURSE,
            {"periods": (REGENCY_HOURS, RAMADAN_HOURS, replace(SCHOOL, first=dt.date(2026, 1, 1)))},
            "08:00-15:00",  # the regency's Ramadan goes before an office's usual hours
        ),
        (
            "2026-02-24",
            NURSE,
            {
                "periods": (
                    REGENCY_HOURS,
                    RAMADAN_HOURS,
                    replace(SCHOOL, first=dt.date(2026, 2, 1), season="ramadan", last=dt.date(2026, 3, 1)),
                )
            },
            "07:00-13:00",  # its own Ramadan before the regency's
        ),
    ],
)
def test_who_decides_the_hours(date: str, person: Member, facts: dict[str, Any], expected: str) -> None:
    assert hours(date, person, **facts) == expected


def test_the_latest_decision_on_a_date_counts_whatever_the_order() -> None:
    withdrawn = off("2026-12-28", decided=LATER, special_id="work", hours=USUAL)
    both = (off("2026-12-28"), withdrawn)
    assert hours("2026-12-28", special_days=both) == hours("2026-12-28", special_days=both[::-1]) == "07:30-16:00"


def test_the_plan_names_the_fact_behind_it() -> None:
    assert plan("2026-11-24").source == "hours"
    assert plan("2026-12-25", special_days=(CHRISTMAS,)).source == "off-2026-12-25-None"
    assert plan("2026-11-28").source == ""


def roster(*days: tuple[str, str | None], person: str = "nurse") -> dict[str, Any]:
    shifts = (
        Shift("night", NIGHT),
        Shift("late", Hours(dt.time(16), dt.time(0))),
        Shift("dawn", Hours(dt.time(0), dt.time(8))),
    )
    rows = tuple(RosterDay(f"r-{date}", person, dt.date.fromisoformat(date), shift, DECIDED) for date, shift in days)
    return {"shifts": shifts, "roster": rows}


@pytest.mark.parametrize(
    ("facts", "date", "first", "until"),
    [
        # an ordinary day is the local day
        ({}, "2026-11-24", "2026-11-24 00:00", "2026-11-25 00:00"),
        # a night shift keeps its morning, for four hours where nothing follows
        (roster(("2026-11-27", "night")), "2026-11-27", "2026-11-27 00:00", "2026-11-28 11:00"),
        # and the day off after it begins there
        (roster(("2026-11-27", "night")), "2026-11-28", "2026-11-28 11:00", "2026-11-29 00:00"),
        # the usual day follows half an hour after: the line lies between
        (roster(("2026-11-24", "night")), "2026-11-25", "2026-11-25 07:15", "2026-11-26 00:00"),
        # a shift to midnight: a departure at five past twelve is its own
        (roster(("2026-11-27", "late")), "2026-11-27", "2026-11-27 00:00", "2026-11-28 04:00"),
        # a shift from midnight: an arrival at a quarter to is its own
        (roster(("2026-11-28", "dawn")), "2026-11-28", "2026-11-27 22:00", "2026-11-29 00:00"),
        # the one follows the other without a gap
        (roster(("2026-11-27", "late"), ("2026-11-28", "dawn")), "2026-11-28", "2026-11-28 00:00", "2026-11-29 00:00"),
        # the day off before a dawn shift ends two hours before midnight
        (roster(("2026-11-27", None), ("2026-11-28", "dawn")), "2026-11-27", "2026-11-27 00:00", "2026-11-27 22:00"),
    ],
)
def test_which_presences_belong_to_a_day(facts: dict[str, Any], date: str, first: str, until: str) -> None:
    found = plan(date, NURSE, **facts)
    assert (found.from_utc, found.until_utc) == (local(first), local(until))


@pytest.mark.parametrize(
    ("yesterday", "today", "line"),
    [
        (None, (2, 0), "00:00"),  # two hours after midnight is a morning
        (None, (1, 59), "23:59"),  # a minute less, and its arrivals may come two hours before
        ((15, 23), (0, 30), "23:45"),  # half of what lies between, where that is less
        ((15, 23), (2, 0), "00:00"),
        ((21, 5), (6, 0), "05:30"),  # after a night in the same way
        ((21, 5), (12, 0), "08:30"),
        ((21, 5), (13, 0), "09:00"),  # four hours at most
        ((21, 5), (13, 2), "09:00"),
        ((21, 8), (7, 0), "08:00"),  # two shifts in one another: the first to its end
    ],
)
def test_where_one_days_presences_end(yesterday: tuple[int, int] | None, today: tuple[int, int], line: str) -> None:
    """Yesterday's shift from hour to hour, today's from hour and minute on."""
    shifts = [Shift("today", Hours(dt.time(*today), dt.time(20)))]
    rows = [RosterDay("r2", "nurse", dt.date(2026, 11, 24), "today", DECIDED)]
    if yesterday is not None:
        shifts.append(Shift("yesterday", Hours(*map(dt.time, yesterday))))
    rows.append(RosterDay("r1", "nurse", dt.date(2026, 11, 23), "yesterday" if yesterday else None, DECIDED))
    found = plan("2026-11-24", NURSE, shifts=tuple(shifts), roster=tuple(rows)).from_utc
    day = "2026-11-23" if line > "20:00" else "2026-11-24"
    assert found == local(f"{day} {line}")


@pytest.mark.parametrize(
    ("date", "days", "until"),
    [
        ("2026-11-24", 0, "2026-11-25 00:00"),  # the end of the date itself
        ("2026-11-28", 0, "2026-11-29 00:00"),  # though nobody works on it
        ("2026-11-24", 1, "2026-11-26 00:00"),
        ("2026-11-27", 1, "2026-12-01 00:00"),  # over the weekend
        ("2026-11-27", 5, "2026-12-05 00:00"),
    ],
)
def test_the_end_of_a_working_day_after_a_date(date: str, days: int, until: str) -> None:
    calendar = Calendar(calendar_facts())
    for _ in range(2):
        assert calendar.deadline("kominfo", dt.date.fromisoformat(date), days) == local(until)


@pytest.mark.parametrize(("after", "found"), [(365, True), (366, False)])
def test_working_days_are_looked_for_within_a_year(after: int, found: bool) -> None:
    idle, date = replace(REGENCY_HOURS, days={}), dt.date(2026, 11, 24)
    works = date + after * dt.timedelta(days=1)
    calendar = Calendar(calendar_facts(periods=(idle,), special_days=(off(works.isoformat(), hours=USUAL),)))
    if found:
        assert calendar.deadline("kominfo", date, 1) == local(f"{works + dt.timedelta(days=1)} 00:00")
    else:
        with pytest.raises(PlanError, match="no 1 working days within a year after 2026-11-24"):
            calendar.deadline("kominfo", date, 1)


def test_an_offices_days_are_those_between_and_including_two_dates() -> None:
    first, last = dt.date(2026, 11, 26), dt.date(2026, 11, 30)
    calendar = Calendar(calendar_facts())
    for _ in range(2):
        plans, working = calendar.office_days("kominfo", first, last)
        assert [date.day for date, _ in plans] == [26, 27, 28, 29, 30]
        assert all(found == calendar.office_plan("kominfo", date) for date, found in plans)
        assert [date.day for date in working] == [26, 27, 30]


@pytest.mark.parametrize(
    ("facts", "flexible"),
    [
        ({}, False),
        ({"special_days": (CHRISTMAS, EVE)}, False),
        ({"shifts": (Shift("night", NIGHT),)}, False),
        ({"periods": (REGENCY_HOURS, replace(RAMADAN_HOURS, days={1: FLEXIBLE}))}, True),
        ({"special_days": (replace(EVE, hours=FLEXIBLE),)}, True),
        ({"shifts": (Shift("night", NIGHT), Shift("free", FLEXIBLE))}, True),
    ],
)
def test_whether_anybody_works_flexible_hours(facts: dict[str, Any], flexible: bool) -> None:
    assert Calendar(calendar_facts(**facts)).flexible is flexible


def test_whose_days_may_differ_from_the_offices() -> None:
    rows = Calendar(calendar_facts(**roster(("2026-11-24", None))))
    alone = Calendar(calendar_facts(by_roster=(ByRoster("nurse", dt.date(2026, 11, 1), None),)))
    assert [each.has_roster(who) for each in (rows, alone) for who in ("nurse", "ani")] == [True, False] * 2


@pytest.mark.parametrize(
    ("date", "last", "expected"),
    [
        ("2026-11-23", "2026-11-25", "07:30-16:00"),  # the day before
        ("2026-11-24", "2026-11-25", "off"),
        ("2026-11-25", "2026-11-25", "off"),
        ("2026-11-26", "2026-11-25", "07:30-16:00"),  # the day after
        ("2026-11-26", None, "off"),  # still
    ],
)
def test_by_roster_alone_holds_from_a_date_to_a_date(date: str, last: str | None, expected: str) -> None:
    until = None if last is None else dt.date.fromisoformat(last)
    assert hours(date, NURSE, by_roster=(ByRoster("nurse", dt.date(2026, 11, 24), until),)) == expected


def test_decisions_of_one_moment_are_told_apart_by_their_ids() -> None:
    days = (off("2026-12-28", special_id="b", hours=HALF), off("2026-12-28", special_id="a"))
    assert {hours("2026-12-28", special_days=each) for each in (days, days[::-1])} == {"07:30-12:00"}


def test_a_roster_goes_before_holidays_and_hours() -> None:
    facts = roster(("2026-12-25", "night"), ("2026-12-28", None)) | {"special_days": (CHRISTMAS,)}
    assert hours("2026-12-25", NURSE, **facts) == "21:00-07:00"
    assert hours("2026-12-28", NURSE, **facts) == "off"
    assert hours("2026-12-29", NURSE, **facts) == "07:30-16:00"  # no row: the office's hours
    assert hours("2026-12-25", ANI, **facts) == "off"  # somebody else's roster


def test_who_works_by_roster_alone_is_off_without_a_row() -> None:
    by_roster = (ByRoster("nurse", dt.date(2026, 11, 1), dt.date(2026, 11, 30)),)
    facts = roster(("2026-11-24", "night")) | {"by_roster": by_roster}
    assert hours("2026-11-24", NURSE, **facts) == "21:00-07:00"
    assert hours("2026-11-25", NURSE, **facts) == "off"
    assert hours("2026-12-01", NURSE, **facts) == "07:30-16:00"
    assert hours("2026-10-30", NURSE, **facts) == "07:30-16:30"


def test_the_latest_row_of_a_roster_counts() -> None:
    facts = roster(("2026-11-24", "night"))
    changed = RosterDay("r-new", "nurse", dt.date(2026, 11, 24), None, LATER)
    for rows in ((*facts["roster"], changed), (changed, *facts["roster"])):
        assert hours("2026-11-24", NURSE, **facts | {"roster": rows}) == "off"


def test_flexible_hours_ask_for_the_core() -> None:
    work = plan("2026-11-24", periods=(replace(REGENCY_HOURS, days={1: FLEXIBLE}),)).work
    assert work is not None
    assert (work.start_utc, work.arrive_by_utc) == (local("2026-11-24 06:30"), local("2026-11-24 09:00"))
    assert (work.leave_from_utc, work.end_utc) == (local("2026-11-24 15:00"), local("2026-11-24 18:00"))
    assert work.need_minutes == 450
    assert 5 * 450 == 37 * 60 + 30


APEL = Occasion(
    "apel", None, "Apel pagi", dt.date(2026, 1, 1), None, (dt.time(7, 15), dt.time(7, 45)), weekdays=frozenset({0})
)
UPACARA = Occasion(
    "17-agustus",
    None,
    "Upacara",
    dt.date(2026, 8, 17),
    dt.date(2026, 8, 17),
    (dt.time(7), dt.time(8)),
    on_days_off=True,
)
INDEPENDENCE = off("2026-08-17")


@pytest.mark.parametrize(
    ("date", "person", "occasion", "facts", "takes_place"),
    [
        ("2026-11-23", ANI, APEL, {}, True),  # a Monday
        ("2026-11-24", ANI, APEL, {}, False),  # not a Monday
        ("2025-12-29", ANI, APEL, {}, False),  # before it was ordered
        ("2026-08-17", ANI, APEL, {"special_days": (INDEPENDENCE,)}, False),  # a Monday off
        ("2026-08-17", ANI, UPACARA, {"special_days": (INDEPENDENCE,)}, True),  # ordered for a day off
        ("2026-08-18", ANI, UPACARA, {}, False),  # over
        ("2026-11-23", NURSE, APEL, roster(("2026-11-23", "night")), False),  # a roster is without apel
        ("2026-11-23", NURSE, replace(APEL, for_shifts=True), roster(("2026-11-23", "night")), True),  # unless ordered
        ("2026-11-23", NURSE, replace(APEL, scope="dinkes"), {}, True),  # ordered by the office above
        ("2026-11-23", ANI, replace(APEL, scope="dinkes"), {}, False),  # ordered elsewhere
        ("2026-11-23", NURSE, replace(APEL, without_offices=frozenset({"puskesmas"})), {}, False),  # exempt
    ],
)
def test_when_an_occasion_takes_place(
    date: str, person: Member, occasion: Occasion, facts: dict[str, Any], takes_place: bool
) -> None:
    found = plan(date, person, occasions=(occasion,), **facts).occasions
    assert [each.occasion_id for each in found] == ([occasion.occasion_id] if takes_place else [])


def test_an_occasion_has_its_own_window() -> None:
    (apel,) = plan("2026-11-23", occasions=(APEL,)).occasions
    assert (apel.first_utc, apel.until_utc) == (local("2026-11-23 07:15"), local("2026-11-23 07:45"))


def test_nobody_is_expected_before_joining_or_after_leaving() -> None:
    member = Member(first=dt.date(2026, 11, 10), last=dt.date(2026, 11, 20))
    calendar = Calendar(calendar_facts())
    dates = [dt.date(2026, 11, 1) + n * dt.timedelta(days=1) for n in range(30)]
    assert [d.day for d in dates if day_plan(calendar, member, d) is not None] == list(range(10, 21))


def test_a_move_changes_the_office_of_the_plan() -> None:
    moving = Member(moves={dt.date(2026, 11, 16): "puskesmas"})
    assert plan("2026-11-13", moving).office_id == "kominfo"
    assert plan("2026-11-16", moving, periods=(REGENCY_HOURS, SCHOOL)).office_id == "puskesmas"
    assert hours("2026-11-16", moving, periods=(REGENCY_HOURS, SCHOOL)) == "07:00-13:00"


DAWN = Hours(dt.time(0), dt.time(8))
NIGHTS, DAWNS = (
    WorkPeriod("p", "dinkes", dt.date(2020, 1, 1), None, dict.fromkeys(range(7), h)) for h in (NIGHT, DAWN)
)
WEDNESDAY, THURSDAY = dt.date(2026, 11, 25), dt.date(2026, 11, 26)


@pytest.mark.parametrize(
    ("person", "period", "date", "first", "until"),
    [
        # an office with a night on Tuesday and an early shift on Thursday, for everybody in it
        (Member(office_id="dinkes"), {1: NIGHT, 3: DAWN}, "2026-11-24", "24 00:00", "25 11:00"),
        (Member(office_id="dinkes"), {1: NIGHT, 3: DAWN}, "2026-11-25", "25 11:00", "25 22:00"),
        (Member(office_id="dinkes"), {1: NIGHT, 3: DAWN}, "2026-11-26", "25 22:00", "27 00:00"),
        (Member(office_id="dinkes"), {1: NIGHT, 3: DAWN}, "2026-11-27", "27 00:00", "28 00:00"),
        # moved on Wednesday from nights: the last one ends on the first day in the new office, and no later
        (Member(office_id="dinkes", moves={WEDNESDAY: "kominfo"}), NIGHTS, "2026-11-25", "25 07:15", "26 00:00"),
        (Member(office_id="dinkes", moves={WEDNESDAY: "kominfo"}), NIGHTS, "2026-11-26", "26 00:00", "27 00:00"),
        # moves on Thursday to early shifts: the first one begins on Wednesday evening, and no earlier
        (Member(moves={THURSDAY: "dinkes"}), DAWNS, "2026-11-24", "24 00:00", "25 00:00"),
        (Member(moves={THURSDAY: "dinkes"}), DAWNS, "2026-11-25", "25 00:00", "25 22:00"),
        # one night elsewhere, after a usual day
        (Member(moves={WEDNESDAY: "dinkes", THURSDAY: "kominfo"}), NIGHTS, "2026-11-25", "25 00:00", "26 07:15"),
    ],
)
def test_a_day_ends_where_the_next_one_begins_in_whatever_office(
    person: Member, period: Any, date: str, first: str, until: str
) -> None:
    if isinstance(period, dict):
        period = replace(NIGHTS, days=period)
    found = plan(date, person, periods=(REGENCY_HOURS, period))
    assert (found.from_utc, found.until_utc) == (local(f"2026-11-{first}"), local(f"2026-11-{until}"))


def test_a_move_to_another_zone_changes_days_at_its_midnight() -> None:
    """Midnight in Jayapura is ten in the evening in Jakarta."""
    moving, zones = Member(moves={WEDNESDAY: "dinkes"}), {"timezones": {"dinkes": "Asia/Jayapura"}}
    assert plan("2026-11-24", moving, **zones).until_utc == local("2026-11-24 22:00")
    assert plan("2026-11-25", moving, **zones).from_utc == local("2026-11-24 22:00")


def test_the_office_decides_the_time_zone() -> None:
    facts = calendar_facts(timezones={"dinkes": "Asia/Jayapura"})
    calendar = Calendar(facts)
    east = calendar.office_plan("puskesmas", dt.date(2026, 11, 24)).work
    west = calendar.office_plan("kominfo", dt.date(2026, 11, 24)).work
    assert east is not None
    assert west is not None
    assert west.start_utc - east.start_utc == dt.timedelta(hours=2)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"parents": {"a": "b", "b": "a"}}, "circle"),
        ({"parents": {"a": "gone"}}, "no office gone"),
        ({"timezone": "Asia/Wates"}, "time zone"),
        (
            {"periods": (REGENCY_HOURS, replace(REGENCY_HOURS, period_id="again"))},
            "again",
        ),
        ({"periods": (replace(REGENCY_HOURS, last=dt.date(2020, 1, 1)),)}, "ends before it begins"),
        ({"periods": (replace(REGENCY_HOURS, days={7: USUAL}),)}, "weekdays"),
        ({"periods": (replace(REGENCY_HOURS, days={-1: USUAL}),)}, "weekdays"),
        (
            {
                "periods": (
                    replace(REGENCY_HOURS, last=dt.date(2026, 10, 31)),
                    replace(REGENCY_HOURS, period_id="again", first=dt.date(2026, 10, 31)),
                )
            },
            "periods hours and again",  # the last day of the one is the first of the other
        ),
        ({"roster": (RosterDay("r", "ani", dt.date(2026, 1, 1), "gone", DECIDED),)}, "no shift gone"),
    ],
)
def test_contradictions_are_refused_by_name(facts: dict[str, Any], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        Calendar(calendar_facts(**facts))


def test_a_period_may_begin_on_the_day_after_another_ended() -> None:
    until = replace(REGENCY_HOURS, last=dt.date(2026, 10, 31))
    then = WorkPeriod("new", None, dt.date(2026, 11, 1), None, dict.fromkeys(FIVE_DAYS, USUAL))
    assert hours("2026-10-30", periods=(until, then)) == "07:30-16:30"
    assert hours("2026-11-06", periods=(until, then)) == "07:30-16:00"


def test_a_period_may_be_one_day_and_a_sunday() -> None:
    sunday = WorkPeriod("sunday", "kominfo", dt.date(2026, 11, 29), dt.date(2026, 11, 29), {6: HALF})
    found = [hours(f"2026-11-{day}", periods=(REGENCY_HOURS, sunday)) for day in (28, 29, 30)]
    assert found == ["off", "07:30-12:00", "07:30-16:00"]


def test_a_date_without_decided_hours_is_an_error_not_a_day_off() -> None:
    with pytest.raises(PlanError, match="no working hours"):
        plan("2020-06-01")
    with pytest.raises(PlanError, match="no office gone"):
        Calendar(calendar_facts()).office_plan("gone", dt.date(2026, 11, 24))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"break_minutes": 510}, "break"),
        ({"grace_late_minutes": -1}, "negative"),
        ({"core": (dt.time(9), dt.time(15))}, "flexible"),
        ({"need_minutes": 450}, "flexible"),
        ({"core": (dt.time(7), dt.time(15)), "need_minutes": 450}, "core"),
        ({"core": (dt.time(9), dt.time(15)), "need_minutes": 511}, "fit"),
        ({"core": (dt.time(9), dt.time(15)), "need_minutes": 0}, "fit"),
    ],
)
def test_hours_that_are_none(values: dict[str, Any], says: str) -> None:
    with pytest.raises(PlanError, match=says):
        Hours(dt.time(7, 30), dt.time(16), **values)


def test_an_occasion_needs_a_window() -> None:
    with pytest.raises(PlanError, match="window"):
        replace(APEL, window=(dt.time(8), dt.time(8)))


@given(st.lists(st.sampled_from([None, "night", "late", "dawn", "usual"]), min_size=12, max_size=12))
def test_the_windows_of_successive_days_touch(shifts: list[str | None]) -> None:
    first = dt.date(2026, 11, 16)
    dates = [first + n * dt.timedelta(days=1) for n in range(12)]
    rows = [(date.isoformat(), shift) for date, shift in zip(dates, shifts, strict=True) if shift != "usual"]
    calendar = Calendar(calendar_facts(**roster(*rows)))
    plans = [found for date in dates if (found := day_plan(calendar, NURSE, date)) is not None]
    assert len(plans) == 12
    for today, tomorrow in itertools.pairwise(plans):
        assert today.until_utc == tomorrow.from_utc
        assert today.from_utc < today.until_utc
        if today.work is not None and (tomorrow.work is None or tomorrow.work.start_utc >= today.work.end_utc):
            assert today.work.end_utc <= today.until_utc


@pytest.mark.parametrize(
    ("date", "decided"),
    [
        ("2023-04-11", False),  # the day before the first hours
        ("2023-04-12", True),
        ("2026-02-17", False),  # between the usual hours' last day and Ramadan
        ("2026-02-18", True),
        ("2026-03-19", True),
        ("2026-03-20", False),
        ("2026-08-17", True),  # a day off is decided, too
    ],
)
def test_whether_anybody_has_said_what_a_dates_hours_are(date: str, decided: bool) -> None:
    ended = replace(REGENCY_HOURS, last=dt.date(2026, 2, 16))
    facts = calendar_facts(periods=(ended, RAMADAN_HOURS), special_days=(off("2026-08-17"),))
    for office in facts.parents:
        assert Calendar(facts).decided(office, dt.date.fromisoformat(date)) is decided


def test_what_one_office_decided_is_not_decided_for_the_office_above_it() -> None:
    facts = calendar_facts(periods=(replace(REGENCY_HOURS, scope=NURSE.office_id),))
    offices = {office for office in facts.parents if Calendar(facts).decided(office, dt.date(2026, 11, 24))}
    assert NURSE.office_id in offices
    assert offices != set(facts.parents)


def test_whose_own_days_are_asked_for_is_told_too_that_nobody_has_decided_the_offices() -> None:
    """Of the day itself it is an error; a neighbour only draws the line about midnight."""
    first = REGENCY_HOURS.first
    before = first - dt.timedelta(days=1)
    known = {"shifts": (Shift("n", NIGHT),), "roster": (RosterDay("r", "nurse", dt.date(2026, 1, 1), "n", DECIDED),)}
    with pytest.raises(PlanError, match=f"no working hours are decided for {before}"):
        plan(str(before), NURSE, **known)
    assert plan(str(first), NURSE, **known).work is not None
    until = replace(REGENCY_HOURS, last=dt.date(2026, 3, 31))
    assert plan("2026-03-31", NURSE, **known, periods=(until,)).work is not None
    with pytest.raises(PlanError, match="decided for 2026-04-01"):
        plan("2026-04-01", NURSE, **known, periods=(until,))


@pytest.mark.parametrize(
    ("office", "date", "held"),
    [
        ("kominfo", "2026-01-04", None),  # nobody has said anything yet
        ("kominfo", "2026-01-05", "hours"),
        ("kominfo", "2026-02-18", "ramadan"),
        ("kominfo", "2026-03-19", "ramadan"),
        ("kominfo", "2026-03-20", "hours"),
        ("puskesmas", "2026-03-31", "hours"),
        ("puskesmas", "2026-04-01", "own"),  # of the office above it
        ("puskesmas", "2026-04-30", "own"),
        ("puskesmas", "2026-05-01", "hours"),
        ("kominfo", "2026-12-31", "hours"),
        ("kominfo", "2027-01-01", None),
    ],
)
def test_which_periods_hours_hold_for_a_date(office: str, date: str, held: str | None) -> None:
    weeks = {"hours": {0: USUAL}, "ramadan": {1: USUAL}, "own": {2: USUAL}}
    periods = (
        WorkPeriod("hours", None, dt.date(2026, 1, 5), dt.date(2026, 12, 31), weeks["hours"]),
        replace(RAMADAN_HOURS, days=weeks["ramadan"]),
        WorkPeriod("own", "dinkes", dt.date(2026, 4, 1), dt.date(2026, 4, 30), weeks["own"]),
    )
    calendar = Calendar(calendar_facts(periods=periods))
    assert calendar.week(office, dt.date.fromisoformat(date)) == (None if held is None else weeks[held])


def test_hours_without_an_end_hold_for_ever() -> None:
    assert Calendar(calendar_facts()).week("kominfo", dt.date(2099, 1, 1)) == FIVE_DAYS
