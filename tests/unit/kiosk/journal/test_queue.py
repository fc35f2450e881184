"""The journal as sync sees it: cursors, links over what is gone, refused events, anchors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk import wire
from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.journal.rows import row_id
from kiosk.link.ports import Claim
from kiosk.model import Anchor, DeviceId, Event, Moment
from kiosk.wire import Link
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import START, FakeClock

PROBLEM = {"type": "urn:presensi:problem:person-unknown"}
TODAY = START


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[SqliteOutbox]:
    journal = SqliteOutbox(tmp_path / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open()
    yield journal
    journal.close()


@pytest.fixture
def queue(outbox: SqliteOutbox) -> JournalQueue:
    return JournalQueue(outbox)


def fill(outbox: SqliteOutbox, count: int, boot: str = "boot-1") -> list[Event]:
    clock = FakeClock(boot_id=boot)
    events = []
    for n in range(count):
        clock.advance(1)
        events.append(outbox.append(records.presence(f"p-{n % 5}"), clock.now()))
    return events


def claim(queue: JournalQueue, limit: int = 500, max_bytes: int = 10**9) -> Claim:
    found = queue.claim(limit=limit, max_bytes=max_bytes)
    assert found is not None
    return found


def shape(found: Claim) -> list[object]:
    """Sequence numbers of events, and (first, last, reason) of links."""
    return [
        (e.item.first_seq, e.item.last_seq, e.item.reason) if isinstance(e.item, Link) else e.item.seq
        for e in found.entries
    ]


def links_hold(found: Claim) -> bool:
    """Whether the batch is one unbroken chain, links included."""
    before: str | None = None
    for entry in found.entries:
        item = entry.item
        prev_hash = item.prev_hash if isinstance(item, Link) else str(item.body["prev_hash"])
        if before is not None and prev_hash is not None and prev_hash != before:
            return False
        before = item.hash
    return True


def test_nothing_waits_in_an_empty_journal(queue: JournalQueue) -> None:
    assert queue.claim(limit=10, max_bytes=1000) is None


def test_a_claim_marks_nothing(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    fill(outbox, 3)
    assert shape(claim(queue)) == shape(claim(queue)) == [1, 2, 3]


def test_a_batch_has_a_limit_by_count_and_says_what_comes_next(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    events = fill(outbox, 5)
    found = claim(queue, limit=2)
    assert shape(found) == [1, 2]
    assert found.next_moment == events[2].moment
    assert claim(queue, limit=5).next_moment is None


def test_a_batch_has_a_limit_by_bytes_but_never_none(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    fill(outbox, 5)
    assert shape(claim(queue, max_bytes=1)) == [1]
    size = len(wire.canonical(claim(queue).entries[0].item.body))  # type: ignore[union-attr]
    assert len(claim(queue, max_bytes=3 * (size + 300) + 50).entries) == 3


def test_acknowledging_moves_the_cursor_and_parks(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    events = fill(outbox, 5)
    queue.acknowledge(claim(queue).chain_id, 3, TODAY, {2: PROBLEM})
    assert shape(claim(queue)) == [4, 5]
    state = outbox.queue_state()
    assert (state.waiting, state.parked, state.oldest_waiting_utc) == (2, 1, events[3].moment.wall_utc)
    (parked,) = queue.parked(10)
    assert (parked.event_id, parked.problem) == (events[1].event_id, PROBLEM)


def test_what_was_refused_is_listed_by_kind_time_and_reason_newest_first_and_names_nobody(
    outbox: SqliteOutbox, queue: JournalQueue
) -> None:
    events = fill(outbox, 5)
    strange = {"type": "https://example.org/not-ours", "detail": "of p-1"}
    queue.acknowledge(claim(queue).chain_id, 5, TODAY, {2: PROBLEM, 4: strange})
    newest, older = outbox.refused(10)
    assert (newest.kind, newest.wall_utc, newest.why) == (events[3].kind, events[3].moment.wall_utc, "unknown")
    assert (older.kind, older.wall_utc, older.why) == (events[1].kind, events[1].moment.wall_utc, "person-unknown")
    assert outbox.refused(1) == [newest]
    assert "p-1" not in repr([newest, older])


def test_a_refused_event_whose_content_is_gone_or_damaged_is_listed_all_the_same(
    outbox: SqliteOutbox, queue: JournalQueue
) -> None:
    fill(outbox, 2)
    queue.acknowledge(claim(queue).chain_id, 2, TODAY, {1: PROBLEM, 2: PROBLEM})
    outbox.db.transact(lambda connection: connection.execute("UPDATE events SET body = x'ff' WHERE id & 1"))
    outbox.db.transact(lambda connection: connection.execute("UPDATE events SET problem = '{' WHERE id & 1 = 0"))
    assert [(each.wall_utc is None, each.why) for each in outbox.refused(10)] == [
        (False, "unknown"),
        (True, "person-unknown"),
    ]


def test_the_cursor_never_goes_back_by_an_old_answer(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    fill(outbox, 5)
    chain_id = claim(queue).chain_id
    queue.acknowledge(chain_id, 4, TODAY, {})
    queue.acknowledge(chain_id, 2, TODAY, {})
    assert shape(claim(queue)) == [5]


def test_what_the_server_has_lost_is_sent_again(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    fill(outbox, 5)
    chain_id = claim(queue).chain_id
    queue.acknowledge(chain_id, 5, TODAY, {4: PROBLEM})
    queue.rewind(chain_id, 3)
    assert shape(claim(queue)) == [3, 4, 5]
    assert outbox.queue_state().parked == 0


def test_thinned_events_are_one_link(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    events = fill(outbox, 6)
    chain_id = claim(queue).chain_id
    queue.acknowledge(chain_id, 4, TODAY, {2: PROBLEM})
    assert queue.thin(TODAY.date()) == 0
    assert queue.thin(TODAY.date() + dt.timedelta(days=1)) == 4
    assert outbox.queue_state().parked == 0
    assert shape(claim(queue)) == [5, 6]
    assert list(JournalAudit(outbox).verify()) == []

    queue.rewind(chain_id, 1)
    found = claim(queue)
    assert shape(found) == [(1, 4, "thinned"), 5, 6]
    assert links_hold(found)
    link = found.entries[0].item
    assert isinstance(link, Link)
    assert (link.prev_hash, link.hash) == (wire.NO_HASH, events[3].hash)


def test_thinned_events_at_the_end_are_a_link_too(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    events = fill(outbox, 3)
    chain_id = claim(queue).chain_id
    queue.acknowledge(chain_id, 3, TODAY, {})
    queue.thin(TODAY.date() + dt.timedelta(days=1))
    queue.rewind(chain_id, 2)
    found = claim(queue)
    assert shape(found) == [(2, 3, "thinned")]
    link = found.entries[0].item
    assert isinstance(link, Link)
    assert (link.prev_hash, link.hash) == (events[0].hash, events[2].hash)


def test_an_enrolment_is_erased_once_the_server_has_answered_it(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    clock = FakeClock()
    (first,) = fill(outbox, 1)
    enrolments = [outbox.append(records.enrolment(seed=n), clock.now()) for n in range(3)]
    queue.acknowledge(first.chain_id, 3, TODAY, {3: PROBLEM})
    assert queue.erase_enrolments(TODAY.date()) == 0
    assert [waits for _, waits in outbox.enrolments()] == [False, True]  # the refused one is not listed
    assert queue.erase_enrolments() == 2
    assert [(event.event_id, waits) for event, waits in outbox.enrolments()] == [(enrolments[2].event_id, True)]
    assert shape(claim(queue)) == [4]
    assert list(JournalAudit(outbox).verify()) == []
    log = outbox.path.with_name(outbox.path.name + "-wal")
    content = outbox.path.read_bytes() + log.read_bytes()
    assert content.count(b'"enrolment":"') == 1  # the one that waits


def test_what_is_being_sent_again_is_not_forgotten(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    (first,) = fill(outbox, 1)
    outbox.append(records.enrolment(), FakeClock().now())
    fill(outbox, 1)
    queue.acknowledge(first.chain_id, 3, TODAY, {})
    queue.rewind(first.chain_id, 2)
    assert queue.erase_enrolments() == 0
    assert queue.thin(dt.date(2100, 1, 1)) == 1
    assert shape(claim(queue)) == [2, 3]


def test_a_thinned_presence_names_nobody(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    fill(outbox, 3)
    queue.acknowledge(claim(queue).chain_id, 3, TODAY, {})
    queue.thin(TODAY.date() + dt.timedelta(days=1))
    outbox.close()
    assert b'"person_id"' not in outbox.path.read_bytes()
    assert records.newest(outbox, records.presence("p-1").person_id) is None


def test_events_that_are_gone_are_a_link_marked_lost(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    fill(outbox, 6)
    outbox.db.transact(lambda c: c.execute("DELETE FROM events WHERE id IN (?, ?)", (row_id(1, 3), row_id(1, 4))))
    found = claim(queue)
    assert shape(found) == [1, 2, (3, 4, "lost"), 5, 6]
    assert links_hold(found)


def test_an_event_whose_content_is_damaged_is_a_link_marked_lost(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    events = fill(outbox, 4)
    outbox.db.transact(lambda c: c.execute("UPDATE events SET body = x'00' WHERE id = ?", (row_id(1, 2),)))
    found = claim(queue)
    assert shape(found) == [1, (2, 2, "lost"), 3, 4]
    link = found.entries[1].item
    assert isinstance(link, Link)
    assert link.hash == events[1].hash


def test_what_comes_next_is_known_behind_links_too(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    events = fill(outbox, 9)
    chain_id = claim(queue).chain_id
    queue.acknowledge(chain_id, 6, TODAY, {})
    queue.thin(TODAY.date() + dt.timedelta(days=1))
    queue.rewind(chain_id, 1)
    found = claim(queue, limit=2)
    assert shape(found)[0] in [(1, 2, "thinned"), (1, 3, "thinned")]
    last = found.entries[-1].last_seq
    assert found.next_moment == events[max(last, 6)].moment, "of the first event that is still held whole"


def test_the_rest_of_a_refused_chain_goes_on_in_another(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    old = fill(outbox, 3)
    old.append(outbox.append(records.enrolment(), FakeClock().now()))
    queue.acknowledge(old[0].chain_id, 2, TODAY, {})
    assert queue.break_chain(old[0].chain_id)
    (new,) = fill(outbox, 1)
    assert (new.seq, new.chain_id != old[0].chain_id) == (3, True)
    found = claim(queue)
    assert (found.chain_id, shape(found), links_hold(found)) == (new.chain_id, [1, 2, 3], True)
    for entry, before in zip(found.entries, old[2:], strict=False):
        again = entry.item
        assert isinstance(again, Event)
        assert (again.event_id, again.moment, again.kind) == (before.event_id, before.moment, before.kind)
        assert again.body[again.kind] == before.body[before.kind]
    state = outbox.queue_state()
    assert (state.waiting, state.parked) == (3, 0)
    assert [chain.state for chain in JournalAudit(outbox).chains()] == ["broken", "open"]
    assert list(JournalAudit(outbox).verify()) == []


def test_a_chain_that_was_made_so_is_not_broken_again_at_once(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    old = fill(outbox, 2)
    assert queue.break_chain(old[0].chain_id)
    renewed = claim(queue).chain_id
    assert not queue.break_chain(renewed)
    queue.acknowledge(renewed, 1, TODAY, {})
    assert queue.break_chain(renewed)
    assert not queue.break_chain("of somebody else")


def test_the_rest_of_a_salvaged_chain_goes_on_in_the_open_one(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    old = fill(outbox, 2)
    outbox.db.transact(lambda c: c.execute("UPDATE chains SET state = 'closed'"))
    (own,) = fill(outbox, 1)
    assert queue.break_chain(old[0].chain_id)
    found = claim(queue)
    ids = [entry.item.event_id for entry in found.entries if isinstance(entry.item, Event)]
    assert (found.chain_id, ids) == (own.chain_id, [own.event_id, *(event.event_id for event in old)])
    assert links_hold(found)


def test_older_chains_go_first(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    old = fill(outbox, 2)
    outbox.db.transact(lambda c: c.execute("UPDATE chains SET state = 'closed'"))  # as a salvage leaves it
    (new,) = fill(outbox, 1)
    found = claim(queue)
    assert (found.chain_id, found.next_moment) == (old[0].chain_id, new.moment)


def test_another_identitys_chain_waits_for_its_word(outbox: SqliteOutbox) -> None:
    fill(outbox, 2)
    renewed = SqliteOutbox(outbox.path, DeviceId("device-2"), key=bytes(32)).open()
    assert JournalQueue(renewed).claim(limit=10, max_bytes=10**9) is None
    assert renewed.queue_state().waiting == 2
    renewed.close()


def test_changes_of_another_process_show(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    before = queue.changes()
    assert queue.changes() == before
    other = SqliteOutbox(outbox.path, DeviceId("device-1"), key=bytes(32))
    other.append(records.presence(), FakeClock().now())
    assert queue.changes() != before
    other.close()


# ---------------------------------------------------------------- time


def anchor(ms: int, round_trip_ms: int = 100, boot: str = "boot-1") -> Anchor:
    return Anchor(boot, ms, START + dt.timedelta(milliseconds=ms), round_trip_ms)


def test_one_anchor_is_kept_for_ten_minutes_the_sharpest(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    assert queue.add_anchor(anchor(1_000, 200))
    assert not queue.add_anchor(anchor(2_000, 190))
    assert queue.add_anchor(anchor(3_000, 50))
    assert queue.add_anchor(anchor(700_000, 900))
    assert [a.monotonic_ms for a in outbox.anchors("boot-1")] == [700_000, 3_000]
    assert outbox.anchors("boot-2") == []


def test_months_of_contact_leave_an_anchor_a_day(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    for n in range(600):  # four days
        queue.add_anchor(anchor(600_000 * n + 1))
    fill(outbox, 1)
    queue.thin(TODAY.date())
    now = Moment(START, "boot-1", 600_000 * 600, FakeClock().state)

    def kept() -> list[int]:
        return sorted(a.monotonic_ms // 600_000 for a in queue.timeline(now).boots[0].anchors)

    assert len(kept()) == 600, "an event that waits may need them all"
    queue.acknowledge(claim(queue).chain_id, 1, TODAY, {})
    queue.thin(TODAY.date())
    assert kept() == [0, 144, 288, 432, *range(455, 600)]
    assert len(outbox.anchors("boot-1")) == 20


def test_what_ntp_said_is_no_meeting_with_the_server(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    queue.add_anchor(anchor(1_000), "ntp")
    assert outbox.anchors("boot-1") == []


def test_boots_are_in_their_order_and_reach_as_far_as_was_seen(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    """A boot without a contact, between two with one: the interval is theirs."""
    queue.add_anchor(anchor(60_000, boot="boot-1"))
    fill(outbox, 3, boot="boot-2")
    (event, *_) = fill(outbox, 1, boot="boot-2")
    later = START + dt.timedelta(hours=5)
    queue.add_anchor(Anchor("boot-3", 30_000, later, 100))
    now = Moment(later, "boot-3", 90_000, event.moment.clock_state)
    found = queue.timeline(now).locate(Moment(START, "boot-2", event.moment.monotonic_ms, FakeClock().state))
    assert found.earliest > START
    assert found.latest < later


@pytest.mark.parametrize("next_boot", ["is seen", "is not seen"])
def test_how_long_a_boot_lived_is_not_believed_of_a_damaged_event(
    outbox: SqliteOutbox, queue: JournalQueue, next_boot: str
) -> None:
    (event,) = fill(outbox, 1, boot="boot-1")
    (body,) = outbox.db.query(lambda connection: connection.execute("SELECT body FROM events").fetchone())
    ms = event.moment.monotonic_ms
    for shown_ms, expected_ms in ((ms, ms), (ms + 10**9, 0)):
        text = body.replace(b'"monotonic_ms":%d' % ms, b'"monotonic_ms":%d' % shown_ms)
        outbox.db.transact(lambda connection, text=text: connection.execute("UPDATE events SET body = ?", (text,)))
        now = Moment(START, "boot-2", 5_000, event.moment.clock_state)
        assert queue.timeline(now).boots[0].last_monotonic_ms == expected_ms
    if next_boot == "is seen":
        fill(outbox, 1, boot="boot-2")
        assert queue.timeline(now).boots[0].last_monotonic_ms == 0


def test_each_boot_lived_until_its_last_event(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    last = [fill(outbox, count, boot=f"boot-{n}")[-1].moment.monotonic_ms for n, count in enumerate((3, 2, 5, 1))]
    now = Moment(START, "boot-4", 5_000, FakeClock().state)
    assert [boot.last_monotonic_ms for boot in queue.timeline(now).boots] == [*last, 5_000]


def test_a_boot_is_remembered_to_have_lived_until_an_event_that_is_erased(
    outbox: SqliteOutbox, queue: JournalQueue
) -> None:
    event = outbox.append(records.enrolment(), FakeClock(boot_id="boot-1").now())
    queue.acknowledge(event.chain_id, 1, START, {})
    assert queue.erase_enrolments() == 1
    now = Moment(START, "boot-2", 5_000, FakeClock().state)
    assert queue.timeline(now).boots[0].last_monotonic_ms == event.moment.monotonic_ms


def test_counters_reach_the_heartbeat(outbox: SqliteOutbox, queue: JournalQueue) -> None:
    for name in ("unknown", "refused_by_person", "unknown"):
        outbox.count(name)
    assert queue.counters() == {"unknown": 2, "refused_by_person": 1}
