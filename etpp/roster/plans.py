"""When an office works, and when somebody is expected: the calendar's facts over the roster's tree of offices."""

from __future__ import annotations

from collections.abc import Sequence

from etpp.base.errors import Conflict
from etpp.calendar.model import CalendarFacts, PlanError
from etpp.calendar.plan import Calendar
from etpp.calendar.store import calendar_facts
from etpp.db import Transaction
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import PLACES


def facts_for(tx: Transaction, people: Sequence[str] | None = ()) -> CalendarFacts:
    """All offices' hours, and the rosters of these people (None: of everybody)."""
    places = PLACES.find(tx)
    parents = {place.office_id: place.parent_id for place in places}
    zones = {place.office_id: place.timezone for place in places}
    return calendar_facts(tx, REGENCY_ZONE, parents, zones, people=people)


def calendar_for(tx: Transaction, people: Sequence[str] = ()) -> Calendar:
    """Raises Conflict where what was recorded contradicts itself."""
    try:
        return Calendar(facts_for(tx, people))
    except PlanError as error:
        raise Conflict(f"the calendar must be put right first: {error}") from error
