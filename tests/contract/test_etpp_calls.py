"""The four calls over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.etpp_client import ZEROS, Terminal, b64url, check_gallery, problem_of, public_bytes, time_of, uuid7
from tests.etpp_running import NIP, OFFICE, Running, fresh_database, postgresql, running, wib


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    with postgresql() as base:
        yield base


@pytest.fixture
def etpp(database: str | None, tmp_path: Path) -> Iterator[Running]:
    if database is None:
        with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server:
            yield server
        return
    with fresh_database(database) as url, running(url, tmp_path / "state") as server:
        yield server


# ---------------------------------------------------------------- call 1


def test_a_code_provisions_one_terminal(etpp: Running) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    terminal = Terminal(etpp.url)
    answer = terminal.provision(code)
    assert answer.status_code == 201
    assert answer.json()["office"] == {
        "office_id": OFFICE,
        "name": "Dinas Komunikasi dan Informatika",
        "timezone": "Asia/Jakarta",
    }
    assert answer.headers["Presensi-Protocol"] == "1"
    other = Terminal(etpp.url)
    assert problem_of(other.provision(code)) == "code-unknown"


def test_a_lost_answer_to_provisioning_can_be_asked_for_again(etpp: Running) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    terminal = Terminal(etpp.url)
    first = terminal.provision(code).json()["device_id"]
    assert terminal.provision(code.lower().replace("-", " ")).json()["device_id"] == first
    assert len(etpp.admin("GET", "devices")["devices"]) == 1


def test_a_code_expires(etpp: Running) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    etpp.clock.local("2026-11-25 07:01")
    assert problem_of(Terminal(etpp.url).provision(code)) == "code-unknown"


def test_guessing_codes_is_slowed_down(etpp: Running) -> None:
    stranger = Terminal(etpp.url)
    problems = {problem_of(stranger.provision(f"AAAA-AAAA-AA{number:02d}")) for number in range(20)}
    assert problems == {"code-unknown"}
    refused = stranger.provision("AAAA-AAAA-AAAA")
    assert problem_of(refused) == "too-many-requests"
    assert int(refused.headers["Retry-After"]) >= 1


# ---------------------------------------------------------------- call 2


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
    with etpp.store.begin() as tx:
        moved = tx.people.get("dinas-lain", person)
        assert moved is not None
        tx.people.add(type(moved)(OFFICE, person, moved.nip, moved.name, 1))
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
        assert problem_of(bearer.post("events", {**batch, "carried": carried})) == "signature-invalid"
    assert problem_of(stranger.post("events", {**batch, "carried": good})) == "signature-invalid"
    assert problem_of(bearer.post("events", {**batch, "carried": 5})) == "malformed"
    assert etpp.events() == []
    assert bearer.post("events", {**batch, "carried": good}).status_code == 200


# ---------------------------------------------------------------- call 3


def test_an_approved_enrolment_reaches_a_waiting_terminal(etpp: Running) -> None:
    terminal = etpp.terminal()
    version = terminal.gallery().json()["manifest"]["version"]
    event = terminal.enrolment(NIP, "Sri Lestari", 1, 2)
    terminal.send_events([event])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(terminal.gallery, version, 50)
        while etpp.server.watch.waiting == 0:
            assert not waiting.done()
        etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")
        answer = waiting.result(20).json()
    check_gallery(answer, terminal)
    assert answer["manifest"]["base_version"] == version
    (person,) = answer["payload"]["people"]
    assert (person["nip"], person["name"], len(person["templates"])) == (NIP, "Sri Lestari", 2)
    sent = [base64.b64decode(t) for t in event["enrolment"]["templates"]]
    assert sorted(base64.b64decode(t["descriptor"]) for t in person["templates"]) == sorted(sent)
    assert person["templates"][0]["cohort_mean"] is None


def test_enrolling_again_replaces_the_templates_of_the_same_nip(etpp: Running) -> None:
    terminal = etpp.terminal()
    for seeds, name in (((1, 2), "Sri"), ((3,), "Sri Lestari")):
        event = terminal.enrolment(NIP, name, *seeds)
        terminal.send_events([event])
        etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")
    (person,) = terminal.gallery().json()["payload"]["people"]
    assert (person["name"], len(person["templates"])) == ("Sri Lestari", 1)


def test_a_rejected_enrolment_leaves_no_face_data(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Sri Lestari")
    terminal.send_events([event])
    path = f"offices/{OFFICE}/enrolments/{event['event_id']}"
    etpp.admin("POST", f"{path}/reject")
    etpp.admin("POST", f"{path}/approve", expect=409)
    with etpp.store.read() as tx:
        kept = tx.enrolments.get(OFFICE, event["event_id"])
    assert kept is not None
    assert kept.descriptors == []


def test_erasure_is_told_to_the_terminals(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Sri Lestari")
    terminal.send_events([event])
    person = etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")["person_id"]
    version = terminal.gallery().json()["manifest"]["version"]
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}?forget=true")
    delta = terminal.gallery(version).json()
    check_gallery(delta, terminal)
    assert delta["payload"]["removed"] == [person]
    assert terminal.gallery().json()["payload"]["people"] == []
    # A presence from before the terminal heard of it still counts.
    assert terminal.send_events([terminal.presence(person)]).json()["results"][0]["status"] == "accepted"
    assert etpp.admin("GET", "enrolments")["enrolments"][0]["nip"] is None


def test_nothing_newer_is_204(etpp: Running) -> None:
    terminal = etpp.terminal()
    version = terminal.gallery().json()["manifest"]["version"]
    answer = terminal.gallery(version)
    assert (answer.status_code, answer.content, answer.headers["Presensi-Protocol"]) == (204, b"", "1")


def test_the_same_version_gives_the_same_bytes_and_a_cut_download_goes_on(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Sri Lestari", 1, 2, 3)
    terminal.send_events([event])
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")
    whole = terminal.gallery()
    assert terminal.gallery().content == whole.content
    etag, size = whole.headers["ETag"], len(whole.content)
    part = terminal.gallery(headers={"Range": "bytes=100-", "If-Range": etag})
    assert (part.status_code, part.content) == (206, whole.content[100:])
    assert part.headers["Content-Range"] == f"bytes 100-{size - 1}/{size}"
    other = terminal.gallery(headers={"Range": "bytes=100-", "If-Range": '"other"'})
    assert (other.status_code, other.content) == (200, whole.content)
    behind = terminal.gallery(headers={"Range": f"bytes={size}-", "If-Range": etag})
    assert (behind.status_code, behind.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_a_terminal_that_is_ahead_gets_a_full_snapshot_above_its_version(etpp: Running) -> None:
    """The server's backup was played back: it must not stay below the terminals for ever."""
    terminal = etpp.terminal()
    manifest = terminal.gallery(since=50).json()["manifest"]
    assert (manifest["version"], manifest["base_version"]) == (51, None)
    assert problem_of(terminal.gallery(since=2**53 - 1)) == "malformed"


