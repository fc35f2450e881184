"""The administrator's JSON: what the API answers and the command line prints."""

from __future__ import annotations

from typing import Literal

from etpp.base.encoding import format_time
from etpp.base.shown import Json, Moment, Sha256, Shown
from etpp.books.model import Link, LinkStatus, TimeState


class EventShown(Shown):
    """One event in the books. `problem`: why it was rejected; `event`: as docs/protocol.md has it, without face data;
    without times where the terminal gave none that can be read. `prev_hash` is empty where nobody vouches for the event
    before."""

    office_id: str
    device_id: str
    chain_id: str
    seq: int
    event_id: str
    kind: str
    hash: Sha256
    prev_hash: Sha256 | Literal[""]
    status: LinkStatus
    problem: Json | None
    person_id: str | None
    utc: Moment | None
    earliest_utc: Moment | None
    latest_utc: Moment | None
    time_state: TimeState | None
    received_utc: Moment
    event: Json


class EventsShown(Shown):
    """A page of them, and how many there are in all."""

    count: int
    events: list[EventShown]


def event_shown(link: Link) -> EventShown:
    time = link.time
    return EventShown(
        office_id=link.office_id,
        device_id=link.device_id,
        chain_id=link.chain_id,
        seq=link.seq,
        event_id=link.event_id,
        kind=link.kind,
        hash=link.hash,
        prev_hash=link.prev_hash,
        status=link.status,
        problem=None if link.problem is None else dict(link.problem),
        person_id=link.person_id,
        utc=None if time is None else format_time(time.utc),
        earliest_utc=None if time is None else format_time(time.earliest_utc),
        latest_utc=None if time is None else format_time(time.latest_utc),
        time_state=None if time is None else time.state,
        received_utc=format_time(link.received_utc),
        event=dict(link.body),
    )
