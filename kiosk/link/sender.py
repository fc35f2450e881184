"""Sending the journal: batches out, answers in, and the cursor moved by nothing but the server's word."""

from __future__ import annotations

import datetime as dt
import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kiosk import wire
from kiosk.errors import Refused
from kiosk.link.ports import Claim, Entry, EventQueue
from kiosk.machine.timeline import FLOOR_UTC, Timeline
from kiosk.model import Event, Moment
from kiosk.ports import Clock
from kiosk.wire import BatchAnswer, Head, Json, Link

log = logging.getLogger(__name__)

REPORT_MARGIN = dt.timedelta(seconds=60)
"""`reported_through` stays so far behind now: a confirmed event may still be on its way to a slow disk."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    events: int
    bytes: int


OWN = {"protocol-version", "signature-invalid", "replayed-request", "device-revoked", "device-unknown"}
"""Problems that are this terminal's, whatever it sends."""

SignHead = Callable[[str, int, str], Json]
"""(chain id, seq, hash) -> that link of the chain with this terminal's signature."""


class Sender:
    """One thread. `post` is call 2: body -> answer."""

    def __init__(
        self,
        queue: EventQueue,
        post: Callable[[bytes], Json],
        sign_head: SignHead,
        clock: Clock,
        limits: BatchLimits,
    ) -> None:
        self._queue = queue
        self._post = post
        self._sign_head = sign_head
        self._clock = clock
        self._limits = limits
        self._batch_events = limits.events
        self.chain_broken = False
        """Whether the server has refused a chain since the start: its history here is not the one it holds."""

    def send(self) -> bool:
        """Send one batch; whether there may be more to send at once. Raises what the client and the queue raise.

        A refusal that this side can cure is cured. Refused is raised for one that only time or a technician can cure.
        """
        now = self._clock.now()
        claim = self._queue.claim(limit=self._batch_events, max_bytes=self._limits.bytes)
        if claim is None:
            return False
        timeline = self._queue.timeline(now)
        body = wire.batch_body(
            [_entry(entry, timeline) for entry in claim.entries],
            chain_id=claim.chain_id,
            seq=claim.entries[-1].last_seq,
            utc=_reported_utc(claim, timeline, now),
            heads=[self._sign_head(claim.chain_id, seq, hash_hex) for seq, hash_hex in _ends(claim)],
            carried=claim.carried,
        )
        try:
            data = self._post(body)
        except Refused as refusal:
            self._cure(refusal, claim)
            return True
        sent = [entry.item.event_id if isinstance(entry.item, Event) else None for entry in claim.entries]
        self._settle(claim, wire.parse_batch_answer(data, sent))
        self._batch_events = min(self._limits.events, self._batch_events * 2)
        return True

    def report(self) -> None:
        """Tell the server that there is nothing to tell, so that it can say "absent" instead of "not reported yet".

        What it holds is signed once more: a terminal's earlier release did not, and a head may have been refused.
        """
        now = self._clock.now()
        chain = self._queue.chain_state()
        utc = self._queue.timeline(now).locate(now).earliest - REPORT_MARGIN
        held = self._queue.hash_at(chain.chain_id, chain.acked_seq)
        heads = [] if held is None else [self._sign_head(chain.chain_id, chain.acked_seq, held)]
        data = self._post(wire.batch_body([], chain_id=chain.chain_id, seq=chain.acked_seq, utc=utc, heads=heads))
        answer = wire.parse_batch_answer(data, [])
        _note(answer)
        self.compare(answer.head)

    def compare(self, head: Head | None) -> None:
        """The server says what it holds: send again what it has lost since it acknowledged it (a restored backup)."""
        chain = self._queue.chain_state()
        if head is not None and head.chain_id != chain.chain_id:
            return  # of an older chain; a gap in this one shows with its next event
        held = 0 if head is None else head.seq
        if held < chain.acked_seq:
            log.warning("the server has lost what it had acknowledged: sent again from number %d", held + 1)
            self._queue.rewind(chain.chain_id, held + 1)

    def _settle(self, claim: Claim, answer: BatchAnswer) -> None:
        last_seq = claim.entries[-1].last_seq
        head = answer.head
        own_hash = self._queue.hash_at(claim.chain_id, head.seq)
        if head.chain_id != claim.chain_id or head.seq < last_seq or own_hash not in {None, head.hash}:
            # It says accepted, and that it does not hold them: nothing is acknowledged, and the back-off applies.
            raise wire.WireError("the server's `head` contradicts its own results")
        _note(answer)
        parked = {
            entry.last_seq: result.problem
            for entry, result in zip(claim.entries, answer.results, strict=True)
            # Reissued in another chain, and taken from the first one already: held, and nothing to park.
            if result.problem is not None and wire.problem_name(result.problem) != "event-id-reused"
        }
        for problem in parked.values():
            log.warning(
                "the server refused an event (%s); it is parked and reported to BKPP", wire.problem_name(problem)
            )
        self._queue.acknowledge(claim.chain_id, last_seq, answer.server_time, parked)
        log.info("%d events acknowledged, up to number %d", len(claim.entries) - len(parked), last_seq)

    def _cure(self, refusal: Refused, claim: Claim) -> None:
        if self._cured(refusal, claim):
            return
        if claim.carried is None or not _of_what_was_sent(refusal):
            raise refusal
        log.error("another terminal's events are refused (%s) and set aside: kiosk events list", refusal.problem)
        self._queue.set_aside(claim.chain_id, _document(refusal))

    def _cured(self, refusal: Refused, claim: Claim) -> bool:
        match refusal.problem:
            case "sequence-gap":
                expected = refusal.members.get("expected_seq")
                first = claim.entries[0].item
                first_seq = first.first_seq if isinstance(first, Link) else first.seq
                if not isinstance(expected, int) or not 0 < expected < first_seq:
                    return False
                log.warning("the server lacks what it had acknowledged: sent again from number %d", expected)
                self._queue.rewind(claim.chain_id, expected)
            case "chain-broken" if claim.carried is None:
                if not self._queue.break_chain(claim.chain_id):
                    return False
                log.error("the server holds another chain under this one's id; its unsent events begin a new one")
                self.chain_broken = True
            case "too-large" | "malformed" | "conflict" if len(claim.entries) > 1:
                # Halved until the one that is too large, or that the server cannot read or keep, stands alone.
                self._batch_events = len(claim.entries) // 2
            case _:
                return False
        return True


