"""Administrator: the terminals, and codes for new ones."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from etpp.accounts.gate import ADMIN
from etpp.base.encoding import format_time
from etpp.serving.context import ServerOf
from etpp.terminals import life
from etpp.terminals.documents import device_json
from etpp.terminals.store import Devices

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["terminals"])


@router.post("/offices/{office_id}/codes", status_code=201)
async def code(office_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    text, expires = await server.write(lambda tx: life.new_code(tx, office_id, now))
    return {"code": text, "expires_utc": format_time(expires)}


@router.get("/codes")
async def open_codes(server: ServerOf) -> dict[str, Any]:
    """Those that are good now; the codes themselves are known to nobody but who was given them."""
    found = await server.read(lambda tx: Devices(tx).open_codes(server.now()))
    return {"codes": [{"office_id": code.office_id, "expires_utc": format_time(code.expires_utc)} for code in found]}


@router.delete("/offices/{office_id}/codes")
async def withdraw(office_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    return {"withdrawn": await server.write(lambda tx: life.withdraw_codes(tx, office_id, now))}


@router.get("/devices")
async def list_all(server: ServerOf, office_id: str | None = None) -> dict[str, Any]:
    devices = await server.read(lambda tx: life.devices(tx, office_id))
    return {"devices": [device_json(device) for device in devices]}


@router.post("/devices/{device_id}/revoke")
async def revoke(device_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    await server.change(lambda tx: life.revoke(tx, device_id, now))
    return {"device_id": device_id, "revoked_utc": format_time(now)}


@router.post("/devices/{device_id}/write-off")
async def write_off(device_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    await server.write(lambda tx: life.write_off(tx, device_id, now))
    return {"device_id": device_id, "written_off_utc": format_time(now)}
