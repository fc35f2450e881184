"""Phones that are let in, and what lets them in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

EndedBy = Literal["person", "another", "bkpp", "guesses"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a terminal says by a code: who stood before it, and when. `signed`: the bytes that its key signed."""

    device_id: str
    person_id: str
    made_utc: dt.datetime
    nonce: bytes
    signed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Phone:
    """`device_id`: the terminal whose code connected it; None: a code of BKPP's. `failures`: wrong PINs since the last
    right one."""

    phone_id: str
    account_id: str
    person_id: str
    secret_hash: str
    pin_hash: str | None
    credential_id: str | None
    agent: str
    device_id: str | None
    created_utc: dt.datetime
    used_utc: dt.datetime
    failures: int = 0
    wait_until_utc: dt.datetime | None = None
    pending: bytes | None = None
    ended_utc: dt.datetime | None = None
    ended_by: EndedBy | None = None


@dataclass(frozen=True, slots=True)
class Invited:
    """Whose phone is about to be let in, and by what."""

    person_id: str
    name: str
    device_id: str | None
