"""The day's presence of an office: every person of it with arrival, departure or why there is none."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from etpp.absence.model import Excuse, Kind
from etpp.absence.rules import in_force
from etpp.absence.store import kinds, letters_within, said_of
from etpp.base.errors import Problem
from etpp.books import resting
from etpp.books.model import ChainHead, EventTime, PresenceRow
from etpp.books.store import Books
from etpp.calendar.model import DayPlan, PlanError, Work
from etpp.calendar.rules import WorkCalendar
from etpp.db import Transaction
from etpp.presence.decided import last_decision, manual_counts
from etpp.presence.model import OfficeReports, Part
from etpp.presence.rules import Day, Stand, judge_day, may_be_of, stand
from etpp.presence.store import corrections_within, decisions_on, manual_within
from etpp.roster import register
from etpp.roster.assignments import CareerError
from etpp.roster.hours import contradiction, hours, office_calendar, zone
from etpp.roster.model import Office, Person
from etpp.roster.store import Offices, People, Roster
from etpp.terminals.model import Device
from etpp.terminals.store import Devices


@dataclass(frozen=True)
class Note:
    """What else the day's page says of a person. `letters`: the kinds of those in force, by their ids; `corrected`:
    what an approved correction changes, for pay; `shift`: hours of their own, None with the office's."""

    stand: Stand
    letters: tuple[Kind, ...]
    corrected: tuple[Part, ...]
    shift: Work | None
    held: int = 0
    """Presences that count once BKPP has approved the face."""


@dataclass(frozen=True)
class DayBook:
    """`reported_utc`: up to when every terminal has reported; None while one that counts has not, or there is none.
    `work`: by the office's hours; `over_utc`: when the last of its people's work is over, None where nobody works."""

    office: Office
    day: dt.date
    calendar: WorkCalendar
    work: Work | None
    over_utc: dt.datetime | None
    reported_utc: dt.datetime | None
    people: list[tuple[Person, Day]]
    notes: Mapping[str, Note]
    """By employee."""

    @property
    def complete(self) -> bool:
        """Whether everything that happened while people worked is known."""
        if self.over_utc is None:
            return True
        return self.reported_utc is not None and self.reported_utc >= self.over_utc


class _Plans:
    """What a day asks of an office's people, by its hours or by their own rosters (`here`: who belongs to it)."""

    def __init__(self, tx: Transaction, office: Office, day: dt.date, here: Collection[str]) -> None:
        try:
            calendar = office_calendar(tx, office.office_id, sorted(here))
            careers = Roster(tx).careers([each for each in sorted(here) if calendar.has_roster(each)])
            decided = calendar.decided(office.office_id, day)
            self.usual = (calendar.office_plan if decided else calendar.free_day)(office.office_id, day)
            self._own = {
                employee_id: calendar.person_plan(career, day) or self.usual
                for employee_id, career in careers.items()
                if decided or calendar.by_roster(employee_id, day)
            }
        except (PlanError, CareerError) as error:
            raise contradiction(office.office_id, error) from error

    def of(self, employee_id: str) -> DayPlan:
        return self._own.get(employee_id, self.usual)

    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        """Within which a presence may be of the day."""
        plans = [self.usual, *self._own.values()]
        return min(plan.from_utc for plan in plans), max(plan.until_utc for plan in plans)


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
    """The book of a local day, today's by default. Raises NotFound and OfficeBroken."""
    office = register.office(tx, office_id)
    calendar = hours(office)
    day = calendar.day_of(now) if day is None else day
    roster, faces = Roster(tx), People(tx).everyone(office_id, include_erased=True)
    here = {stay.person_id for stay in roster.assignments(day, day, office_id)}
    plans = _Plans(tx, office, day, here)
    start, end = plans.bounds()
    begun = first_day(tx, office)
    # Before the office had a terminal nobody could be seen, and nobody was absent.
    reported = None if begun is None or day < begun else reported_through(tx, office_id, start)
    # Under whichever of the ids that its terminals knew: a face that was taken away rewrites no past day.
    employee_of = {face.person_id: face.employee_id for face in faces}
    seen: dict[str, list[PresenceRow]] = {}
    for presence in Books(tx).presences(office_id, start, end):
        employee_id = employee_of.get(presence.person_id)
        if employee_id is not None and may_be_of(plans.of(employee_id), presence):
            seen.setdefault(employee_id, []).append(presence)
    held: Counter[str] = Counter()
    for rests in resting.of_office(tx, office_id, start, end):
        who = rests.person_id
        presence = PresenceRow("", rests.device_id, rests.event_id, rests.time)
        if not who or not may_be_of(plans.of(who), presence):
            continue
        if rests.state == "approved":
            seen.setdefault(who, []).append(presence)
        elif rests.state == "waiting":
            held[who] += 1
    for employee_id, written in _by_hand(tx, office_id, start, end).items():
        mine = [presence for presence in written if may_be_of(plans.of(employee_id), presence)]
        if mine:
            seen.setdefault(employee_id, []).extend(mine)
    people = _people(roster, office_id, faces, here | seen.keys() | held.keys())
    percents = calendar.percents(day)
    days = [
        (person, judge_day(seen.get(person.employee_id, []), plans.of(person.employee_id), percents, reported))
        for person in people
    ]
    works = [plan.work for plan in (plans.usual, *(plans.of(person.employee_id) for person in people))]
    over = max((work.end_utc for work in works if work is not None), default=None)
    excuses = _letters(tx, office, here | seen.keys(), start, end)
    corrected = _corrected(tx, office_id, day)
    notes = {}
    for person, judged in days:
        who, plan = person.employee_id, plans.of(person.employee_id)
        kinds_of_day = tuple(each.kind for each in excuses.get(who, ()) if _holds(each, plan))
        own = plan.work if plan.work is not None and plan.work != plans.usual.work else None
        standing = stand(judged, plan, bool(kinds_of_day), reported)
        notes[who] = Note(standing, kinds_of_day, corrected.get(who, ()), own, held[who])
    return DayBook(office, day, calendar, plans.usual.work, over, reported, days, notes)


