"""Events that one terminal brings for another: held apart until the whole stretch has matched its recorder's word."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from etpp.base.errors import Problem
from etpp.books import intake, proof, wire
from etpp.books.arrivals import Arrival, Missing, examine
from etpp.books.intake import Taken
from etpp.books.model import GAP, ChainHead
from etpp.books.proof import Word
from etpp.books.staging import Staging, forget_staged
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.terminals.model import Device
from etpp.terminals.signing import verify_statement
from etpp.terminals.store import Devices
from etpp.terminals.vouching import keys_ever


def word_of(tx: Transaction, bearer: Device, carried: wire.Carried, raw: Mapping[str, Any]) -> Word:
    """What a terminal of the bearer's office has signed, with a key that it has or had.

    `raw` is the `carried` member as it came, which the signature covers whole. Raises Problem `carried-refused`.
    """
    recorder = Devices(tx).get(carried.device_id)
    if recorder is not None and recorder.office_id == bearer.office_id:
        statement = {name: value for name, value in raw.items() if name != "signature"}
        present = (recorder.public_key, recorder.next_key)
        for key in keys_ever(tx, recorder):
            if verify_statement(key, carried.signature, statement):
                until = None if key in present else Devices(tx).former_keys(recorder)[key]
                return Word(recorder, carried, key, until)
    raise Problem("carried-refused", "no terminal of this office has signed this")


def bring(
    tx: Transaction,
    bearer: Device,
    word: Word,
    items: Sequence[Arrival | Missing],
    sent: Sequence[Mapping[str, Any]],
    now: dt.datetime,
) -> Taken:
    """Stage a batch, and take the stretch into the books when the batch completes it; the same again changes nothing.

    `items` is what was found in `sent`. Raises Problem `carried-refused`, `sequence-gap`, `chain-broken`.
    """
    # So that two batches of one bearer follow each other.
    Devices(tx).get(bearer.device_id, lock=True)
    recorder, carried = word.recorder, word.carried
    staging = staging_of(tx, bearer, word)
    forget_staged(tx, now)
    head = Books(tx).head(recorder.office_id, recorder.device_id, carried.chain_id)
    if not items:
        bounds = staging.bounds()
        return Taken([], head if bounds is None else _staged(head, bounds), [])
    _fit(items, carried)
    if carried.last_seq <= head.seq and _are_held(tx, word, items):
        staging.cut()  # somebody else has brought all of it
        return intake.take(tx, recorder, items, carried.chain_id, None, now)
    staging.cut(items[0].place.first)
    _continues(staging.bounds(), head, items, carried)
    staging.add(items, sent, now)
    if items[-1].place.last < carried.last_seq:
        bounds = staging.bounds()
        return Taken([_answer(item) for item in items], head if bounds is None else _staged(head, bounds), [])
    taken = _complete(tx, word, staging, now)
    staging.cut()
    return replace(taken, results=taken.results[-len(items) :])


def staging_of(tx: Transaction, bearer: Device, word: Word) -> Staging:
    return Staging(tx, bearer.office_id, bearer.device_id, word.recorder.device_id, word.carried.chain_id)


def _fit(items: Sequence[Arrival | Missing], carried: wire.Carried) -> None:
    """Refuse at once what no later batch can mend."""
    if items[0].chain_id != carried.chain_id or items[-1].place.last > carried.last_seq:
        raise proof.refusal("the statement does not speak of these events")
    if any(isinstance(item, Arrival) and not item.whole for item in items):
        raise proof.refusal("an event was changed after it was made")
    for before, after in itertools.pairwise(item.place for item in items):
        if after.first != before.last + 1 or after.prev_hash not in (before.hash, None):
            raise proof.refusal("the events do not follow each other")


def _are_held(tx: Transaction, word: Word, items: Sequence[Arrival | Missing]) -> bool:
    """Whether the books have these very events."""
    events = [item.link for item in items if isinstance(item, Arrival)]
    if not events:
        return True
    recorder, first, last = word.recorder, events[0].seq, events[-1].seq
    links = Books(tx).links(recorder.office_id, recorder.device_id, word.carried.chain_id, first, last)
    held = {seq: link.hash for seq, link in links.items() if link.kind != GAP}
    return all(held.get(event.seq) == event.hash for event in events)


def _continues(
    bounds: tuple[int, int, str] | None, head: ChainHead, items: Sequence[Arrival | Missing], carried: wire.Carried
) -> None:
    """A batch follows what its bearer has staged, or begins anew where the statement or the books' rest begins."""
    place = items[0].place
    if bounds is None:
        expected = head.seq + 1
        if carried.runs is not None:
            # The times of a run can be compared only when it is here from its first event on.
            expected = min(expected, carried.first_seq)
        if place.first > expected:
            raise Problem("sequence-gap", "send the chain from expected_seq", members={"expected_seq": expected})
        return
    first, last, hash_ = bounds
    if place.first != last + 1:
        raise Problem("sequence-gap", "send the chain from expected_seq", members={"expected_seq": last + 1})
    if place.prev_hash not in (hash_, None):
        raise Problem("sequence-gap", "this does not continue what came", members={"expected_seq": first})


def _complete(tx: Transaction, word: Word, staging: Staging, now: dt.datetime) -> Taken:
    recorder, chain_id = word.recorder, word.carried.chain_id
    head = Books(tx).lock_chain(recorder.office_id, recorder.device_id, chain_id, now)
    pieces = [proof.piece(item) for page in staging.items(wire.MAX_EVENTS) for item in page]
    proven = proof.prove(word, pieces, head.seq, now)
    whole = Taken([], head, [])
    try:
        for page in staging.items(wire.MAX_EVENTS):
            found = examine(page, recorder.device_id)
            judged = [proven.judge(item) if isinstance(item, Arrival) else item for item in found]
            taken = intake.take(tx, recorder, judged, chain_id, None, now)
            whole = Taken(whole.results + taken.results, taken.head, whole.enrolments + taken.enrolments)
    except Problem as problem:
        if problem.name == "chain-broken" and not proven.whole:
            # It may be the bearer's own invention: no reason to send somebody to the recorder.
            raise proof.refusal("the events do not fit what the books hold") from None
        raise
    return whole


def _staged(head: ChainHead, bounds: tuple[int, int, str]) -> ChainHead:
    """How far the server holds the chain, in the books or not."""
    _, last, hash_ = bounds
    return replace(head, seq=last, hash=hash_)


def _answer(item: Arrival | Missing) -> dict[str, Any]:
    """Of an event that is held, and not in the books yet."""
    if isinstance(item, Missing):
        return {"event_id": None, "status": "accepted"}
    if item.problem is None:
        return {"event_id": item.link.event_id, "status": "accepted"}
    return {"event_id": item.link.event_id, "status": "rejected", "problem": dict(item.problem)}
