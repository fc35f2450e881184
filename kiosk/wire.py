"""Values to the JSON of docs/protocol.md and back: events and batches. Pure. Galleries are in `wire_gallery`.

What comes from outside (an answer of the server, an exported file) is checked member by member and raises WireError;
what the terminal itself makes is trusted.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast

import numpy as np
import rfc8785

from kiosk.errors import ServerError
from kiosk.model import (
    AttackDraft,
    ClockState,
    Descriptor,
    DeviceId,
    Draft,
    Event,
    EventKind,
    LivenessVerdict,
    Match,
    Moment,
    PersonId,
    PresenceDraft,
    Quality,
)
from kiosk.timeline import Located

PROTOCOL = 1
PROTOCOL_HEADER = "Presensi-Protocol"
NO_HASH = "0" * 64
NUMBER_LIMIT = 9999.0
DESCRIPTOR_SIZE = 128
EVENT_KINDS: tuple[EventKind, ...] = ("presence", "attack", "enrolment")

Json = dict[str, Any]
T = TypeVar("T")


class WireError(ServerError):
    """What came from outside is not what docs/protocol.md says. The message names the member, never its value."""


# ---------------------------------------------------------------- primitives


def canonical(value: object) -> bytes:
    """RFC 8785. Raises WireError for what it cannot express (NaN, a lone surrogate, an integer past 2**53)."""
    try:
        return rfc8785.dumps(cast(Any, value))
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise WireError("the value has no canonical JSON form") from error


def digest(value: object) -> str:
    """SHA-256 over the canonical form, in hex."""
    return digest_of(canonical(value))


def digest_of(canonical_form: bytes) -> str:
    return hashlib.sha256(canonical_form).hexdigest()


def dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def loads(content: bytes | str) -> Json:
    """A JSON object from outside. Raises WireError for all that is none, however deep or broken."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise WireError("the body is not JSON") from error
    if not isinstance(value, dict):
        raise WireError("the body is not a JSON object")
    return value