def _letters(
    tx: Transaction, office: Office, people: Collection[str], start: dt.datetime, end: dt.datetime
) -> dict[str, tuple[Excuse, ...]]:
    """employee -> letters in force that touch the day."""
    held = letters_within(tx, office_id=office.office_id, zone=zone(office), start=start, end=end)
    if not held:
        return {}
    said, catalogue, here = said_of(tx, [each.letter_id for each in held]), kinds(tx), zone(office)
    named = {person for each in held for person in each.person_ids} & set(people)
    return {person: in_force(person, held, *said, catalogue, here) for person in named}


def _holds(excuse: Excuse, plan: DayPlan) -> bool:
    """Whether a letter is for a time in which work was planned."""
    work = plan.work
    return work is not None and excuse.first_utc < work.end_utc and excuse.until_utc > work.start_utc


def _corrected(tx: Transaction, office_id: str, day: dt.date) -> dict[str, tuple[Part, ...]]:
    """employee -> the parts of the day that an approved correction changes."""
    made = corrections_within(tx, office_id=office_id, first=day, last=day)
    decisions = decisions_on(tx, [each.correction_id for each in made]) if made else []
    found: dict[str, tuple[Part, ...]] = {}
    for each in made:
        last = last_decision(each, decisions)
        if last is not None and last.approved:
            found[each.person_id] = (*found.get(each.person_id, ()), each.part)
    return found


def _people(roster: Roster, office_id: str, faces: Collection[Person], asked: Collection[str]) -> list[Person]:
    """Who was asked for, with or without a face; by name."""
    known: dict[str, list[Person]] = {}
    for face in faces:
        if face.employee_id in asked:
            known.setdefault(face.employee_id, []).append(face)
    found = [max(mine, key=lambda face: (face.erased_version is None, face.changed_version)) for mine in known.values()]
    for employee in roster.employees(sorted(set(asked) - known.keys())).values():
        found.append(Person(office_id, "", employee.person_id, employee.nip, employee.name, 0))
    return sorted(found, key=lambda person: (person.name or "", person.person_id))


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
    return _reported(Books(tx).heads(office_id), Devices(tx).all(office_id), since, until)


def _reported(
    heads: Iterable[ChainHead], devices: Iterable[Device], since: dt.datetime, until: dt.datetime | None
) -> dt.datetime | None:
    reported: dict[str, dt.datetime] = {}
    for head in heads:
        if head.reported_utc is not None:
            reported[head.device_id] = max(head.reported_utc, reported.get(head.device_id, head.reported_utc))
    counting = [device for device in devices if _counts(device, since, until)]
    moments = [reported.get(device.device_id) for device in counting]
    known = [moment for moment in moments if moment is not None]
    return min(known) if known and len(known) == len(moments) else None


def first_day(tx: Transaction, office: Office) -> dt.date | None:
    """Since when the office has a terminal."""
    return _first(office, Devices(tx).all(office.office_id))


def _first(office: Office, devices: Iterable[Device]) -> dt.date | None:
    return min((device.provisioned_utc.astimezone(zone(office)).date() for device in devices), default=None)


def office_reports(tx: Transaction, office: Office, since: dt.date, until: dt.datetime | None = None) -> OfficeReports:
    """What the books can say of an office for pay from a day on, up to a moment (None: up to now)."""
    heads, devices = Books(tx).heads(office.office_id), Devices(tx).all(office.office_id)
    return _reports(office, heads, devices, since, until)


def regency_reports(tx: Transaction, since: dt.date, until: dt.datetime | None = None) -> list[OfficeReports]:
    """As `office_reports`, of every office: three statements, however many offices there are."""
    heads, devices = Books(tx).every_head(), defaultdict[str, list[Device]](list)
    for device in Devices(tx).all():
        devices[device.office_id].append(device)
    return [
        _reports(each, heads.get(each.office_id, ()), devices[each.office_id], since, until)
        for each in Offices(tx).all()
    ]


def _reports(
    office: Office,
    heads: Iterable[ChainHead],
    devices: Sequence[Device],
    since: dt.date,
    until: dt.datetime | None,
) -> OfficeReports:
    start = dt.datetime.combine(since, dt.time(), zone(office)).astimezone(dt.UTC)
    return OfficeReports(office.office_id, _first(office, devices), _reported(heads, devices, start, until))


def _counts(device: Device, since: dt.datetime, until: dt.datetime | None) -> bool:
    if until is not None and device.provisioned_utc > until:
        return False
    if device.revoked_utc is None:
        return True
    return device.written_off_utc is None and device.revoked_utc >= since
