"""The day's presence of an office: every person of it with arrival, departure or why there is none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from etpp.base.errors import Problem
from etpp.books.model import EventTime, PresenceRow
from etpp.books.store import Books
from etpp.calendar.rules import Shift, WorkCalendar
from etpp.db import Transaction
from etpp.presence.decided import manual_counts
from etpp.presence.model import OfficeReports
from etpp.presence.rules import Day, judge_day
from etpp.presence.store import manual_within
from etpp.roster import register
from etpp.roster.hours import hours, zone
from etpp.roster.model import Office, Person
from etpp.roster.store import People, Roster
from etpp.terminals.model import Device
from etpp.terminals.store import Devices


@dataclass(frozen=True)
class DayBook:
    """`reported_utc`: up to when every terminal has reported; None while one that counts has not, or there is none."""

    office: Office
    day: dt.date
    calendar: WorkCalendar
    shift: Shift | None
    reported_utc: dt.datetime | None
    people: list[tuple[Person, Day]]

    @property
    def complete(self) -> bool:
        """Whether everything that happened in the shift is known."""
        if self.shift is None:
            return True
        return self.reported_utc is not None and self.reported_utc >= self.shift.end_utc


def asked_day(text: str) -> dt.date | None:
    """The day that somebody asks for; None for an empty text, which is today. Raises Problem `malformed`."""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = dt.date.min
    if not 1970 < day.year < 9000:
        raise Problem("malformed", "date: must be a day such as 2026-11-24", key="date_wrong")
    return day


def open_day(tx: Transaction, office_id: str, day: dt.date | None, now: dt.datetime) -> DayBook:
    """The book of a local day, today's by default. Raises NotFound and HoursBroken."""
    office = register.office(tx, office_id)
    calendar = hours(office)
    day = calendar.day_of(now) if day is None else day
    start, end = calendar.bounds(day)
    begun = first_day(tx, office)
    # Before the office had a terminal nobody could be seen, and nobody was absent.
    reported = None if begun is None or day < begun else reported_through(tx, office_id, start)
    of_face: dict[str, list[PresenceRow]] = {}
    for presence in Books(tx).presences(office_id, start, end):
        of_face.setdefault(presence.person_id, []).append(presence)
    by_hand = _by_hand(tx, office_id, start, end)
    days = []
    for person, person_ids in _people(tx, office_id, day, of_face.keys(), by_hand.keys()):
        seen = [presence for person_id in person_ids for presence in of_face.get(person_id, [])]
        days.append((person, judge_day([*seen, *by_hand.get(person.employee_id, [])], calendar, day, reported)))
    return DayBook(office, day, calendar, calendar.shift(day), reported, days)


def _people(
    tx: Transaction, office_id: str, day: dt.date, seen: Collection[str], written: Collection[str]
) -> list[tuple[Person, tuple[str, ...]]]:
    """Who belonged to the office on the day, with or without a face, and whoever was `seen` or `written` down there; by
    name. With the ids under which the office's terminals have known the person: a face that was taken away rewrites no
    past day."""
    roster = Roster(tx)
    here = {stay.person_id for stay in roster.assignments(day, day, office_id)} | set(written)
    known: dict[str, list[Person]] = {}
    for person in People(tx).everyone(office_id, include_erased=True):
        if person.employee_id in here or person.person_id in seen:
            known.setdefault(person.employee_id, []).append(person)
    found = []
    for faces in known.values():
        newest = max(faces, key=lambda face: (face.erased_version is None, face.changed_version))
        found.append((newest, tuple(face.person_id for face in faces)))
    for employee in roster.employees(sorted(here - known.keys())).values():
        found.append((Person(office_id, "", employee.person_id, employee.nip, employee.name, 0), ()))
    return sorted(found, key=lambda each: (each[0].name or "", each[0].person_id))


def _by_hand(tx: Transaction, office_id: str, start: dt.datetime, end: dt.datetime) -> dict[str, list[PresenceRow]]:
    """employee -> manual entries that count, of presences at the office."""
    found: dict[str, list[PresenceRow]] = {}
    for each in manual_within(tx, office_id=office_id, confirmed=True, start=start, end=end):
        if manual_counts(each):
            time = EventTime(each.at_utc, each.at_utc, each.at_utc, "trusted")
            found.setdefault(each.person_id, []).append(PresenceRow("", "", each.entry_id, time, manual=True))
    return found


def reported_through(
    tx: Transaction, office_id: str, since: dt.datetime, until: dt.datetime | None = None
) -> dt.datetime | None:
    """The moment up to which nothing is missing: the earliest of what the office's terminals have reported through.

    A terminal that was revoked before `since` has nothing to say about what came after; one revoked later may still
    hold presences, until BKPP has written it off. One that came after `until` holds none of what was before.
    """
    reported: dict[str, dt.datetime] = {}
    for head in Books(tx).heads(office_id):
        if head.reported_utc is not None:
            reported[head.device_id] = max(head.reported_utc, reported.get(head.device_id, head.reported_utc))
    counting = [device for device in Devices(tx).all(office_id) if _counts(device, since, until)]
    moments = [reported.get(device.device_id) for device in counting]
    known = [moment for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None


def first_day(tx: Transaction, office: Office) -> dt.date | None:
    """Since when the office has a terminal."""
    begun = (device.provisioned_utc.astimezone(zone(office)).date() for device in Devices(tx).all(office.office_id))
    return min(begun, default=None)


def office_reports(tx: Transaction, office: Office, since: dt.date, until: dt.datetime | None = None) -> OfficeReports:
    """What the books can say of an office for pay from a day on, up to a moment (None: up to now)."""
    start = dt.datetime.combine(since, dt.time(), zone(office)).astimezone(dt.UTC)
    reported = reported_through(tx, office.office_id, start, until)
    return OfficeReports(office.office_id, first_day(tx, office), reported)


def _counts(device: Device, since: dt.datetime, until: dt.datetime | None) -> bool:
    if until is not None and device.provisioned_utc > until:
        return False
    if device.revoked_utc is None:
        return True
    return device.written_off_utc is None and device.revoked_utc >= since
