"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Any

from etpp.base.shown import Day, Json, Shown
from etpp.db import Transaction
from etpp.roster.assignments import Acting, Assignment, Deputy, Status
from etpp.roster.imports import Kind, Plan
from etpp.roster.model import Employee, Office, OfficeKind, OfficePlace, Person
from etpp.roster.store import Roster


class OfficeShown(Shown):
    """`calendar`: that of docs/protocol.md; `gallery_version` grows with every change of people or calendar."""

    office_id: str
    name: str
    calendar: Json
    gallery_version: int


class PlacedOfficeShown(OfficeShown):
    """An office, and where it stands in the tree."""

    parent_id: str | None
    kind: OfficeKind


class OfficesShown(Shown):
    """Every office, by id."""

    offices: list[PlacedOfficeShown]


class PersonShown(Shown):
    """A face as an office's terminals know it; `employee_id`: who it is in the whole regency."""

    office_id: str
    person_id: str
    nip: str | None
    name: str | None
    templates: int
    erased: bool
    employee_id: str


class PeopleShown(Shown):
    """An office's people, by name."""

    people: list[PersonShown]


class EmployeeShown(Shown):
    """A person in the whole regency; `other_id`: of contract staff without a NIP."""

    person_id: str
    nip: str | None
    other_id: str | None
    name: str


class EmployeesShown(Shown):
    """By id: the last one leads to the next page."""

    employees: list[EmployeeShown]


class AssignmentShown(Shown):
    """One person's place from a date to a date; `entitled`: whether the allowance is paid for these days at all."""

    assignment_id: str
    person_id: str
    office_id: str
    post: str
    job_class: int
    rank: str
    status: Status
    superior_id: str | None
    first: Day
    last: Day | None
    entitled: bool


class ActingShown(Shown):
    """A second post that is filled besides the own one."""

    post: str
    job_class: int
    first: Day
    last: Day | None


class RecordShown(EmployeeShown):
    """All that is kept of an employee."""

    posts: list[AssignmentShown]
    acting_posts: list[ActingShown]
    faces: list[PersonShown]


class DeputyShown(Shown):
    """Who decides in a superior's place from a date to a date."""

    deputising_id: str
    superior_id: str
    deputy_id: str
    first: Day
    last: Day | None


class HeldPostShown(Shown):
    """A post of a list, without ids, which a list does not have either."""

    office_id: str
    post: str
    job_class: int
    rank: str
    status: Status
    first: Day
    last: Day | None
    entitled: bool


class RosterChangeShown(Shown):
    """What one line does; `was`: the post that it puts right, or that it ends."""

    line: int
    change: Kind
    was: HeldPostShown | ActingShown | None
    becomes: HeldPostShown | ActingShown


class RosterFaultShown(Shown):
    """What is wrong with one line."""

    line: int
    fault: str


class EmployeesImportShown(Shown):
    """What a list does, a line each, and its faults."""

    imported: bool
    changes: list[RosterChangeShown]
    faults: list[RosterFaultShown]


def office_shown(office: Office) -> OfficeShown:
    return OfficeShown(**_office(office))


def placed_shown(office: Office, place: OfficePlace | None) -> PlacedOfficeShown:
    return PlacedOfficeShown(
        **_office(office),
        parent_id=None if place is None else place.parent_id,
        kind="office" if place is None else place.kind,
    )


def person_shown(person: Person) -> PersonShown:
    return PersonShown(
        office_id=person.office_id,
        person_id=person.person_id,
        nip=person.nip,
        name=person.name,
        templates=person.templates,
        erased=person.erased_version is not None,
        employee_id=person.employee_id,
    )


def assignment_shown(stay: Assignment) -> AssignmentShown:
    return AssignmentShown(
        assignment_id=stay.assignment_id,
        person_id=stay.person_id,
        office_id=stay.office_id,
        post=stay.post_id,
        job_class=stay.job_class,
        rank=stay.rank,
        status=stay.status,
        superior_id=stay.superior_id,
        first=stay.first.isoformat(),
        last=None if stay.last is None else stay.last.isoformat(),
        entitled=stay.entitled,
    )


def employee_shown(employee: Employee) -> EmployeeShown:
    return EmployeeShown(**_employee(employee))


def acting_shown(acting: Acting) -> ActingShown:
    return ActingShown(
        post=acting.post_id,
        job_class=acting.job_class,
        first=acting.first.isoformat(),
        last=None if acting.last is None else acting.last.isoformat(),
    )


def record_shown(tx: Transaction, said: str) -> RecordShown:
    """By id, NIP or other number. Raises NotFound."""
    roster = Roster(tx)
    person_id = roster.who(said)
    career = roster.career(person_id)
    return RecordShown(
        **_employee(roster.employees([person_id])[person_id]),
        posts=[assignment_shown(each) for each in career.all],
        acting_posts=[acting_shown(each) for each in career.actings],
        faces=[person_shown(each) for each in roster.faces_of(person_id)],
    )


def deputy_shown(deputising: Deputy) -> DeputyShown:
    return DeputyShown(
        deputising_id=deputising.deputising_id,
        superior_id=deputising.superior_id,
        deputy_id=deputising.deputy_id,
        first=deputising.first.isoformat(),
        last=None if deputising.last is None else deputising.last.isoformat(),
    )


def imported_shown(made: Plan, done: bool) -> EmployeesImportShown:
    return EmployeesImportShown(
        imported=done,
        changes=[
            RosterChangeShown(
                line=each.line,
                change=each.kind,
                was=None if each.was is None else _held(each.was),
                becomes=_held(each.becomes),
            )
            for each in made.changes
        ],
        faults=[RosterFaultShown(line=each.line, fault=each.says) for each in made.faults],
    )


def noted(made: Plan) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What the audit log has of an import, before and after: the posts that are others by it."""
    before, after = [], []
    for each in made.changes:
        if each.kind != "unchanged":
            whose = {"line": each.line, "person_id": each.person_id}
            before.append({**whose, "post": None if each.was is None else _held(each.was).model_dump(mode="json")})
            after.append({**whose, "change": each.kind, "post": _held(each.becomes).model_dump(mode="json")})
    return before, after


def _office(office: Office) -> dict[str, Any]:
    return {
        "office_id": office.office_id,
        "name": office.name,
        "calendar": dict(office.calendar),
        "gallery_version": office.gallery_version,
    }


def _employee(employee: Employee) -> dict[str, Any]:
    return {
        "person_id": employee.person_id,
        "nip": employee.nip,
        "other_id": employee.other_id,
        "name": employee.name,
    }


def _held(post: Assignment | Acting) -> HeldPostShown | ActingShown:
    if isinstance(post, Acting):
        return acting_shown(post)
    return HeldPostShown(
        office_id=post.office_id,
        post=post.post_id,
        job_class=post.job_class,
        rank=post.rank,
        status=post.status,
        first=post.first.isoformat(),
        last=None if post.last is None else post.last.isoformat(),
        entitled=post.entitled,
    )
