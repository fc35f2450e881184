"""A batch of events into the books: each event judged on its own, the chain as a whole, all in one transaction."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from etpp.base import encoding
from etpp.base.encoding import Json
from etpp.base.errors import Conflict, NotFound
from etpp.base.problems import document
from etpp.books import chain, wire
from etpp.books.arrivals import Arrival, Missing
from etpp.books.model import CONSENTS, FLAGS, GAP, ChainHead, EventTime, Link, LinkStatus
from etpp.books.store import Books
from etpp.db import Transaction, recording
from etpp.faces import renewal, words
from etpp.faces.model import Enrolment
from etpp.faces.recognisers import RECOGNISERS
from etpp.faces.store import Enrolments
from etpp.roster.store import Offices, People
from etpp.terminals.model import Device

CLOCKS_APART = dt.timedelta(seconds=1)
"""How far a terminal's best estimate may lie in this server's future: its anchors are of another server's clock, or of
this one's before NTP slewed it."""


MAX_PENDING = 1000
"""Enrolments of one terminal that may wait: more than the largest office has people. Each is compared with the whole
regency whenever somebody looks at them."""


@dataclass(frozen=True)
class Taken:
    """What the books made of a batch. `enrolments`: event ids of those it brought, now or when it was sent before."""

    results: list[dict[str, Any]]
    head: ChainHead
    enrolments: list[str]


def take(
    tx: Transaction,
    device: Device,
    items: Sequence[Arrival | Missing],
    chain_id: str,
    reported: wire.ReportedThrough | None,
    now: dt.datetime,
) -> Taken:
    """Write what is new; the same batch again changes nothing. Raises Problem `sequence-gap` or `chain-broken`.

    `device` is the recorder, `items` are the batch's events as `arrivals.examine` gave them, all of `chain_id`.
    """
    now = recording(tx, now)
    locked = sorted({chain_id} if reported is None else {chain_id, reported.chain_id})
    # In the order of their ids, so that two requests cannot wait for each other.
    heads = {each: Books(tx).lock_chain(device.office_id, device.device_id, each, now) for each in locked}
    head = heads[chain_id]
    places = [item.place for item in items]
    held = _held(tx, device, head, places)
    hashes = {seq: link.hash for seq, link in held.items() if link.kind != GAP}
    new = chain.follow(head.seq, head.hash, places, hashes)
    events = [item for item in items if isinstance(item, Arrival)]
    known = People(tx).known(device.office_id, [event.person_id or "" for event in events])
    used = Books(tx).accepted_ids(device.office_id, [event.link.event_id for event in events])
    results: list[dict[str, Any]] = []
    links: list[Link] = []
    enrolments: list[str] = []
    present: dict[str, str | None] = {}
    for item, is_new in zip(items, new, strict=True):
        if isinstance(item, Missing):
            results.append({"event_id": None, "status": "accepted" if is_new else "duplicate"})
            if is_new:
                links.append(_gap(device, item.gap, head.seq, now))
        elif not is_new:
            results.append(_again(item, held[item.link.seq]))
            if held[item.link.seq].kind == "enrolment" and held[item.link.seq].status == "accepted":
                enrolments.append(item.link.event_id)
        else:
            problem = item.problem or _contradiction(tx, item, device, known, used) or _unwitnessed(tx, item, present)
            link = _link(tx, device, item, problem, now)
            links.append(link)
            results.append(_result(link.event_id, link.status, problem))
            if problem is None:
                used.add(link.event_id)
                present[link.event_id] = link.person_id
                if item.event is not None and item.event.enrolment is not None:
                    entered = _entered(tx, _enrolment(device, item.event, now), now)
                    Enrolments(tx).add(entered)
                    words.received(tx, entered, now)
                    enrolments.append(link.event_id)
                if item.event is not None and item.event.occurrence is not None:
                    _withdraw(tx, device, item.event.occurrence, now)
    Books(tx).add_links(links)
    if places and places[-1].last > head.seq:
        heads[chain_id] = replace(head, seq=places[-1].last, hash=places[-1].hash)
    if reported is not None:
        heads[reported.chain_id] = _reported(heads[reported.chain_id], reported, now)
    for each in locked:
        Books(tx).set_head(device.office_id, heads[each])
    return Taken(results, heads[chain_id], enrolments)


