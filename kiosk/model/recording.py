"""What is recorded: drafts of events, events, and the queue they wait in."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType

from kiosk.model.people import Nip, PersonId
from kiosk.model.seeing import Descriptor, LivenessVerdict, Match, ModelId, Quality
from kiosk.model.time import Moment

DeviceId = NewType("DeviceId", str)


class Direction(enum.Enum):
    ARRIVAL = "arrival"
    DEPARTURE = "departure"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a presence now would mean: computed by `schedule` from the office's dated calendar.

    `minutes_off`: whole minutes late (arrival) or early (departure), 0 when on time.
    `points_percent`: what it takes off the month's points. `working_day` False on weekends and holidays, or where the
    person's roster says so. `occasions`: names of those at which it is seen; `awaited` when one of them has not seen
    the person yet. `again` when it is not the day's first. `elsewhere`: it is judged by hours that this terminal does
    not have, and means nothing here.
    """

    direction: Direction
    local_time: dt.datetime
    minutes_off: int
    points_percent: float
    working_day: bool
    occasions: tuple[str, ...] = ()
    awaited: bool = False
    again: bool = False
    elsewhere: bool = False


Method = Literal["face", "nip-pin", "nip-pin-officer"]
"""How somebody was known: by the face, or by NIP and PIN because it failed, alone or with an officer standing by."""


@dataclass(frozen=True, slots=True)
class PresenceDraft:
    """A confirmed presence that has no place in the chain yet: what the encounter asks the outbox to append.

    `chosen`: the direction is not the schedule's, but the person's own word.

    By NIP and PIN `match` and `liveness` say what the face gave all the same. `officer_id`: who stood by. `duress`: the
    person has let it be known that somebody forces them; nobody at the terminal is shown it.

    `enrolment`: the id of this terminal's own enrolment that it rests on, of somebody whose face waits for BKPP; then
    `person_id` is the same.
    """

    person_id: PersonId
    direction: Direction
    match: Match
    liveness: LivenessVerdict
    model_id: ModelId
    gallery_version: int
    chosen: bool = False
    method: Method = "face"
    officer_id: str | None = None
    duress: bool = field(default=False, repr=False)
    enrolment: str | None = None


@dataclass(frozen=True, slots=True)
class AttackDraft:
    """A refused presentation attack: its scores and no picture."""

    liveness: LivenessVerdict
    frames: int
    model_id: ModelId


@dataclass(frozen=True, slots=True)
class RenewalClaim:
    """What speaks for templates that a terminal offers of somebody whom it has recognised: `presence` is the id of the
    event of the confirmed presence, `model_id` what they are offered for."""

    model_id: ModelId
    person_id: PersonId
    presence: str
    match: Match
    liveness: LivenessVerdict


@dataclass(frozen=True, slots=True, eq=False)
class EnrolmentDraft:
    """A person's new templates, with the consent that permits them.

    `more`: of the same pictures, in the same order, by each further recogniser that is installed. `renewal`: nobody
    stood by; they were taken as the person came. `signature`: what the person wrote with a finger under the consent, a
    PNG; empty where it was signed on paper.
    """

    nip: Nip
    name: str
    office_id: str
    templates: tuple[Descriptor, ...]
    qualities: tuple[Quality, ...]
    model_id: ModelId
    consent_utc: dt.datetime
    consent_text_id: str
    officer: str
    more: tuple[tuple[ModelId, tuple[Descriptor, ...]], ...] = ()
    renewal: RenewalClaim | None = None
    signature: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class OccurrenceDraft:
    """Something else that happened at the terminal. `what` is one of the words of docs/protocol.md; `officer_id`: who
    did it, `person_ids`: whom it is about, `detail`: a short text without anything personal; `officer`: the name of who
    did it, where nobody has logged in."""

    what: str
    officer_id: str | None = None
    person_ids: tuple[PersonId, ...] = ()
    detail: str = ""
    officer: str = field(default="", repr=False)


Draft = PresenceDraft | AttackDraft | EnrolmentDraft | OccurrenceDraft

EventKind = Literal["presence", "attack", "enrolment", "occurrence"]


@dataclass(frozen=True, slots=True)
class Event:
    """A link of the device's chain, as it is on disk and on the wire (docs/protocol.md, "Event").

    `body` is the JSON object of the event without `hash`; `hash` is SHA-256 over its RFC 8785 form, in hex.
    """

    event_id: str
    chain_id: str
    seq: int
    kind: EventKind
    person_id: PersonId | None
    moment: Moment
    body: Mapping[str, object] = field(repr=False)
    hash: str


@dataclass(frozen=True, slots=True)
class LastPresence:
    """The newest presence of one person on this terminal, or one of its newest."""

    direction: Direction
    moment: Moment
    method: Method = "face"


@dataclass(frozen=True, slots=True)
class Refused:
    """An event that the server did not take: what it was, when by the clock on the wall, and the name of the problem
    that the server gave (docs/protocol.md, "Problems"). Nobody is named in it. None: that cannot be read any more."""

    kind: EventKind | None
    wall_utc: dt.datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many events wait for the server and how many it refused.

    `set_aside`: chains of other terminals that it refused whole.
    """

    waiting: int
    parked: int
    oldest_waiting_utc: dt.datetime | None
    set_aside: int = 0


MAX_COUNT = 2**53 - 1
"""Every reader of JSON holds integers exactly up to here."""


def is_count(name: object, value: object) -> bool:
    """Whether it can be a counter and its value: for any other the server refuses the whole heartbeat."""
    named = isinstance(name, str) and 0 < len(name) <= 100 and name.isascii() and name.isprintable()
    return named and isinstance(value, int) and 0 <= value <= MAX_COUNT
