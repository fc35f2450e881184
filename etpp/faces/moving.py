"""Faces follow people who move: to the new office's terminals at once, off the old one's when the stay is over."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import replace

from etpp.db import Transaction
from etpp.faces.choice import counting
from etpp.faces.erasure import erase_person
from etpp.faces.store import Templates
from etpp.roster import moving
from etpp.roster.assignments import Assignment
from etpp.roster.hours import zone
from etpp.roster.model import Person
from etpp.roster.store import Offices, People, Roster


def move(tx: Transaction, employee_id: str, office_id: str, first: dt.date, by: str, now: dt.datetime) -> Assignment:
    """One act: the stays (`roster.moving.move`), the face on the new office's terminals from now on, and off the old
    one's from `first` on, or with the nightly run of that day."""
    begun = moving.move(tx, employee_id, office_id, first, by, now)
    _copy(tx, employee_id, office_id, now)
    settle(tx, now, employee_id)
    return begun


def follow(tx: Transaction, moved: Iterable[tuple[str, str]], now: dt.datetime) -> None:
    """(employee, office) of people whom an import has moved: their faces go as with `move`."""
    for employee_id, office_id in moved:
        _copy(tx, employee_id, office_id, now)
    settle(tx, now)


def settle(tx: Transaction, now: dt.datetime, employee_id: str | None = None) -> int:
    """Take faces off the terminals of offices that their people have left; how many.

    Who has moved keeps the face until the new office has it. Somebody whom an office knows as a guest, who never
    belonged to it, is left alone.
    """
    roster = Roster(tx)
    offices = {office.office_id: now.astimezone(zone(office)).date() for office in Offices(tx).all()}
    faces = roster.faces_of(employee_id) if employee_id is not None else _enrolled(tx)
    careers = roster.careers(sorted({face.employee_id for face in faces}))
    elsewhere: dict[str, set[str]] = {}
    for face in faces:
        if face.erased_version is None and face.templates:
            elsewhere.setdefault(face.employee_id, set()).add(face.office_id)
    taken = 0
    for face in faces:
        if face.erased_version is not None or not face.templates:
            continue
        career, today = careers[face.employee_id], offices[face.office_id]
        here = [stay for stay in career.all if stay.office_id == face.office_id]
        over = here and all(stay.last is not None and stay.last < today for stay in here)
        serves = career.on(today)
        if over and (serves is None or serves.office_id in elsewhere[face.employee_id]):
            erase_person(tx, face.office_id, face.person_id, now)
            taken += 1
    return taken


def _enrolled(tx: Transaction) -> list[Person]:
    return [person for office in Offices(tx).all() for person in People(tx).everyone(office.office_id)]


def _copy(tx: Transaction, employee_id: str, office_id: str, now: dt.datetime) -> None:
    """The newest face that some office has of the person, of those that the other office's terminals recognise if there
    is one, and the person, to its gallery."""
    known = [face for face in Roster(tx).faces_of(employee_id) if face.erased_version is None]
    there = next((face for face in known if face.office_id == office_id), None)
    others = [face for face in known if face is not there]
    counts = counting(tx, office_id)

    def worth(face: Person) -> tuple[bool, bool, int]:
        held = Templates(tx).of_person(face.office_id, face.person_id)
        return any(each.model_id == counts for each in held), face.templates > 0, face.changed_version

    source = max(others, key=worth, default=None)
    if source is None or (there is not None and (there.templates or not source.templates)):
        return
    version = Offices(tx).bump(office_id, now)
    if there is None:
        there = replace(source, office_id=office_id, person_id=str(uuid.uuid4()), changed_version=version)
        People(tx).add(there)
    else:  # the office had added the person before
        People(tx).note_change(office_id, there.person_id, version)
    mine = Templates(tx).of_person(source.office_id, source.person_id)
    Templates(tx).replace(
        office_id,
        there.person_id,
        [replace(each, template_id=str(uuid.uuid4()), person_id=there.person_id) for each in mine],
    )
