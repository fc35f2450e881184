"""What an office's terminals know of when people are expected (docs/protocol.md, "calendar" and "roster"), made of the
dated facts that pay reads. Pure.

A terminal of an earlier release reads what it has always read: hours of one day, of flexible ones the core; a day whose
hours end on the next one is free to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from etpp.calendar.model import ByRoster, CalendarFacts, Hours, RosterDay, Shift
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import WEEKDAYS

ONE_DAY = dt.timedelta(days=1)
Stay = tuple[str, dt.date, dt.date | None]
"""Office, first and last day that somebody belongs there (None: still)."""
_Dates = tuple[dt.date, dt.date]
BEFORE_ISSUE = dt.timedelta(days=3)
"""So long before a gallery was made its rosters begin: work that began two days ago may decide whose a presence is."""


def document(
    calendar: Calendar, facts: CalendarFacts, office_id: str, late_percent: float, early_percent: float
) -> dict[str, Any]:
    """As `rules.check_new` lets it through. `calendar` is the one that the facts make. Raises PlanError."""
    scopes = calendar.lineage(office_id)
    percents = {"late_percent": late_percent, "early_percent": early_percent}
    ours = [period for period in facts.periods if period.scope in scopes]
    edges = sorted({p.first for p in ours} | {p.last + ONE_DAY for p in ours if p.last is not None})
    periods = []
    for place, first in enumerate(edges):
        following = edges[place + 1] if place + 1 < len(edges) else None
        week = calendar.week(office_id, first)
        if week is not None:
            last = None if following is None else str(following - ONE_DAY)
            periods.append({"first": str(first), "last": last, **_days(week), **percents})
    holidays = []
    for date in sorted({special.date for special in facts.special_days if special.scope in scopes}):
        hours, usual = calendar.office_hours(office_id, date), calendar.week(office_id, date)
        if hours == (usual or {}).get(date.weekday()):
            continue
        if hours is None:
            holidays.append(str(date))
        else:
            periods.append({"first": str(date), "last": str(date), **_days({date.weekday(): hours}), **percents})
    # In the order of their first days, and a date of its own after the period that begins with it: the last counts.
    periods.sort(key=lambda period: (period["first"], period["last"] == period["first"]))
    made = {"timezone": calendar.zone(office_id).key, "periods": periods, "holidays": holidays}
    return with_occasions(made, calendar, facts, office_id)


def with_occasions(made: Mapping[str, Any], calendar: Calendar, facts: CalendarFacts, office_id: str) -> dict[str, Any]:
    """A calendar with the occasions that were decided for the office, and no others."""
    scopes = calendar.lineage(office_id)
    rest = {name: value for name, value in made.items() if name != "occasions"}
    occasions = [
        {
            "name": each.name,
            "first": str(each.first),
            "last": None if each.last is None else str(each.last),
            "window": _times(each.window),
            **({} if each.weekdays is None else {"weekdays": [WEEKDAYS[day] for day in sorted(each.weekdays)]}),
            "on_days_off": each.on_days_off,
            "for_shifts": each.for_shifts,
        }
        for each in sorted(facts.occasions, key=lambda each: (each.window, each.occasion_id))
        if each.scope in scopes and office_id not in each.without_offices
    ]
    return {**rest, "occasions": occasions} if occasions else rest


def elsewhere(stays: Iterable[Stay], office_id: str, since: dt.date, today: dt.date) -> dict[str, list[Any]]:
    """When an office's hours say nothing of somebody, as the gallery brings it: `elsewhere`, while the person belongs
    to another office, from `since` on, as work of a neighbouring day matters; `outside`, while to none, from `today`
    on. Empty for who belongs here all the time."""
    here: list[_Dates] = []
    others: list[_Dates] = []
    for office, first, last in stays:
        (here if office == office_id else others).append((first, dt.date.max if last is None else last))
    made = {
        "elsewhere": _from(_without(others, here), since),
        "outside": _from(_without([(dt.date.min, dt.date.max)], here + others), today),
    }
    return {name: spans for name, spans in made.items() if spans}


def _without(spans: Iterable[_Dates], taken: Iterable[_Dates]) -> list[_Dates]:
    """What is left of spans of dates, in order."""
    left = sorted(spans)
    for begun, ended in taken:
        cut = []
        for first, last in left:
            if ended < first or last < begun:
                cut.append((first, last))
                continue
            if first < begun:
                cut.append((first, begun - ONE_DAY))
            if ended < last:
                cut.append((ended + ONE_DAY, last))
        left = cut
    return left


def _from(spans: Iterable[_Dates], since: dt.date) -> list[list[str | None]]:
    return [
        [str(max(first, since)), None if last == dt.date.max else str(last)] for first, last in spans if last >= since
    ]


def roster(days: Iterable[RosterDay], spans: Iterable[ByRoster], shifts: Iterable[Shift]) -> dict[str, Any] | None:
    """One person's own days as the gallery brings them; None for somebody who works by the office's hours alone. A
    shift that there is not is left out: a terminal would refuse the gallery with it, and the books name it."""
    known = {shift.shift_id: shift.hours for shift in shifts}
    decided = {day.date: day.shift_id for day in sorted(days, key=lambda day: (day.decided_utc, day.roster_id))}
    decided = {date: shift for date, shift in decided.items() if shift is None or shift in known}
    alone = sorted((str(span.first), None if span.last is None else str(span.last)) for span in spans)
    if not decided and not alone:
        return None
    named = set(decided.values())
    return {
        "shifts": {shift_id: _shift(hours) for shift_id, hours in known.items() if shift_id in named},
        "days": {str(date): decided[date] for date in sorted(decided)},
        "alone": [list(span) for span in alone],
    }


def _days(week: Mapping[int, Hours]) -> dict[str, Any]:
    days: dict[str, Any] = {}
    more: dict[str, dict[str, Any]] = {"grace": {}, "nights": {}, "flexible": {}}
    for weekday, hours in sorted(week.items()):
        name = WEEKDAYS[weekday]
        whole = _times((hours.start, hours.end))
        if hours.ends_next_day:
            more["nights"][name] = whole
        elif hours.core is None:
            days[name] = whole
        else:  # of flexible hours the core decides who is late or early
            days[name] = _times(hours.core)
            needed = {"need_minutes": hours.need_minutes, "break_minutes": hours.break_minutes}
            more["flexible"][name] = {"hours": whole, **needed}
        if hours.grace_late_minutes or hours.grace_early_minutes:
            more["grace"][name] = [hours.grace_late_minutes, hours.grace_early_minutes]
    return {"days": days, **{name: by_day for name, by_day in more.items() if by_day}}


def _shift(hours: Hours) -> dict[str, Any]:
    made: dict[str, Any] = {"hours": _times((hours.start, hours.end))}
    if hours.core is not None:
        made["core"] = _times(hours.core)
    if hours.grace_late_minutes or hours.grace_early_minutes:
        made["grace"] = [hours.grace_late_minutes, hours.grace_early_minutes]
    return made


def _times(span: tuple[dt.time, dt.time]) -> list[str]:
    return [f"{time:%H:%M}" for time in span]
