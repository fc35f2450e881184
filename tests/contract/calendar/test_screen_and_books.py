"""The screen's consequence and the books' judgement, of the same facts: the terminal's own code is asked with the
calendar and the roster that are derived for it, and the judge of pay with the facts. Nothing is left out."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etpp.absence.rules import Cover
from etpp.calendar.model import (
    ByRoster,
    CalendarFacts,
    DayPlan,
    Hours,
    Occasion,
    RosterDay,
    Shift,
    SpecialDay,
    WorkPeriod,
)
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import check_new
from etpp.calendar.terminal import document, elsewhere, roster
from etpp.presence.judge import judge_days
from etpp.presence.model import JudgedDay, OfficeReports, Punch
from kiosk.model import BY_THE_OFFICE, Assessment, Direction, Roster, WorkCalendar
from kiosk.schedule import assess, day_of
from kiosk.wire.gallery import parse_office
from kiosk.wire.hours import parse_roster
from tests.hours import OFFICE, PERSON, Member

EXAMPLES = int(os.environ.get("CALENDAR_EXAMPLES", "200"))
"""Of an office's own people, and half as many of its guests: `make test-allowance` tries more."""
JAKARTA = ZoneInfo("Asia/Jakarta")
OTHER = "dinkes"
DECIDED = dt.datetime(2025, 12, 1, tzinfo=dt.UTC)
ONE_DAY = dt.timedelta(days=1)
BEGUN = dt.date(2026, 1, 1)
"""The first date of which anybody has said what is worked, and the first of the office's terminal."""
DATE = dt.date(2026, 3, 11)
"""The date that is asked about, a Wednesday; what is generated lies around it."""
AROUND = st.integers(-3, 3).map(lambda n: DATE + n * ONE_DAY)
DATE_BEGINS = dt.datetime.combine(DATE, dt.time(), JAKARTA).astimezone(dt.UTC)
LATE_PERCENT, EARLY_PERCENT = 1.0, 2.0
EARLIER = {"timezone", "periods", "holidays", "first", "last", "days", "grace", "late_percent", "early_percent"}
"""What a terminal of the release before this one reads of a calendar."""


@st.composite
def times(draw: st.DrawFn, first_h: int, last_h: int) -> dt.time:
    return dt.time(draw(st.integers(first_h, last_h)), draw(st.sampled_from([0, 1, 15, 30, 59])))


@st.composite
def hours(draw: st.DrawFn) -> Hours:
    grace = draw(st.sampled_from([0, 0, 5, 15, 600])), draw(st.sampled_from([0, 0, 10]))
    kind = draw(st.sampled_from(["day", "day", "night", "flexible", "any"]))
    if kind == "night":
        return Hours(draw(times(15, 23)), draw(times(0, 10)), 0, *grace)
    if kind == "flexible":
        points = draw(st.lists(times(0, 23), min_size=4, max_size=4, unique=True).map(sorted))
        return Hours(points[0], points[3], 0, *grace, (points[1], points[2]), 1)
    if kind == "any":  # a shift of nearly a whole day, one that ends at midnight, one that is as long as the day
        return Hours(draw(times(0, 23)), draw(times(0, 23)), 0, *grace)
    return Hours(draw(times(5, 10)), draw(times(12, 18)), 0, *grace)


WEEKS = st.dictionaries(st.integers(0, 6), hours(), min_size=1)


