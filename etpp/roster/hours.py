"""An office's working hours as they stand in the database, where an earlier release may have let in what is no use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from etpp.base.asked import ONE_DAY, month
from etpp.base.encoding import canonical
from etpp.base.errors import Conflict
from etpp.calendar.model import CalendarFacts
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import CalendarError, WorkCalendar
from etpp.calendar.store import calendar_facts
from etpp.db import Transaction
from etpp.roster.model import Office
from etpp.roster.store import PLACES

REGENCY_ZONE = "Asia/Jakarta"
"""Of offices that have said no other."""


class HoursBroken(Conflict):
    """An office's calendar is one that neither this server nor a terminal can use; `reason` names the member."""

    def __init__(self, office_id: str, reason: str) -> None:
        self.office_id = office_id
        self.reason = reason
        text = f"office {office_id}: {reason}. Put it right: etpp office change {office_id} --calendar FILE"
        super().__init__(text, key="hours_broken", office=office_id)


def hours(office: Office) -> WorkCalendar:
    """Raises HoursBroken."""
    try:
        calendar = WorkCalendar(office.calendar)
        canonical(dict(office.calendar))
    except CalendarError as error:
        raise HoursBroken(office.office_id, str(error)) from error
    except ValueError as error:
        raise HoursBroken(office.office_id, f"calendar: {error}") from error
    return calendar


def zone(office: Office) -> ZoneInfo:
    """In which to show times of an office: UTC as long as its calendar is broken."""
    try:
        return hours(office).timezone
    except HoursBroken:
        return ZoneInfo("UTC")


def regency_facts(
    tx: Transaction, people: Sequence[str] | None = None, known_utc: dt.datetime | None = None
) -> CalendarFacts:
    """All offices' hours, and the rosters of these people (None: of everybody)."""
    places = PLACES.find(tx, known_utc=known_utc)
    parents = {place.office_id: place.parent_id for place in places}
    zones = {place.office_id: place.timezone for place in places}
    return calendar_facts(tx, REGENCY_ZONE, parents, zones, known_utc, people)


def office_calendar(tx: Transaction, office_id: str, people: Sequence[str]) -> Calendar:
    """When these people are expected who belong to one office. Raises PlanError where facts contradict one another."""
    places = PLACES.find(tx)
    parents = {place.office_id: place.parent_id for place in places}
    zones = {place.office_id: place.timezone for place in places}
    scopes, scope = [office_id], parents.get(office_id)
    while scope is not None and scope not in scopes:
        scopes.append(scope)
        scope = parents.get(scope)
    return Calendar(calendar_facts(tx, REGENCY_ZONE, parents, zones, people=people, scopes=scopes))


def regency_calendar(tx: Transaction, known_utc: dt.datetime | None = None) -> Calendar:
    """When everybody of the regency is expected. Raises PlanError where recorded facts contradict one another."""
    return Calendar(regency_facts(tx, None, known_utc))


def month_bounds(text: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From when until when a month such as 2026-11 lasts in the regency; no bounds for an empty text.

    Raises Problem `malformed`.
    """
    days = month(text)
    if days is None:
        return None, None
    midnights = days[0], days[1] + ONE_DAY
    first, end = (dt.datetime.combine(day, dt.time(), ZoneInfo(REGENCY_ZONE)).astimezone(dt.UTC) for day in midnights)
    return first, end
