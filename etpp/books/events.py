"""Call 2: a batch of events."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from etpp.base import encoding, shapes
from etpp.base.describe import COMMON, describe
from etpp.base.encoding import Json
from etpp.base.errors import Problem
from etpp.books import carried, heads, intake, wire
from etpp.books.arrivals import Arrival, Missing, examine
from etpp.books.intake import Taken
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.faces import approval, renewal
from etpp.serving.context import Server, ServerOf
from etpp.terminals.context import TerminalsOf
from etpp.terminals.signed import Signed

log = logging.getLogger(__name__)

router = APIRouter()


@router.post(
    "/v1/devices/{device_id}/events",
    **describe(
        "Send events",
        request=wire.EventsRequest,
        answer=wire.EventsAnswer,
        problems=(*COMMON, "carried-refused", "sequence-gap", "chain-broken"),
    ),
)
async def events(signed: Signed, server: ServerOf, terminals: TerminalsOf) -> dict[str, object]:
    """Durable before the answer; the same batch again gives the same books. A faulty event is rejected alone."""
    raw = await signed.json()
    batch = shapes.checked(wire.Batch, raw)
    if len(batch.events) > wire.MAX_EVENTS:
        raise Problem("too-large", f"at most {wire.MAX_EVENTS} events in one batch")
    now = server.now()
    bearer, claim = signed.device, batch.carried
    word = None
    if claim is not None:
        word = await server.read(lambda tx: carried.word_of(tx, bearer, claim, raw["carried"]))
    recorder = bearer if word is None else word.recorder
    items = await run_in_threadpool(examine, batch.events, recorder.device_id)
    chain_id = items[0].chain_id if items else batch.reported_through.chain_id

    signer = terminals.keys.now().signer

    def take(tx: Transaction) -> tuple[Taken, Json | None]:
        if word is None:
            taken = intake.take(tx, bearer, items, chain_id, batch.reported_through, now)
            return taken, heads.keep(tx, signer, bearer, taken.head, batch.heads, now)
        taken = carried.bring(tx, bearer, word, items, batch.events, now)
        heads.keep_word(tx, signer, word, raw["carried"], now)
        return taken, None

    def note(tx: Transaction, broken: bool) -> None:
        if word is not None:
            carried.staging_of(tx, bearer, word).cut()
        if broken:
            Books(tx).note_broken(recorder.office_id, recorder.device_id, chain_id, now)

    try:
        taken, head_problem = await server.write(take)
    except Problem as problem:
        if problem.name in ("carried-refused", "chain-broken"):
            # The batch left no trace; what follows from its refusal is noted on its own.
            broken = problem.name == "chain-broken"
            await server.write(lambda tx: note(tx, broken))
        raise
    # A carried stretch counts whole: most of it came with earlier batches.
    offered = taken.enrolments if word is not None else _renewals(items, taken.enrolments)
    if offered:
        await _note(server, recorder.office_id, offered)
    if server.settings.approve == "auto" and taken.enrolments:
        await _approve(server, recorder.office_id, taken.enrolments)
    head = taken.head
    answer: dict[str, object] = {
        "results": taken.results,
        "head": {"chain_id": head.chain_id, "seq": head.seq, "hash": head.hash},
        "server_time": encoding.format_time(server.now()),
    }
    if head_problem is not None:
        log.warning("a terminal's signed link was not kept: %s", head_problem["detail"])
        answer["head_problem"] = head_problem
    return answer


def _renewals(items: Sequence[Arrival | Missing], enrolments: Sequence[str]) -> list[str]:
    """Of the enrolments those that are of somebody known already, by a further recogniser."""
    renewing = {
        item.link.event_id
        for item in items
        if isinstance(item, Arrival) and item.event and item.event.enrolment and item.event.enrolment.renewal
    }
    return [event_id for event_id in enrolments if event_id in renewing]


async def _note(server: Server, office_id: str, event_ids: list[str]) -> None:
    """That a face was offered: the office's other terminals need not. Where this fails the batch comes again."""
    offers = await server.read(lambda tx: renewal.offers(tx, office_id, event_ids))
    if offers:
        await server.change(lambda tx: renewal.note(tx, office_id, offers, server.now()))


async def _approve(server: Server, office_id: str, event_ids: list[str]) -> None:
    """A batch whose answer was lost comes again, so that nothing is left over when this fails."""
    reviews = await server.read(lambda tx: approval.review_all(tx, office_id, event_ids))
    if reviews:
        await server.change(lambda tx: approval.approve_all(tx, office_id, reviews, server.now()))