@st.composite
def facts(draw: st.DrawFn, *, others: bool = False) -> CalendarFacts:
    """`others`: another office has hours of its own."""
    cut = draw(AROUND)
    periods = [
        WorkPeriod("old", None, BEGUN, cut, draw(WEEKS)),
        WorkPeriod("new", None, cut + ONE_DAY, None, draw(WEEKS)),
    ]
    if draw(st.booleans()):
        fasting = draw(AROUND)
        periods.append(WorkPeriod("ramadan", None, fasting, fasting + 29 * ONE_DAY, draw(WEEKS), season="ramadan"))
    if draw(st.booleans()):
        begun = draw(AROUND)
        periods.append(WorkPeriod("own", OFFICE, begun, begun + draw(st.integers(0, 3)) * ONE_DAY, draw(WEEKS)))
    days = draw(st.lists(st.tuples(AROUND, st.none() | hours(), st.sampled_from([None, OFFICE])), max_size=3))
    if others:
        periods.append(WorkPeriod("of-another", OTHER, BEGUN, None, draw(WEEKS)))
    special = [SpecialDay(f"s{n}", scope, date, how, "", DECIDED) for n, (date, how, scope) in enumerate(days)]
    shifts = [Shift(name, draw(hours())) for name in ("a", "b")] if draw(st.booleans()) else []
    rows, spans = [], []
    if shifts:
        named = draw(st.dictionaries(AROUND, st.sampled_from(["a", "b", None]), max_size=5))
        rows = [RosterDay(f"{PERSON}:{date}", PERSON, date, shift, DECIDED) for date, shift in named.items()]
        if draw(st.booleans()):
            first = draw(AROUND)
            spans.append(ByRoster(PERSON, first, draw(st.none() | st.just(first + ONE_DAY))))
    return CalendarFacts(
        "Asia/Jakarta",
        {OFFICE: None, OTHER: None},
        tuple(periods),
        tuple(special),
        tuple(draw(occasion(f"o{n}")) for n in range(draw(st.integers(0, 2)))),
        tuple(shifts),
        tuple(rows),
        tuple(spans),
    )


@st.composite
def occasion(draw: st.DrawFn, occasion_id: str) -> Occasion:
    first = draw(AROUND)
    start, end = draw(st.lists(times(0, 23), min_size=2, max_size=2, unique=True).map(sorted))
    return Occasion(
        occasion_id,
        draw(st.sampled_from([None, OFFICE])),
        f"Apel {occasion_id}",
        first,
        draw(st.none() | st.just(first + ONE_DAY)),
        (start, end),
        draw(st.none() | st.frozensets(st.integers(0, 6), min_size=1)),
        on_days_off=draw(st.booleans()),
        for_shifts=draw(st.booleans()),
        without_offices=draw(st.sampled_from([frozenset(), frozenset(), frozenset({OFFICE})])),
    )


@st.composite
def presences(draw: st.DrawFn) -> tuple[CalendarFacts, list[dt.datetime]]:
    """Facts, and moments near those at which the answer changes, or anywhere."""
    known = draw(facts())
    return known, draw(near(known, Member()))


@st.composite
def visits(draw: st.DrawFn) -> tuple[CalendarFacts, Member, list[dt.datetime]]:
    """The same of somebody who comes to the office, leaves it, is lent or a guest."""
    known, stays = draw(facts(others=True)), []
    first: dt.date | None = draw(st.just(BEGUN) | AROUND)
    while first is not None:
        office = draw(st.sampled_from([OFFICE, OFFICE, OTHER, None]))
        days = draw(st.none() | st.integers(0, 3))
        last = None if days is None else max(first, DATE - 2 * ONE_DAY) + days * ONE_DAY
        if office is not None:
            stays.append((office, first, last))
        first = None if last is None else last + ONE_DAY
    member = Member(stays)
    return known, member, draw(near(known, member))


@st.composite
def near(draw: st.DrawFn, known: CalendarFacts, member: Member) -> list[dt.datetime]:
    calendar = Calendar(known)
    plans = [calendar.person_plan(member, DATE + n * ONE_DAY) for n in (-1, 0, 1)]
    moments = []
    for _ in range(draw(st.integers(1, 4))):
        plan = draw(st.sampled_from(plans))
        if plan is None or draw(st.integers(0, 3)) == 0:
            moments.append(DATE_BEGINS + dt.timedelta(seconds=draw(st.integers(-26 * 3600, 50 * 3600))))
            continue
        edges = [plan.from_utc, plan.until_utc, *(e for o in plan.occasions for e in (o.first_utc, o.until_utc))]
        if plan.work is not None:
            late, early = (
                dt.timedelta(minutes=m) for m in (plan.work.grace_late_minutes, plan.work.grace_early_minutes)
            )
            edges += [plan.work.start_utc, plan.work.end_utc]
            edges += [plan.work.arrive_by_utc + late, plan.work.leave_from_utc - early]
        seconds = draw(st.sampled_from([-1800, -90, -60, -1, 0, 1, 59, 60, 1800]))
        moments.append(draw(st.sampled_from(edges)) + dt.timedelta(seconds=seconds))
    return sorted(set(moments))


