"""What the rooms know of one person, read in one transaction: posts, faces, a month, letters, activities, and
discipline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.absence import letters
from etpp.absence.store import letters_of
from etpp.activities import service as activities
from etpp.activities.store import ITEMS
from etpp.allowance.gather import correction_days, entry_terms
from etpp.allowance.model import Month
from etpp.base.clock import days_utc
from etpp.base.errors import Conflict, NotFound
from etpp.books.model import Link
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.faces.choice import FaceState, face_states
from etpp.faces.store import Enrolments
from etpp.presence.discipline import Discipline, delivered_steps, discipline
from etpp.presence.year import judged_year
from etpp.reports.own import OwnMonth, own_month
from etpp.roster.assignments import Acting, Assignment, CareerError
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.model import Employee, Person
from etpp.roster.store import Offices, Roster
from etpp.terminals import life as terminals
from etpp.terminals.model import Reached

LETTERS = 24
"""Months back from the one that is shown, within which letters are listed."""


@dataclass(frozen=True)
class Dossier:
    """`paid_by`: the office where the person serves, or served last. `month`: None where the person served nowhere;
    `broken`: what was recorded contradicts itself, so that nothing
    can be reckoned. `waiting`: enrolments that nobody has decided. `without_face`: presences of the month by NIP and
    PIN. `items`: names of the catalogue's rows. `faces`: with how far the face, or its erasure, has come on the
    office's terminals, and whether these recognise it."""

    employee: Employee
    today: dt.date
    office_id: str | None
    paid_by: str | None
    posts: tuple[Assignment, ...]
    actings: tuple[Acting, ...]
    faces: tuple[tuple[Person, Reached, FaceState], ...]
    waiting: int
    without_face: tuple[Link, ...]
    asked: Month
    month: OwnMonth | None
    broken: bool
    letters: tuple[letters.Standing, ...]
    activities: activities.MonthOf
    items: Mapping[str, str]
    discipline: Discipline | None
    offices: Mapping[str, str]
    people: Mapping[str, str]


def open_dossier(tx: Transaction, person_id: str, month: Month | None, now: dt.datetime, whole: bool) -> Dossier:
    """`month`: None for this one. `whole`: also the year's discipline, for which every day of it is judged. Raises
    NotFound."""
    roster = Roster(tx)
    employee = roster.employee(person_id)
    if employee is None:
        raise NotFound("nobody in the roster has this number or id", key="employee_unknown")
    regency = ZoneInfo(REGENCY_ZONE)
    today = now.astimezone(regency).date()
    asked = Month(today.year, today.month) if month is None else month
    posts: tuple[Assignment, ...] = ()
    actings: tuple[Acting, ...] = ()
    found: OwnMonth | None = None
    counters: Discipline | None = None
    here, near, broken = None, None, False
    try:
        career = roster.career(person_id)
        posts, actings, here = career.all, career.actings, career.office_on(today)
        near = career.office_near(today) if posts else None
        found = own_month(tx, person_id, asked, now)
        broken = found is not None and not found.reckoned
        if whole and near is not None:
            days = judged_year(tx, near, asked.year, correction_days, now, asked.last, [person_id])
            counters = discipline(days.get(person_id, []), asked.year, delivered_steps())
    except (CareerError, Conflict, NotFound):
        broken = True
    try:
        entered = activities.month_of(tx, person_id, asked.first, asked.last, entry_terms, now)
    except (Conflict, NotFound):  # without the month's policy nobody can judge them; the person is known
        entered, broken = activities.NO_ACTIVITIES, True
    since = asked.before(LETTERS).first
    held = letters_of(tx, person_id)
    start, end = days_utc(since, asked.last, regency)
    mine = [letter for letter in held if start < letter.until_utc and letter.first_utc < end]
    standings = letters.standings(tx, mine)
    superiors = {each.superior_id for each in posts if each.superior_id is not None}
    return Dossier(
        employee=employee,
        today=today,
        office_id=here,
        paid_by=near,
        posts=tuple(reversed(posts)),
        actings=tuple(reversed(actings)),
        faces=tuple((face, _reached(tx, face), _state(tx, face)) for face in roster.faces_of(person_id)),
        waiting=0 if employee.nip is None else len(Enrolments(tx).pending_with_nip(employee.nip)),
        without_face=tuple(Books(tx).without_face(person_id, *days_utc(asked.first, asked.last, regency))),
        asked=asked,
        month=found,
        broken=broken,
        letters=tuple(sorted(standings, key=lambda standing: standing.letter.first_utc, reverse=True)),
        activities=entered,
        items={each.item_id: each.name for each in ITEMS.find(tx)} if entered.standings else {},
        discipline=counters,
        offices={each.office_id: each.name for each in Offices(tx).all()},
        people={person: each.name for person, each in roster.employees(sorted(superiors)).items()},
    )


def _reached(tx: Transaction, face: Person) -> Reached:
    if face.erased_version is not None:
        return terminals.erased(tx, face.office_id, face.erased_version)
    return terminals.reached(tx, face.office_id, face.changed_version)


def _state(tx: Transaction, face: Person) -> FaceState:
    return face_states(tx, face.office_id).get(face.person_id, "none")
