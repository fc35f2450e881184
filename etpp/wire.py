"""The shapes of the JSON of the four calls, as docs/protocol.md states them.

Unknown members are let through everywhere: a newer terminal may send them, and an event's are covered by its hash.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from etpp.encoding import MAX_INTEGER, decode_descriptor, decode_key, format_time, parse_time
from etpp.errors import Problem

DLIB_RESNET_V1 = "dlib-resnet-v1"
MAX_EVENTS = 500
MAX_BODY_BYTES = 8 * 1024 * 1024


def _text(text: str) -> str:
    if any(ord(c) < 32 or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 0x7F for c in text):
        raise ValueError("must not hold control characters")
    return text


def _checked(function: Any) -> AfterValidator:
    def check(text: str) -> str:
        function(text)
        return text

    return AfterValidator(check)


Time = Annotated[
    dt.datetime,
    BeforeValidator(parse_time),
    PlainSerializer(format_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T00:30:05.123Z"]}),
]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{1,64}$")]
EventId = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"),
]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Nip = Annotated[str, StringConstraints(pattern=r"^[0-9]{18}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_text)]
ShortText = Annotated[str, StringConstraints(max_length=100), AfterValidator(_text)]
Key = Annotated[str, StringConstraints(max_length=44), _checked(decode_key)]
Descriptor = Annotated[str, StringConstraints(max_length=700), _checked(decode_descriptor)]
Natural = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Shape(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True)


S = TypeVar("S", bound=Shape)


# ---------------------------------------------------------------- call 1


class ProvisionRequest(Shape):
    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    public_key: Key
    hardware: dict[str, Any]
    software: ShortText


class OfficeShort(Shape):
    office_id: str
    name: str
    timezone: str


class ServerKey(Shape):
    key_id: str
    public_key: str


class ProvisionAnswer(Shape):
    device_id: str
    office: OfficeShort
    server_keys: list[ServerKey]
    server_keys_serial: int = 0
    server_time: Time


# ---------------------------------------------------------------- call 2


class Match(Shape):
    score: Number
    margin: Number | None
    threshold: Number
    frames: Natural


class LivenessVerdict(Shape):
    state: ShortText
    score: Number
    reason: ShortText


class Presence(Shape):
    person_id: Id
    direction: Literal["arrival", "departure"]
    model_id: Id
    gallery_version: Natural
    match: Match
    liveness: LivenessVerdict


class Attack(Shape):
    model_id: Id
    frames: Natural
    liveness: LivenessVerdict


class Consent(Shape):
    given_utc: Time
    text_id: ShortText
    officer: ShortText


class EnrolmentPayload(Shape):
    nip: Nip
    name: Name
    office_id: Id
    model_id: Id
    templates: Annotated[list[Descriptor], Field(min_length=1, max_length=20)]
    qualities: Annotated[list[dict[str, Number]], Field(max_length=20)]
    consent: Consent


class Link(Shape):
    """What an event needs to have a place in the chain at all. Without it the request is malformed."""

    event_id: Id
    device_id: Id
    chain_id: Id
    seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    prev_hash: Hash
    hash: Hash


class Event(Link):
    """A whole event. A fault in it rejects the event, not the request."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    event_id: EventId
    kind: Literal["presence", "attack", "enrolment"]
    wall_utc: Time
    boot_id: Id
    monotonic_ms: Natural
    clock_state: Literal["synchronised", "unsynchronised"]
    presence: Presence | None = None
    attack: Attack | None = None
    enrolment: EnrolmentPayload | None = None

    @model_validator(mode="after")
    def _one_payload(self) -> Self:
        given = [kind for kind in ("presence", "attack", "enrolment") if getattr(self, kind) is not None]
        if given != [self.kind]:
            raise ValueError("must have the member that kind names, and none of the others")
        return self


class SentTime(Shape):
    utc: Time
    earliest_utc: Time
    latest_utc: Time
    state: Literal["trusted", "estimated", "uncertain"]

    @model_validator(mode="after")
    def _order(self) -> Self:
        if not self.earliest_utc <= self.utc <= self.latest_utc:
            raise ValueError("must have earliest_utc <= utc <= latest_utc")
        return self


class SentEvent(Shape):
    event: Event
    time: SentTime