def _of_what_was_sent(refusal: Refused) -> bool:
    """Whether it is the last word on the events, and not one on this terminal, its call or the moment."""
    return (
        400 <= refusal.status < 500 and refusal.status not in {401, 404, 405, 408, 429} and refusal.problem not in OWN
    )


def _note(answer: BatchAnswer) -> None:
    """The events are in the books all the same, and the next batch signs for them too."""
    if answer.head_problem is not None:
        name = wire.problem_name(answer.head_problem)
        log.error("the server did not keep this terminal's signature under its chain (%s); tell BKPP", name)


def _ends(claim: Claim) -> Iterator[tuple[int, str]]:
    """Number and hash of the links to be signed, from which the hashes lead back over all others: the newest, and the
    last one before what breaks off that way: a link over what is not held, or an enrolment, whose faces the server
    erases. Of a carried chain none: its recorder has signed it."""
    if claim.carried is not None:
        return
    for entry, after in itertools.pairwise(claim.entries):
        if _leads_back(entry) and not _leads_back(after):
            yield entry.last_seq, entry.item.hash
    newest = claim.entries[-1]
    yield newest.last_seq, newest.item.hash


def _leads_back(entry: Entry) -> bool:
    return isinstance(entry.item, Event) and entry.item.kind != "enrolment"


def _document(refusal: Refused) -> Json:
    return {
        "type": f"{wire.PROBLEM_PREFIX}{refusal.problem}",
        "status": refusal.status,
        "detail": refusal.detail,
    }


def _entry(entry: Entry, timeline: Timeline) -> Json:
    if isinstance(entry.item, Link):
        return {"link": entry.item.as_json()}
    time = entry.fixed_time or wire.time_json(timeline.locate(entry.item.moment))
    return {"event": wire.event_json(entry.item), "time": time}


def _earliest(entry: Entry, timeline: Timeline) -> dt.datetime:
    if entry.fixed_time is not None:
        return wire.parse_utc(entry.fixed_time.get("earliest_utc"))
    return timeline.locate(entry.item.moment).earliest if isinstance(entry.item, Event) else FLOOR_UTC


def _reported_utc(claim: Claim, timeline: Timeline, now: Moment) -> dt.datetime:
    """Before this moment the chain's terminal has no event that is neither in the batch nor acknowledged."""
    if claim.carried is not None:
        # Of another terminal this one knows no more than what it brings.
        return max(_earliest(entry, timeline) for entry in claim.entries)
    through_now = timeline.locate(now).earliest - REPORT_MARGIN
    if claim.next_moment is None:
        return through_now
    return min(timeline.locate(claim.next_moment).earliest, through_now)