def reconsider(tx: Transaction, office_id: str, event_id: str, now: dt.datetime) -> Link:
    """Accept a presence that was rejected because its person was not known then, and is now.

    It counts from now on: what was reckoned before stays as it was.
    """
    link = Books(tx).link(office_id, event_id)
    if link is None:
        raise NotFound("there is no such event in this office", key="event_unknown")
    if link.status == "accepted":
        raise Conflict("the event was accepted already", key="event_accepted")
    if link.kind != "presence" or link.person_id is None or link.time is None or link.problem is None:
        raise Conflict("only a presence whose person was not known can be accepted later", key="event_final")
    if link.problem.get("type") != document("person-unknown", "")["type"]:
        raise Conflict("the event breaks the protocol and cannot be accepted", key="event_broken")
    if not People(tx).known(office_id, [link.person_id]):
        raise Conflict("the person is still not known in this office", key="person_still_unknown")
    Books(tx).accept(link, recording(tx, now))
    Offices(tx).call_attention(office_id)  # no head of a chain has moved: who keeps the day's figures learns it by this
    return replace(link, status="accepted", problem=None)


def _held(tx: Transaction, device: Device, head: ChainHead, places: Sequence[chain.Place]) -> dict[int, Link]:
    """What the books have of the stretch that the batch names."""
    if not places or places[0].first > head.seq:
        return {}
    last = min(head.seq, places[-1].last)
    return Books(tx).links(device.office_id, device.device_id, head.chain_id, places[0].first, last)


def _contradiction(
    tx: Transaction, arrival: Arrival, device: Device, known: Collection[str], used: Collection[str]
) -> Json | None:
    """What only the books can say against an event."""
    enrolment = None if arrival.event is None else arrival.event.enrolment
    if enrolment is not None and enrolment.office_id != device.office_id:
        return document("event-invalid", "enrolment.office_id: a terminal enrols for its own office only")
    if enrolment is not None and Enrolments(tx).count_pending(device.device_id) >= MAX_PENDING:
        return document("event-invalid", f"{MAX_PENDING} enrolments of this terminal wait for BKPP already")
    if arrival.link.event_id in used:
        return _reused(tx, arrival, device)
    if device.revoked_utc is not None and arrival.time is not None and arrival.time.earliest_utc > device.revoked_utc:
        # A revoked terminal stops recording. Its earlier events still count when another one brings them.
        return document("event-invalid", "time: lies after the terminal was revoked")
    if arrival.person_id is not None and arrival.person_id not in known:
        return document("person-unknown", "no such person in the terminal's office")
    return None


def _unwitnessed(tx: Transaction, arrival: Arrival, present: Mapping[str, str | None]) -> Json | None:
    """Templates are offered of somebody whose presence is in the books, or `present` in this batch, and of no other."""
    enrolment = None if arrival.event is None else arrival.event.enrolment
    if enrolment is None or enrolment.renewal is None:
        return None
    offer = enrolment.renewal
    person = People(tx).by_nip(enrolment.office_id, enrolment.nip)
    if person is None or person.person_id != offer.person_id:
        return document("event-invalid", "enrolment.renewal.person_id: is not whose NIP this is in the office")
    link = Books(tx).link(enrolment.office_id, offer.presence)
    seen = link.person_id if link is not None and link.status == "accepted" else present.get(offer.presence)
    if seen != offer.person_id:
        return document("event-invalid", "enrolment.renewal.presence: no presence of this person is in the books")
    return None


def _entered(tx: Transaction, enrolment: Enrolment, now: dt.datetime) -> Enrolment:
    return enrolment if enrolment.renewal is None else renewal.received(tx, enrolment, now)


def _withdraw(tx: Transaction, device: Device, occurrence: wire.Occurrence, now: dt.datetime) -> None:
    """Who takes the consent back before BKPP has decided is named by the enrolment."""
    if (occurrence.what, occurrence.detail) == ("officer-did", words.WITHDRAWN):
        words.withdrawn(tx, device.office_id, device.device_id, occurrence.person_ids, now)


def _reused(tx: Transaction, arrival: Arrival, device: Device) -> Json:
    """Whether an event of a broken chain came again in the new one, as it should, or the id was used twice."""
    first = Books(tx).link(device.office_id, arrival.link.event_id)
    place = {"chain_id", "seq", "prev_hash", "hash", "enrolment"}
    same = first is not None and all(
        first.body.get(name) == value for name, value in arrival.raw.items() if name not in place
    )
    if same:
        return document("event-id-reused", "accepted from an earlier chain", {"reissued": True})
    return document("event-id-reused", "event ids are made once")


