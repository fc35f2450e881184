"""`kiosk sync` against a server and a network that do everything wrong, and against time."""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk.errors import DiskFull, IdentityError
from kiosk.journal.audit import JournalAudit
from kiosk.journal.queue import JournalQueue
from kiosk.link import http
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.model import Fault
from tests.integration import rough_server
from tests.integration.rough_server import RoughServer
from tests.integration.syncing import Terminal, golden, golden_server, provisioned, until
from tests.unit.kiosk.machine.fake_clock import FakeKernel


@pytest.fixture
def server() -> Iterator[RoughServer]:
    with golden_server() as server:
        yield server


@pytest.fixture
def terminal(tmp_path: Path, server: RoughServer) -> Iterator[Terminal]:
    with provisioned(tmp_path, server) as terminal:
        yield terminal


# ---------------------------------------------------------------- when all is well


def test_events_are_sent_in_order_and_once(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(25)
    with terminal.syncing():
        server.expect(terminal.delivered(25), "25 events")
        terminal.record(3)
        server.expect(terminal.delivered(28), "3 more, noticed without being told")
        until(terminal.settled(), "all acknowledged")
    assert [event["seq"] for event in server.events()] == list(range(1, 29))
    sent = [r for r in server.requests if r.path.endswith("/events") and r.body["events"]]
    assert max(len(r.body["events"]) for r in sent) == 10


def test_large_bodies_are_compressed_and_every_request_has_the_header(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(10)
    with terminal.syncing():
        server.expect(terminal.delivered(10), "10 events")
    (batch,) = [r for r in server.requests if r.path.endswith("/events") and r.body["events"]]
    assert batch.headers["content-encoding"] == "gzip"
    assert '"content-encoding"' in batch.headers["signature-input"]
    assert all(r.headers["presensi-protocol"] == "1" for r in server.requests)


def test_the_heartbeat_has_what_the_protocol_names(terminal: Terminal, server: RoughServer) -> None:
    terminal.outbox.count("refused_by_person")
    terminal.folder.write_terminal("ok", ["camera_lost"], {})
    with terminal.syncing():
        server.expect(lambda: bool(server.heartbeats), "a heartbeat")
    ours, theirs = server.heartbeats[0], golden("heartbeat")["request"]
    assert set(ours) == set(theirs)
    assert ours["camera"] == "ok"
    assert "camera_lost" in ours["faults"]
    assert ours["counters"] == {"refused_by_person": 1}
    assert ours["disk_free_bytes"] > 0


def test_the_server_hears_that_there_is_nothing_to_tell(terminal: Terminal, server: RoughServer) -> None:
    began = dt.datetime.now(dt.UTC)
    with terminal.syncing(heartbeat_s=0.05):
        server.expect(lambda: len(server.reported) >= 2, "an empty report")
    chain_id = JournalAudit(terminal.outbox).chains()[0].chain_id
    report = server.reported[-1]
    assert (report["chain_id"], report["seq"]) == (chain_id, 0)
    # It is known of the time before the confirmation could still be on its way to the disk.
    assert abs(dt.datetime.fromisoformat(report["utc"]) - began) < dt.timedelta(minutes=2)


def test_a_batch_reports_up_to_the_next_event_that_waits(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(15)
    with terminal.syncing():
        server.expect(terminal.delivered(15), "15 events")
    first = next(r for r in server.reported if r["seq"] == 10)
    eleventh = server.events()[10]
    assert first["utc"] <= eleventh["time"]["earliest_utc"]


def test_a_pushed_gallery_arrives(terminal: Terminal, server: RoughServer) -> None:
    with terminal.syncing(long_poll_s=30):
        server.push(*golden("gallery_full")["answer"]["payload"]["people"])
        until(lambda: terminal.gallery().load().version == 1, "version 1")
        server.push()
        until(lambda: terminal.gallery().load().version == 2, "version 2")
        until(lambda: terminal.folder.read_status().gallery_version == 2, "the status says so")
    assert len(terminal.gallery().load().people) == len(golden("gallery_full")["answer"]["payload"]["people"])


def test_the_end_does_not_wait_for_a_long_poll(terminal: Terminal, server: RoughServer) -> None:
    with terminal.syncing(long_poll_s=50) as outcome:
        server.expect(lambda: any(r.path.endswith("/gallery") for r in server.requests), "a long poll")
        began = time.monotonic()
    assert "error" not in outcome
    assert time.monotonic() - began < 25  # the poll would have taken 50
    assert not terminal.folder.read_status().connected


# ---------------------------------------------------------------- when it is not

FAULTS: dict[str, list[rough_server.Behaviour]] = {
    "500": [rough_server.says(500, {}, b"oops")],
    "503 of a proxy": [rough_server.says(503, {"Retry-After": "0"}, b"<html>", protocol=None)],
    "429": [rough_server.refuses("too-many-requests", 429, retry_after=0)],
    "unavailable": [rough_server.refuses("unavailable", 503, retry_after=0)],
    "hangs up": [rough_server.hangs_up] * 3,
    "forgets": [rough_server.forgets] * 3,
    "cut": [rough_server.cuts(0.5), rough_server.cuts(0.0), rough_server.cuts(0.99)],
    "half JSON": [rough_server.halves],
    "garbage": [rough_server.garbage],
    "deep JSON": [rough_server.deep],
    "login page": [rough_server.login_page] * 2,
    "redirect": [rough_server.redirects],
    "another version": [rough_server.other_version],
    "malformed": [rough_server.refuses("malformed", 400)],
    "not found": [rough_server.says(404, {}, b"{}")],
    "too large for a proxy": [rough_server.says(413, {}, b"<html>nginx", protocol=None)] * 3,
    "too large": [rough_server.refuses("too-large", 413)] * 3,
    "replayed": [rough_server.refuses("replayed-request", 401, highest_nonce=5000)],
    "signature": [rough_server.refuses("signature-invalid", 401)] * 2,
    "results missing": [rough_server.changes(lambda answer: answer["results"].clear())],
    "results swapped": [rough_server.changes(lambda answer: answer["results"].reverse())],
    "head behind": [rough_server.changes(lambda answer: answer["head"].update(seq=0))],
    "head of another": [rough_server.changes(lambda answer: answer["head"].update(chain_id="another"))],
    "no time": [rough_server.changes(lambda answer: answer.pop("server_time"))],
    "nonsense status": [rough_server.changes(lambda answer: answer["results"][0].update(status="perhaps"))],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_event_is_lost_or_doubled(terminal: Terminal, server: RoughServer, fault: str) -> None:
    terminal.record(25)
    server.script["events"].extend(FAULTS[fault])
    with terminal.syncing():
        until(terminal.settled(), "all acknowledged")
    assert not server.script["events"]
    assert [event["seq"] for event in server.events()] == list(range(1, 26))
    assert list(JournalAudit(terminal.outbox).verify()) == []
    assert terminal.outbox.queue_state().parked == 0


NO_HEARTBEAT: dict[str, rough_server.Behaviour] = {
    "malformed": rough_server.refuses("malformed", 400),
    "not found": rough_server.says(404, {}, b"{}"),
    "garbage": rough_server.garbage,
    "half JSON": rough_server.halves,
    "no time": rough_server.changes(lambda answer: answer.pop("server_time")),
    "no head": rough_server.changes(lambda answer: answer.update(head="none")),
}


@pytest.mark.parametrize("fault", NO_HEARTBEAT)
def test_a_server_that_never_takes_a_heartbeat_gets_the_events(
    terminal: Terminal, server: RoughServer, fault: str
) -> None:
    server.script["heartbeat"].extend([NO_HEARTBEAT[fault]] * 10_000)
    with terminal.syncing(heartbeat_s=0.02):
        for count in (5, 10, 15):
            terminal.record(5)
            server.expect(terminal.delivered(count), "the events")
        until(terminal.settled(), "all acknowledged")
        told = len(server.reported)
        server.expect(lambda: len(server.reported) > told + 1, "the word that there is nothing to tell")


def test_batches_are_bounded_by_their_bytes(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(40)
    with terminal.syncing(batch_events=500, batch_bytes=5000):
        server.expect(terminal.delivered(40), "40 events")
    sizes = [
        [len(json.dumps(item, separators=(",", ":"))) for item in request.body["events"]]
        for request in server.requests
        if request.path.endswith("/events") and request.body["events"]
    ]
    assert all(sum(batch) < 5000 + max(batch) for batch in sizes)
    assert max(len(batch) for batch in sizes) > 2, "and not one by one"


@pytest.mark.parametrize("call", ["events", "heartbeat", "gallery"])
@pytest.mark.parametrize("behaviour", [rough_server.trickles, rough_server.floods])
def test_an_answer_without_an_end_is_given_up(
    terminal: Terminal,
    server: RoughServer,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    behaviour: rough_server.Behaviour,
) -> None:
    monkeypatch.setattr(http, "PATIENCE_S", 0.2)
    monkeypatch.setattr(http, "SLOWEST_BYTES_S", 10_000.0)
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1_000_000)
    terminal.record(5)
    server.push(*golden("gallery_full")["answer"]["payload"]["people"])
    server.script[call].append(behaviour)
    with terminal.syncing():
        until(terminal.settled(), "all acknowledged")
        until(lambda: terminal.gallery().load().version == 1, "the gallery")
    assert [event["seq"] for event in server.events()] == [1, 2, 3, 4, 5]


def test_a_mixture_of_faults_in_every_call(terminal: Terminal, server: RoughServer) -> None:
    chance = random.Random(7)
    everything = [behaviour for behaviours in FAULTS.values() for behaviour in behaviours]
    for call in ("events", "heartbeat", "gallery"):
        server.script[call].extend(chance.choices([*everything, *[rough_server.works] * 20], k=60))
    server.push(*golden("gallery_full")["answer"]["payload"]["people"])
    with terminal.syncing(heartbeat_s=0.05, long_poll_s=0):
        for _ in range(10):
            terminal.record(5)
            until(terminal.settled(), "all acknowledged")
        until(lambda: terminal.gallery().load().version == 1, "the gallery")
    assert [event["seq"] for event in server.events()] == list(range(1, 51))


def test_a_network_that_comes_back_is_noticed_long_before_the_ceiling(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(3)
    server.script["heartbeat"].append(rough_server.hangs_up)
    looks = iter([b"cable out"])
    with terminal.syncing(
        network=lambda: next(looks, b"cable in"), retry_s=3600.0, retry_ceiling_s=3600.0, long_poll_s=30
    ):
        server.expect(terminal.delivered(3), "the events, an hour early")


def test_what_one_thread_reaches_the_other_one_tries(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(3)
    server.script["heartbeat"].append(rough_server.hangs_up)
    with terminal.syncing(retry_s=3600.0, retry_ceiling_s=3600.0, long_poll_s=1):
        server.expect(terminal.delivered(3), "the events, once a long poll has come back")


def test_retry_after_is_obeyed(terminal: Terminal, server: RoughServer) -> None:
    server.script["heartbeat"].append(rough_server.refuses("unavailable", 503, retry_after=2))
    times: list[float] = []

    def noted(server_: RoughServer, handler: Any, request: rough_server.Request) -> None:
        times.append(time.monotonic())
        rough_server.works(server_, handler, request)

    server.script["heartbeat"].append(noted)
    began = time.monotonic()
    with terminal.syncing():
        server.expect(lambda: bool(times), "a second heartbeat")
    assert times[0] - began >= 2


def test_a_rejected_event_is_parked_with_its_reason_and_reported(terminal: Terminal, server: RoughServer) -> None:
    server.reject["stranger"] = "person-unknown"
    terminal.record(2)
    terminal.record(1, "stranger")
    terminal.record(2)
    with terminal.syncing(heartbeat_s=0.05):
        until(terminal.settled(), "all answered")
        server.expect(lambda: bool(server.heartbeats[-1]["parked"]), "the parked one in a heartbeat")
    state = terminal.outbox.queue_state()
    assert (state.waiting, state.parked) == (0, 1)
    assert [event["seq"] for event in server.events()] == [1, 2, 4, 5]
    (parked,) = server.heartbeats[-1]["parked"]
    assert parked["problem"]["type"].endswith("person-unknown")


def test_a_server_that_was_restored_from_a_backup_gets_everything_again(
    terminal: Terminal, server: RoughServer
) -> None:
    terminal.record(12)
    with terminal.syncing():
        until(terminal.settled(), "all acknowledged")
    for chain_id, events in server.accepted.items():
        for seq in range(6, 13):
            del events[seq]
        server.heads[chain_id] = (5, events[5]["hash"])
    terminal.record(1)
    with terminal.syncing():
        server.expect(terminal.delivered(13), "all 13")
        until(terminal.settled(), "all acknowledged")
    assert [event["seq"] for event in server.events()] == list(range(1, 14))


def test_a_server_that_forgot_everything_is_found_out_without_a_new_event(
    terminal: Terminal, server: RoughServer
) -> None:
    terminal.record(7)
    with terminal.syncing():
        until(terminal.settled(), "all acknowledged")
    server.accepted.clear()
    server.heads.clear()
    with terminal.syncing(heartbeat_s=0.05):
        server.expect(terminal.delivered(7), "all 7 again")


def test_what_was_thinned_is_a_link(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(8)
    with terminal.syncing():
        until(terminal.settled(), "all acknowledged")
    JournalQueue(terminal.outbox).thin(dt.date(2100, 1, 1))
    server.accepted.clear()
    server.heads.clear()
    terminal.record(2)
    with terminal.syncing():
        server.expect(terminal.delivered(2), "what is still held")
        until(terminal.settled(), "all acknowledged")
    assert [(link["first_seq"], link["last_seq"], link["reason"]) for link in server.links] == [(1, 8, "thinned")]


def test_a_server_that_refuses_every_chain_does_not_fill_the_disk(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(5)
    server.script["events"].extend([rough_server.refuses("chain-broken", 409, expected_seq=1)] * 20)
    with terminal.syncing():
        server.expect(lambda: not server.script["events"], "twenty refusals")
        server.expect(terminal.delivered(5), "the events, once the server has come round")
    assert [chain.state for chain in JournalAudit(terminal.outbox).chains()] == ["broken", "open"]


def test_a_refused_chain_is_kept_and_the_next_one_is_sent(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(5)
    server.script["events"].append(rough_server.refuses("chain-broken", 409, expected_seq=1))
    with terminal.syncing(heartbeat_s=0.05):
        server.expect(terminal.delivered(5), "the same events in a new chain")
        terminal.record(2)
        server.expect(terminal.delivered(7), "and what comes after them")
        until(terminal.settled(), "all acknowledged")
        server.expect(lambda: "journal_damaged" in server.heartbeats[-1]["faults"], "the fault reported")
        until(lambda: Fault.JOURNAL_DAMAGED.value in terminal.folder.read_status().faults, "the fault on the screen")


def test_an_event_that_the_server_cannot_read_does_not_stop_those_before_it(
    terminal: Terminal, server: RoughServer
) -> None:
    terminal.record(10)

    def chokes_on_8(server_: RoughServer, handler: Any, request: rough_server.Request) -> None:
        server_.script["events"].append(chokes_on_8)
        if any(item["event"]["seq"] == 8 for item in request.body["events"]):
            rough_server.send(handler, *rough_server.problem("malformed", 400))
        else:
            rough_server.works(server_, handler, request)

    server.script["events"].append(chokes_on_8)
    with terminal.syncing():
        until(lambda: terminal.outbox.queue_state().waiting == 3, "all before it acknowledged")
    assert [event["seq"] for event in server.events()] == list(range(1, 8))


def test_a_revoked_terminal_stops_says_so_and_keeps_its_events(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(4)
    server.script["heartbeat"].append(rough_server.refuses("device-revoked", 403))
    with terminal.syncing() as outcome:
        until(lambda: "error" in outcome, "the end")
    assert isinstance(outcome["error"], IdentityError)
    assert terminal.folder.read_status().revoked
    assert Identity.load(terminal.folder.identity_dir).revoked
    assert terminal.outbox.queue_state().waiting == 4


def test_the_key_is_changed_with_the_heartbeat(terminal: Terminal, server: RoughServer) -> None:
    before = terminal.identity.public_key
    terminal.identity.begin_rotation()
    server.key_rotated = True
    with terminal.syncing(heartbeat_s=0.05):
        server.expect(lambda: any("rotate_key" in beat for beat in server.heartbeats), "the new key offered")
        until(lambda: Identity.load(terminal.folder.identity_dir).public_key != before, "the new key in force")
        count = len(server.heartbeats)
        server.expect(lambda: len(server.heartbeats) > count + 1, "two more heartbeats")
    assert "rotate_key" not in server.heartbeats[-1]


# ---------------------------------------------------------------- the gallery's way


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_disk_that_refuses_to_erase_faces_is_asked_again(
    terminal: Terminal, server: RoughServer, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """At the start, and when somebody may be gone: neither ends the sending."""
    erased, refusals = JournalQueue.erase_enrolments, [DiskFull("the disk is full")] * times

    def erase(queue: JournalQueue, acknowledged_before: dt.date | None = None, spared: Collection[str] = ()) -> int:
        if refusals:
            raise refusals.pop()
        return erased(queue, acknowledged_before, spared)

    monkeypatch.setattr(JournalQueue, "erase_enrolments", erase)
    terminal.record(3)
    server.push(*golden("gallery_full")["answer"]["payload"]["people"])
    with terminal.syncing() as outcome:
        server.expect(terminal.delivered(3), "the events")
        until(lambda: terminal.folder.read_status().gallery_version == 1, "the gallery, and who is gone erased")
        until(lambda: not refusals, "asked again")
    assert "error" not in outcome


def test_a_cut_download_goes_on_where_it_stopped(terminal: Terminal, server: RoughServer) -> None:
    server.push(*golden("gallery_full")["answer"]["payload"]["people"])
    server.script["gallery"].extend([rough_server.cuts(0.4), rough_server.cuts(0.5)])
    with terminal.syncing():
        until(lambda: terminal.gallery().load().version == 1, "the gallery")
    polls = [r for r in server.requests if r.path.endswith("/gallery")]
    assert "range" not in polls[0].headers
    assert polls[1].headers["range"].startswith("bytes=")
    first, second = (int(poll.headers["range"][6:-1]) for poll in polls[1:3])
    assert 0 < first < second


def test_a_download_of_something_newer_starts_again(terminal: Terminal, server: RoughServer) -> None:
    people = golden("gallery_full")["answer"]["payload"]["people"]
    server.push(*people)

    def cut_then_new(server_: RoughServer, handler: Any, request: rough_server.Request) -> None:
        rough_server.cuts(0.4)(server_, handler, request)
        server_.push({**people[0], "name": "Nama Baru"})

    server.script["gallery"].append(cut_then_new)
    with terminal.syncing():
        until(lambda: terminal.gallery().load().version == 2, "the newer gallery")
    assert "Nama Baru" in {person.name for person in terminal.gallery().load().people.values()}


@pytest.mark.parametrize("name", ["payload", "manifest"])
def test_a_forged_gallery_is_not_applied(terminal: Terminal, server: RoughServer, name: str) -> None:
    def forge(answer: Any) -> None:
        if name == "payload":
            answer["payload"]["people"][0]["name"] = "Orang Lain"
        else:
            answer["manifest"]["version"] = 99

    server.push(*golden("gallery_full")["answer"]["payload"]["people"])
    server.script["gallery"].append(rough_server.changes(forge))
    with terminal.syncing():
        until(lambda: terminal.gallery().load().version == 1, "the true one")
    assert "Orang Lain" not in {person.name for person in terminal.gallery().load().people.values()}


# ---------------------------------------------------------------- time


def test_a_clock_that_is_wrong_by_years_locks_nobody_out_and_is_corrected(
    terminal: Terminal, server: RoughServer
) -> None:
    kernel = FakeKernel(wall=dt.datetime(1970, 1, 1, 0, 1, tzinfo=dt.UTC))
    clock = SystemClock(terminal.outbox.anchors, kernel=kernel, refresh_s=0)
    terminal.record(3, clock=clock)
    kernel.advance(3600)
    with terminal.syncing(kernel):
        server.expect(terminal.delivered(3), "the events")
        until(terminal.settled(), "all acknowledged")
    now = dt.datetime.now(dt.UTC)
    for event in server.events():
        assert event["wall_utc"].startswith("1970-01-01")
        assert event["time"]["state"] == "trusted"
        found = dt.datetime.fromisoformat(event["time"]["utc"])
        assert abs(found - (now - dt.timedelta(hours=1))) < dt.timedelta(minutes=1)
    assert abs(clock.now().wall_utc - now) < dt.timedelta(minutes=1)


def test_a_clock_that_is_ahead_by_years_ends_no_audit_period(terminal: Terminal, server: RoughServer) -> None:
    terminal.record(3)
    with terminal.syncing(FakeKernel(wall=dt.datetime(2099, 1, 1, tzinfo=dt.UTC))):
        until(terminal.settled(), "all acknowledged")
        until(lambda: terminal.folder.read_status().connected, "a round that ended well")
    audit = JournalAudit(terminal.outbox)
    assert [row.state for chain in audit.chains() for row in audit.rows(chain)] == ["acknowledged"] * 3


def test_while_the_server_is_away_what_ntp_says_is_noted(terminal: Terminal, server: RoughServer) -> None:
    kernel = FakeKernel(in_step=True)
    server.script["heartbeat"].extend([rough_server.hangs_up] * 3)
    with terminal.syncing(kernel):
        server.expect(lambda: not server.script["heartbeat"] and bool(server.heartbeats), "contact")
    timeline = JournalQueue(terminal.outbox).timeline(SystemClock(kernel=kernel).now())
    assert any(boot.ntp for boot in timeline.boots)
