"""The calendar's facts as JSON, and what follows from them for an office's days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from etpp.base.encoding import format_time
from etpp.base.sheets import Fault
from etpp.base.shown import Clock, Day, FaultShown, Moment, Shown
from etpp.calendar.asked import Weekday
from etpp.calendar.decide import Decided
from etpp.calendar.model import CalendarFacts, DayPlan, Hours, Occasion, RosterDay, Season, SpecialDay, WorkPeriod
from etpp.calendar.proposals import ProposedDay
from etpp.calendar.rules import WEEKDAYS


class HoursShown(Shown):
    """One day's hours by the local clock; an `end` at or before `start` lies on the next day; with `core`: flexible."""

    start: Clock
    end: Clock
    break_minutes: int
    grace_late_minutes: int
    grace_early_minutes: int
    core: tuple[Clock, Clock] | None
    need_minutes: int | None


class PeriodShown(Shown):
    """Working hours from a date to a date; a weekday that is missing is off. `scope`: an office, or the regency."""

    period_id: str
    scope: str | None
    first: Day
    last: Day | None
    season: Season
    days: dict[Weekday, HoursShown]


class SpecialDayShown(Shown):
    """A date off, or with hours of its own."""

    special_id: str
    scope: str | None
    date: Day
    name: str
    hours: HoursShown | None
    decided_utc: Moment


class OccasionShown(Shown):
    """An apel or another occasion with a window of its own for presences; `weekdays` None: on all."""

    occasion_id: str
    scope: str | None
    name: str
    first: Day
    last: Day | None
    window: tuple[Clock, Clock]
    weekdays: list[Weekday] | None
    on_days_off: bool
    for_shifts: bool
    without_offices: list[str]


class ShiftHoursShown(Shown):
    """The hours of a shift."""

    shift_id: str
    hours: HoursShown


class CalendarShown(Shown):
    """What was decided for scopes and touches a year, and the shifts, which are everybody's."""

    periods: list[PeriodShown]
    special_days: list[SpecialDayShown]
    occasions: list[OccasionShown]
    shifts: list[ShiftHoursShown]


class DayOccasionShown(Shown):
    """The window of an occasion on a day."""

    occasion_id: str
    name: str
    first_utc: Moment
    until_utc: Moment


class DayPlanShown(Shown):
    """One day of whoever works by the office's hours. `source`: the fact that made it so."""

    date: Day
    start_utc: Moment | None
    end_utc: Moment | None
    source: str
    occasions: list[DayOccasionShown]


class DayPlansShown(Shown):
    """By date."""

    days: list[DayPlanShown]


class RosterDayShown(Shown):
    """A person's shift on a date; None: off."""

    roster_id: str
    person_id: str
    date: Day
    shift_id: str | None
    decided_utc: Moment


class RosterShown(Shown):
    """`next` leads to the following page; None on the last."""

    roster: list[RosterDayShown]
    next: str | None


class ProposedDayShown(Shown):
    """A day off as it is expected; `collective`: leave that the ministers decide."""

    date: Day
    name: str
    collective: bool


class ProposalsShown(Shown):
    """Nothing here holds before somebody decides it. `ramadan`: first and last day."""

    days_off: list[ProposedDayShown]
    ramadan: list[tuple[Day, Day]]


class DamagedShown(Shown):
    """An office whose terminals keep their calendar, as what is stored of it cannot be read."""

    office_id: str
    reason: str


class DecidedShown(Shown):
    """How much was recorded or was so before; `offices`: whose terminals need another calendar; `damaged`: those of
    them that cannot have it."""

    recorded: int
    same: int
    offices: list[str]
    damaged: list[DamagedShown]
    faults: list[FaultShown]


class _Done(Shown):
    done: bool


class RosterImportShown(DecidedShown, _Done):
    """What a table of shifts came to."""


def hours_shown(hours: Hours) -> HoursShown:
    return HoursShown(
        start=_clock(hours.start),
        end=_clock(hours.end),
        break_minutes=hours.break_minutes,
        grace_late_minutes=hours.grace_late_minutes,
        grace_early_minutes=hours.grace_early_minutes,
        core=None if hours.core is None else (_clock(hours.core[0]), _clock(hours.core[1])),
        need_minutes=hours.need_minutes,
    )


