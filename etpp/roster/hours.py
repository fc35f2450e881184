"""An office's working hours as they stand in the database, where an earlier release may have let in what is no use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from etpp.base.asked import month
from etpp.base.clock import days_utc
from etpp.base.encoding import canonical
from etpp.base.errors import Conflict, EtppError, Problem
from etpp.calendar.model import CalendarFacts, PlanError, RosterDay, RosterError
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import CalendarError, WorkCalendar
from etpp.calendar.store import calendar_facts
from etpp.db import Transaction
from etpp.roster.assignments import CareerError
from etpp.roster.model import Office
from etpp.roster.store import PLACES

REGENCY_ZONE = "Asia/Jakarta"
"""Of offices that have said no other."""


class OfficeBroken(EtppError):
    """An office's days cannot be judged by what is stored; `reason` names what is wrong, `remedy` is a command."""

    office_id: str
    reason: str
    remedy: str

    def _told(self, office_id: str, reason: str, remedy: str) -> str:
        self.office_id, self.reason, self.remedy = office_id, reason, remedy
        return f"office {office_id}: {reason}. Put it right: {remedy}"


class HoursBroken(OfficeBroken, Conflict):
    """An office's calendar is one that neither this server nor a terminal can use; `reason` names the member."""

    def __init__(self, office_id: str, reason: str) -> None:
        text = self._told(office_id, reason, f"etpp office change {office_id} --calendar FILE")
        super().__init__(text, key="hours_broken", office=office_id)


class RosterBroken(OfficeBroken, Conflict):
    """A row of the roster of one of its people names a shift that there is not."""

    def __init__(self, office_id: str, row: RosterDay) -> None:
        who, date, shift = row.person_id, row.date, row.shift_id
        text = self._told(
            office_id,
            f"the roster of person {who} has on {date} the shift {shift}, which there is not",
            f"etpp calendar roster set {who} {date} SHIFT, or decide the shift: etpp calendar shift {shift} HOURS",
        )
        super().__init__(text, key="roster_broken", office=office_id, person=who, date=date, shift=shift)


class PostsBroken(OfficeBroken, Conflict):
    """The posts of one of its people contradict one another."""

    def __init__(self, office_id: str, error: CareerError) -> None:
        since = error.date or "–"
        text = self._told(
            office_id,
            f"the roster has person {error.person_id} in posts that contradict one another, from {since}: {error}",
            "etpp roster import FILE with the right dates of that person's posts",
        )
        super().__init__(text, key="posts_broken", office=office_id, person=error.person_id, date=since)


class PlanBroken(OfficeBroken, Conflict):
    """What was decided of its hours contradicts itself."""

    def __init__(self, office_id: str, error: PlanError) -> None:
        reason = f"the decided hours contradict themselves: {error}"
        text = self._told(office_id, reason, "etpp calendar withdraw KIND ID")
        super().__init__(text, key="plan_broken", office=office_id)


def contradiction(office_id: str, error: PlanError | CareerError) -> RosterBroken | PostsBroken | PlanBroken:
    """Whether it is somebody's roster, somebody's posts or the decided hours themselves."""
    if isinstance(error, RosterError):
        return RosterBroken(office_id, error.row)
    return PostsBroken(office_id, error) if isinstance(error, CareerError) else PlanBroken(office_id, error)


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


def month_or_this(text: str, now: dt.datetime) -> str:
    """The month that a list's address names, such as 2026-11; the one that it is in the regency where it names none,
    or what is none."""
    try:
        days = month(text)
    except Problem:
        days = None
    return f"{now.astimezone(ZoneInfo(REGENCY_ZONE)) if days is None else days[0]:%Y-%m}"


def month_bounds(text: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """From when until when a month such as 2026-11 lasts in the regency; no bounds for an empty text.

    Raises Problem `malformed`.
    """
    days = month(text)
    if days is None:
        return None, None
    return days_utc(*days, ZoneInfo(REGENCY_ZONE))