def test_a_new_calendar_reaches_the_terminal(etpp: Running) -> None:
    terminal = etpp.terminal()
    first = terminal.gallery().json()
    calendar = first["payload"]["office"]["calendar"] | {"holidays": ["2026-12-25"]}
    etpp.admin("PUT", f"offices/{OFFICE}", {"name": "Dinas Kominfo", "calendar": calendar})
    office = terminal.gallery(first["manifest"]["version"]).json()["payload"]["office"]
    assert office == {"office_id": OFFICE, "name": "Dinas Kominfo", "calendar": calendar}


# ---------------------------------------------------------------- call 4


def test_a_heartbeat_is_kept_and_answers_with_the_newest_head(etpp: Running) -> None:
    terminal = etpp.terminal()
    assert terminal.heartbeat().json() == {
        "server_time": "2026-11-24T00:00:00.000Z",
        "key_rotated": False,
        "head": None,
    }
    event = terminal.attack()
    terminal.send_events([event])
    answer = terminal.heartbeat(faults=["clock_untrusted"], erased_through=7).json()
    assert answer["head"] == {"chain_id": terminal.chain_id, "seq": 1, "hash": event["hash"]}
    (device,) = etpp.admin("GET", "devices")["devices"]
    assert device["heartbeat"]["faults"] == ["clock_untrusted"]
    assert device["erased_through"] == 7


def rotation(terminal: Terminal, key: Ed25519PrivateKey) -> dict[str, str]:
    return {"public_key": b64url(public_bytes(key)), "proof": b64url(key.sign(terminal.device_id.encode()))}


def test_after_a_rotation_the_old_key_is_good_until_the_new_one_has_signed(etpp: Running) -> None:
    terminal, new = etpp.terminal(), Ed25519PrivateKey.generate()
    assert terminal.heartbeat(rotate_key=rotation(terminal, new)).json()["key_rotated"] is True
    # The answer was lost: the terminal knows nothing of it and asks again.
    assert terminal.heartbeat(rotate_key=rotation(terminal, new)).json()["key_rotated"] is True
    old, terminal.key = terminal.key, new
    assert terminal.heartbeat().status_code == 200
    terminal.key = old
    assert problem_of(terminal.heartbeat()) == "signature-invalid"


