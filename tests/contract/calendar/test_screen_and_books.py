"""The screen's consequence and the books' judgement, of the same facts: the terminal's own code is asked with the
calendar that is derived for it, and the judge of pay with the facts."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from etpp.absence.rules import Cover
from etpp.calendar.model import CalendarFacts, Hours, SpecialDay, WorkPeriod
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import check_new
from etpp.calendar.terminal import document
from etpp.presence.judge import judge_days
from etpp.presence.model import OfficeReports, Punch
from kiosk.model import Assessment, Direction
from kiosk.schedule import assess
from kiosk.wire.gallery import parse_office

OFFICE = "a"
JAKARTA = ZoneInfo("Asia/Jakarta")
DECIDED = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)
FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 6, 30)
ONE_DAY = dt.timedelta(days=1)
DATES = st.dates(FIRST, LAST)


@st.composite
def hours(draw: st.DrawFn, night: bool = False) -> Hours:
    start = dt.time(draw(st.integers(5, 10)), draw(st.sampled_from([0, 15, 30])))
    end = dt.time(draw(st.integers(12, 18)), draw(st.sampled_from([0, 30])))
    if night and draw(st.booleans()):
        return Hours(dt.time(22), dt.time(6))
    grace = draw(st.sampled_from([0, 0, 5, 15])), draw(st.sampled_from([0, 0, 10]))
    if draw(st.integers(0, 4)) == 0:
        return Hours(start, end, 0, *grace, (dt.time(11), dt.time(12)), 60)
    return Hours(start, end, 0, *grace)


@st.composite
def facts(draw: st.DrawFn, night: bool = False) -> CalendarFacts:
    weeks = st.dictionaries(st.integers(0, 6), hours(night), min_size=1)
    cut = draw(DATES)
    periods = [
        WorkPeriod("old", None, FIRST, cut, draw(weeks)),
        WorkPeriod("new", None, cut + ONE_DAY, None, draw(weeks)),
    ]
    if draw(st.booleans()):
        fasting = draw(DATES)
        periods.append(
            WorkPeriod("ramadan", None, fasting, fasting + dt.timedelta(days=29), draw(weeks), season="ramadan")
        )
    if draw(st.booleans()):
        begun = draw(DATES)
        periods.append(WorkPeriod("own", OFFICE, begun, begun + dt.timedelta(days=40), draw(weeks)))
    days = draw(st.lists(st.tuples(DATES, st.none() | hours(night), st.sampled_from([None, OFFICE])), max_size=6))
    special = [SpecialDay(f"s{n}", scope, date, how, "", DECIDED) for n, (date, how, scope) in enumerate(days)]
    return CalendarFacts("Asia/Jakarta", {OFFICE: None}, tuple(periods), tuple(special))


def at(date: dt.date, minute: int) -> dt.datetime:
    return (dt.datetime.combine(date, dt.time(), JAKARTA) + dt.timedelta(minutes=minute)).astimezone(dt.UTC)


def screen(known: CalendarFacts, moment: dt.datetime, arrived: dt.datetime | None = None) -> Assessment:
    made = document(Calendar(known), known, OFFICE, 1.0, 1.0)
    check_new(made)
    office = parse_office({"office_id": OFFICE, "name": "Kantor", "calendar": made})
    return assess(office.calendar, moment, arrived)


def books(known: CalendarFacts, date: dt.date, *moments: dt.datetime) -> dict[str, int]:
    """Minutes late and early, where the judge finds a fault."""
    plan = Calendar(known).office_plan(OFFICE, date)
    punches = [Punch(f"e{n}", moment, moment, moment, office_id=OFFICE) for n, moment in enumerate(moments)]
    reports = {OFFICE: OfficeReports(OFFICE, FIRST, at(LAST + 30 * ONE_DAY, 0))}
    (day,) = judge_days([(date, plan)], punches, Cover(()), {}, reports)
    return {fault.kind: fault.minutes for fault in day.faults if fault.kind in ("late", "early")}


@settings(max_examples=400, deadline=None)
@given(facts(), DATES, st.integers(0, 24 * 60 - 1))
def test_an_arrival_is_as_late_there_as_in_the_books(known: CalendarFacts, date: dt.date, minute: int) -> None:
    moment = at(date, minute)
    said = screen(known, moment)
    assert said.working_day == (Calendar(known).office_plan(OFFICE, date).work is not None)
    if said.direction is Direction.ARRIVAL:
        assert said.minutes_off == books(known, date, moment).get("late", 0)


@settings(max_examples=400, deadline=None)
@given(facts(), DATES, st.integers(0, 24 * 60 - 1))
def test_a_departure_is_as_early_on_the_screen_as_in_the_books(
    known: CalendarFacts, date: dt.date, minute: int
) -> None:
    arrived, left = at(date, 0), at(date, max(minute, 1))
    said = screen(known, left, arrived)
    assert said.direction is Direction.DEPARTURE
    assert said.minutes_off == books(known, date, arrived, left).get("early", 0)


@settings(max_examples=200, deadline=None)
@given(facts(night=True), DATES)
def test_what_the_document_has_no_word_for_it_leaves_out(known: CalendarFacts, date: dt.date) -> None:
    """Hours that end on the next day: the screen says a free day, and nothing of late or early."""
    found = Calendar(known).office_hours(OFFICE, date)
    said = screen(known, at(date, 60))
    assert said.working_day == (found is not None and not found.ends_next_day)
