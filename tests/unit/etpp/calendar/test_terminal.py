"""What terminals are told of the calendar's facts, member by member. That screen and books come to the same by it is
tests/contract/calendar's."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etpp.calendar.model import ByRoster, Hours, Occasion, RosterDay, Shift, SpecialDay, WorkPeriod
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import check_new
from etpp.calendar.terminal import BEFORE_ISSUE, document, elsewhere, roster, with_occasions
from tests.unit.etpp.calendar.calendars import DECIDED, FLEXIBLE, NIGHT, USUAL, calendar_facts

MON, TUE, SAT = 0, 1, 5
GRACED = Hours(dt.time(7, 30), dt.time(16), 60, 5, 0)
EARLY_GRACE = Hours(dt.time(7, 30), dt.time(16), 60, 0, 10)
SINCE = dt.date(2026, 1, 5)
USUAL_WEEK = WorkPeriod("hours", None, SINCE, None, {MON: USUAL})


def made(office_id: str = "kominfo", **facts: Any) -> dict[str, Any]:
    known = calendar_facts(**{"periods": (USUAL_WEEK,), **facts})
    found = document(Calendar(known), known, office_id, 1.5, 2.0)
    check_new(found)
    return found


def periods(office_id: str = "kominfo", **facts: Any) -> list[tuple[str, str | None, dict[str, Any]]]:
    return [(each["first"], each["last"], each["days"]) for each in made(office_id, **facts)["periods"]]


DAY = {"mon": ["07:30", "16:00"]}


def test_zone_hours_and_what_they_cost() -> None:
    assert made() == {
        "timezone": "Asia/Jakarta",
        "periods": [{"first": "2026-01-05", "last": None, "days": DAY, "late_percent": 1.5, "early_percent": 2.0}],
        "holidays": [],
    }


def test_the_nearest_scope_and_the_season_decide_from_edge_to_edge() -> None:
    own = WorkPeriod("own", "puskesmas", dt.date(2026, 3, 2), dt.date(2026, 3, 31), {TUE: USUAL})
    fasting = WorkPeriod("r", None, dt.date(2026, 3, 10), dt.date(2026, 3, 20), {SAT: USUAL}, "ramadan")
    other = WorkPeriod("of-another", "kominfo", dt.date(2026, 5, 1), None, {SAT: USUAL})
    assert periods("puskesmas", periods=(USUAL_WEEK, own, fasting, other)) == [
        ("2026-01-05", "2026-03-01", DAY),
        ("2026-03-02", "2026-03-09", {"tue": ["07:30", "16:00"]}),
        ("2026-03-10", "2026-03-20", {"sat": ["07:30", "16:00"]}),
        ("2026-03-21", "2026-03-31", {"tue": ["07:30", "16:00"]}),
        ("2026-04-01", None, DAY),
    ]


def test_between_two_periods_nobody_has_decided_anything() -> None:
    first = replace(USUAL_WEEK, last=dt.date(2026, 1, 31))
    second = replace(USUAL_WEEK, period_id="again", first=dt.date(2026, 3, 1))
    assert periods(periods=(first, second)) == [("2026-01-05", "2026-01-31", DAY), ("2026-03-01", None, DAY)]


def special(date: str, hours: Hours | None, scope: str | None = None) -> SpecialDay:
    return SpecialDay(f"{date}-{scope}", scope, dt.date.fromisoformat(date), hours, "", DECIDED)


def test_a_decided_date_is_a_holiday_or_a_day_of_its_own_hours() -> None:
    half = Hours(dt.time(7, 30), dt.time(12))
    found = made(
        special_days=(
            special("2026-03-02", None),  # a Monday off
            special("2026-03-16", half),
            special("2026-03-23", USUAL),  # as on any Monday
            special("2026-03-03", None),  # a Tuesday, which is off anyway
            special("2026-03-07", half, "kominfo"),  # a Saturday of work
            special("2026-03-09", None, "dinkes"),  # another office's
        )
    )
    assert found["holidays"] == ["2026-03-02"]
    assert [(each["first"], each["last"], each["days"]) for each in found["periods"][1:]] == [
        ("2026-03-07", "2026-03-07", {"sat": ["07:30", "12:00"]}),
        ("2026-03-16", "2026-03-16", {"mon": ["07:30", "12:00"]}),
    ]


def test_a_date_of_its_own_stands_after_the_period_that_begins_with_it() -> None:
    half = Hours(dt.time(7, 30), dt.time(12))
    first = WorkPeriod("a", None, SINCE, dt.date(2026, 3, 1), {MON: USUAL})
    then = WorkPeriod("b", None, dt.date(2026, 3, 2), None, {MON: EARLY_GRACE})
    days = (special("2026-03-02", half), special("2026-01-05", half))
    found = [(each["first"], each["last"]) for each in made(periods=(first, then), special_days=days)["periods"]]
    assert found == [
        ("2026-01-05", "2026-03-01"),
        ("2026-01-05", "2026-01-05"),
        ("2026-03-02", None),
        ("2026-03-02", "2026-03-02"),
    ]


def test_a_decided_date_before_any_hours_has_its_own() -> None:
    found = made(special_days=(special("2026-01-01", USUAL), special("2026-01-02", None)))
    assert found["holidays"] == []
    assert found["periods"][0] == {
        "first": "2026-01-01",
        "last": "2026-01-01",
        "days": {"thu": ["07:30", "16:00"]},
        "late_percent": 1.5,
        "early_percent": 2.0,
    }


@pytest.mark.parametrize(
    ("hours", "members"),
    [
        (USUAL, {"days": {"mon": ["07:30", "16:00"]}}),
        (GRACED, {"days": {"mon": ["07:30", "16:00"]}, "grace": {"mon": [5, 0]}}),
        (EARLY_GRACE, {"days": {"mon": ["07:30", "16:00"]}, "grace": {"mon": [0, 10]}}),
        (NIGHT, {"days": {}, "nights": {"mon": ["21:00", "07:00"]}}),
        (
            FLEXIBLE,
            {
                "days": {"mon": ["09:00", "15:00"]},
                "flexible": {"mon": {"hours": ["06:30", "18:00"], "need_minutes": 450, "break_minutes": 60}},
            },
        ),
    ],
)
def test_each_kind_of_hours_has_its_member(hours: Hours, members: dict[str, Any]) -> None:
    (period,) = made(periods=(replace(USUAL_WEEK, days={MON: hours}),))["periods"]
    percents = {"late_percent": 1.5, "early_percent": 2.0}
    assert period == {"first": "2026-01-05", "last": None, **members, **percents}


APEL = Occasion("o", None, "Apel", SINCE, None, (dt.time(7, 15), dt.time(7, 45)))


def test_occasions_are_those_of_the_offices_scopes_and_no_others() -> None:
    facts = calendar_facts(
        periods=(USUAL_WEEK,),
        occasions=(
            replace(APEL, occasion_id="b", name="Siang", window=(dt.time(12), dt.time(13)), weekdays=frozenset({4, 0})),
            replace(APEL, last=dt.date(2026, 12, 31), on_days_off=True, for_shifts=True),
            replace(APEL, occasion_id="a", name="Sama", scope="dinkes"),
            replace(APEL, occasion_id="c", name="Lain", scope="kominfo"),
            replace(APEL, occasion_id="d", name="Tanpa", without_offices=frozenset({"puskesmas"})),
        ),
    )
    calendar = Calendar(facts)
    window = ["07:15", "07:45"]
    common = {"first": "2026-01-05", "on_days_off": False, "for_shifts": False}
    told = with_occasions({"timezone": "Asia/Jakarta", "occasions": ["old"]}, calendar, facts, "puskesmas")
    assert told == {
        "timezone": "Asia/Jakarta",
        "occasions": [
            {**common, "name": "Sama", "last": None, "window": window},
            {
                "name": "Apel",
                "first": "2026-01-05",
                "last": "2026-12-31",
                "window": window,
                "on_days_off": True,
                "for_shifts": True,
            },
            {**common, "name": "Siang", "last": None, "window": ["12:00", "13:00"], "weekdays": ["mon", "fri"]},
        ],
    }
    without = replace(facts, occasions=())
    assert with_occasions({"occasions": ["old"]}, Calendar(without), without, "puskesmas") == {}


GUESTS = json.loads((Path(__file__).parents[3] / "golden" / "guests.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", GUESTS["cases"], ids=lambda case: case["why"])
def test_terminals_are_told_when_an_offices_hours_are_not_somebodys(case: dict[str, Any]) -> None:
    since, today = (dt.date.fromisoformat(GUESTS[name]) for name in ("since", "today"))
    stays = [
        (office, dt.date.fromisoformat(first), None if last is None else dt.date.fromisoformat(last))
        for office, first, last in case["stays"]
    ]
    for held in (stays, stays[::-1]):
        assert elsewhere(held, GUESTS["office"], since, today) == case["roster"]


def day(date: str, shift: str | None, roster_id: str = "", decided: dt.datetime = DECIDED) -> RosterDay:
    return RosterDay(roster_id or date, "ani", dt.date.fromisoformat(date), shift, decided)


SHIFTS = (Shift("pagi", GRACED), Shift("malam", NIGHT), Shift("lentur", FLEXIBLE), Shift("sore", EARLY_GRACE))


def test_a_roster_has_its_days_their_shifts_and_the_spans() -> None:
    found = roster(
        [day("2026-03-03", "malam"), day("2026-03-02", "pagi"), day("2026-03-04", None), day("2026-03-05", "lentur")],
        [ByRoster("ani", dt.date(2026, 5, 1), None), ByRoster("ani", dt.date(2026, 3, 1), dt.date(2026, 3, 31))],
        SHIFTS,
    )
    assert found == {
        "shifts": {
            "pagi": {"hours": ["07:30", "16:00"], "grace": [5, 0]},
            "malam": {"hours": ["21:00", "07:00"]},
            "lentur": {"hours": ["06:30", "18:00"], "core": ["09:00", "15:00"]},
        },
        "days": {"2026-03-02": "pagi", "2026-03-03": "malam", "2026-03-04": None, "2026-03-05": "lentur"},
        "alone": [["2026-03-01", "2026-03-31"], ["2026-05-01", None]],
    }
    assert list(found["days"]) == sorted(found["days"])
    sore = roster([day("2026-03-02", "sore")], [], SHIFTS)
    assert sore is not None
    assert sore["shifts"] == {"sore": {"hours": ["07:30", "16:00"], "grace": [0, 10]}}


def test_who_works_by_the_offices_hours_has_none() -> None:
    assert roster([], [], SHIFTS) is None
    alone = roster([], [ByRoster("ani", SINCE, None)], SHIFTS)
    assert alone == {"shifts": {}, "days": {}, "alone": [["2026-01-05", None]]}


def test_of_one_date_the_latest_decision_counts_and_of_one_moment_the_id() -> None:
    later = DECIDED + dt.timedelta(seconds=1)
    rows = [day("2026-03-02", "malam", "a", later), day("2026-03-02", "pagi", "b"), day("2026-03-02", "sore", "c")]
    for given in (rows, rows[::-1]):
        found = roster(given, [], SHIFTS)
        assert found is not None
        assert (found["days"], list(found["shifts"])) == ({"2026-03-02": "malam"}, ["malam"])
    found = roster(rows[:0:-1], [], SHIFTS)
    assert found is not None
    assert found["days"] == {"2026-03-02": "sore"}


def test_a_shift_that_there_is_not_is_left_out() -> None:
    """A terminal would refuse the whole gallery with it."""
    assert roster([day("2026-03-02", "gone")], [], SHIFTS) is None
    found = roster([day("2026-03-02", "gone"), day("2026-03-03", "pagi")], [], SHIFTS)
    assert found is not None
    assert found["days"] == {"2026-03-03": "pagi"}


def test_rosters_begin_so_long_before_the_gallery_that_a_night_still_belongs_to_its_day() -> None:
    assert dt.timedelta(days=3) == BEFORE_ISSUE