@dataclass(frozen=True)
class Terminal:
    """What a terminal has of the facts."""

    calendar: WorkCalendar
    roster: Roster

    @classmethod
    def of(cls, known: CalendarFacts, member: Member | None = None) -> Terminal:
        made = document(Calendar(known), known, OFFICE, LATE_PERCENT, EARLY_PERCENT)
        check_new(made)
        office = parse_office({"office_id": OFFICE, "name": "Kantor", "calendar": made})
        own = roster(known.roster, known.by_roster, known.shifts)
        away = {} if member is None else elsewhere(member.stays, OFFICE, BEGUN, BEGUN)
        if away:
            own = {"shifts": {}, "days": {}, "alone": [], **(own or {}), **away}
        return cls(office.calendar, BY_THE_OFFICE if own is None else parse_roster(own))

    def says(self, at: dt.datetime, last: dt.datetime | None) -> Assessment:
        return assess(self.calendar, at, last, self.roster)

    def day_of(self, at: dt.datetime) -> dt.date:
        return day_of(self.calendar, at, self.roster)


def judged(
    known: CalendarFacts, moments: list[dt.datetime], member: Member | None = None
) -> dict[dt.date, tuple[DayPlan, JudgedDay]]:
    calendar, member = Calendar(known), member or Member()
    dates = [DATE + n * ONE_DAY for n in range(-6, 7)]
    plans: list[tuple[dt.date, DayPlan | None]] = [(date, calendar.person_plan(member, date)) for date in dates]
    punches = [Punch(f"e{n}", at, at, at, office_id=OFFICE) for n, at in enumerate(moments)]
    reports = {each: OfficeReports(each, BEGUN, moments[-1] + 30 * ONE_DAY) for each in (OFFICE, OTHER)}
    days = judge_days(plans, punches, Cover(()), {}, reports)
    return {date: (plan, day) for (date, plan), day in zip(plans, days, strict=True) if plan is not None}


def minutes(day: JudgedDay, kind: str) -> int:
    return sum(fault.minutes for fault in day.faults if fault.kind == kind)


@settings(max_examples=EXAMPLES, deadline=None)
@given(presences())
def test_what_the_screen_says_at_each_presence_is_what_the_books_judge(
    case: tuple[CalendarFacts, list[dt.datetime]],
) -> None:
    """The books judge as if this presence were the last: what comes later the screen cannot know."""
    known, moments = case
    agree(known, moments, Member())


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(visits())
def test_of_a_guest_the_screen_says_what_the_books_judge_or_nothing(
    case: tuple[CalendarFacts, Member, list[dt.datetime]],
) -> None:
    """Nothing is said of a day of another office or of none, and of one beside a day of another office; whatever is
    said is what the books judge."""
    known, member, moments = case
    agree(known, moments, member)


def test_a_guest_is_told_nothing_by_another_offices_hours() -> None:
    """A nurse of an office that begins at 14:00, at the terminal of one that begins at 07:30, was told 375 minutes."""
    weeks = {OFFICE: Hours(dt.time(7, 30), dt.time(16)), OTHER: AFTERNOON}
    periods = tuple(WorkPeriod(office, office, BEGUN, None, {DATE.weekday(): week}) for office, week in weeks.items())
    known = CalendarFacts("Asia/Jakarta", {OFFICE: None, OTHER: None}, periods)
    at, guest = wib("2026-03-11 13:45"), Member([(OTHER, BEGUN, None)])
    said = Terminal.of(known, guest).says(at, None)
    assert (said.elsewhere, said.minutes_off, said.points_percent) == (True, 0, 0.0)
    assert judged(known, [at], guest)[DATE][1].faults[0].kind == "missing_departure"
    assert Terminal.of(known).says(at, None).minutes_off == 375