def member(data: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """`data[name]`, which must be of exactly that JSON type (a bool is no integer)."""
    value = data.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise WireError(f"member `{name}` is missing or not of type {kind.__name__}")
    return value


def items(data: Mapping[str, Any], name: str) -> list[Json]:
    """`data[name]`, a list of objects."""
    values = member(data, name, list)
    if not all(isinstance(value, dict) for value in values):
        raise WireError(f"member `{name}` is not a list of objects")
    return values


def format_utc(utc: dt.datetime) -> str:
    """RFC 3339 with milliseconds and `Z`; microseconds are cut off."""
    utc = utc.astimezone(dt.UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def parse_utc(text: object) -> dt.datetime:
    try:
        if isinstance(text, str) and text.endswith("Z"):
            return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise WireError("a time is not RFC 3339 in UTC with `Z`") from error
    raise WireError("a time is not RFC 3339 in UTC with `Z`")


def number(value: float) -> float:
    """Rounded to 4 decimals and kept in the protocol's range: JSON knows neither infinity nor NaN.

    A whole number is an int, as which it comes back from its canonical form.
    """
    known = -NUMBER_LIMIT if math.isnan(value) else float(value)
    rounded = round(min(max(known, -NUMBER_LIMIT), NUMBER_LIMIT), 4)
    return int(rounded) if rounded.is_integer() else rounded


def b64url(data: bytes) -> str:
    """Base64url without padding (RFC 4648, 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise WireError("a key or signature is not base64url") from error


def encode_descriptor(descriptor: Descriptor) -> str:
    """Base64 of 128 little-endian float32."""
    return base64.b64encode(np.ascontiguousarray(descriptor, dtype="<f4").tobytes()).decode()


def decode_descriptor(text: object) -> Descriptor:
    """(128,) float32, read-only. Raises WireError for another length, NaN and infinity."""
    try:
        raw = base64.b64decode(cast(str, text), validate=True)
    except (ValueError, TypeError) as error:
        raise WireError("a descriptor is not base64") from error
    if len(raw) != 4 * DESCRIPTOR_SIZE:
        raise WireError(f"a descriptor has {len(raw)} bytes instead of {4 * DESCRIPTOR_SIZE}")
    descriptor = np.frombuffer(raw, dtype="<f4").astype(np.float32, copy=False)
    if not np.isfinite(descriptor).all():
        raise WireError("a descriptor holds a number that is not finite")
    return descriptor


# ---------------------------------------------------------------- events


def event_body(
    draft: Draft,
    moment: Moment,
    *,
    event_id: str,
    device_id: DeviceId,
    chain_id: str,
    seq: int,
    prev_hash: str,
) -> Json:
    """The event's JSON object without `hash`."""
    kind, detail = _detail(draft)
    return {
        "schema": 1,
        "event_id": event_id,
        "device_id": device_id,
        "chain_id": chain_id,
        "seq": seq,
        "prev_hash": prev_hash,
        "kind": kind,
        "wall_utc": format_utc(moment.wall_utc),
        "boot_id": moment.boot_id,
        "monotonic_ms": moment.monotonic_ms,
        "clock_state": moment.clock_state.value,
        kind: detail,
    }


_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode


def event_text(body: Json) -> bytes:
    """`canonical` of a body that `event_body` made, in a fifth of the time: a person waits for it.

    The names of its members are ASCII, and its numbers are ints below 2**53 or come from `number`: of such a body the
    standard library writes the canonical form. Raises WireError for a lone surrogate.
    """
    try:
        return _write(body).encode()
    except UnicodeEncodeError as error:
        raise WireError("the event has no canonical JSON form") from error


def event_json(event: Event) -> Json:
    """The event as it travels: its body and its hash."""
    return {**event.body, "hash": event.hash}


def parse_event(data: Mapping[str, Any]) -> Event:
    """An event from outside: its form and its hash are checked, its place in the chain is the caller's matter."""
    body = {name: value for name, value in data.items() if name != "hash"}
    event = event_of(body, member(data, "hash", str))
    if digest(body) != event.hash:
        raise WireError("the event's hash is not that of its content")
    return event


def event_of(body: Json, hash_hex: str) -> Event:
    """The value of an event's body; the hash is taken as given."""
    if member(body, "schema", int) != 1:
        raise WireError("the event's `schema` is not 1")
    kind = member(body, "kind", str)
    if kind not in EVENT_KINDS:
        raise WireError("the event's `kind` is unknown")
    detail = member(body, kind, dict)
    return Event(
        event_id=member(body, "event_id", str),
        chain_id=member(body, "chain_id", str),
        seq=member(body, "seq", int),
        kind=kind,
        person_id=PersonId(member(detail, "person_id", str)) if kind == "presence" else None,
        moment=moment_of(body),
        body=body,
        hash=hash_hex,
    )


def moment_of(body: Mapping[str, Any]) -> Moment:
    try:
        state = ClockState(member(body, "clock_state", str))
    except ValueError as error:
        raise WireError("the event's `clock_state` is unknown") from error
    return Moment(
        wall_utc=parse_utc(body.get("wall_utc")),
        boot_id=member(body, "boot_id", str),
        monotonic_ms=member(body, "monotonic_ms", int),
        clock_state=state,
    )


def _detail(draft: Draft) -> tuple[EventKind, Json]:
    if isinstance(draft, PresenceDraft):
        return "presence", {
            "person_id": draft.person_id,
            "direction": draft.direction.value,
            "model_id": draft.model_id,
            "gallery_version": draft.gallery_version,
            "match": _match(draft.match),
            "liveness": _liveness(draft.liveness),
        }
    if isinstance(draft, AttackDraft):
        return "attack", {
            "model_id": draft.model_id,
            "frames": draft.frames,
            "liveness": _liveness(draft.liveness),
        }
    return "enrolment", {
        "nip": draft.nip,
        "name": draft.name,
        "office_id": draft.office_id,
        "model_id": draft.model_id,
        "templates": [encode_descriptor(template) for template in draft.templates],
        "qualities": [_quality(quality) for quality in draft.qualities],
        "consent": {
            "given_utc": format_utc(draft.consent_utc),
            "text_id": draft.consent_text_id,
            "officer": draft.officer,
        },
    }


def _match(match: Match) -> Json:
    return {
        "score": number(match.score),
        "margin": number(match.margin),
        "threshold": number(match.threshold),
        "frames": int(match.frames),
    }


def _liveness(verdict: LivenessVerdict) -> Json:
    return {"state": verdict.state.value, "score": number(verdict.score), "reason": verdict.reason}


def _quality(quality: Quality) -> Json:
    return {name: number(getattr(quality, name)) for name in quality.__slots__}


# ---------------------------------------------------------------- call 2


@dataclass(frozen=True, slots=True)
class Link:
    """What stands on the wire for events that the terminal no longer holds whole."""

    chain_id: str
    first_seq: int
    last_seq: int
    prev_hash: str | None
    hash: str
    reason: Literal["thinned", "lost"]

    def as_json(self) -> Json:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Result:
    """The server's word on one item of a batch. `problem`: the problem document of a rejected event."""

    event_id: str | None
    status: Literal["accepted", "duplicate", "rejected"]
    problem: Json | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a chain that the server holds."""

    chain_id: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    results: tuple[Result, ...]
    head: Head
    server_time: dt.datetime


def time_json(located: Located) -> Json:
    return {
        "utc": format_utc(located.utc),
        "earliest_utc": format_utc(located.earliest),
        "latest_utc": format_utc(located.latest),
        "state": located.state,
    }


def batch_body(entries: Sequence[Json], *, chain_id: str, seq: int, utc: dt.datetime, carried: Json | None) -> bytes:
    """The request of call 2. `entries` are `{event, time}` or `{link}` objects; seq and utc are `reported_through`."""
    request: Json = {
        "events": list(entries),
        "reported_through": {"chain_id": chain_id, "seq": seq, "utc": format_utc(utc)},
    }
    if carried is not None:
        request["carried"] = carried
    return dumps(request)


def parse_batch_answer(data: Json, sent: Sequence[str | None]) -> BatchAnswer:
    """The answer to a batch whose items had these event ids (None: a link). One result per item, in order."""
    results = tuple(_result(result) for result in items(data, "results"))
    if [result.event_id for result in results] != list(sent):
        raise WireError("`results` does not answer the events that were sent")
    head = parse_head(member(data, "head", dict))
    return BatchAnswer(results, head, parse_utc(data.get("server_time")))


def parse_head(data: Mapping[str, Any]) -> Head:
    return Head(member(data, "chain_id", str), member(data, "seq", int), member(data, "hash", str))


def _result(data: Json) -> Result:
    status = member(data, "status", str)
    if status not in {"accepted", "duplicate", "rejected"}:
        raise WireError("a result's `status` is unknown")
    problem = member(data, "problem", dict) if status == "rejected" else None
    event_id = data.get("event_id")
    if event_id is not None and not isinstance(event_id, str):
        raise WireError("member `event_id` is not a string")
    return Result(event_id, cast(Any, status), problem)


PROBLEM_PREFIX = "urn:presensi:problem:"


def problem_name(document: Mapping[str, Any]) -> str:
    """The last part of a problem document's type; "unknown" for a type that is not this protocol's."""
    kind = document.get("type")
    if not isinstance(kind, str) or not kind.startswith(PROBLEM_PREFIX):
        return "unknown"
    return kind.removeprefix(PROBLEM_PREFIX)[:64]
