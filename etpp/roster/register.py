"""Who works where: offices and people.

Each change of what a terminal must know makes a new gallery version of its office.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from etpp.base import nip as nips
from etpp.base import texts
from etpp.base.encoding import Json, canonical
from etpp.base.errors import Conflict, NotFound
from etpp.calendar import rules
from etpp.calendar import store as hours_facts
from etpp.db import Transaction
from etpp.roster.assignments import Assignment, Status
from etpp.roster.hours import zone
from etpp.roster.model import Employee, Office, OfficePlace, Person
from etpp.roster.plans import above, derive, keep_occasions
from etpp.roster.store import ASSIGNMENTS, PLACES, Offices, People, Roster
from etpp.serving.acting import TOKEN, Actor

OPERATOR = "operator"
"""Whoever has the administrator's token or the machine itself."""

_OFFICE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LONGEST_OFFICE_NAME = 200

NORMAL_HOURS: Mapping[str, list[str]] = {
    "mon": ["07:30", "16:00"],
    "tue": ["07:30", "16:00"],
    "wed": ["07:30", "16:00"],
    "thu": ["07:30", "16:00"],
    "fri": ["07:30", "16:30"],
}
"""What a new office starts with (Perpres 21/2023: 37.5 hours from 07.30, longer on Friday) until it is changed."""


def first_calendar(timezone: str, today: dt.date) -> dict[str, Any]:
    """The calendar of a new office, from the beginning of this year on, at one percent a late or early mark."""
    period = {
        "first": f"{today.year}-01-01",
        "last": None,
        "days": dict(NORMAL_HOURS),
        "late_percent": 1.0,
        "early_percent": 1.0,
    }
    return {"timezone": timezone, "periods": [period], "holidays": []}


def add_office(tx: Transaction, office_id: str, name: str, calendar: Json, now: dt.datetime) -> Office:
    if not _OFFICE_ID.fullmatch(office_id):
        raise Conflict("an office id has lower-case letters, digits and hyphens, at most 63", key="office_id_wrong")
    name = _office_name(name)
    _check_calendar(calendar)
    office = Office(office_id, name, calendar, 1)
    hours_facts.hold(tx)
    Offices(tx).add(office, now)
    _note_hours(tx, office, now)
    return _with_above(tx, office, now)


def change_office(tx: Transaction, office_id: str, name: str, calendar: Json, now: dt.datetime) -> Office:
    """Name and calendar, whole. Its terminals get them with the new gallery version."""
    name = _office_name(name)
    _check_calendar(calendar)
    hours_facts.hold(tx)
    version = Offices(tx).bump(office_id, now)
    before = office(tx, office_id)
    Offices(tx).set_calendar(office_id, name, calendar)
    changed = Office(office_id, name, calendar, version)
    if dict(calendar) == dict(before.calendar):
        return changed
    _note_hours(tx, changed, now)
    return _with_above(tx, changed, now)


def office(tx: Transaction, office_id: str) -> Office:
    found = Offices(tx).get(office_id)
    if found is None:
        raise NotFound(f"there is no office {office_id}", key="office_unknown", office=office_id)
    return found


def add_person(tx: Transaction, office_id: str, nip: str, name: str, now: dt.datetime, actor: Actor = TOKEN) -> Person:
    """A person who has no face yet; the terminals learn of nobody whom they could not recognise.

    Who serves elsewhere, or will, is a guest, whom BKPP alone lets in. Raises Conflict.
    """
    try:
        nip = nips.check_at(nips.compact(nip), now, now)
    except ValueError as error:
        raise Conflict(f"the NIP: {error}", key="nip_wrong") from error
    name = _person_name(name)
    version = Offices(tx).bump(office_id, now)
    if not _of_regency(actor) and _serves_elsewhere(tx, nip, office_id, now):
        raise Conflict("who serves in another office is added by BKPP", key="person_elsewhere")
    return admit(tx, office_id, nip, name, version, now, _by(actor))


def admit(tx: Transaction, office_id: str, nip: str, name: str, version: int, now: dt.datetime, by: str) -> Person:
    """Whom the office's terminals may know from a gallery version on: somebody of the regency, or a new employee.

    Who belongs to no office on this day belongs to this one from now on. Which post it is nobody has said yet, so
    nothing is paid for it until the roster says so. Raises Conflict when the office knows the NIP already.
    """
    roster = Roster(tx)
    employee_id = roster.with_number(nip)
    if employee_id is None:
        employee_id = str(uuid.uuid4())
        roster.add(Employee(employee_id, name, nip), by, now)
    person = Person(office_id, str(uuid.uuid4()), employee_id, nip, name, version)
    People(tx).add(person)
    today = _today(tx, office_id, now)
    held = roster.career(employee_id).on(today)
    if held is not None and not held.post_id and (held.office_id, held.last) == (office_id, today):
        ASSIGNMENTS.add(tx, [replace(held, last=None)], by, now)  # the face was taken away today and is back
    elif held is None:
        status: Status = "pppk" if nips.of_contract(nip) else "pns"
        stay = Assignment(person.person_id, employee_id, office_id, "", 0, "", status, None, today, None, False)
        ASSIGNMENTS.add(tx, [stay], by, now)
    return person


