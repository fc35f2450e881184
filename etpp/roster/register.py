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
from etpp.db import Transaction
from etpp.roster.model import Office, Person
from etpp.roster.store import Offices, People

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
        raise Conflict("an office id has lower-case letters, digits and hyphens, at most 63")
    name = _office_name(name)
    _check_calendar(calendar)
    office = Office(office_id, name, calendar, 1)
    Offices(tx).add(office, now)
    return office


def change_office(tx: Transaction, office_id: str, name: str, calendar: Json, now: dt.datetime) -> Office:
    """Name and calendar, whole. Its terminals get them with the new gallery version."""
    name = _office_name(name)
    _check_calendar(calendar)
    version = Offices(tx).bump(office_id, now)
    Offices(tx).set_calendar(office_id, name, calendar)
    return Office(office_id, name, calendar, version)


def office(tx: Transaction, office_id: str) -> Office:
    found = Offices(tx).get(office_id)
    if found is None:
        raise NotFound(f"there is no office {office_id}")
    return found


def add_person(tx: Transaction, office_id: str, nip: str, name: str, now: dt.datetime) -> Person:
    """A person who has no face yet; the terminals learn of nobody whom they could not recognise."""
    try:
        nip = nips.check_at(nips.compact(nip), now, now)
    except ValueError as error:
        raise Conflict(f"the NIP: {error}") from error
    name = _person_name(name)
    version = Offices(tx).bump(office_id, now)
    person = Person(office_id, str(uuid.uuid4()), nip, name, version)
    People(tx).add(person)
    return person


def rename_person(tx: Transaction, office_id: str, person_id: str, name: str, now: dt.datetime) -> Person:
    """The official name, which an enrolment never changes."""
    name = _person_name(name)
    version = Offices(tx).bump(office_id, now)
    person = People(tx).get(office_id, person_id)
    if person is None or person.erased_version is not None:
        raise NotFound("there is no such person in this office")
    People(tx).rename(office_id, person_id, name, version)
    return replace(person, name=name, changed_version=version)


def _check_calendar(calendar: Json) -> None:
    """Raises Conflict for what a terminal could not use, and for what no gallery could be signed over."""
    try:
        rules.check_new(calendar)
    except rules.CalendarError as error:
        raise Conflict(str(error)) from error
    try:
        canonical(dict(calendar))
    except ValueError as error:
        raise Conflict(f"calendar: {error}") from error


def _office_name(name: str) -> str:
    try:
        name = texts.plain(texts.without_marks(name))
    except ValueError as error:
        raise Conflict(f"the name {error}") from error
    if not name or len(name) > _LONGEST_OFFICE_NAME:
        raise Conflict(f"an office's name has 1 to {_LONGEST_OFFICE_NAME} characters")
    return name


def _person_name(name: str) -> str:
    try:
        return texts.name(name)
    except ValueError as error:
        raise Conflict(f"the name {error}") from error
