"""Terminals and their codes as values. All times are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from etpp.base.encoding import Json


@dataclass(frozen=True, slots=True)
class Code:
    """A provisioning code, known only by its SHA-256."""

    office_id: str
    code_hash: str
    expires_utc: dt.datetime
    device_id: str | None = None
    used_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A terminal.

    `next_key` is a rotated key that has not signed yet: until it does, both are good, because the answer that announced
    the rotation may be lost. `nonce_window` is a 64-bit map of the counters at and below `highest_nonce`.
    """

    office_id: str
    device_id: str
    public_key: bytes
    next_key: bytes | None
    highest_nonce: int
    nonce_window: int
    provisioned_utc: dt.datetime
    software: str
    hardware: Json
    last_seen_utc: dt.datetime | None = None
    heartbeat: Json | None = None
    gallery_version: int = 0
    erased_through: int = 0
    revoked_utc: dt.datetime | None = None
    written_off_utc: dt.datetime | None = None
