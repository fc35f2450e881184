"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from etpp.db import Transaction
from etpp.roster.assignments import Acting, Assignment, Deputy
from etpp.roster.imports import Plan
from etpp.roster.model import Employee, Office, OfficePlace, Person
from etpp.roster.store import Roster


def office_json(office: Office) -> dict[str, Any]:
    return {
        "office_id": office.office_id,
        "name": office.name,
        "calendar": dict(office.calendar),
        "gallery_version": office.gallery_version,
    }


def placed_json(office: Office, place: OfficePlace | None) -> dict[str, Any]:
    """The office, and where it stands in the tree."""
    return {
        **office_json(office),
        "parent_id": None if place is None else place.parent_id,
        "kind": "office" if place is None else place.kind,
    }


def person_json(person: Person) -> dict[str, Any]:
    return {
        "office_id": person.office_id,
        "person_id": person.person_id,
        "nip": person.nip,
        "name": person.name,
        "templates": person.templates,
        "erased": person.erased_version is not None,
        "employee_id": person.employee_id,
    }


def assignment_json(stay: Assignment) -> dict[str, Any]:
    return {
        "assignment_id": stay.assignment_id,
        "person_id": stay.person_id,
        "office_id": stay.office_id,
        "post": stay.post_id,
        "job_class": stay.job_class,
        "rank": stay.rank,
        "status": stay.status,
        "superior_id": stay.superior_id,
        "first": stay.first.isoformat(),
        "last": None if stay.last is None else stay.last.isoformat(),
        "entitled": stay.entitled,
    }


def employee_json(employee: Employee) -> dict[str, Any]:
    return {
        "person_id": employee.person_id,
        "nip": employee.nip,
        "other_id": employee.other_id,
        "name": employee.name,
    }


def acting_json(acting: Acting) -> dict[str, Any]:
    return {
        "post": acting.post_id,
        "job_class": acting.job_class,
        "first": acting.first.isoformat(),
        "last": None if acting.last is None else acting.last.isoformat(),
    }


def record_json(tx: Transaction, said: str) -> dict[str, Any]:
    """All that is kept of an employee, by id, NIP or other number. Raises NotFound."""
    roster = Roster(tx)
    person_id = roster.who(said)
    career = roster.career(person_id)
    return {
        **employee_json(roster.employees([person_id])[person_id]),
        "posts": [assignment_json(each) for each in career.all],
        "acting_posts": [acting_json(each) for each in career.actings],
        "faces": [person_json(each) for each in roster.faces_of(person_id)],
    }


def deputy_json(deputising: Deputy) -> dict[str, Any]:
    return {
        "deputising_id": deputising.deputising_id,
        "superior_id": deputising.superior_id,
        "deputy_id": deputising.deputy_id,
        "first": deputising.first.isoformat(),
        "last": None if deputising.last is None else deputising.last.isoformat(),
    }


def imported_json(made: Plan, done: bool) -> dict[str, Any]:
    """What a list does, a line each, and its faults. `was`: the post that a line puts right, or that it ends."""
    return {
        "imported": done,
        "changes": [
            {
                "line": each.line,
                "change": each.kind,
                "was": None if each.was is None else _held(each.was),
                "becomes": _held(each.becomes),
            }
            for each in made.changes
        ],
        "faults": [{"line": each.line, "fault": each.says} for each in made.faults],
    }


def _held(post: Assignment | Acting) -> dict[str, Any]:
    """Without ids, which a list does not have either."""
    if isinstance(post, Acting):
        return acting_json(post)
    return {
        name: said
        for name, said in assignment_json(post).items()
        if name not in ("assignment_id", "person_id", "superior_id")
    }
