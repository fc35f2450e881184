"""An office's calendar for its terminals (docs/protocol.md, "calendar"), made of the dated facts that pay reads. Pure.

What the document has no word for it leaves out: hours of an office that end on the next day (the screen says a free
day), occasions, and the rosters of people by name, whom the screen tells minutes by the office's hours.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from etpp.calendar.model import CalendarFacts, Hours
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import WEEKDAYS

ONE_DAY = dt.timedelta(days=1)


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
        if hours is None or hours.ends_next_day:
            holidays.append(str(date))
        else:
            periods.append({"first": str(date), "last": str(date), **_days({date.weekday(): hours}), **percents})
    # In the order of their first days, and a date of its own after the period that begins with it: the last counts.
    periods.sort(key=lambda period: (period["first"], period["last"] == period["first"]))
    return {"timezone": calendar.zone(office_id).key, "periods": periods, "holidays": holidays}


def _days(week: Mapping[int, Hours]) -> dict[str, Any]:
    days, grace = {}, {}
    for weekday, hours in sorted(week.items()):
        if hours.ends_next_day:
            continue
        # Of flexible hours the core decides who is late or early.
        start, end = (hours.start, hours.end) if hours.core is None else hours.core
        days[WEEKDAYS[weekday]] = [start.strftime("%H:%M"), end.strftime("%H:%M")]
        if hours.grace_late_minutes or hours.grace_early_minutes:
            grace[WEEKDAYS[weekday]] = [hours.grace_late_minutes, hours.grace_early_minutes]
    return {"days": days, "grace": grace} if grace else {"days": days}
