"""What the sender claims, what it makes of the server's word, and what it does not believe. On a real journal."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kiosk import wire
from kiosk.errors import Refused
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.link.ports import Claim
from kiosk.link.sender import BatchLimits, Sender
from kiosk.model import Anchor, DeviceId, Event
from kiosk.wire import Head, Json
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import START, FakeClock

Word = Callable[[Json], Json]
"""What the server makes of a request."""


class Server:
    """Call 2. It accepts what it gets, but for the words that a test puts into its mouth, one a call."""

    def __init__(self) -> None:
        self.requests: list[Json] = []
        self.words: list[Word] = []

    def post(self, body: bytes) -> Json:
        request = json.loads(body)
        self.requests.append(request)
        return self.words.pop(0)(request) if self.words else accepted(request)

    @property
    def places(self) -> list[list[object]]:
        """Of each batch: the events' numbers, and first and last of a link."""
        return [
            [
                item["event"]["seq"] if "event" in item else (item["link"]["first_seq"], item["link"]["last_seq"])
                for item in request["events"]
            ]
            for request in self.requests
        ]


def accepted(request: Json, problems: dict[int, str] | None = None, **head: Any) -> Json:
    """`problems`: of the events with these numbers, which are rejected. `head`: what it says of itself otherwise."""
    results = []
    last: Json = {"seq": request["reported_through"]["seq"], "hash": wire.NO_HASH}
    for item in request["events"]:
        if "link" in item:
            results.append({"event_id": None, "status": "accepted"})
            last = {"seq": item["link"]["last_seq"], "hash": item["link"]["hash"]}
            continue
        event = item["event"]
        result = {"event_id": event["event_id"], "status": "accepted"}
        if problem := (problems or {}).get(event["seq"]):
            result |= {"status": "rejected", "problem": {"type": wire.PROBLEM_PREFIX + problem}}
        results.append(result)
        last = {"seq": event["seq"], "hash": event["hash"]}
    stated = {"chain_id": request["reported_through"]["chain_id"], **last, **head}
    return {"results": results, "head": stated, "server_time": wire.format_utc(START)}


def sign_head(chain_id: str, seq: int, hash_hex: str) -> Json:
    """Stands for the identity, whose own test looks at the signature."""
    return {"chain_id": chain_id, "seq": seq, "hash": hash_hex, "key_id": "k", "signature": "s"}


def refusing(problem: str, status: int = 409, **members: object) -> Word:
    def refuse(request: Json) -> Json:
        raise Refused(status, problem, "no", members=members)

    return refuse


class Terminal:
    """A journal, its clock and its sender. The clock met the server when it stood where it stands."""

    def __init__(self, outbox: SqliteOutbox, limit: int = 8) -> None:
        self.outbox, self.queue, self.clock, self.server = outbox, JournalQueue(outbox), FakeClock(), Server()
        self.sender = Sender(self.queue, self.server.post, sign_head, self.clock, BatchLimits(limit, 10**9))

    def record(self, count: int, every_s: float = 1.0) -> list[Event]:
        events = []
        for _ in range(count):
            events.append(self.outbox.append(records.presence(), self.clock.now()))
            self.clock.advance(every_s)
        return events

    def meet(self) -> None:
        now = self.clock.now()
        self.queue.add_anchor(Anchor(now.boot_id, now.monotonic_ms, now.wall_utc, 0))

    def waiting(self) -> list[int]:
        claim = self.queue.claim(limit=1000, max_bytes=10**9)
        return [entry.last_seq for entry in claim.entries] if claim else []

    def thinned_and_lost(self) -> None:
        """Five events, of which the first three were acknowledged and thinned; the server lost the last two of them."""
        self.record(5)
        self.queue.acknowledge(self.queue.chain_state().chain_id, 3, START, {})
        self.queue.thin(START.date() + dt.timedelta(days=1))
        self.queue.rewind(self.queue.chain_state().chain_id, 2)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    journal = SqliteOutbox(tmp_path / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open()
    yield Terminal(journal)
    journal.close()


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "kiosk.link.sender"]


# ---------------------------------------------------------------- what is sent


def test_nothing_waits_and_nothing_is_said(terminal: Terminal) -> None:
    assert terminal.sender.send() is False
    assert terminal.server.requests == []