class Gap(Shape):
    """Events that the terminal no longer holds whole: acknowledged and thinned, or lost on a damaged disk."""

    chain_id: Id
    first_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    last_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    prev_hash: Hash | None
    hash: Hash
    reason: Literal["thinned", "lost"]

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.last_seq < self.first_seq:
            raise ValueError("must have first_seq <= last_seq")
        return self


class SentGap(Shape):
    link: Gap


class Carried(Shape):
    """The word of the terminal that recorded the events, when another one brings them."""

    device_id: Id
    chain_id: Id
    first_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    last_seq: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    hash: Hash
    signature: Annotated[str, StringConstraints(max_length=100)]


class ReportedThrough(Shape):
    chain_id: Id
    seq: Natural
    utc: Time


class EventsRequest(Shape):
    """For the OpenAPI document; `Batch` is what is checked first."""

    events: Annotated[list[SentEvent | SentGap], Field(max_length=MAX_EVENTS)]
    reported_through: ReportedThrough
    carried: Carried | None = None


class Batch(Shape):
    """The request with its events still raw: each is judged on its own."""

    events: list[dict[str, Any]]
    reported_through: ReportedThrough
    carried: Carried | None = None


class ProblemDocument(Shape):
    type: str
    title: str
    status: int
    detail: str


class Result(Shape):
    event_id: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    problem: ProblemDocument | None = None


class Head(Shape):
    chain_id: str
    seq: int
    hash: str


class EventsAnswer(Shape):
    results: list[Result]
    head: Head
    server_time: Time


# ---------------------------------------------------------------- call 3


class Calendar(Shape):
    timezone: str
    periods: list[dict[str, Any]]
    holidays: list[str]


class OfficeWhole(Shape):
    office_id: str
    name: str
    calendar: Calendar


class GalleryTemplate(Shape):
    template_id: str
    model_id: str
    descriptor: str
    cohort_mean: float | None
    cohort_sd: float | None


class GalleryPerson(Shape):
    person_id: str
    nip: str
    name: str
    templates: list[GalleryTemplate]


class GalleryPayload(Shape):
    office: OfficeWhole
    people: list[GalleryPerson]
    removed: list[str] | None = None


class Manifest(Shape):
    version: int
    base_version: int | None
    device_id: str
    office_id: str
    issued_utc: Time
    payload_sha256: str
    key_id: str
    signature: str


class GalleryAnswer(Shape):
    manifest: Manifest
    payload: GalleryPayload


# ---------------------------------------------------------------- call 4


class Queue(Shape):
    waiting: Natural
    parked: Natural


class Parked(Shape):
    event_id: Id
    problem: dict[str, Any]


class RotateKey(Shape):
    public_key: Key
    proof: Annotated[str, StringConstraints(max_length=100)]


class HeartbeatRequest(Shape):
    software: ShortText
    wall_utc: Time
    boot_id: Id
    monotonic_ms: Natural
    clock_state: Literal["synchronised", "unsynchronised"]
    queue: Queue
    gallery_version: Natural
    erased_through: Natural
    camera: Literal["ok", "lost", "absent", "unknown"]
    temperature_c: Number | None
    disk_free_bytes: Natural
    faults: Annotated[list[ShortText], Field(max_length=100)]
    counters: Annotated[dict[ShortText, Annotated[int, Field(ge=0, le=MAX_INTEGER)]], Field(max_length=200)]
    parked: Annotated[list[Parked], Field(max_length=1000)]
    server_keys_serial: Natural | None = None
    rotate_key: RotateKey | None = None


class KeyStatement(Shape):
    serial: int
    keys: list[ServerKey]
    key_id: str
    signature: str


class HeartbeatAnswer(Shape):
    server_time: Time
    key_rotated: bool
    head: Head | None
    server_keys: KeyStatement | None = None


# ---------------------------------------------------------------- checking


def checked(shape: type[S], value: object) -> S:
    """Raises Problem `malformed` naming the member."""
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        raise Problem("malformed", explain(error)) from None


def explain(error: ValidationError) -> str:
    """Which member is wrong and what it must be, without the value: it may be personal."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]).replace("schema_", "schema") or "body"
    return f"{where[:200]}: {first['msg']}"
