"""The server's values: frozen, typed, independent of the database and of HTTP. All times are aware UTC."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Json = Mapping[str, object]

ZERO_HASH = "0" * 64
"""`prev_hash` of a chain's first event."""

GAP = "gap"
"""`kind` of a row that stands for events which their terminal no longer holds."""

TimeState = Literal["trusted", "estimated", "uncertain"]
LinkStatus = Literal["accepted", "rejected"]
EnrolmentState = Literal["pending", "approved", "rejected"]
EventKind = Literal["presence", "attack", "enrolment"]


@dataclass(frozen=True, slots=True)
class Office:
    """`calendar` is the JSON of docs/protocol.md; `gallery_version` grows with every change of people or calendar."""

    office_id: str
    name: str
    calendar: Json
    gallery_version: int


@dataclass(frozen=True, slots=True)
class Person:
    """`changed_version` is the gallery version that brought the present templates; `erased_version` the one that
    removed the person from the terminals (None while enrolled)."""

    office_id: str
    person_id: str
    nip: str | None = field(repr=False)
    name: str | None = field(repr=False)
    changed_version: int
    erased_version: int | None = None
    templates: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Who an enrolled person is, and nothing else."""

    nip: str
    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """`descriptor`: 128 little-endian float32, 512 bytes."""

    template_id: str
    person_id: str
    model_id: str
    descriptor: bytes = field(repr=False)
    cohort_mean: float | None = None
    cohort_sd: float | None = None


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
class ChainHead:
    """The last link of a chain that the books hold, and how far the terminal says it has reported."""

    device_id: str
    chain_id: str
    seq: int
    hash: str
    reported_utc: dt.datetime | None = None
    broken_utc: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class EventTime:
    """When an event truly happened, as the terminal knew it on sending."""

    utc: dt.datetime
    earliest_utc: dt.datetime
    latest_utc: dt.datetime
    state: TimeState


@dataclass(frozen=True, slots=True)
class Link:
    """One event in the books, accepted or rejected. An enrolment's `body` leaves out the payload with the face data."""

    office_id: str
    device_id: str
    chain_id: str
    seq: int
    event_id: str
    kind: str
    hash: str
    prev_hash: str
    status: LinkStatus
    problem: Json | None
    body: Json = field(repr=False)
    time: EventTime | None
    person_id: str | None
    received_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Templates that wait for BKPP's approval, or did. The personal members are None once the person is erased.

    `despite`: the id of the other person, or enrolment, that had the same face when this one was approved.
    """

    office_id: str
    event_id: str
    device_id: str
    nip: str | None = field(repr=False)
    name: str | None = field(repr=False)
    model_id: str
    descriptors: Sequence[bytes] = field(repr=False)
    qualities: Sequence[Json] = field(repr=False)
    consent: Json = field(repr=False)
    state: EnrolmentState
    received_utc: dt.datetime
    decided_utc: dt.datetime | None = None
    decided_by: str | None = None
    person_id: str | None = None
    despite: str | None = None


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """One accepted presence as the day's book needs it."""

    person_id: str
    device_id: str
    event_id: str
    time: EventTime
