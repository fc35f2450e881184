"""From the calendar's facts to one person's day. Pure; a Calendar may be shared by threads that only read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from etpp.calendar.model import (
    CalendarFacts,
    DayPlan,
    Employed,
    Hours,
    Occasion,
    OccasionPlan,
    Placed,
    PlanError,
    RosterDay,
    RosterError,
    Season,
    SpecialDay,
    Work,
    WorkPeriod,
)

ONE_DAY = dt.timedelta(days=1)
AFTER_NIGHT = dt.timedelta(hours=4)
"""How long after a shift that ended at or after midnight a presence still belongs to it, at most."""
BEFORE_MIDNIGHT = dt.timedelta(hours=2)
"""How long before a shift that begins soon after midnight a presence belongs to it already, at most."""

_SEASONS: tuple[Season, ...] = ("ramadan", "usual")

_Span = tuple[tuple[tuple[dt.date, DayPlan], ...], tuple[dt.date, ...]]
_Decided = tuple[Hours | None, str, bool]
"""A date's hours or None, the fact that gave them, and whether a roster did."""


class Calendar:
    """The facts, put in order. Raises PlanError where they contradict one another, whoever asks for which day."""

    def __init__(self, facts: CalendarFacts) -> None:
        self._parents = facts.parents
        self._lineage = {office: self._find_lineage(office) for office in facts.parents}
        self._zones = {office: self._find_zone(facts, office) for office in facts.parents}
        self._periods: dict[tuple[str | None, Season], list[WorkPeriod]] = defaultdict(list)
        for period in sorted(facts.periods, key=lambda p: (p.first, p.period_id)):
            self._periods[period.scope, period.season].append(period)
        for periods in self._periods.values():
            _refuse_overlap(periods)
        self._special: dict[tuple[str | None, dt.date], SpecialDay] = {}
        for special in sorted(facts.special_days, key=lambda s: (s.decided_utc, s.special_id)):
            self._special[special.scope, special.date] = special
        self._occasions = sorted(facts.occasions, key=lambda o: (o.window, o.occasion_id))
        self._shifts = {shift.shift_id: shift for shift in facts.shifts}
        self._roster: dict[tuple[str, dt.date], RosterDay] = {}
        for row in sorted(facts.roster, key=lambda r: (r.decided_utc, r.roster_id)):
            if row.shift_id is not None and row.shift_id not in self._shifts:
                raise RosterError(row)
            self._roster[row.person_id, row.date] = row
        self._by_roster: dict[str, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
        for each in facts.by_roster:
            self._by_roster[each.person_id].append((each.first, each.last))
        self._by_name = {row.person_id for row in facts.roster} | set(self._by_roster)
        self._plans: dict[tuple[str, dt.date], DayPlan] = {}
        self._spans: dict[tuple[str, dt.date, dt.date], _Span] = {}
        self._deadlines: dict[tuple[str, dt.date, int], dt.datetime] = {}
        hours = [hours for period in facts.periods for hours in period.days.values()]
        hours += [shift.hours for shift in facts.shifts]
        hours += [special.hours for special in facts.special_days if special.hours is not None]
        self.flexible = any(each.core is not None for each in hours)
        """Whether anybody anywhere works flexible hours, which are judged by the week."""

    def zone(self, office_id: str) -> ZoneInfo:
        return self._zones[self._known(office_id)]

    def lineage(self, office_id: str) -> tuple[str | None, ...]:
        """The scopes that hold for an office, nearest first; the last is None, the regency."""
        return self._lineage[self._known(office_id)]

    def decided(self, office_id: str, date: dt.date) -> bool:
        """Whether anybody has said what an office's hours are on a date, off included."""
        return self.fact(office_id, date) is not None

    def fact(self, office_id: str, date: dt.date) -> SpecialDay | WorkPeriod | None:
        """What says what an office's date is, a weekday off included; None where nobody has decided it."""
        lineage = self.lineage(office_id)
        for scope in lineage:
            special = self._special.get((scope, date))
            if special is not None:
                return special
        for season in _SEASONS:
            for scope in lineage:
                for period in self._periods.get((scope, season), ()):
                    if period.first <= date and (period.last is None or date <= period.last):
                        return period
        return None

    def week(self, office_id: str, date: dt.date) -> Mapping[int, Hours] | None:
        """The hours by weekday of the period that holds for an office on a date; None where nobody has decided any."""
        for season in _SEASONS:
            for scope in self.lineage(office_id):
                for period in self._periods.get((scope, season), ()):
                    if period.first <= date and (period.last is None or date <= period.last):
                        return period.days
        return None

    def office_hours(self, office_id: str, date: dt.date) -> Hours | None:
        """An office's hours on a date; None on a day off. Raises PlanError when nobody has decided them."""
        return self._office_day(office_id, date)[0]

    def deadline(self, office_id: str, date: dt.date, days: int) -> dt.datetime:
        """The end of the how manieth of an office's working days after a date; of the date itself for 0.

        Raises PlanError where so many working days are not in sight within a year.
        """
        key = office_id, date, days
        if key not in self._deadlines:
            plan, left = self.office_plan(office_id, date), days
            for n in range(1, 366):
                if not left:
                    break
                plan = self.office_plan(office_id, date + n * ONE_DAY)
                left -= plan.work is not None
            if left:
                raise PlanError(f"office {office_id}: no {days} working days within a year after {date}")
            self._deadlines[key] = plan.until_utc
        return self._deadlines[key]

    def due(self, person: Employed, date: dt.date, days: int) -> dt.datetime:
        """The deadline for what a person did on a date, by the office of that date: who moves on afterwards loses
        nothing that was in time."""
        return self.deadline(person.office_near(date), date, days)

    def office_plan(self, office_id: str, date: dt.date) -> DayPlan:
        """The day of whoever works by the office's hours."""
        plan = self._plans.get((office_id, date))
        if plan is None:
            today = self._office_day(office_id, date)
            around = (self._beside(office_id, date + n * ONE_DAY) for n in (-1, 1))
            days = [next(around), today, next(around)]
            plan = self._plans[office_id, date] = self._plan(office_id, date, days, [office_id] * 3)
        return plan

    def free_day(self, office_id: str, date: dt.date) -> DayPlan:
        """From midnight to midnight: a date for which nobody has decided an office's hours."""
        zone = self.zone(office_id)
        return DayPlan(date, office_id, _midnight(zone, date), _midnight(zone, date + ONE_DAY), None, (), "")

    def office_days(self, office_id: str, first: dt.date, last: dt.date) -> _Span:
        """The office's plans between two dates, and the working days among them."""
        key = office_id, first, last
        found = self._spans.get(key)
        if found is None:
            dates = [first + n * ONE_DAY for n in range((last - first).days + 1)]
            plans = tuple((date, self.office_plan(office_id, date)) for date in dates)
            found = self._spans[key] = plans, tuple(date for date, plan in plans if plan.work is not None)
        return found

    def has_roster(self, person_id: str) -> bool:
        """Whether a person's days may differ from the office's."""
        return person_id in self._by_name

    def by_roster(self, person_id: str, date: dt.date) -> bool:
        """Whether a person's roster, and not the office, says what a date is."""
        spans = self._by_roster.get(person_id, ())
        return (person_id, date) in self._roster or any(
            first <= date and (last is None or date <= last) for first, last in spans
        )

    def person_plan(self, person: Placed, date: dt.date) -> DayPlan | None:
        office_id = person.office_on(date)
        if office_id is None:
            return None
        # Yesterday's and tomorrow's work only draw the lines about midnight; the day's own office stands for a
        # neighbour on which the person belonged to none.
        offices = [person.office_on(date + n * ONE_DAY) or office_id for n in (-1, 0, 1)]
        if person.person_id not in self._by_name and offices[0] == offices[1] == offices[2]:
            return self.office_plan(office_id, date)
        days = [
            self._person_day(
                person.person_id, each, date + (i - 1) * ONE_DAY, self._office_day if i == 1 else self._beside
            )
            for i, each in enumerate(offices)
        ]
        return self._plan(office_id, date, days, offices)

    def _person_day(
        self, person_id: str, office_id: str, date: dt.date, office_day: Callable[[str, dt.date], _Decided]
    ) -> _Decided:
        row = self._roster.get((person_id, date))
        if row is not None:
            return (None if row.shift_id is None else self._shifts[row.shift_id].hours, row.roster_id, True)
        if self.by_roster(person_id, date):
            return None, "", True
        return office_day(office_id, date)

    def _beside(self, office_id: str, date: dt.date) -> _Decided:
        """A neighbour's day only draws the line about midnight: before an office's first hours there is no work."""
        return self._office_day(office_id, date) if self.decided(office_id, date) else (None, "", False)

    def _office_day(self, office_id: str, date: dt.date) -> _Decided:
        fact = self.fact(office_id, date)
        if isinstance(fact, SpecialDay):
            return fact.hours, fact.special_id, False
        if fact is not None:
            hours = fact.days.get(date.weekday())
            return hours, fact.period_id if hours is not None else "", False
        raise PlanError(f"office {office_id}: no working hours are decided for {date}")

    def _plan(self, office_id: str, date: dt.date, days: list[_Decided], offices: list[str]) -> DayPlan:
        before, today, after = (
            self._work(self._zones[each], date + (i - 1) * ONE_DAY, days[i]) for i, each in enumerate(offices)
        )
        zone = self._zones[office_id]
        return DayPlan(
            date,
            office_id,
            _line(before, today, _midnight(zone, date)),
            _line(today, after, _midnight(self._zones[offices[2]], date + ONE_DAY)),
            today,
            tuple(
                OccasionPlan(o.occasion_id, o.name, _moment(zone, date, o.window[0]), _moment(zone, date, o.window[1]))
                for o in self._occasions
                if self._takes_place(o, office_id, date, works=today is not None, by_roster=days[1][2])
            ),
            days[1][1],
        )

    def _takes_place(self, occasion: Occasion, office_id: str, date: dt.date, *, works: bool, by_roster: bool) -> bool:
        return (
            occasion.scope in self._lineage[office_id]
            and office_id not in occasion.without_offices
            and occasion.first <= date
            and (occasion.last is None or date <= occasion.last)
            and (occasion.weekdays is None or date.weekday() in occasion.weekdays)
            and (works or occasion.on_days_off)
            and (occasion.for_shifts or not by_roster)
        )

    def _work(self, zone: ZoneInfo, date: dt.date, day: _Decided) -> Work | None:
        hours, source, _ = day
        if hours is None:
            return None
        start = _moment(zone, date, hours.start)
        end = _moment(zone, date + ONE_DAY if hours.ends_next_day else date, hours.end)
        core = hours.core
        return Work(
            start,
            end,
            start if core is None else _moment(zone, date, core[0]),
            end if core is None else _moment(zone, date, core[1]),
            hours.break_minutes,
            hours.grace_late_minutes,
            hours.grace_early_minutes,
            hours.need_minutes,
            source,
        )

    def _find_lineage(self, office_id: str) -> tuple[str | None, ...]:
        found: list[str | None] = []
        scope: str | None = office_id
        while scope is not None:
            if scope in found:
                raise PlanError(f"office {office_id}: the offices above it form a circle")
            if scope not in self._parents:
                raise PlanError(f"office {office_id}: there is no office {scope} above it")
            found.append(scope)
            scope = self._parents[scope]
        return (*found, None)

    def _find_zone(self, facts: CalendarFacts, office_id: str) -> ZoneInfo:
        scopes = (scope for scope in self._lineage[office_id] if scope is not None)
        name = next((facts.timezones[scope] for scope in scopes if scope in facts.timezones), facts.timezone)
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise PlanError(f"office {office_id}: there is no time zone of this name: {name}") from error

    def _known(self, office_id: str) -> str:
        if office_id not in self._parents:
            raise PlanError(f"there is no office {office_id}")
        return office_id


def day_plan(calendar: Calendar, person: Placed, date: dt.date) -> DayPlan | None:
    """What is expected of one person on one date; None when the person belongs to no office then.

    A roster's day goes before everything else, then a date decided by itself, then Ramadan's hours, then the usual
    ones; among offices the nearest decides. Raises PlanError when nobody has decided hours for the date.
    """
    return calendar.person_plan(person, date)


def _refuse_overlap(periods: Iterable[WorkPeriod]) -> None:
    """`periods`: of one scope and season, by their first dates."""
    previous: WorkPeriod | None = None
    for period in periods:
        if period.last is not None and period.last < period.first:
            raise PlanError(f"period {period.period_id}: it ends before it begins")
        if any(day not in range(7) for day in period.days):
            raise PlanError(f"period {period.period_id}: weekdays are 0, Monday, to 6")
        if previous is not None and (previous.last is None or period.first <= previous.last):
            raise PlanError(f"periods {previous.period_id} and {period.period_id} of one scope overlap")
        previous = period


def _line(before: Work | None, after: Work | None, midnight: dt.datetime) -> dt.datetime:
    """Where one day's presences end and the next one's begin: midnight, unless work lies over it or close to it."""
    if before is not None and before.end_utc >= midnight:
        room = AFTER_NIGHT if after is None else min(AFTER_NIGHT, (after.start_utc - before.end_utc) / 2)
        return before.end_utc + max(room, dt.timedelta())
    if after is not None and after.start_utc < midnight + BEFORE_MIDNIGHT:
        room = BEFORE_MIDNIGHT if before is None else min(BEFORE_MIDNIGHT, (after.start_utc - before.end_utc) / 2)
        return after.start_utc - room
    return midnight


def _midnight(zone: ZoneInfo, date: dt.date) -> dt.datetime:
    return _moment(zone, date, dt.time())


def _moment(zone: ZoneInfo, date: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(date, time, zone).astimezone(dt.UTC)
