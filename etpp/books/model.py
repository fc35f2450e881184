"""What the books hold, as values: frozen, typed, independent of the database and of HTTP. All times are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from etpp.base.encoding import Json

ZERO_HASH = "0" * 64
"""`prev_hash` of a chain's first event."""

GAP = "gap"
"""`kind` of a row that stands for events which their terminal no longer holds."""

TimeState = Literal["trusted", "estimated", "uncertain"]
LinkStatus = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last link of a chain that the books hold, and how far the terminal says it has reported."""

    device_id: str
    chain_id: str
    seq: int
    hash: str
    reported_utc: dt.datetime | None = None
    broken_utc: dt.datetime | None = None


FLAGS = frozenset({"duress", "tamper", "two-people", "own-officer"})
"""What an event can say that nobody of the office, no employee and no terminal is shown. `own-officer`: the
officer who vouched for a presence is the person whose it is."""
CONSENTS = frozenset({"consent-withdrawn", "consent-refused"})
"""What an officer can note of a consent: BKPP has to answer it (`etpp.consents`)."""


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
    method: str | None = None
    """Of a presence: by what the person was known, where that was not the face."""
    flag: str | None = field(default=None, repr=False)
    """What somebody has to see: one of FLAGS, for BKPP alone, or of CONSENTS."""
    enrolment_id: str | None = None
    """Of a presence of somebody whose face waited for BKPP: the enrolment that it rests on."""


@dataclass(frozen=True, slots=True)
class ChainPlace:
    """Where an event stands."""

    office_id: str
    device_id: str
    chain_id: str
    seq: int
    event_id: str


@dataclass(frozen=True, slots=True)
class PresenceOf:
    """One presence of an employee, and at which office."""

    event_id: str
    office_id: str
    time: EventTime


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """One accepted presence as the day's book needs it. `manual`: two people wrote it down, and no terminal
    (`device_id` is empty) saw it."""

    person_id: str
    device_id: str
    event_id: str
    time: EventTime
    manual: bool = False
    method: str | None = None
    """As a Link's."""
