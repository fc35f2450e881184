"""What stands in the database and would not be let in today: earlier releases were more lenient than their readers."""

from __future__ import annotations

from dataclasses import dataclass

from etpp.base import nip, texts
from etpp.db import Transaction
from etpp.roster.hours import HoursBroken, hours
from etpp.roster.model import Office, Person
from etpp.roster.store import Offices, People


@dataclass(frozen=True, slots=True)
class Fault:
    """`person_id` is None for the office itself; `reason` holds neither name nor NIP, `remedy` is a command."""

    office_id: str
    person_id: str | None
    member: str
    reason: str
    remedy: str


def broken_hours(tx: Transaction) -> list[Fault]:
    """The offices whose terminals get no gallery, as no terminal could take the calendar."""
    return [fault for office in Offices(tx).all() for fault in _calendar(office)]


def faults(tx: Transaction) -> list[Fault]:
    """All of them: calendars, offices' names, and of enrolled people names and NIPs."""
    found: list[Fault] = []
    for office in Offices(tx).all():
        found += _calendar(office)
        found += _text(office.office_id, None, office.name, f"etpp office change {office.office_id} --name NAME")
        for person in People(tx).everyone(office.office_id):
            found += _person(person)
    return found


def _calendar(office: Office) -> list[Fault]:
    try:
        hours(office)
    except HoursBroken as broken:
        remedy = f"etpp office change {office.office_id} --calendar FILE"
        return [Fault(office.office_id, None, "calendar", broken.reason, remedy)]
    return []


def _text(office_id: str, person_id: str | None, text: str, remedy: str) -> list[Fault]:
    try:
        texts.plain(text) if person_id is None else texts.name(text)
    except ValueError as error:
        return [Fault(office_id, person_id, "name", str(error), remedy)]
    return []


def _person(person: Person) -> list[Fault]:
    rename = f"etpp person rename {person.office_id} {person.person_id} NAME"
    found = _text(person.office_id, person.person_id, person.name or "", rename)
    try:
        nip.check(person.nip or "")
    except ValueError as error:
        again = f"etpp person remove {person.office_id} {person.person_id}, then enrol with the right NIP"
        found.append(Fault(person.office_id, person.person_id, "nip", str(error), again))
    return found
