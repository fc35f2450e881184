"""What stands in the database and would not be let in today: earlier releases were more lenient than their readers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from etpp.base import nip, texts
from etpp.calendar.model import RosterError
from etpp.calendar.store import without_shift
from etpp.db import Transaction
from etpp.roster.assignments import Assignment, Career, CareerError
from etpp.roster.hours import HoursBroken, contradiction, hours
from etpp.roster.model import Office, Person
from etpp.roster.store import ASSIGNMENTS, Offices, People


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
    """All of them: calendars, offices' names, of enrolled people names and NIPs, and where the roster contradicts
    itself."""
    found: list[Fault] = []
    for office in Offices(tx).all():
        found += _calendar(office)
        found += _text(office.office_id, None, office.name, f"etpp office change {office.office_id} --name NAME")
        for person in People(tx).everyone(office.office_id):
            found += _person(person)
    return found + _roster(tx)


def _roster(tx: Transaction) -> list[Fault]:
    posts: dict[str, list[Assignment]] = defaultdict(list)
    for post in ASSIGNMENTS.find(tx):
        posts[post.person_id].append(post)
    found = []
    for person, held in sorted(posts.items()):
        try:
            Career(person, held)
        except CareerError as error:
            found.append(_contradiction(held, person, error))
    found += [
        _contradiction(posts.get(row.person_id, ()), row.person_id, RosterError(row)) for row in without_shift(tx)
    ]
    return found


def _contradiction(held: Sequence[Assignment], person: str, error: CareerError | RosterError) -> Fault:
    """`held`: the person's posts; the last names the office."""
    broken = contradiction(max(held, key=lambda post: post.first).office_id if held else "-", error)
    return Fault(broken.office_id, person, "roster", broken.reason, broken.remedy)


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