def _again(arrival: Arrival, held: Link) -> dict[str, Any]:
    if arrival.problem is not None and held.status == "accepted":
        # The same claimed hash with another content: the books keep what they have, and the terminal learns the truth.
        return _result(arrival.link.event_id, "rejected", arrival.problem)
    status = "duplicate" if held.status == "accepted" else "rejected"
    return _result(arrival.link.event_id, status, held.problem)


def _result(event_id: str, status: str, problem: Json | None) -> dict[str, Any]:
    return {"event_id": event_id, "status": status} | ({"problem": dict(problem)} if problem is not None else {})


def _link(tx: Transaction, device: Device, arrival: Arrival, problem: Json | None, now: dt.datetime) -> Link:
    status: LinkStatus = "accepted" if problem is None else "rejected"
    kind = arrival.raw.get("kind")
    return Link(
        office_id=device.office_id,
        device_id=device.device_id,
        chain_id=arrival.link.chain_id,
        seq=arrival.link.seq,
        event_id=arrival.link.event_id,
        kind=str(kind) if kind in wire.EVENT_KINDS else "unknown",
        hash=arrival.link.hash,
        prev_hash=arrival.link.prev_hash,
        status=status,
        problem=problem,
        # Face data and what names the person live in the enrolment alone, so that erasure has one place to reach.
        body={key: value for key, value in arrival.raw.items() if key != "enrolment"},
        time=None if arrival.time is None else _causal(arrival.time, now),
        person_id=arrival.person_id,
        received_utc=now,
        method=_method(arrival),
        flag=_flag(tx, device, arrival),
        enrolment_id=arrival.enrolment_id,
    )


def _method(arrival: Arrival) -> str | None:
    presence = None if arrival.event is None else arrival.event.presence
    return None if presence is None or presence.method == "face" else presence.method[:20]


def _flag(tx: Transaction, device: Device, arrival: Arrival) -> str | None:
    """Of an event that does not count, too: who was forced is forced all the same, and takes back what was given."""
    event = arrival.event
    if event is None:
        return None
    if event.presence is not None and event.presence.duress:
        return "duress"
    presence, said = event.presence, event.occurrence
    if presence is not None and presence.officer_id is not None:
        own = Books(tx).vouched_for_self(device.office_id, presence.officer_id, presence.person_id)
        return "own-officer" if own else None
    if said is None:
        return None
    if said.what == "officer-did" and said.detail in CONSENTS:
        return said.detail
    return said.what if said.what in FLAGS else None


def _gap(device: Device, gap: wire.Gap, head_seq: int, now: dt.datetime) -> Link:
    """A row where the missing events end, rejected so that BKPP sees it among what does not count."""
    first = max(gap.first_seq, head_seq + 1)
    why = "their terminal has thinned them" if gap.reason == "thinned" else "their terminal lost them on a damaged disk"
    return Link(
        office_id=device.office_id,
        device_id=device.device_id,
        chain_id=gap.chain_id,
        seq=gap.last_seq,
        event_id=f"gap-{first}-{gap.last_seq}",
        kind=GAP,
        hash=gap.hash,
        prev_hash=gap.prev_hash or "",
        status="rejected",
        problem=document("events-missing", f"number {first} to {gap.last_seq}: {why}"),
        body={"first_seq": first, "last_seq": gap.last_seq, "reason": gap.reason},
        time=None,
        person_id=None,
        received_utc=now,
    )


def _causal(time: EventTime, now: dt.datetime) -> EventTime:
    """An event was before it arrived, whatever the terminal's clock said; but two clocks are never quite together."""
    if time.utc <= now + CLOCKS_APART:
        return replace(time, latest_utc=min(time.latest_utc, max(time.utc, now)))
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
        more={
            each.model_id: [base64.b64decode(template) for template in each.templates]
            for each in payload.more_templates
            if each.model_id in RECOGNISERS
        },
        qualities=[dict(quality) for quality in payload.qualities],
        consent={
            "given_utc": encoding.format_time(consent.given_utc),
            "text_id": consent.text_id,
            "officer": consent.officer,
            **({} if consent.signature is None else {"signature": consent.signature}),
        },
        state="pending",
        received_utc=now,
        renewal=None if payload.renewal is None else payload.renewal.model_dump(),
    )