def period_shown(period: WorkPeriod) -> PeriodShown:
    return PeriodShown(
        period_id=period.period_id,
        scope=period.scope,
        first=period.first.isoformat(),
        last=_date(period.last),
        season=period.season,
        days={WEEKDAYS[day]: hours_shown(hours) for day, hours in sorted(period.days.items())},
    )


def special_shown(special: SpecialDay) -> SpecialDayShown:
    return SpecialDayShown(
        special_id=special.special_id,
        scope=special.scope,
        date=special.date.isoformat(),
        name=special.name,
        hours=None if special.hours is None else hours_shown(special.hours),
        decided_utc=format_time(special.decided_utc),
    )


def occasion_shown(occasion: Occasion) -> OccasionShown:
    return OccasionShown(
        occasion_id=occasion.occasion_id,
        scope=occasion.scope,
        name=occasion.name,
        first=occasion.first.isoformat(),
        last=_date(occasion.last),
        window=(_clock(occasion.window[0]), _clock(occasion.window[1])),
        weekdays=None if occasion.weekdays is None else [WEEKDAYS[day] for day in sorted(occasion.weekdays)],
        on_days_off=occasion.on_days_off,
        for_shifts=occasion.for_shifts,
        without_offices=sorted(occasion.without_offices),
    )


def calendar_shown(facts: CalendarFacts, scopes: Iterable[str | None], year: int) -> CalendarShown:
    asked, first, last = set(scopes), dt.date(year, 1, 1), dt.date(year, 12, 31)

    def of_year(fact: WorkPeriod | Occasion) -> bool:
        return fact.scope in asked and fact.first <= last and (fact.last is None or fact.last >= first)

    days = [each for each in facts.special_days if each.scope in asked and each.date.year == year]
    return CalendarShown(
        periods=[period_shown(each) for each in facts.periods if of_year(each)],
        special_days=[special_shown(each) for each in sorted(days, key=lambda each: each.date)],
        occasions=[occasion_shown(each) for each in facts.occasions if of_year(each)],
        shifts=[ShiftHoursShown(shift_id=each.shift_id, hours=hours_shown(each.hours)) for each in facts.shifts],
    )


def plan_shown(plan: DayPlan) -> DayPlanShown:
    work = plan.work
    return DayPlanShown(
        date=plan.date.isoformat(),
        start_utc=None if work is None else format_time(work.start_utc),
        end_utc=None if work is None else format_time(work.end_utc),
        source=plan.source,
        occasions=[
            DayOccasionShown(
                occasion_id=each.occasion_id,
                name=each.name,
                first_utc=format_time(each.first_utc),
                until_utc=format_time(each.until_utc),
            )
            for each in plan.occasions
        ],
    )


def roster_shown(day: RosterDay) -> RosterDayShown:
    return RosterDayShown(
        roster_id=day.roster_id,
        person_id=day.person_id,
        date=day.date.isoformat(),
        shift_id=day.shift_id,
        decided_utc=format_time(day.decided_utc),
    )


def proposals_shown(days: Iterable[ProposedDay], ramadan: Iterable[tuple[dt.date, dt.date]]) -> ProposalsShown:
    return ProposalsShown(
        days_off=[ProposedDayShown(date=d.date.isoformat(), name=d.name, collective=d.collective) for d in days],
        ramadan=[(first.isoformat(), last.isoformat()) for first, last in ramadan],
    )


def decided_shown(decided: Decided) -> DecidedShown:
    return DecidedShown(
        recorded=decided.recorded,
        same=decided.same,
        offices=list(decided.offices),
        damaged=[DamagedShown(office_id=office, reason=why) for office, why in decided.damaged.items()],
        faults=[],
    )


def imported_shown(decided: Decided, faults: Iterable[Fault], done: bool) -> RosterImportShown:
    return RosterImportShown(
        done=done,
        recorded=decided.recorded,
        same=decided.same,
        offices=list(decided.offices),
        damaged=[],
        faults=[FaultShown(line=each.line, says=each.says) for each in faults],
    )


def _date(date: dt.date | None) -> str | None:
    return None if date is None else date.isoformat()


def _clock(time: dt.time) -> str:
    return f"{time:%H:%M}"