def test_a_rotation_needs_the_new_keys_proof(etpp: Running) -> None:
    terminal = etpp.terminal()
    wrong = rotation(terminal, Ed25519PrivateKey.generate()) | {"proof": b64url(b"x" * 64)}
    assert problem_of(terminal.heartbeat(rotate_key=wrong)) == "malformed"


# ---------------------------------------------------------------- revocation


def test_a_revoked_terminal_is_told_even_while_it_waits(etpp: Running) -> None:
    terminal = etpp.terminal()
    version = terminal.gallery().json()["manifest"]["version"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(terminal.gallery, version, 50)
        while etpp.server.watch.waiting == 0:
            assert not waiting.done()
        etpp.admin("POST", f"devices/{terminal.device_id}/revoke")
        assert problem_of(waiting.result(20)) == "device-revoked"
    assert problem_of(terminal.send_events([])) == "device-revoked"


def test_what_a_database_cannot_hold_is_a_refusal_and_no_fault(etpp: Running) -> None:
    for path in ("presence?office_id=%00", "events?office_id=%00&limit=5", f"events?offset={2**53 - 1}"):
        etpp.admin("GET", path, expect=(200, 404, 409))
    etpp.admin("GET", f"events?offset={2**70}", expect=400)
    terminal = etpp.terminal()
    assert problem_of(Terminal(etpp.url, terminal.key, "%00").gallery()) in ("signature-invalid", "device-unknown")


# ---------------------------------------------------------------- the day's book


def test_the_day_shows_arrival_departure_and_minutes(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    for text in ("2026-11-24 07:42", "2026-11-24 12:00", "2026-11-24 15:45"):
        at = etpp.clock.local(text)
        terminal.send_events([terminal.presence(person)], at=at)
    (row,) = etpp.presence("2026-11-24")["people"]
    assert row["status"] == "present"
    assert (row["arrival"]["local"], row["arrival"]["minutes_off"]) == ("2026-11-24T07:42:00+07:00", 12)
    assert (row["departure"]["local"], row["departure"]["minutes_off"]) == ("2026-11-24T15:45:00+07:00", 15)


def test_nobody_is_absent_before_every_terminal_has_reported(etpp: Running) -> None:
    first, second = etpp.terminal(), etpp.terminal()
    etpp.person()
    after_work = etpp.clock.local("2026-11-24 16:00")
    first.send_events([], at=after_work)
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "not_reported"
    second.send_events([], at=wib("2026-11-24 15:59"))
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "not_reported"
    second.send_events([], at=after_work)
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "absent"
    assert etpp.presence("2026-11-24")["complete"] is True


def test_a_revoked_terminal_may_still_hold_presences_until_it_is_written_off(etpp: Running) -> None:
    good, broken = etpp.terminal(), etpp.terminal()
    etpp.person()
    etpp.clock.local("2026-11-24 12:00")
    etpp.admin("POST", f"devices/{broken.device_id}/revoke")
    good.send_events([], at=etpp.clock.local("2026-11-25 17:00"))
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "not_reported"
    assert etpp.presence("2026-11-25")["people"][0]["status"] == "absent"
    etpp.admin("POST", f"devices/{broken.device_id}/write-off")
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "absent"


def test_a_presence_of_uncertain_time_makes_a_day_unclear_instead_of_absent(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    etpp.clock.local("2026-11-26 17:00")
    batch = terminal.batch([terminal.presence(person)], etpp.clock.now)
    batch["events"][0]["time"] = time_of(wib("2026-11-25 12:00"), 86400, "uncertain")
    terminal.post("events", batch)
    days = ("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26")
    statuses = [etpp.presence(day)["people"][0]["status"] for day in days]
    assert statuses == ["absent", "unclear", "present", "unclear"]


def test_no_event_happened_after_it_arrived(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    terminal.send_events([terminal.presence(person)], at=wib("2031-01-01 07:00"))
    (link,) = etpp.events()
    assert (link["utc"], link["time_state"]) == ("2026-11-24T00:00:00.000Z", "uncertain")
    assert etpp.presence("2026-11-24")["reported_through"] == "2026-11-24T00:00:00.000Z"
