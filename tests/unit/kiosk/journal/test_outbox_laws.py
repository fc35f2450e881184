"""The journal and a server, each forgetting what it may: in whatever order things happen, nothing is lost or doubled.

Hypothesis plays the office: people come, answers get lost, the server is restored from a backup, the terminal is
switched off, the card is put back from an old copy, time passes. At the end the network is good for a while.
"""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk import wire
from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.link.ports import Claim
from kiosk.model import DeviceId, Event
from kiosk.wire import Link
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import START, FakeClock


class Books:
    """A server by docs/protocol.md, reduced to what its books are made of."""

    def __init__(self) -> None:
        self.heads: dict[str, tuple[int, str]] = {}
        self.hashes: dict[tuple[str, int], str] = {}
        self.accepted: set[str] = set()

    def copy(self) -> Books:
        other = Books()
        other.heads, other.hashes, other.accepted = dict(self.heads), dict(self.hashes), set(self.accepted)
        return other

    def take(self, claim: Claim) -> tuple[str, int, dict[int, wire.Json]]:
        """What it answers ("ok" or a problem's name), the number that it expects or has, what it rejects."""
        seq, before = self.heads.get(claim.chain_id, (0, wire.NO_HASH))
        rejected: dict[int, wire.Json] = {}
        new: list[Event] = []
        for entry in claim.entries:
            item = entry.item
            if isinstance(item, Link):
                if item.last_seq > seq:
                    if item.first_seq > seq + 1:
                        return "sequence-gap", seq + 1, {}
                    seq, before = item.last_seq, item.hash
                continue
            if item.seq <= seq:
                if self.hashes.get((claim.chain_id, item.seq), item.hash) != item.hash:
                    return "chain-broken", seq + 1, {}
                continue
            if item.seq != seq + 1:
                return "sequence-gap", seq + 1, {}
            if item.body["prev_hash"] != before:
                return "chain-broken", seq + 1, {}
            new.append(item)
            seq, before = item.seq, item.hash
        for event in new:
            self.hashes[claim.chain_id, event.seq] = event.hash
            if event.event_id in self.accepted:
                rejected[event.seq] = {"type": "urn:presensi:problem:event-id-reused"}
            self.accepted.add(event.event_id)
        self.heads[claim.chain_id] = (seq, before)
        return "ok", seq, rejected


class Office(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "outbox.sqlite"
        self.books = Books()
        self.backup = self.books.copy()
        self.clock = FakeClock()
        self.confirmed: set[str] = set()
        self.enrolled: set[str] = set()
        self.excused: set[str] = set()
        """Confirmed, and then destroyed by the play: on a card that was replaced, or thinned before it was lost."""
        self.card: tuple[bytes, set[str]] | None = None

    @initialize()
    def switch_on(self) -> None:
        self.outbox = SqliteOutbox(self.path, DeviceId("device-1"), key=bytes(32)).open()
        self.queue = JournalQueue(self.outbox)

    @rule(count=st.integers(1, 5), enrols=st.booleans())
    def record(self, count: int, enrols: bool) -> None:
        for _ in range(count):
            self.clock.advance(1)
            draft = records.enrolment() if enrols else records.presence()
            event_id = self.outbox.append(draft, self.clock.now()).event_id
            self.confirmed.add(event_id)
            if enrols:
                self.enrolled.add(event_id)

    @rule(limit=st.integers(1, 7), answer_arrives=st.booleans())
    def send(self, limit: int, answer_arrives: bool) -> None:
        claim = self.queue.claim(limit=limit, max_bytes=10**9)
        if claim is None:
            return
        word, number, rejected = self.books.take(claim)
        if not answer_arrives:
            return
        match word:
            case "sequence-gap":
                self.queue.rewind(claim.chain_id, number)
            case "chain-broken":
                assert self.queue.break_chain(claim.chain_id)
            case _:
                assert set(map(wire.problem_name, rejected.values())) <= {"event-id-reused"}
                self.queue.acknowledge(claim.chain_id, claim.entries[-1].last_seq, START, {})

    @rule()
    def the_terminal_is_switched_off(self) -> None:
        self.outbox.close()
        self.clock.boot_id = f"boot-{int(self.clock.boot_id[5:]) + 1}"
        self.switch_on()

    @rule()
    def the_server_is_backed_up(self) -> None:
        self.backup = self.books.copy()

    @rule()
    def the_server_is_restored(self) -> None:
        gone = self.books.accepted - self.backup.accepted
        self.excused |= gone - self.held()  # a broken chain is kept for export only: what it alone holds is not sent
        self.books = self.backup.copy()
        self.heartbeat()

    @rule()
    def heartbeat(self) -> None:
        """Its answer names the server's head: a terminal that thinks more is there sends it again."""
        chain = self.queue.chain_state()
        head = self.books.heads.get(chain.chain_id, (0, ""))[0]
        if head < chain.acked_seq:
            self.queue.rewind(chain.chain_id, head + 1)

    @rule()
    def a_year_passes(self) -> None:
        self.heartbeat()  # `kiosk sync` thins only right after a contact
        self.queue.thin(dt.date(2100, 1, 1))

    @rule()
    def enrolments_are_forgotten(self) -> None:
        """On the word of an answer that a restored server may not remember. Never a presence."""
        before = self.held()
        self.queue.erase_enrolments()
        forgotten = before - self.held()
        assert forgotten <= self.enrolled
        self.excused |= forgotten - self.books.accepted

    @rule()
    def the_card_is_copied(self) -> None:
        self.outbox.close()
        self.card = (self.path.read_bytes(), set(self.confirmed))
        self.switch_on()

    @precondition(lambda self: self.card is not None)
    @rule()
    def the_copy_is_put_in(self) -> None:
        assert self.card is not None
        self.outbox.close()
        content, known = self.card
        self.excused |= self.confirmed - known - self.books.accepted
        self.path.write_bytes(content)
        self.switch_on()

    def held(self) -> set[str]:
        audit = JournalAudit(self.outbox)
        chains = [chain for chain in audit.chains() if chain.state != "broken"]
        return {row.body["event_id"] for chain in chains for row in audit.rows(chain) if row.body}

    @invariant()
    def the_chain_is_whole(self) -> None:
        if hasattr(self, "outbox"):
            assert list(JournalAudit(self.outbox).verify()) == []

    def teardown(self) -> None:
        try:
            if hasattr(self, "outbox"):
                self.heartbeat()
                for _ in range(200):
                    if self.queue.claim(limit=50, max_bytes=10**9) is None:
                        break
                    self.send(50, True)
                state = self.outbox.queue_state()
                assert (state.waiting, state.parked) == (0, 0)
                assert self.confirmed - self.excused <= self.books.accepted
                assert self.books.accepted <= self.confirmed
                self.outbox.close()
        finally:
            shutil.rmtree(self.folder)


def test_an_old_card_after_the_server_forgot_waits_for_the_next_heartbeat() -> None:
    """The card's copy still holds as acknowledged what the restored server has no more."""
    office = Office()
    office.switch_on()
    office.record(1, enrols=False)
    office.send(1, answer_arrives=True)
    office.the_card_is_copied()
    office.the_server_is_restored()
    office.the_copy_is_put_in()
    assert office.queue.claim(limit=50, max_bytes=10**9) is None, "nothing tells the terminal yet"
    office.heartbeat()
    assert office.queue.claim(limit=50, max_bytes=10**9) is not None
    office.teardown()


Office.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestOffice = Office.TestCase
