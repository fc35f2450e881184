"""Administrator: offices with their calendars, and people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from etpp.accounts.admin import ADMIN
from etpp.roster import register
from etpp.roster.documents import employee_json, office_json, person_json, record_json
from etpp.roster.store import Offices, Roster
from etpp.serving.context import ServerOf

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["roster"])


class NewOffice(BaseModel):
    office_id: str
    name: str
    timezone: str = "Asia/Jakarta"
    calendar: dict[str, Any] | None = None


class ChangedOffice(BaseModel):
    name: str
    calendar: dict[str, Any]


class RenamedPerson(BaseModel):
    name: str


class NewPerson(BaseModel):
    nip: str
    name: str


@router.post("/offices", status_code=201)
async def add_office(new: NewOffice, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    calendar = register.first_calendar(new.timezone, now.date()) if new.calendar is None else new.calendar
    return office_json(await server.change(lambda tx: register.add_office(tx, new.office_id, new.name, calendar, now)))


@router.get("/offices")
async def list_offices(server: ServerOf) -> dict[str, Any]:
    return {"offices": [office_json(office) for office in await server.read(lambda tx: Offices(tx).all())]}


@router.put("/offices/{office_id}")
async def change_office(office_id: str, new: ChangedOffice, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    return office_json(
        await server.change(lambda tx: register.change_office(tx, office_id, new.name, new.calendar, now))
    )


@router.get("/offices/{office_id}/people")
async def list_people(office_id: str, server: ServerOf, erased: bool = False) -> dict[str, Any]:
    people = await server.read(lambda tx: register.everyone(tx, office_id, erased))
    return {"people": [person_json(person) for person in people]}


@router.post("/offices/{office_id}/people", status_code=201)
async def add_person(office_id: str, new: NewPerson, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    return person_json(await server.change(lambda tx: register.add_person(tx, office_id, new.nip, new.name, now)))


@router.put("/offices/{office_id}/people/{person_id}")
async def rename_person(office_id: str, person_id: str, new: RenamedPerson, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    return person_json(await server.change(lambda tx: register.rename_person(tx, office_id, person_id, new.name, now)))


@router.get("/employees", summary="Employees of the regency by a part of name, NIP or other id")
async def list_employees(
    server: ServerOf,
    query: Annotated[str, Query(max_length=120)] = "",
    after: Annotated[str, Query(max_length=64)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """`after`: the last `person_id` of the page before."""
    found = await server.read(lambda tx: Roster(tx).search(query, after, limit))
    return {"employees": [employee_json(each) for each in found]}


@router.get("/employees/{person_id}", summary="One employee: posts, acting posts, faces and offices")
async def show_employee(person_id: str, server: ServerOf) -> dict[str, Any]:
    """`person_id`: an id, or a NIP."""
    return await server.read(lambda tx: record_json(tx, person_id))
