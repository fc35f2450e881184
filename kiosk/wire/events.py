"""Events and batches to the JSON of docs/protocol.md and back. Pure.

What comes from outside (an answer of the server, an exported file) is checked member by member and raises WireError;
what the terminal itself makes is trusted.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from kiosk.model import (
    AttackDraft,
    ClockState,
    DeviceId,
    Draft,
    Event,
    EventKind,
    LivenessVerdict,
    Located,
    Match,
    Moment,
    OccurrenceDraft,
    PersonId,
    PresenceDraft,
    Quality,
    RenewalClaim,
)
from kiosk.wire.codec import (
    Json,
    WireError,
    digest,
    dumps,
    encode_descriptor,
    format_utc,
    items,
    member,
    number,
    parse_utc,
)

PROTOCOL = 1
PROTOCOL_HEADER = "Presensi-Protocol"
NO_HASH = "0" * 64
EVENT_KINDS: tuple[EventKind, ...] = ("presence", "attack", "enrolment", "occurrence")


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
            **({"chosen": True} if draft.chosen else {}),
            **({} if draft.method == "face" else {"method": draft.method}),
            **({} if draft.officer_id is None else {"officer_id": draft.officer_id}),
            **({"duress": True} if draft.duress else {}),
            **({} if draft.enrolment is None else {"enrolment": draft.enrolment}),
        }
    if isinstance(draft, OccurrenceDraft):
        return "occurrence", {
            "what": draft.what,
            **({} if draft.officer_id is None else {"officer_id": draft.officer_id}),
            **({"officer": draft.officer} if draft.officer else {}),
            **({"person_ids": list(draft.person_ids)} if draft.person_ids else {}),
            **({"detail": draft.detail} if draft.detail else {}),
        }
    if isinstance(draft, AttackDraft):
        return "attack", {
            "model_id": draft.model_id,
            "frames": draft.frames,
            "liveness": _liveness(draft.liveness),
        }
    more = [
        {"model_id": model_id, "templates": [encode_descriptor(template) for template in templates]}
        for model_id, templates in draft.more
    ]
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
            **({"signature": base64.b64encode(draft.signature).decode()} if draft.signature else {}),
        },
        **({"more_templates": more} if more else {}),
        **({} if draft.renewal is None else {"renewal": _renewal(draft.renewal)}),
    }


def _renewal(claim: RenewalClaim) -> Json:
    return {
        "model_id": claim.model_id,
        "person_id": claim.person_id,
        "presence": claim.presence,
        "match": _match(claim.match),
        "liveness": _liveness(claim.liveness),
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
    """`head_problem`: why the server did not keep a signed link of the batch, as a problem document."""

    results: tuple[Result, ...]
    head: Head
    server_time: dt.datetime
    head_problem: Json | None = None


def time_json(located: Located) -> Json:
    return {
        "utc": format_utc(located.utc),
        "earliest_utc": format_utc(located.earliest),
        "latest_utc": format_utc(located.latest),
        "state": located.state,
    }


def head_text(device_id: str, chain_id: str, seq: int, hash_hex: str) -> bytes:
    """What a terminal's key signs of its chain: nothing else that it signs begins so, and no part of it has a space."""
    return f"presensi-chain-head {device_id} {chain_id} {seq} {hash_hex}".encode("ascii")


def batch_body(
    entries: Sequence[Json],
    *,
    chain_id: str,
    seq: int,
    utc: dt.datetime,
    heads: Sequence[Json] = (),
    carried: Json | None = None,
) -> bytes:
    """The request of call 2. `entries` are `{event, time}` or `{link}` objects; seq and utc are `reported_through`;
    `heads` the links that are signed."""
    request: Json = {
        "events": list(entries),
        "reported_through": {"chain_id": chain_id, "seq": seq, "utc": format_utc(utc)},
    }
    if heads:
        request["heads"] = list(heads)
    if carried is not None:
        request["carried"] = carried
    return dumps(request)


def parse_batch_answer(data: Json, sent: Sequence[str | None]) -> BatchAnswer:
    """The answer to a batch whose items had these event ids (None: a link). One result per item, in order."""
    results = tuple(_result(result) for result in items(data, "results"))
    if [result.event_id for result in results] != list(sent):
        raise WireError("`results` does not answer the events that were sent")
    head = parse_head(member(data, "head", dict))
    problem = None if data.get("head_problem") is None else member(data, "head_problem", dict)
    return BatchAnswer(results, head, parse_utc(data.get("server_time")), problem)


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
