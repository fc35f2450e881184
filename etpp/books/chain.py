"""The hash chain: what an event's hash is, and whether a batch continues the chain that the books hold. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from etpp.base.encoding import canonical
from etpp.base.errors import Problem


class Place(NamedTuple):
    """A stretch of the chain as the terminal claims it: one event, or a link over events that it no longer holds.

    `hash` is that of the event `last`; `prev_hash` that of the one before `first`, None when a link does not know it.
    """

    first: int
    last: int
    hash: str
    prev_hash: str | None
    is_event: bool = True


def hashed_form(event: Mapping[str, Any]) -> bytes:
    """What an event's hash is over: the canonical form of all members but `hash`. Raises ValueError as `canonical`."""
    return canonical({key: value for key, value in event.items() if key != "hash"})


def event_hash(event: Mapping[str, Any]) -> str:
    """SHA-256, in hex; raises ValueError as `canonical`."""
    return hashlib.sha256(hashed_form(event)).hexdigest()


def follow(head_seq: int, head_hash: str, places: Sequence[Place], held: Mapping[int, str]) -> list[bool]:
    """For each place of a batch, in order, whether it is new to the books, whose head is given.

    `held` gives the claimed hash of every event up to the head that the batch names again. Raises Problem
    `sequence-gap` when events between are missing or the order is another one, and `chain-broken` when the history is.
    """
    expected = {"expected_seq": head_seq + 1}
    new: list[bool] = []
    seq, hash_ = head_seq, head_hash
    for index, place in enumerate(places):
        if index and place.first != places[index - 1].last + 1:
            raise Problem("sequence-gap", "the events of a batch must follow each other", members=expected)
        new.append(place.last > head_seq)
        if not new[-1]:
            if place.is_event and held.get(place.last) != place.hash:
                raise Problem("chain-broken", "the books hold another event at this place", members=expected)
            continue
        if place.first > seq + 1:
            raise Problem("sequence-gap", "send the chain from expected_seq", members=expected)
        # A link may begin below the head; what lies there is held already, and its own beginning cannot be compared.
        if place.first == seq + 1 and place.prev_hash not in (hash_, None):
            raise Problem("chain-broken", "prev_hash is not the hash of the event before", members=expected)
        seq, hash_ = place.last, place.hash
    return new
