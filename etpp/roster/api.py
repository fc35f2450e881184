"""Administrator: offices with their calendars, and people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel

from etpp.accounts.gate import ADMIN
from etpp.base import texts
from etpp.base.asked import Asked, Who
from etpp.base.shapes import Id
from etpp.db import Transaction
from etpp.roster import register, tree
from etpp.roster.documents import (
    EmployeesShown,
    OfficeShown,
    OfficesShown,
    PeopleShown,
    PersonShown,
    PlacedOfficeShown,
    RecordShown,
    employee_shown,
    office_shown,
    person_shown,
    placed_shown,
    record_shown,
)
from etpp.roster.model import OfficeKind
from etpp.roster.store import PLACES, Offices, Roster
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["roster"])


class NewOffice(BaseModel):
    office_id: str
    name: str
    timezone: str = "Asia/Jakarta"
    calendar: dict[str, Any] | None = None


class Placed(Asked):
    """`parent_id` null: at the top of the tree."""

    by: Who
    parent_id: Id | None
    kind: OfficeKind


class ChangedOffice(BaseModel):
    name: str
    calendar: dict[str, Any]


class RenamedPerson(BaseModel):
    name: str


class NewPerson(BaseModel):
    nip: str
    name: str


@router.post("/offices", status_code=201, summary="A new office")
async def add_office(new: NewOffice, server: ServerOf) -> OfficeShown:
    now = server.now()
    calendar = register.first_calendar(new.timezone, now.date()) if new.calendar is None else new.calendar
    return office_shown(await server.change(lambda tx: register.add_office(tx, new.office_id, new.name, calendar, now)))


@router.get("/offices", summary="Every office, and where it stands in the tree")
async def list_offices(server: ServerOf) -> OfficesShown:
    offices, places = await server.read(lambda tx: (Offices(tx).all(), PLACES.find(tx)))
    stands = {place.office_id: place for place in places}
    return OfficesShown(offices=[placed_shown(office, stands.get(office.office_id)) for office in offices])


@router.put("/offices/{office_id}", summary="Another name or calendar of an office")
async def change_office(office_id: str, new: ChangedOffice, server: ServerOf) -> OfficeShown:
    now = server.now()
    return office_shown(
        await server.change(lambda tx: register.change_office(tx, office_id, new.name, new.calendar, now))
    )


@router.put("/offices/{office_id}/place", summary="Where an office stands in the tree, and what it is")
async def place_office(office_id: str, new: Placed, server: ServerOf) -> PlacedOfficeShown:
    now = server.now()

    def work(tx: Transaction) -> PlacedOfficeShown:
        placed = tree.place(tx, office_id, new.parent_id, new.kind, Roster(tx).actor(new.by), now)
        return placed_shown(register.office(tx, office_id), placed)

    return await server.change(work)


@router.get("/offices/{office_id}/people", summary="The people whom an office's terminals know")
async def list_people(office_id: str, server: ServerOf, erased: bool = False) -> PeopleShown:
    people = await server.read(lambda tx: register.everyone(tx, office_id, erased))
    return PeopleShown(people=[person_shown(person) for person in people])


@router.post(
    "/offices/{office_id}/people",
    status_code=201,
    summary="A new person of an office; the face comes with an enrolment",
)
async def add_person(office_id: str, new: NewPerson, server: ServerOf) -> PersonShown:
    now = server.now()
    return person_shown(
        await server.change(lambda tx: register.add_person(tx, office_id, new.nip, new.name, now, server.actor))
    )


@router.put("/offices/{office_id}/people/{person_id}", summary="Another official name of a person")
async def rename_person(office_id: str, person_id: str, new: RenamedPerson, server: ServerOf) -> PersonShown:
    now = server.now()
    return person_shown(
        await server.change(lambda tx: register.rename_person(tx, office_id, person_id, new.name, now, server.actor))
    )


@router.get("/employees", summary="Employees of the regency by a part of name, NIP or other id")
async def list_employees(
    server: ServerOf,
    query: Annotated[str, Query(max_length=120), AfterValidator(texts.plain)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> EmployeesShown:
    """`after`: the last `person_id` of the page before."""
    found = await server.read(lambda tx: Roster(tx).search(query, after, limit))
    return EmployeesShown(employees=[employee_shown(each) for each in found])


@router.get("/employees/{person_id}", summary="One employee: posts, acting posts, faces and offices")
async def show_employee(person_id: str, server: ServerOf) -> RecordShown:
    """`person_id`: an id, or a NIP."""
    return await server.read(lambda tx: record_shown(tx, person_id))