def test_what_waits_is_sent_and_acknowledged(terminal: Terminal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    events = terminal.record(3)
    terminal.meet()
    assert terminal.sender.send() is True
    (request,) = terminal.server.requests
    assert [item["event"] for item in request["events"]] == [wire.event_json(event) for event in events]
    assert {item["time"]["state"] for item in request["events"]} == {"trusted"}
    assert request["events"][0]["time"]["utc"] == wire.format_utc(START)
    assert (request["reported_through"]["chain_id"], request["reported_through"]["seq"]) == (events[0].chain_id, 3)
    assert "carried" not in request
    assert terminal.waiting() == []
    assert logged(caplog) == ["3 events acknowledged, up to number 3"]
    assert terminal.sender.send() is False
    assert terminal.sender.chain_broken is False


def test_a_link_stands_for_what_is_no_longer_held(terminal: Terminal) -> None:
    terminal.thinned_and_lost()
    terminal.sender.send()
    (request,) = terminal.server.requests
    assert terminal.server.places == [[(2, 3), 4, 5]]
    assert set(request["events"][0]) == {"link"}
    assert request["events"][0]["link"]["reason"] == "thinned"
    assert terminal.waiting() == []


class Carrying(JournalQueue):
    """A journal whose events are another terminal's, which has dated them itself."""

    carried: Json
    times: tuple[Json | None, ...]

    def claim(self, *, limit: int, max_bytes: int) -> Claim | None:
        found = super().claim(limit=limit, max_bytes=max_bytes)
        if found is None:
            return None
        entries = tuple(replace(e, fixed_time=t) for e, t in zip(found.entries, self.times, strict=True))
        return replace(found, carried=self.carried, entries=entries)


def fixed(earliest: str) -> Json:
    return {"utc": "2026-11-20T09:00:00.000Z", "earliest_utc": earliest, "latest_utc": earliest, "state": "uncertain"}


@pytest.mark.parametrize(
    ("times", "reported"),
    [
        # the latest of what it brings, in whatever order
        (
            ["2026-11-20T00:00:00.000Z", "2026-11-20T03:00:00.000Z", "2026-11-20T02:00:00.000Z"],
            "2026-11-20T03:00:00.000Z",
        ),
        # without a time of its own: by this terminal's clock, 2 ms before one second after the start, the last of three
        ([None, None, None], "2026-11-24T00:30:01.998Z"),
        (["2026-11-20T00:00:00.000Z", None, None], "2026-11-24T00:30:01.998Z"),
    ],
)
def test_a_carried_batch_knows_no_more_than_what_it_brings(
    terminal: Terminal, times: list[str | None], reported: str
) -> None:
    terminal.record(2)
    terminal.meet()
    terminal.record(1)
    queue = Carrying(terminal.outbox)
    queue.carried = {"device_id": "device-2"}
    queue.times = tuple(None if each is None else fixed(each) for each in times)
    Sender(queue, terminal.server.post, sign_head, terminal.clock, BatchLimits(8, 10**9)).send()
    (request,) = terminal.server.requests
    assert request["carried"] == queue.carried
    assert "heads" not in request  # its recorder has signed it
    assert request["reported_through"]["utc"] == reported
    for item, time in zip(request["events"], queue.times, strict=True):
        assert (item["time"] == time) is (time is not None)


def test_a_carried_link_says_nothing_of_the_time(terminal: Terminal) -> None:
    terminal.thinned_and_lost()
    queue = Carrying(terminal.outbox)
    queue.carried, queue.times = {"device_id": "device-2"}, (None, *(fixed("2026-11-20T00:00:00.000Z"),) * 2)
    Sender(queue, terminal.server.post, sign_head, terminal.clock, BatchLimits(8, 10**9)).send()
    assert terminal.server.requests[0]["reported_through"]["utc"] == "2026-11-20T00:00:00.000Z"


# ---------------------------------------------------------------- up to when all is reported


@pytest.mark.parametrize(
    ("waited_s", "reported"),
    [
        # the third was recorded at 00:30:20 and stays behind: nothing is claimed beyond its earliest moment
        (600.0, START + dt.timedelta(seconds=20, milliseconds=-2 - 366)),
        # it is younger than the margin: a minute and the clock's 2 ms before now
        (0.0, START + dt.timedelta(seconds=30 - 60, milliseconds=-2)),
    ],
)
def test_nothing_is_reported_beyond_the_next_event(terminal: Terminal, waited_s: float, reported: dt.datetime) -> None:
    terminal.record(3, every_s=10.0)
    terminal.clock.advance(waited_s)
    terminal.meet()
    queue = terminal.queue
    Sender(queue, terminal.server.post, sign_head, terminal.clock, BatchLimits(2, 10**9)).send()
    assert terminal.server.places == [[1, 2]]
    assert terminal.server.requests[0]["reported_through"]["utc"] == wire.format_utc(reported)


def test_with_nothing_left_all_is_reported_to_a_minute_ago(terminal: Terminal) -> None:
    terminal.record(2)
    terminal.clock.advance(600)
    terminal.meet()
    terminal.sender.send()
    minute_ago = terminal.clock.wall - dt.timedelta(seconds=60, milliseconds=2)
    assert terminal.server.requests[0]["reported_through"]["utc"] == wire.format_utc(minute_ago)


def test_a_report_says_that_there_is_nothing_to_tell(terminal: Terminal, caplog: pytest.LogCaptureFixture) -> None:
    events = terminal.record(2)
    terminal.sender.send()
    terminal.clock.advance(600)
    terminal.meet()
    terminal.server.words = [lambda request: accepted(request, hash=events[1].hash)]
    caplog.clear()
    terminal.sender.report()
    minute_ago = terminal.clock.wall - dt.timedelta(seconds=60, milliseconds=2)
    assert terminal.server.requests[-1] == {
        "events": [],
        "reported_through": {"chain_id": events[0].chain_id, "seq": 2, "utc": wire.format_utc(minute_ago)},
        "heads": [sign_head(events[0].chain_id, 2, events[1].hash)],
    }
    assert terminal.waiting() == []
    assert logged(caplog) == []


def test_before_the_first_event_there_is_nothing_to_sign(terminal: Terminal) -> None:
    terminal.meet()
    terminal.sender.report()
    assert "heads" not in terminal.server.requests[0]


# ---------------------------------------------------------------- what is signed


def test_the_newest_link_of_a_batch_is_signed(terminal: Terminal) -> None:
    events = terminal.record(10)
    while terminal.sender.send():
        pass
    chain_id = events[0].chain_id
    assert [request["heads"] for request in terminal.server.requests] == [
        [sign_head(chain_id, 8, events[7].hash)],
        [sign_head(chain_id, 10, events[9].hash)],
    ]


def test_what_hashes_do_not_lead_back_through_has_a_signature_before_it(terminal: Terminal) -> None:
    """The server erases an enrolment's faces, and a link's hash is nobody's content."""
    events = terminal.record(2)
    for draft in (records.enrolment(), records.enrolment(), records.attack(), records.presence()):
        events.append(terminal.outbox.append(draft, terminal.clock.now()))
    terminal.sender.send()
    (request,) = terminal.server.requests
    assert [head["seq"] for head in request["heads"]] == [2, 6]
    assert [head["hash"] for head in request["heads"]] == [events[1].hash, events[5].hash]


def test_before_a_link_over_what_is_lost_there_is_a_signature(terminal: Terminal) -> None:
    terminal.record(5)
    terminal.outbox.db.transact(
        lambda connection: connection.execute("UPDATE events SET body = x'00' WHERE id & 255 = 3")
    )
    terminal.sender.send()
    (request,) = terminal.server.requests
    assert terminal.server.places == [[1, 2, (3, 3), 4, 5]]
    assert [head["seq"] for head in request["heads"]] == [2, 5]


def test_a_batch_that_ends_with_a_link_is_signed_at_its_end(terminal: Terminal) -> None:
    events = terminal.record(3)
    terminal.queue.acknowledge(terminal.queue.chain_state().chain_id, 3, START, {})
    terminal.queue.thin(START.date() + dt.timedelta(days=1))
    terminal.queue.rewind(terminal.queue.chain_state().chain_id, 1)
    terminal.sender.send()
    assert terminal.server.places == [[(1, 3)]]
    assert terminal.server.requests[0]["heads"] == [sign_head(events[0].chain_id, 3, events[2].hash)]


def test_what_the_server_does_not_keep_of_the_signatures_holds_up_nothing(
    terminal: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    terminal.record(1)
    problem = {"type": f"{wire.PROBLEM_PREFIX}head-invalid"}
    terminal.server.words = [lambda request: {**accepted(request), "head_problem": problem}]
    assert terminal.sender.send() is True
    assert terminal.waiting() == []
    assert any("(head-invalid)" in line for line in logged(caplog))


def test_a_report_finds_out_what_the_server_has_lost(terminal: Terminal) -> None:
    events = terminal.record(3)
    terminal.sender.send()
    terminal.server.words = [lambda request: accepted(request, seq=1, hash=events[0].hash)]
    terminal.sender.report()
    assert terminal.waiting() == [2, 3]


# ---------------------------------------------------------------- what the server says that it holds


@pytest.mark.parametrize(
    ("held", "again", "said"),
    [
        (None, [1, 2, 3, 4], ["the server has lost what it had acknowledged: sent again from number 1"]),
        (0, [1, 2, 3, 4], ["the server has lost what it had acknowledged: sent again from number 1"]),
        (2, [3, 4], ["the server has lost what it had acknowledged: sent again from number 3"]),
        (3, [4], []),  # all that was acknowledged
        (4, [4], []),  # more: its answer was lost on the way
    ],
)
def test_what_the_server_has_lost_is_sent_again(
    terminal: Terminal, caplog: pytest.LogCaptureFixture, held: int | None, again: list[int], said: list[str]
) -> None:
    events = terminal.record(4)
    terminal.queue.acknowledge(events[0].chain_id, 3, START, {})
    terminal.sender.compare(None if held is None else Head(events[0].chain_id, held, wire.NO_HASH))
    assert terminal.waiting() == again
    assert logged(caplog) == said


def test_the_head_of_an_older_chain_says_nothing(terminal: Terminal) -> None:
    events = terminal.record(2)
    terminal.queue.acknowledge(events[0].chain_id, 2, START, {})
    terminal.sender.compare(Head("an-older-chain", 1, wire.NO_HASH))
    assert terminal.waiting() == []


@pytest.mark.parametrize(
    "head",
    [
        {"seq": 2},  # accepted three, holds two
        {"seq": 0, "hash": wire.NO_HASH},
        {"hash": "f" * 64},  # of another event
        {"chain_id": "another-chain"},
        {"chain_id": "another-chain", "seq": 9},
        {"seq": 4, "hash": "f" * 64},  # further on, but not by this journal's event there
    ],
)
def test_an_answer_that_contradicts_itself_acknowledges_nothing(terminal: Terminal, head: Json) -> None:
    terminal.record(4)
    queue = terminal.queue
    terminal.server.words = [lambda request: accepted(request, **head)]
    sender = Sender(queue, terminal.server.post, sign_head, terminal.clock, BatchLimits(3, 10**9))
    with pytest.raises(wire.WireError, match="contradicts"):
        sender.send()
    assert terminal.waiting() == [1, 2, 3, 4]


@pytest.mark.parametrize("seq", [4, 9])
def test_a_server_may_hold_more_than_this_batch(terminal: Terminal, seq: int) -> None:
    """As after an answer that was lost; or more than the journal, which lost its end itself."""
    events = terminal.record(4)
    hash_ = events[3].hash if seq == 4 else "f" * 64
    terminal.server.words = [lambda request: accepted(request, seq=seq, hash=hash_)]
    sender = Sender(terminal.queue, terminal.server.post, sign_head, terminal.clock, BatchLimits(3, 10**9))
    assert sender.send() is True
    assert terminal.waiting() == [4]


def test_a_refused_event_is_parked_and_one_that_is_held_already_is_not(
    terminal: Terminal, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    events = terminal.record(4)
    problems = {2: "person-unknown", 3: "event-id-reused", 4: "time-impossible"}
    terminal.server.words = [lambda request: accepted(request, problems)]
    assert terminal.sender.send() is True
    assert terminal.waiting() == []
    assert [parked.event_id for parked in terminal.queue.parked(10)] == [events[3].event_id, events[1].event_id]
    assert logged(caplog) == [
        "the server refused an event (person-unknown); it is parked and reported to BKPP",
        "the server refused an event (time-impossible); it is parked and reported to BKPP",
        "2 events acknowledged, up to number 4",
    ]


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("problem", ["too-large", "malformed", "conflict"])
def test_a_batch_is_halved_until_it_passes_and_doubled_up_to_the_limit(terminal: Terminal, problem: str) -> None:
    terminal.record(24)
    terminal.server.words = [refusing(problem)] * 2
    while terminal.sender.send():
        pass
    assert [len(batch) for batch in terminal.server.places] == [8, 4, 2, 4, 8, 8, 2]


def test_three_are_halved_to_one_and_two_to_one(terminal: Terminal) -> None:
    terminal.record(3)
    terminal.server.words = [refusing("too-large")]
    while terminal.sender.send():
        pass
    assert terminal.server.places == [[1, 2, 3], [1], [2, 3]]
    terminal.record(2)
    terminal.server.words = [refusing("too-large")]
    while terminal.sender.send():
        pass
    assert terminal.server.places[3:] == [[4, 5], [4], [5]]


@pytest.mark.parametrize("problem", ["too-large", "malformed", "conflict", "device-revoked"])
def test_what_only_a_technician_can_cure_is_raised(terminal: Terminal, problem: str) -> None:
    terminal.record(1)
    terminal.server.words = [refusing(problem)]
    with pytest.raises(Refused, match=problem):
        terminal.sender.send()
    assert terminal.waiting() == [1]


@pytest.mark.parametrize(
    ("status", "problem", "members", "set_aside"),
    [
        (400, "malformed", {}, True),
        (403, "carried-refused", {}, True),
        (409, "chain-broken", {}, True),
        (409, "conflict", {}, True),
        (409, "sequence-gap", {"expected_seq": 9}, True),
        (413, "too-large", {}, True),
        (422, "of-a-later-release", {}, True),
        (400, "protocol-version", {}, False),
        (401, "signature-invalid", {}, False),
        (401, "replayed-request", {}, False),
        (403, "device-revoked", {}, False),
        (404, "device-unknown", {}, False),
        (404, "not-found", {}, False),
        (405, "method-not-allowed", {}, False),
        (408, "", {}, False),
        (429, "too-many-requests", {}, False),
        (500, "internal", {}, False),
        (503, "unavailable", {}, False),
    ],
)
def test_a_carried_stretch_that_the_server_will_not_have_holds_up_nothing(
    terminal: Terminal, status: int, problem: str, members: Json, set_aside: bool
) -> None:
    """Its problem is not this terminal's, whose own events wait behind it."""
    (event,) = terminal.record(1)
    terminal.outbox.db.transact(lambda c: c.execute('UPDATE chains SET carried = \'{"first_seq":1,"last_seq":1}\''))
    terminal.server.words = [refusing(problem, status, **members)]
    if not set_aside:
        with pytest.raises(Refused):
            terminal.sender.send()
        assert terminal.waiting() == [1]
        return
    assert terminal.sender.send() is True
    assert terminal.waiting() == []
    assert terminal.queue.queue_state().set_aside == 1
    assert [parked.event_id for parked in terminal.queue.parked(9)] == [event.event_id]
    assert terminal.sender.chain_broken is False


@pytest.mark.parametrize(("expected", "again"), [(1, [1, 2, 3, 4, 5]), (3, [3, 4, 5])])
def test_a_gap_is_filled_from_where_the_server_wants_it(terminal: Terminal, expected: int, again: list[int]) -> None:
    events = terminal.record(5)
    terminal.queue.acknowledge(events[0].chain_id, 3, START, {})
    terminal.server.words = [refusing("sequence-gap", expected_seq=expected)]
    assert terminal.sender.send() is True
    terminal.sender.send()
    assert terminal.server.places == [[4, 5], again]


@pytest.mark.parametrize("expected", [None, "1", 1.0, 0, -1, 4, 5])
def test_a_gap_that_is_none_is_raised(terminal: Terminal, expected: object) -> None:
    """Before the first event, at what was sent, or after it: sending again would go on for ever."""
    events = terminal.record(5)
    terminal.queue.acknowledge(events[0].chain_id, 3, START, {})
    terminal.server.words = [refusing("sequence-gap", expected_seq=expected)]
    with pytest.raises(Refused, match="sequence-gap"):
        terminal.sender.send()
    assert terminal.waiting() == [4, 5]


@pytest.mark.parametrize(("expected", "curable"), [(1, True), (2, False), (3, False)])
def test_a_gap_before_a_link_is_one_before_its_first_number(terminal: Terminal, expected: int, curable: bool) -> None:
    terminal.thinned_and_lost()
    terminal.server.words = [refusing("sequence-gap", expected_seq=expected)]
    if not curable:
        with pytest.raises(Refused, match="sequence-gap"):
            terminal.sender.send()
        return
    assert terminal.sender.send() is True
    terminal.sender.send()
    assert terminal.server.places == [[(2, 3), 4, 5], [(1, 3), 4, 5]]


def test_a_chain_that_the_server_does_not_believe_goes_on_as_a_new_one(terminal: Terminal) -> None:
    events = terminal.record(2)
    terminal.server.words = [refusing("chain-broken")] * 2
    assert terminal.sender.send() is True
    assert terminal.sender.chain_broken is True
    with pytest.raises(Refused, match="chain-broken"):  # nor the new one: the fault is the server's
        terminal.sender.send()
    terminal.sender.send()
    again = terminal.server.requests[-1]["events"]
    assert [item["event"]["event_id"] for item in again] == [event.event_id for event in events]
    assert again[0]["event"]["chain_id"] != events[0].chain_id
    assert terminal.waiting() == []
