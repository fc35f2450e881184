"""The usual week of an office or of the regency: what it is on a date, and how another one begins. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import replace

from etpp.calendar.model import CalendarFacts, Hours, WorkPeriod

_ONE_DAY = dt.timedelta(days=1)


def usual_on(facts: CalendarFacts, lineage: Iterable[str | None], date: dt.date) -> WorkPeriod | None:
    """The period whose week holds on a date but for Ramadan and special days; of the nearest scope (`lineage`) that has
    one. None where nobody has decided any."""
    for scope in lineage:
        found = next((each for each in _own(facts, scope) if _holds(each, date)), None)
        if found is not None:
            return found
    return None


def begin(facts: CalendarFacts, scope: str | None, first: dt.date, days: Mapping[int, Hours]) -> list[WorkPeriod]:
    """What is recorded so that a scope's week is another from a date on: what holds then ends on the day before, and
    what was to begin later begins as it was to."""
    own = _own(facts, scope)
    same = next((each for each in own if each.first == first), None)
    if same is not None:
        return [replace(same, days=days)]
    held = next((each for each in own if _holds(each, first)), None)
    later = min((each.first for each in own if each.first > first), default=None)
    last = None if later is None else later - _ONE_DAY
    if held is not None and held.last is not None:
        last = held.last if last is None else min(last, held.last)
    ended = [] if held is None else [replace(held, last=first - _ONE_DAY)]
    return [*ended, WorkPeriod(f"{scope or ''}:usual:{first}", scope, first, last, days)]


def _own(facts: CalendarFacts, scope: str | None) -> list[WorkPeriod]:
    return [each for each in facts.periods if each.scope == scope and each.season == "usual"]


def _holds(period: WorkPeriod, date: dt.date) -> bool:
    return period.first <= date and (period.last is None or date <= period.last)
