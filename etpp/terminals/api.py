"""Administrator: the terminals, and codes for new ones."""

from __future__ import annotations

from fastapi import APIRouter

from etpp.accounts.gate import ADMIN
from etpp.base.describe import may
from etpp.base.encoding import format_time
from etpp.serving.context import ServerOf
from etpp.terminals import life
from etpp.terminals.documents import (
    DevicesShown,
    NewCodeShown,
    OpenCodeShown,
    OpenCodesShown,
    RevokedShown,
    WithdrawnCodesShown,
    WrittenOffShown,
    device_shown,
)
from etpp.terminals.store import Devices

router = APIRouter(prefix="/v1/admin", dependencies=ADMIN, tags=["terminals"])


@router.post("/offices/{office_id}/codes", status_code=201, summary="A code for a new terminal of an office")
async def add_code(office_id: str, server: ServerOf) -> NewCodeShown:
    now = server.now()
    text, expires = await server.write(lambda tx: life.new_code(tx, office_id, now))
    return NewCodeShown(code=text, expires_utc=format_time(expires))


@router.get("/codes", summary="Codes that are good now")
async def list_codes(server: ServerOf) -> OpenCodesShown:
    """The codes themselves are known to nobody but who was given them."""
    found = await server.read(lambda tx: Devices(tx).open_codes(server.now()))
    return OpenCodesShown(
        codes=[OpenCodeShown(office_id=code.office_id, expires_utc=format_time(code.expires_utc)) for code in found]
    )


@router.delete("/offices/{office_id}/codes", summary="Withdraw an office's codes")
async def withdraw_codes(office_id: str, server: ServerOf) -> WithdrawnCodesShown:
    now = server.now()
    return WithdrawnCodesShown(withdrawn=await server.write(lambda tx: life.withdraw_codes(tx, office_id, now)))


@router.get("/devices", summary="Terminals of the regency or of an office", responses=may("not-found"))
async def list_devices(server: ServerOf, office_id: str | None = None) -> DevicesShown:
    devices = await server.read(lambda tx: life.devices(tx, office_id))
    return DevicesShown(devices=[device_shown(device) for device in devices])


@router.post("/devices/{device_id}/revoke", summary="Refuse a terminal from now on")
async def revoke_device(device_id: str, server: ServerOf) -> RevokedShown:
    now = server.now()
    await server.change(lambda tx: life.revoke(tx, device_id, now))
    return RevokedShown(device_id=device_id, revoked_utc=format_time(now))


@router.post("/devices/{device_id}/write-off", summary="Await nothing more from a revoked terminal")
async def write_off_device(device_id: str, server: ServerOf) -> WrittenOffShown:
    now = server.now()
    await server.write(lambda tx: life.write_off(tx, device_id, now))
    return WrittenOffShown(device_id=device_id, written_off_utc=format_time(now))
