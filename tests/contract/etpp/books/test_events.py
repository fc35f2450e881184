"""Call 2 over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from etpp.roster.store import People
from tests.contract.etpp.client import ZEROS, problem_of, uuid7
from tests.contract.etpp.running import NIP, OFFICE, Running, wib


def test_events_reach_the_books_once(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    events = [terminal.presence(person), terminal.attack(), terminal.enrolment(NIP, "Sri Lestari", 1, 2)]
    batch = terminal.batch(events, etpp.clock.now)
    first, second = terminal.post("events", batch), terminal.post("events", batch, gzipped=True)
    assert [r["status"] for r in first.json()["results"]] == ["accepted"] * 3
    assert [r["status"] for r in second.json()["results"]] == ["duplicate"] * 3
    head = {"chain_id": terminal.chain_id, "seq": 3, "hash": events[-1]["hash"]}
    assert first.json()["head"] == second.json()["head"] == head
    assert sorted(link["seq"] for link in etpp.events()) == [1, 2, 3]


def test_a_batch_may_overlap_what_the_books_hold(etpp: Running) -> None:
    terminal = etpp.terminal()
    events = [terminal.attack() for _ in range(5)]
    terminal.send_events(events[:3])
    answer = terminal.send_events(events[1:])
    assert [r["status"] for r in answer.json()["results"]] == ["duplicate", "duplicate", "accepted", "accepted"]


def test_identical_batches_at_once_give_the_same_books(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    batch = terminal.batch([terminal.presence(person) for _ in range(20)], etpp.clock.now)
    together = threading.Barrier(6)

    def send() -> list[str]:
        together.wait()
        return [r["status"] for r in terminal.post("events", batch).json()["results"]]

    with ThreadPoolExecutor(6) as pool:
        answers = [each.result() for each in [pool.submit(send) for _ in range(6)]]
    assert sorted(map(set, answers), key=sorted) == [{"accepted"}] + [{"duplicate"}] * 5
    assert etpp.admin("GET", "events")["count"] == 20


def test_a_rejected_event_advances_the_head(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    stranger = terminal.presence("018f2c5e-0000-7000-8000-0000000000ff")
    answer = terminal.send_events([stranger, terminal.presence(person)]).json()
    assert [r["status"] for r in answer["results"]] == ["rejected", "accepted"]
    assert answer["results"][0]["problem"]["type"] == "urn:presensi:problem:person-unknown"
    assert answer["head"]["seq"] == 2
    again = terminal.send_events([stranger]).json()
    assert again["results"] == answer["results"][:1]
    assert [link["event_id"] for link in etpp.events("status=rejected")] == [stranger["event_id"]]


def test_a_rejected_presence_counts_once_its_person_is_known(etpp: Running) -> None:
    terminal = etpp.terminal()
    other_office = {"office_id": "dinas-lain", "name": "Dinas Lain"}
    etpp.admin("POST", "offices", other_office)
    person = etpp.person(office_id="dinas-lain")
    event = terminal.presence(person)
    assert terminal.send_events([event]).json()["results"][0]["status"] == "rejected"
    accept = f"offices/{OFFICE}/events/{event['event_id']}/accept"
    etpp.admin("POST", accept, expect=409)
    with etpp.database.begin() as tx:
        moved = People(tx).get("dinas-lain", person)
        assert moved is not None
        People(tx).add(type(moved)(OFFICE, person, moved.employee_id, moved.nip, moved.name, 1))
    assert etpp.admin("POST", accept)["status"] == "accepted"
    assert terminal.send_events([event]).json()["results"][0]["status"] == "duplicate"


@pytest.mark.parametrize("member", ["presence", "wall_utc", "monotonic_ms", "schema"])
def test_a_fault_of_one_event_rejects_that_event_only(etpp: Running, member: str) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    wrong = terminal.presence(person, **{member: "wrong"})
    answer = terminal.send_events([wrong, terminal.presence(person)]).json()
    assert [r["status"] for r in answer["results"]] == ["rejected", "accepted"]
    assert answer["results"][0]["problem"]["type"] == "urn:presensi:problem:event-invalid"
    assert answer["results"][0]["problem"]["detail"].startswith(member)


@pytest.mark.parametrize("more", [{"x": "a\0b"}, {"k\0": 1}, {"deep": [{"a": "\\\0"}]}], ids=["value", "name", "deep"])
def test_a_character_that_cannot_be_kept_rejects_its_event_only(etpp: Running, more: dict[str, Any]) -> None:
    """PostgreSQL refuses it, and with it would refuse the whole batch for ever."""
    terminal, person = etpp.terminal(), etpp.person()
    wrong, harmless = terminal.presence(person, **more), terminal.presence(person, x="\\u0000")
    answer = terminal.send_events([wrong, harmless, terminal.presence(person)]).json()
    assert [r["status"] for r in answer["results"]] == ["rejected", "accepted", "accepted"]
    assert answer["results"][0]["problem"]["type"] == "urn:presensi:problem:event-invalid"
    assert "U+0000" in answer["results"][0]["problem"]["detail"]
    assert answer["head"]["seq"] == 3


def test_an_enrolment_is_for_the_terminals_own_office_and_a_true_nip(etpp: Running) -> None:
    terminal = etpp.terminal()
    events = [
        terminal.enrolment("12345", "Pendek"),
        terminal.enrolment(NIP, "Lain", office_id="dinas-lain"),
        terminal.enrolment(NIP, "Rusak", templates=[base64.b64encode(b"\xff" * 512).decode()]),
    ]
    results = terminal.send_events(events).json()["results"]
    assert [r["problem"]["detail"].split(":")[0] for r in results] == [
        "enrolment.nip",
        "enrolment.office_id",
        "enrolment.templates.0",
    ]
    assert etpp.admin("GET", "enrolments")["enrolments"] == []
    assert not any("enrolment" in link["event"] for link in etpp.events())


def test_an_event_id_is_accepted_once(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    same = uuid7()
    events = [terminal.presence(person, event_id=same), terminal.presence(person, event_id=same)]
    results = terminal.send_events(events).json()["results"]
    assert [r["status"] for r in results] == ["accepted", "rejected"]
    assert results[1]["problem"]["type"] == "urn:presensi:problem:event-id-reused"


def test_an_unknown_member_is_kept_and_hashed(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = terminal.event(
        "attack", terminal.attack()["attack"], remark={"ratio": 1e-7, "big": 1e21, "text": "ü\u2028"}
    )
    terminal.seq, terminal.last_hash = 0, "0" * 64
    terminal.chain_id = event["chain_id"] = "11111111-1111-4111-8111-111111111111"
    fresh = terminal.event("attack", event["attack"], remark=event["remark"])
    assert terminal.send_events([fresh]).json()["results"][0]["status"] == "accepted"
    assert etpp.events()[0]["event"]["remark"] == event["remark"]


def test_reporting_without_events(etpp: Running) -> None:
    terminal = etpp.terminal()
    answer = terminal.send_events([], at=etpp.clock.now)
    assert answer.json()["head"] == {"chain_id": terminal.chain_id, "seq": 0, "hash": "0" * 64}


def link_over(events: list[Any], reason: str = "lost") -> dict[str, Any]:
    return {
        "link": {
            "chain_id": events[0]["chain_id"],
            "first_seq": events[0]["seq"],
            "last_seq": events[-1]["seq"],
            "prev_hash": events[0]["prev_hash"],
            "hash": events[-1]["hash"],
            "reason": reason,
        }
    }


def test_a_link_advances_the_head_and_shows_the_gap(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    events = [terminal.presence(person) for _ in range(6)]
    terminal.send_events(events[:1])
    batch = terminal.batch(events[4:], etpp.clock.now)
    batch["events"].insert(0, link_over(events[1:4]))
    first, second = terminal.post("events", batch).json(), terminal.post("events", batch).json()
    assert first["results"][0] == {"event_id": None, "status": "accepted"}
    assert [r["status"] for r in second["results"]] == ["duplicate"] * 3
    assert first["head"]["seq"] == second["head"]["seq"] == 6
    (gap,) = etpp.events("kind=gap")
    assert (gap["seq"], gap["status"]) == (4, "rejected")
    assert gap["problem"]["detail"].startswith("number 2 to 4")
    assert etpp.admin("GET", "events?status=accepted")["count"] == 3
    # Should the lost events turn up after all, the chain is another one, and a new one will bring them.
    assert problem_of(terminal.send_events(events[1:4])) == "chain-broken"


def test_events_of_a_broken_chain_come_again_in_a_new_one(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    held, unsent = terminal.presence(person), terminal.presence(person)
    terminal.send_events([held])
    terminal.chain_id, terminal.seq, terminal.last_hash = str(uuid.uuid4()), 0, ZEROS
    again = [terminal.reissue(event) for event in (held, unsent)]
    results = terminal.send_events(again).json()["results"]
    assert [r["status"] for r in results] == ["rejected", "accepted"]
    assert results[0]["problem"]["type"] == "urn:presensi:problem:event-id-reused"
    assert results[0]["problem"]["reissued"] is True
    assert etpp.admin("GET", "events?status=accepted")["count"] == 2


def test_another_terminal_brings_a_broken_ones_events(etpp: Running) -> None:
    broken, bearer, person = etpp.terminal(), etpp.terminal(), etpp.person()
    events = [broken.presence(person) for _ in range(4)]
    broken.send_events(events[:2], at=etpp.clock.now)
    etpp.clock.local("2026-11-24 12:00")
    etpp.admin("POST", f"devices/{broken.device_id}/revoke")
    batch = bearer.batch(events, wib("2026-11-24 07:10"))
    batch["reported_through"]["chain_id"] = broken.chain_id
    batch["carried"] = bearer.carried_for(broken, events)
    answer = bearer.post("events", batch).json()
    assert [r["status"] for r in answer["results"]] == ["duplicate"] * 2 + ["accepted"] * 2
    assert answer["head"] == {"chain_id": broken.chain_id, "seq": 4, "hash": events[-1]["hash"]}
    assert {link["device_id"] for link in etpp.events()} == {broken.device_id}
    # It speaks for its own chains only: nobody knows yet what else the broken one may hold.
    assert etpp.presence("2026-11-24")["reported_through"] is None
    assert bearer.send_events([bearer.presence(person)]).status_code == 200


def test_what_a_revoked_terminal_recorded_afterwards_does_not_count(etpp: Running) -> None:
    stolen, bearer, person = etpp.terminal(), etpp.terminal(), etpp.person()
    etpp.admin("POST", f"devices/{stolen.device_id}/revoke")
    events = [stolen.presence(person)]
    batch = bearer.batch(events, etpp.clock.local("2026-11-24 07:29"))
    batch["carried"] = bearer.carried_for(stolen, events)
    (result,) = bearer.post("events", batch).json()["results"]
    assert (result["status"], result["problem"]["detail"]) == ("rejected", "time: lies after the terminal was revoked")


def test_carried_events_need_their_recorders_signature(etpp: Running) -> None:
    broken, bearer, person = etpp.terminal(), etpp.terminal(), etpp.person()
    etpp.admin("POST", "offices", {"office_id": "dinas-lain", "name": "Dinas Lain"})
    stranger = etpp.terminal("dinas-lain")
    events = [broken.presence(person) for _ in range(3)]
    batch = bearer.batch(events)
    good = bearer.carried_for(broken, events)
    for carried in (
        {**good, "last_seq": 99},
        {**good, "signature": good["signature"][:-4] + "AAAA"},
        {**good, "signature": "?"},
        {**good, "device_id": bearer.device_id},
        {**good, "device_id": "unknown"},
        bearer.carried_for(bearer, events) | {"device_id": broken.device_id},
        bearer.carried_for(broken, events[:2]),
        bearer.carried_for(broken, events, hash="ab" * 32),
        bearer.carried_for(broken, events, chain_id="another"),
    ):
        assert problem_of(bearer.post("events", {**batch, "carried": carried})) == "carried-refused"
    assert problem_of(stranger.post("events", {**batch, "carried": good})) == "carried-refused"
    assert problem_of(bearer.post("events", {**batch, "carried": 5})) == "malformed"
    assert etpp.events() == []
    assert bearer.post("events", {**batch, "carried": good}).status_code == 200
