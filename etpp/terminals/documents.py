"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

import datetime as dt

from etpp.base.encoding import format_time
from etpp.base.shown import Json, Moment, Shown
from etpp.terminals.model import Device


class DeviceShown(Shown):
    """A terminal; `heartbeat`: its last one as docs/protocol.md has it, and when it came (`received_utc`)."""

    office_id: str
    device_id: str
    provisioned_utc: Moment
    software: str
    hardware: Json
    last_seen_utc: Moment | None
    gallery_version: int
    erased_through: int
    heartbeat: Json | None
    revoked_utc: Moment | None
    written_off_utc: Moment | None


class DevicesShown(Shown):
    """Every terminal, or those of an office."""

    devices: list[DeviceShown]


class NewCodeShown(Shown):
    """The only time that the code is shown."""

    code: str
    expires_utc: Moment


class OpenCodeShown(Shown):
    """A code that is good now, without itself."""

    office_id: str
    expires_utc: Moment


class OpenCodesShown(Shown):
    """Those that were neither used nor withdrawn and have not expired."""

    codes: list[OpenCodeShown]


class WithdrawnCodesShown(Shown):
    """How many codes are good no more."""

    withdrawn: int


class RevokedShown(Shown):
    """Since when the terminal is refused."""

    device_id: str
    revoked_utc: Moment


class WrittenOffShown(Shown):
    """Since when nothing is awaited from the terminal any more."""

    device_id: str
    written_off_utc: Moment


def device_shown(device: Device) -> DeviceShown:
    return DeviceShown(
        office_id=device.office_id,
        device_id=device.device_id,
        provisioned_utc=format_time(device.provisioned_utc),
        software=device.software,
        hardware=dict(device.hardware),
        last_seen_utc=_or_none(device.last_seen_utc),
        gallery_version=device.gallery_version,
        erased_through=device.erased_through,
        heartbeat=None if device.heartbeat is None else dict(device.heartbeat),
        revoked_utc=_or_none(device.revoked_utc),
        written_off_utc=_or_none(device.written_off_utc),
    )


def _or_none(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
