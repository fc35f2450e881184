"""The hash chain: what an event's hash is, and whether a batch continues the chain that the books hold. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import rfc8785

from etpp.errors import Problem


class Place(NamedTuple):
    """The members of an event that put it into the chain, as the terminal claims them."""

    seq: int
    hash: str
    prev_hash: str


def canonical(value: Any) -> bytes:
    """The RFC 8785 form; raises ValueError for what has none: an integer above 2**53, a lone surrogate, no JSON."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise ValueError("has no RFC 8785 form") from error


def event_hash(event: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over the canonical form of all members but `hash`; raises ValueError as `canonical`."""
    return hashlib.sha256(canonical({key: value for key, value in event.items() if key != "hash"})).hexdigest()


def follow(head: Place, places: Sequence[Place], held: Mapping[int, str]) -> list[Place]:
    """The places that are new to the books, in order; those that the books hold already are left out.

    `held` gives the claimed hash of every link up to the head that the batch names again. Raises Problem `sequence-gap`
    when events between are missing or the order is another one, and `chain-broken` when the history is another one.
    """
    expected = {"expected_seq": head.seq + 1}
    new: list[Place] = []
    last = head
    for index, place in enumerate(places):
        if index and place.seq != places[index - 1].seq + 1:
            raise Problem("sequence-gap", "the events of a batch must follow each other", members=expected)
        if place.seq <= head.seq:
            if held.get(place.seq) != place.hash:
                raise Problem("chain-broken", "the books hold another event at this place", members=expected)
            continue
        if place.seq != last.seq + 1:
            raise Problem("sequence-gap", "send the chain from expected_seq", members=expected)
        if place.prev_hash != last.hash:
            raise Problem("chain-broken", "prev_hash is not the hash of the event before", members=expected)
        new.append(place)
        last = place
    return new
