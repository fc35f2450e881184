"""The calendar's facts as JSON, and what follows from them for an office's days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from etpp.base.encoding import format_time
from etpp.base.sheets import Fault
from etpp.calendar.decide import Decided
from etpp.calendar.model import CalendarFacts, DayPlan, Hours, Occasion, RosterDay, SpecialDay, WorkPeriod
from etpp.calendar.proposals import ProposedDay
from etpp.calendar.rules import WEEKDAYS


def hours_json(hours: Hours | None) -> dict[str, Any] | None:
    if hours is None:
        return None
    return {
        "start": f"{hours.start:%H:%M}",
        "end": f"{hours.end:%H:%M}",
        "break_minutes": hours.break_minutes,
        "grace_late_minutes": hours.grace_late_minutes,
        "grace_early_minutes": hours.grace_early_minutes,
        "core": None if hours.core is None else [f"{each:%H:%M}" for each in hours.core],
        "need_minutes": hours.need_minutes,
    }


def period_json(period: WorkPeriod) -> dict[str, Any]:
    return {
        "period_id": period.period_id,
        "scope": period.scope,
        "first": period.first.isoformat(),
        "last": _date(period.last),
        "season": period.season,
        "days": {WEEKDAYS[day]: hours_json(hours) for day, hours in sorted(period.days.items())},
    }


def special_json(special: SpecialDay) -> dict[str, Any]:
    return {
        "special_id": special.special_id,
        "scope": special.scope,
        "date": special.date.isoformat(),
        "name": special.name,
        "hours": hours_json(special.hours),
        "decided_utc": format_time(special.decided_utc),
    }


def occasion_json(occasion: Occasion) -> dict[str, Any]:
    return {
        "occasion_id": occasion.occasion_id,
        "scope": occasion.scope,
        "name": occasion.name,
        "first": occasion.first.isoformat(),
        "last": _date(occasion.last),
        "window": [f"{each:%H:%M}" for each in occasion.window],
        "weekdays": None if occasion.weekdays is None else [WEEKDAYS[day] for day in sorted(occasion.weekdays)],
        "on_days_off": occasion.on_days_off,
        "for_shifts": occasion.for_shifts,
        "without_offices": sorted(occasion.without_offices),
    }


def facts_json(facts: CalendarFacts, scopes: Iterable[str | None], year: int) -> dict[str, Any]:
    """What was decided for scopes and touches a year, and the shifts, which are everybody's."""
    asked, first, last = set(scopes), dt.date(year, 1, 1), dt.date(year, 12, 31)

    def of_year(fact: WorkPeriod | Occasion) -> bool:
        return fact.scope in asked and fact.first <= last and (fact.last is None or fact.last >= first)

    days = [each for each in facts.special_days if each.scope in asked and each.date.year == year]
    return {
        "periods": [period_json(each) for each in facts.periods if of_year(each)],
        "special_days": [special_json(each) for each in sorted(days, key=lambda each: each.date)],
        "occasions": [occasion_json(each) for each in facts.occasions if of_year(each)],
        "shifts": [{"shift_id": each.shift_id, "hours": hours_json(each.hours)} for each in facts.shifts],
    }


def plan_json(plan: DayPlan) -> dict[str, Any]:
    """One day of whoever works by the office's hours. `source`: the fact that made it so."""
    work = plan.work
    return {
        "date": plan.date.isoformat(),
        "start_utc": None if work is None else format_time(work.start_utc),
        "end_utc": None if work is None else format_time(work.end_utc),
        "source": plan.source,
        "occasions": [
            {
                "occasion_id": each.occasion_id,
                "name": each.name,
                "first_utc": format_time(each.first_utc),
                "until_utc": format_time(each.until_utc),
            }
            for each in plan.occasions
        ],
    }


def roster_json(day: RosterDay) -> dict[str, Any]:
    return {
        "roster_id": day.roster_id,
        "person_id": day.person_id,
        "date": day.date.isoformat(),
        "shift_id": day.shift_id,
        "decided_utc": format_time(day.decided_utc),
    }


def proposals_json(days: Iterable[ProposedDay], ramadan: Iterable[tuple[dt.date, dt.date]]) -> dict[str, Any]:
    """Nothing here holds before somebody decides it."""
    return {
        "days_off": [{"date": d.date.isoformat(), "name": d.name, "collective": d.collective} for d in days],
        "ramadan": [[first.isoformat(), last.isoformat()] for first, last in ramadan],
    }


def decided_json(decided: Decided, faults: Iterable[Fault] = ()) -> dict[str, Any]:
    return {
        "recorded": decided.recorded,
        "same": decided.same,
        "offices": list(decided.offices),
        "faults": [{"line": each.line, "says": each.says} for each in faults],
    }


def _date(date: dt.date | None) -> str | None:
    return None if date is None else date.isoformat()
