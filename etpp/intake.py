"""A batch of events into the books: each event judged on its own, the chain as a whole, all in one transaction."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from etpp import chain, roster, wire
from etpp.errors import Conflict, NotFound, Problem
from etpp.model import ChainHead, Device, Enrolment, EventTime, Json, Link, LinkStatus
from etpp.ports import Transaction
from etpp.problems import document

MAX_EVENT_BYTES = 64 * 1024
"""Of one event in canonical form; twenty templates take 14 KB."""


@dataclass(frozen=True)
class Arrival:
    """One event of a request: its place, what it says if that holds good, and else the reason why not."""

    raw: dict[str, Any]
    link: wire.Link
    event: wire.Event | None
    time: EventTime | None
    problem: Json | None


@dataclass(frozen=True)
class Taken:
    """What the books made of a batch. `new_enrolments` are event ids that wait for an approval."""

    results: list[dict[str, Any]]
    head: ChainHead
    new_enrolments: list[str]


def examine(batch: wire.Batch, device_id: str) -> list[Arrival]:
    """All that can be judged without the books. Raises Problem `malformed` for what has no place in a chain at all."""
    arrivals = [_examine(index, sent, device_id) for index, sent in enumerate(batch.events)]
    if len({arrival.link.chain_id for arrival in arrivals}) > 1:
        raise Problem("malformed", "events: a batch is of one chain")
    return arrivals


def take(
    tx: Transaction, device: Device, arrivals: Sequence[Arrival], reported: wire.ReportedThrough, now: dt.datetime
) -> Taken:
    """Write what is new; the same batch again changes nothing. Raises Problem `sequence-gap` or `chain-broken`."""
    chain_id = arrivals[0].link.chain_id if arrivals else reported.chain_id
    # The order of ids keeps two requests from waiting for each other.
    heads = {
        each: tx.books.lock_chain(device.office_id, device.device_id, each, now)
        for each in sorted({chain_id, reported.chain_id})
    }
    head = heads[chain_id]
    places = [chain.Place(a.link.seq, a.link.hash, a.link.prev_hash) for a in arrivals]
    held: dict[int, Link] = {}
    if places and places[0].seq <= head.seq:
        last = min(head.seq, places[-1].seq)
        held = tx.books.links(device.office_id, device.device_id, chain_id, places[0].seq, last)
    new = chain.follow(chain.Place(head.seq, head.hash, ""), places, {seq: link.hash for seq, link in held.items()})
    known = tx.people.known(device.office_id, [_person(a) or "" for a in arrivals])
    used = tx.books.accepted_ids(device.office_id, [a.link.event_id for a in arrivals])
    results: list[dict[str, Any]] = []
    links: list[Link] = []
    enrolments: list[str] = []
    for arrival in arrivals:
        if arrival.link.seq in held:
            results.append(_again(arrival, held[arrival.link.seq]))
            continue
        problem = arrival.problem or _contradiction(arrival, device, known, used)
        link = _link(device, arrival, problem, now)
        links.append(link)
        if problem is None:
            used.add(link.event_id)
            if arrival.event is not None and arrival.event.enrolment is not None:
                tx.enrolments.add(_enrolment(device, arrival.event, now))
                enrolments.append(link.event_id)
        results.append(_result(link.event_id, link.status, problem))
    tx.books.add_links(links)
    if new:
        heads[chain_id] = replace(head, seq=new[-1].seq, hash=new[-1].hash)
    heads[reported.chain_id] = _reported(heads[reported.chain_id], reported, now)
    for each in sorted(heads):
        tx.books.set_head(device.office_id, heads[each])
    return Taken(results, heads[chain_id], enrolments)


def reconsider(tx: Transaction, office_id: str, event_id: str) -> Link:
    """Accept a presence that was rejected because its person was not known then, and is now."""
    link = tx.books.link(office_id, event_id)
    if link is None:
        raise NotFound("there is no such event in this office")
    if link.status == "accepted":
        raise Conflict("the event was accepted already")
    if link.kind != "presence" or link.person_id is None or link.time is None or link.problem is None:
        raise Conflict("only a presence whose person was not known can be accepted later")
    if link.problem.get("type") != document("person-unknown", "")["type"]:
        raise Conflict("the event breaks the protocol and cannot be accepted")
    if not tx.people.known(office_id, [link.person_id]):
        raise Conflict("the person is still not known in this office")
    tx.books.set_status(link, "accepted", None)
    return replace(link, status="accepted", problem=None)


def _examine(index: int, sent: dict[str, Any], device_id: str) -> Arrival:
    raw = sent.get("event")
    if not isinstance(raw, dict):
        raise Problem("malformed", f"events.{index}.event: must be an object")
    try:
        link = wire.Link.model_validate(raw)
    except ValidationError as error:
        raise Problem("malformed", f"events.{index}.event.{wire.explain(error)}") from None
    event: wire.Event | None = None
    time: EventTime | None = None
    problem: Json | None = None
    try:
        sized = chain.canonical(raw)
        right_hash = chain.event_hash(raw) == link.hash
    except ValueError as error:
        return Arrival(_bare(raw), link, None, None, document("event-invalid", f"the event {error}"))
    if len(sized) > MAX_EVENT_BYTES:
        problem = document("event-invalid", f"an event has at most {MAX_EVENT_BYTES} bytes")
        raw = _bare(raw)
    elif not right_hash:
        problem = document("hash-wrong", "the event was changed after it was made")
    elif link.device_id != device_id:
        problem = document("event-invalid", "device_id: is another terminal's")
    else:
        try:
            event = wire.Event.model_validate(raw)
            given = wire.SentTime.model_validate(sent.get("time"))
            time = EventTime(given.utc, given.earliest_utc, given.latest_utc, given.state)
        except ValidationError as error:
            problem = document("event-invalid", wire.explain(error))
    return Arrival(raw, link, event, time, problem)


def _bare(raw: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an event that is too large or has no canonical form: its place in the chain."""
    return {name: raw[name] for name in wire.Link.model_fields}


