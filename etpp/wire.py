"""The JSON of the four calls, as docs/protocol.md states it: parsing of hostile text, and the shapes.

Unknown members are let through everywhere: a newer terminal may send them, and an event's are covered by its hash.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import re
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar

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

from etpp.errors import Problem

DLIB_RESNET_V1 = "dlib-resnet-v1"
MAX_EVENTS = 500
MAX_BODY_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 32
MAX_VALUES = 200_000
"""JSON values in one body. 500 events have about 15,000; eight megabytes of "[[],[],…" would have millions."""
MAX_INTEGER = 2**53 - 1
"""RFC 8785 (3.2.2.3) and every other reader of JSON hold integers exactly up to here."""

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?Z", re.ASCII)
_EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_LATEST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)


def parse_time(text: object) -> dt.datetime:
    """RFC 3339 in UTC; raises ValueError. Years in which time zones can be applied without overflow."""
    if isinstance(text, dt.datetime):
        return text
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("must be a time such as 2026-11-24T00:30:05.123Z")
    *whole, fraction = match.groups()
    year, month, day, hour, minute, second = map(int, whole)
    moment = dt.datetime(year, month, day, hour, minute, second, int((fraction or "0").ljust(6, "0")), dt.UTC)
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("must lie between the years 1970 and 9000")
    return moment


def format_time(moment: dt.datetime) -> str:
    """Milliseconds and Z, rounded down."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def decode_key(text: str) -> bytes:
    """32 bytes from base64url without padding; raises ValueError."""
    try:
        key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be base64url") from error
    if len(key) != 32 or encode_key(key) != text:
        raise ValueError("must be 32 bytes in base64url without padding")
    return key


def encode_key(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode("ascii")


def decode_descriptor(text: str) -> bytes:
    """512 bytes of 128 finite little-endian float32 from base64; raises ValueError."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("must be base64") from error
    if len(data) != 512:
        raise ValueError("must be 128 float32")
    # An exponent of all ones is an infinity or no number at all; it would poison every comparison of the gallery.
    if any(data[i + 3] & 0x7F == 0x7F and data[i + 2] & 0x80 for i in range(0, 512, 4)):
        raise ValueError("must be finite numbers")
    return data


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


class ReportedThrough(Shape):
    chain_id: Id
    seq: Natural
    utc: Time


class EventsRequest(Shape):
    """For the OpenAPI document; `Batch` is what is checked first."""

    events: Annotated[list[SentEvent], Field(max_length=MAX_EVENTS)]
    reported_through: ReportedThrough


class Batch(Shape):
    """The request with its events still raw: each is judged on its own."""

    events: list[dict[str, Any]]
    reported_through: ReportedThrough


class ProblemDocument(Shape):
    type: str
    title: str
    status: int
    detail: str


class Result(Shape):
    event_id: str
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
    rotate_key: RotateKey | None = None


class HeartbeatAnswer(Shape):
    server_time: Time
    key_rotated: bool
    head: Head | None


# ---------------------------------------------------------------- hostile text


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises Problem `malformed` or `too-large` for everything else, in flat memory."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_VALUES:
        raise Problem("too-large", f"at most {MAX_VALUES} values in one body")
    try:
        value = json.loads(
            body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError) as error:
        # UnicodeDecodeError and JSONDecodeError are ValueErrors; their texts may quote the body and are not passed on.
        reason = str(error) if isinstance(error, _Refused) else "the body is not JSON, or nested too deeply"
        raise Problem("malformed", reason) from None
    if not isinstance(value, dict):
        raise Problem("malformed", "the body must be a JSON object")
    _refuse_depth(value)
    return value


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


class _Refused(ValueError):
    """Our own reason to refuse a text, safe to repeat."""


def _no_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _Refused("a number is too large")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        # Two readers of one text could see two values (RFC 8259, 4); a hash over it would mean nothing.
        raise _Refused("a member stands twice in an object")
    return members


def _refuse_depth(value: dict[str, Any]) -> None:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise Problem("malformed", f"nested deeper than {MAX_DEPTH} levels")
