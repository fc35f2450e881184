"""Administrator: the terminals."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from etpp import terminals
from etpp.api.admin import ADMIN
from etpp.context import ServerOf
from etpp.encoding import format_time
from etpp.forms import device_json

router = APIRouter(prefix="/v1/admin/devices", dependencies=ADMIN, include_in_schema=False)


@router.get("")
async def list_all(server: ServerOf, office_id: str | None = None) -> dict[str, Any]:
    devices = await server.read(lambda tx: tx.devices.all(office_id))
    return {"devices": [device_json(device) for device in devices]}


@router.post("/{device_id}/revoke")
async def revoke(device_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    await server.change(lambda tx: terminals.revoke(tx, device_id, now))
    return {"device_id": device_id, "revoked_utc": format_time(now)}


@router.post("/{device_id}/write-off")
async def write_off(device_id: str, server: ServerOf) -> dict[str, Any]:
    now = server.now()
    await server.write(lambda tx: terminals.write_off(tx, device_id, now))
    return {"device_id": device_id, "written_off_utc": format_time(now)}