def _contradiction(arrival: Arrival, device: Device, known: set[str], used: set[str]) -> Json | None:
    """What only the books can say against an event."""
    enrolment = None if arrival.event is None else arrival.event.enrolment
    if enrolment is not None and enrolment.office_id != device.office_id:
        return document("event-invalid", "enrolment.office_id: a terminal enrols for its own office only")
    if arrival.link.event_id in used:
        return document("event-id-reused", "event ids are made once")
    person_id = _person(arrival)
    if person_id is not None and person_id not in known:
        return document("person-unknown", "no such person in the terminal's office")
    return None


def _again(arrival: Arrival, held: Link) -> dict[str, Any]:
    if arrival.problem is not None and held.status == "accepted":
        # The same claimed hash with another content: the books keep what they have, and the terminal learns the truth.
        return _result(arrival.link.event_id, "rejected", arrival.problem)
    status = "duplicate" if held.status == "accepted" else "rejected"
    return _result(arrival.link.event_id, status, held.problem)


def _result(event_id: str, status: str, problem: Json | None) -> dict[str, Any]:
    return {"event_id": event_id, "status": status} | ({"problem": dict(problem)} if problem is not None else {})


def _person(arrival: Arrival) -> str | None:
    if arrival.event is None or arrival.event.presence is None:
        return None
    return arrival.event.presence.person_id


def _link(device: Device, arrival: Arrival, problem: Json | None, now: dt.datetime) -> Link:
    status: LinkStatus = "accepted" if problem is None else "rejected"
    kind = arrival.raw.get("kind")
    return Link(
        office_id=device.office_id,
        device_id=device.device_id,
        chain_id=arrival.link.chain_id,
        seq=arrival.link.seq,
        event_id=arrival.link.event_id,
        kind=kind if kind in ("presence", "attack", "enrolment") else "unknown",
        hash=arrival.link.hash,
        prev_hash=arrival.link.prev_hash,
        status=status,
        problem=problem,
        # Face data and what names the person live in the enrolment alone, so that erasure has one place to reach.
        body={key: value for key, value in arrival.raw.items() if key != "enrolment"},
        time=None if arrival.time is None else _causal(arrival.time, now),
        person_id=_person(arrival),
        received_utc=now,
    )


def _causal(time: EventTime, now: dt.datetime) -> EventTime:
    """An event was before it arrived, whatever the terminal's clock said."""
    if time.latest_utc <= now:
        return time
    if time.utc <= now:
        return replace(time, latest_utc=now)
    return EventTime(now, min(time.earliest_utc, now), now, "uncertain")


def _reported(head: ChainHead, reported: wire.ReportedThrough, now: dt.datetime) -> ChainHead:
    if reported.seq > head.seq:
        return head  # what it speaks of has not arrived yet
    through = min(reported.utc, now)
    if head.reported_utc is not None and head.reported_utc >= through:
        return head
    return replace(head, reported_utc=through)


def _enrolment(device: Device, event: wire.Event, now: dt.datetime) -> Enrolment:
    payload = event.enrolment
    if payload is None:
        raise ValueError("not an enrolment")
    consent = payload.consent
    return Enrolment(
        office_id=device.office_id,
        event_id=event.event_id,
        device_id=device.device_id,
        nip=payload.nip,
        name=payload.name,
        model_id=payload.model_id,
        descriptors=[base64.b64decode(template) for template in payload.templates],
        qualities=[dict(quality) for quality in payload.qualities],
        consent={
            "given_utc": wire.format_time(consent.given_utc),
            "text_id": consent.text_id,
            "officer": consent.officer,
        },
        state="pending",
        received_utc=now,
    )


def approve_all(tx: Transaction, device: Device, event_ids: Sequence[str], now: dt.datetime) -> None:
    """`--approve auto`: for the demo and for an office whose own staff may enrol without BKPP."""
    for event_id in event_ids:
        roster.approve(tx, device.office_id, event_id, "auto", now)