def agree(known: CalendarFacts, moments: list[dt.datetime], member: Member) -> None:
    terminal = Terminal.of(known, member)
    told: dict[dt.date, set[str]] = {}
    last = None
    for place, at in enumerate(moments):
        said, date = terminal.says(at, last), terminal.day_of(at)
        if said.elsewhere:
            assert (said.minutes_off, said.points_percent, said.occasions, said.awaited) == (0, 0.0, (), False)
            near_by = {member.office_on(date + n * ONE_DAY) for n in (-1, 0, 1)}
            assert member.office_on(date) != OFFICE or OTHER in near_by
            last = at
            continue
        assert member.office_on(date) == OFFICE
        plan, day = judged(known, moments[: place + 1], member)[date]
        assert said.working_day == (plan.work is not None)
        arrived = day.arrival is not None and day.arrival.because == f"event:e{place}"
        left = day.departure is not None and day.departure.because == f"event:e{place}"
        assert (said.direction is Direction.ARRIVAL, said.direction is Direction.DEPARTURE) == (arrived, left)
        assert said.minutes_off == minutes(day, "late" if arrived else "early")
        percent = LATE_PERCENT if arrived else EARLY_PERCENT
        assert said.points_percent == (percent if said.minutes_off else 0.0)
        told.setdefault(date, set()).update(said.occasions)
        missed = {because for fault in day.faults if fault.kind == "occasion" for because in fault.because}
        expected = {each.name: f"calendar:{each.occasion_id}" for each in plan.occasions}
        assert told[date] <= expected.keys()
        assert missed == {because for name, because in expected.items() if name not in told[date]}
        last = at


@settings(max_examples=EXAMPLES // 2, deadline=None)
@given(facts())
def test_a_terminal_of_the_release_before_takes_the_calendar_too(known: CalendarFacts) -> None:
    """It leaves out what it does not know. What is left is a calendar without hours over midnight, and of flexible
    hours the core: as it has always been told."""
    made = document(Calendar(known), known, OFFICE, LATE_PERCENT, EARLY_PERCENT)
    left = {name: value for name, value in made.items() if name in EARLIER}
    left["periods"] = [{name: value for name, value in period.items() if name in EARLIER} for period in made["periods"]]
    check_new(left)
    earlier = parse_office({"office_id": OFFICE, "name": "Kantor", "calendar": left}).calendar
    calendar = Calendar(known)
    for n in range(-6, 7):
        date = DATE + n * ONE_DAY
        found = calendar.office_hours(OFFICE, date)
        said = assess(earlier, dt.datetime.combine(date, dt.time(12), JAKARTA).astimezone(dt.UTC), None)
        assert said.working_day == (found is not None and not found.ends_next_day)


AFTERNOON = Hours(dt.time(14), dt.time(21))
NIGHT = Hours(dt.time(22), dt.time(6))
FLEXIBLE = Hours(dt.time(7), dt.time(18), 0, 0, 0, (dt.time(10), dt.time(15)), 450)


def wib(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=JAKARTA).astimezone(dt.UTC)


@pytest.mark.parametrize(
    ("week", "shift", "moments", "says"),
    [
        (FLEXIBLE, None, ["2026-03-11 15:30"], [(Direction.ARRIVAL, 330)]),
        (Hours(dt.time(7, 30), dt.time(16)), AFTERNOON, ["2026-03-11 13:45"], [(Direction.ARRIVAL, 0)]),
        (NIGHT, None, ["2026-03-11 21:50", "2026-03-12 06:05"], [(Direction.ARRIVAL, 0), (Direction.DEPARTURE, 0)]),
        (NIGHT, None, ["2026-03-12 00:10"], [(Direction.ARRIVAL, 130)]),
    ],
)
def test_where_screen_and_books_disagreed_before(
    week: Hours, shift: Hours | None, moments: list[str], says: list[tuple[Direction, int]]
) -> None:
    periods = (WorkPeriod("p", None, BEGUN, None, {DATE.weekday(): week}),)
    shifts = () if shift is None else (Shift("s", shift),)
    rows = () if shift is None else (RosterDay("r", PERSON, DATE, "s", DECIDED),)
    known = CalendarFacts("Asia/Jakarta", {OFFICE: None}, periods, shifts=shifts, roster=rows)
    terminal, last = Terminal.of(known), None
    for place, text in enumerate(moments):
        said = terminal.says(wib(text), last)
        assert (said.direction, said.minutes_off) == says[place]
        assert terminal.day_of(wib(text)) == DATE
        last = wib(text)
