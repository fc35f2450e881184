"""Terminals and their codes as values. All times are aware UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

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


@dataclass(frozen=True, slots=True)
class Reached:
    """How many of an office's terminals in use have a gallery version; since when (UTC) all of those have it: None
    where that was not kept. `count` of `of`."""

    count: int
    of: int
    since_utc: dt.datetime | None


Signs = Literal["head", "carried"]
"""What a key has signed of its terminal's chain: links that it sends itself, or statements under which others bring its
events. Whoever signs heads signs all from then on; an export says nothing of that."""


@dataclass(frozen=True, slots=True)
class VouchedKey:
    """A key of a terminal, and the server's signature that it was this terminal's when it first signed."""

    office_id: str
    device_id: str
    key_id: str
    signs: Signs
    public_key: bytes
    since_utc: dt.datetime
    server_key_id: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedLink:
    """A link of a chain that its terminal has signed. `statement`: what was signed, where it is not the link alone but
    the word under which another terminal brought the events."""

    seq: int
    hash: str
    key_id: str
    signature: bytes
    statement: Mapping[str, Any] | None = None
