"""What stands in a batch, judged as far as that can be done without the books: shapes, hashes, times. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from etpp.base import nip, shapes
from etpp.base.encoding import Json
from etpp.base.errors import Problem
from etpp.base.problems import document
from etpp.books import chain, wire
from etpp.books.model import EventTime

MAX_EVENT_BYTES = 64 * 1024
"""Of one event in canonical form; twenty templates take 14 KB."""


_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""In canonical form. Not every database holds it, and where one refuses it, it refuses the whole batch."""


@dataclass(frozen=True)
class Arrival:
    """One event of a request: its place, what it says if that holds good, and else the reason why not."""

    raw: dict[str, Any]
    link: wire.Link
    event: wire.Event | None
    time: EventTime | None
    problem: Json | None
    whole: bool = True
    """Whether its content has the hash that it claims."""

    @property
    def place(self) -> chain.Place:
        return chain.Place(self.link.seq, self.link.seq, self.link.hash, self.link.prev_hash)

    @property
    def chain_id(self) -> str:
        return self.link.chain_id

    @property
    def person_id(self) -> str | None:
        """Whose presence it is; nobody's by itself of one that rests on an enrolment."""
        presence = None if self.event is None else self.event.presence
        return None if presence is None or presence.enrolment is not None else presence.person_id

    @property
    def enrolment_id(self) -> str | None:
        """On which enrolment a presence rests."""
        return None if self.event is None or self.event.presence is None else self.event.presence.enrolment


@dataclass(frozen=True)
class Missing:
    """A link over events that the terminal does not hold any more."""

    gap: wire.Gap

    @property
    def place(self) -> chain.Place:
        return chain.Place(self.gap.first_seq, self.gap.last_seq, self.gap.hash, self.gap.prev_hash, is_event=False)

    @property
    def chain_id(self) -> str:
        return self.gap.chain_id


def examine(events: Sequence[Mapping[str, Any]], device_id: str) -> list[Arrival | Missing]:
    """A batch's items. `device_id` is their recorder: the sender, or the one that they are carried for.

    Raises Problem `malformed` for what has no place in a chain at all; all else only rejects the one event.
    """
    found = [_item(index, sent, device_id) for index, sent in enumerate(events)]
    if len({item.chain_id for item in found}) > 1:
        raise Problem("malformed", "events: a batch is of one chain")
    return found


def _item(index: int, sent: Mapping[str, Any], device_id: str) -> Arrival | Missing:
    member = "link" if "link" in sent else "event"
    shape = wire.Gap if member == "link" else wire.Link
    value = sent.get(member)
    if not isinstance(value, dict):
        raise Problem("malformed", f"events.{index}.{member}: must be an object")
    try:
        place = shape.model_validate(value)
    except ValidationError as error:
        raise Problem("malformed", f"events.{index}.{member}.{shapes.explain(error)}") from None
    return Missing(place) if isinstance(place, wire.Gap) else _event(value, sent.get("time"), place, device_id)


def _event(raw: dict[str, Any], time: object, link: wire.Link, device_id: str) -> Arrival:
    try:
        hashed = chain.hashed_form(raw)
    except ValueError as error:
        problem = document("event-invalid", f"the event {error}")
        return Arrival(_bare(raw), link, None, None, problem, whole=False)
    whole = hashlib.sha256(hashed).hexdigest() == link.hash
    if _NUL.search(hashed):
        problem = document("event-invalid", "the event has the character U+0000, which cannot be kept")
        return Arrival(_bare(raw), link, None, None, problem, whole)
    if len(hashed) > MAX_EVENT_BYTES:
        problem = document("event-invalid", f"an event has at most {MAX_EVENT_BYTES} bytes")
        return Arrival(_bare(raw), link, None, None, problem, whole)
    if not whole:
        problem = document("hash-wrong", "the event was changed after it was made")
        return Arrival(raw, link, None, None, problem, whole)
    if link.device_id != device_id:
        problem = document("event-invalid", "device_id: is another terminal's")
        return Arrival(raw, link, None, None, problem)
    try:
        event = wire.Event.model_validate(raw)
        given = wire.SentTime.model_validate(time)
    except ValidationError as error:
        return Arrival(raw, link, None, None, document("event-invalid", shapes.explain(error)))
    if event.enrolment is not None:
        try:
            nip.check_at(event.enrolment.nip, given.earliest_utc, given.latest_utc)
        except ValueError as error:
            return Arrival(raw, link, None, None, document("event-invalid", f"enrolment.nip: {error}"))
    return Arrival(raw, link, event, EventTime(given.utc, given.earliest_utc, given.latest_utc, given.state), None)


def _bare(raw: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an event that cannot be kept as it is: its place in the chain."""
    return {name: raw[name] for name in wire.Link.model_fields}
