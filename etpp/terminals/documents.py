"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

import datetime as dt
from typing import Any

from etpp.base.encoding import format_time
from etpp.terminals.model import Device


def device_json(device: Device) -> dict[str, Any]:
    return {
        "office_id": device.office_id,
        "device_id": device.device_id,
        "provisioned_utc": format_time(device.provisioned_utc),
        "software": device.software,
        "hardware": dict(device.hardware),
        "last_seen_utc": _or_none(device.last_seen_utc),
        "gallery_version": device.gallery_version,
        "erased_through": device.erased_through,
        "heartbeat": None if device.heartbeat is None else dict(device.heartbeat),
        "revoked_utc": _or_none(device.revoked_utc),
        "written_off_utc": _or_none(device.written_off_utc),
    }


def _or_none(moment: dt.datetime | None) -> str | None:
    return None if moment is None else format_time(moment)