def person(tx: Transaction, office_id: str, person_id: str) -> Person:
    """Who is not erased. Raises NotFound."""
    found = People(tx).get(office_id, person_id)
    if found is None or found.erased_version is not None:
        raise NotFound("there is no such person in this office", key="person_unknown")
    return found


def everyone(tx: Transaction, office_id: str, include_erased: bool = False) -> list[Person]:
    """The office's people in order of their names. Raises NotFound for an office that does not exist."""
    office(tx, office_id)
    return People(tx).everyone(office_id, include_erased)


def rename_person(
    tx: Transaction, office_id: str, person_id: str, name: str, now: dt.datetime, actor: Actor = TOKEN
) -> Person:
    """The official name, which an enrolment never changes.

    In the roster, and so on lists of pay, an office says it of those who serve there today; of a guest it says only
    how its own terminals greet them.
    """
    name = _person_name(name)
    version = Offices(tx).bump(office_id, now)
    old = person(tx, office_id, person_id)
    People(tx).rename(office_id, person_id, name, version)
    roster = Roster(tx)
    employee = roster.employee(old.employee_id)
    serves = roster.career(old.employee_id).office_on(_today(tx, office_id, now)) == office_id
    if employee is not None and (serves or _of_regency(actor)):
        roster.add(replace(employee, name=name), _by(actor), now)
    return replace(old, name=name, changed_version=version)


def _of_regency(actor: Actor) -> bool:
    return actor.offices("bkpp") is None


def _by(actor: Actor) -> str:
    return OPERATOR if actor == TOKEN else actor.said


def _today(tx: Transaction, office_id: str, now: dt.datetime) -> dt.date:
    return now.astimezone(zone(office(tx, office_id))).date()


def _serves_elsewhere(tx: Transaction, nip: str, office_id: str, now: dt.datetime) -> bool:
    """On this day or a later one."""
    roster, today = Roster(tx), _today(tx, office_id, now)
    employee_id = roster.with_number(nip)
    return employee_id is not None and any(
        each.office_id != office_id and (each.last is None or each.last >= today)
        for each in roster.career(employee_id).all
    )


def _with_above(tx: Transaction, changed: Office, now: dt.datetime) -> Office:
    """What was decided for the regency, or for an office above, holds beside what an office says for itself."""
    if above(tx, changed.office_id):
        derive(tx, [changed.office_id], now)
    else:
        keep_occasions(tx, changed.office_id)
    return office(tx, changed.office_id)


def _note_hours(tx: Transaction, office: Office, now: dt.datetime) -> None:
    """The office's calendar as the dated facts that pay reads."""
    before = PLACES.one(tx, office.office_id)
    timezone = str(office.calendar["timezone"])
    if before is None or before.timezone != timezone:
        place = OfficePlace(office.office_id, None, "office", timezone)
        PLACES.add(tx, [place if before is None else replace(before, timezone=timezone)], OPERATOR, now)
    hours_facts.replace(tx, office.office_id, office.calendar, OPERATOR, now)


def _check_calendar(calendar: Json) -> None:
    """Raises Conflict for what a terminal could not use, and for what no gallery could be signed over."""
    try:
        rules.check_new(calendar)
    except rules.CalendarError as error:
        raise Conflict(str(error), key="calendar_wrong") from error
    try:
        canonical(dict(calendar))
    except ValueError as error:
        raise Conflict(f"calendar: {error}", key="calendar_wrong") from error


def _office_name(name: str) -> str:
    try:
        name = texts.plain(texts.without_marks(name))
    except ValueError as error:
        raise Conflict(f"the name {error}", key="office_name_wrong", longest=_LONGEST_OFFICE_NAME) from error
    if not name or len(name) > _LONGEST_OFFICE_NAME:
        raise Conflict(
            f"an office's name has 1 to {_LONGEST_OFFICE_NAME} characters",
            key="office_name_wrong",
            longest=_LONGEST_OFFICE_NAME,
        )
    return name


def _person_name(name: str) -> str:
    try:
        return texts.name(name)
    except ValueError as error:
        raise Conflict(f"the name {error}", key="name_wrong", longest=texts.NAME_LENGTH) from error
