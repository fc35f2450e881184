"""Administrator: offices, their calendars, and codes for new terminals."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from etpp import roster, terminals
from etpp.api.admin import ADMIN
from etpp.context import ServerOf
from etpp.encoding import format_time
from etpp.forms import office_json

router = APIRouter(prefix="/v1/admin/offices", dependencies=ADMIN, include_in_schema=False)


class NewOffice(BaseModel):
    office_id: str
    name: str
    timezone: str = "Asia/Jakarta"
    calendar: dict[str, Any] | None = None


class ChangedOffice(BaseModel):
    name: str
    calendar: dict[str, Any]


@router.post("", status_code=201)
async def add(new: NewOffice, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    calendar = new.calendar or roster.first_calendar(new.timezone, now.date())
    return office_json(await server.change(lambda tx: roster.add_office(tx, new.office_id, new.name, calendar, now)))


@router.get("")
async def list_all(server: ServerOf) -> dict[str, Any]:
    return {"offices": [office_json(office) for office in await server.read(lambda tx: tx.offices.all())]}


@router.put("/{office_id}")
async def change(office_id: str, new: ChangedOffice, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    return office_json(await server.change(lambda tx: roster.change_office(tx, office_id, new.name, new.calendar, now)))


@router.post("/{office_id}/codes", status_code=201)
async def code(office_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    text, expires = await server.write(lambda tx: terminals.new_code(tx, office_id, now))
    return {"code": text, "expires_utc": format_time(expires)}
