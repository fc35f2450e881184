"""Call 3 over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from etpp.faces.store import Enrolments
from tests.contract.etpp.client import check_gallery, problem_of
from tests.contract.etpp.running import NIP, OFFICE, Running


def test_an_approved_enrolment_reaches_a_waiting_terminal(etpp: Running) -> None:
    terminal = etpp.terminal()
    version = terminal.gallery().json()["manifest"]["version"]
    event = terminal.enrolment(NIP, "Sri Lestari", 1, 2)
    terminal.send_events([event])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(terminal.gallery, version, 50)
        while etpp.watch.waiting == 0:
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
        (waits,) = etpp.admin("GET", "enrolments?state=pending")["enrolments"]
        answers = "&".join(f"accept={mark['key']}" for mark in waits["marks"])  # another face and another name
        etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve?{answers}")
    (person,) = terminal.gallery().json()["payload"]["people"]
    assert (person["name"], len(person["templates"])) == ("Sri", 1)  # the official name stays


def test_a_rejected_enrolment_leaves_no_face_data(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Sri Lestari")
    terminal.send_events([event])
    path = f"offices/{OFFICE}/enrolments/{event['event_id']}"
    etpp.admin("POST", f"{path}/reject")
    etpp.admin("POST", f"{path}/approve", expect=409)
    with etpp.database.read() as tx:
        kept = Enrolments(tx).get(OFFICE, event["event_id"])
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


def test_a_revoked_terminal_is_told_even_while_it_waits(etpp: Running) -> None:
    terminal = etpp.terminal()
    version = terminal.gallery().json()["manifest"]["version"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(terminal.gallery, version, 50)
        while etpp.watch.waiting == 0:
            assert not waiting.done()
        etpp.admin("POST", f"devices/{terminal.device_id}/revoke")
        assert problem_of(waiting.result(20)) == "device-revoked"
    assert problem_of(terminal.send_events([])) == "device-revoked"


def test_a_key_that_was_borrowed_for_a_moment_does_not_lock_its_terminal_out(etpp: Running) -> None:
    terminal = etpp.terminal()
    for far in (2**53 - 1, 10**9 + 1000):
        assert problem_of(terminal.gallery(nonce=far)) == "replayed-request"
    assert terminal.gallery(nonce=10**9).status_code == 200  # a terminal never skips so many
    assert terminal.gallery(nonce=10**9 + 1).status_code == 200


@pytest.mark.parametrize(("ahead", "status"), [(10_000, 200), (10_001, 400)])
def test_an_offices_versions_cannot_be_used_up(etpp: Running, ahead: int, status: int) -> None:
    terminal = etpp.terminal()
    version = terminal.gallery().json()["manifest"]["version"]
    assert terminal.gallery(since=version + ahead).status_code == status


def test_a_terminal_fills_the_approvals_page_only_so_far(etpp: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etpp.books.intake.MAX_PENDING", 2)
    terminal = etpp.terminal()
    events = [terminal.enrolment(f"{NIP[:-1]}{n}", "Sri Lestari", n) for n in range(1, 5)]
    results = terminal.send_events(events).json()["results"]
    assert [result["status"] for result in results] == ["accepted", "accepted", "rejected", "rejected"]
    assert "wait for BKPP already" in results[2]["problem"]["detail"]
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{events[0]['event_id']}/reject")
    (again,) = terminal.send_events([terminal.enrolment(NIP, "Sri Lestari", 9)]).json()["results"]
    assert again["status"] == "accepted"


@pytest.mark.parametrize(("number", "status"), [(3e38, "rejected"), (9.0, "rejected"), (0.09, "accepted")])
def test_numbers_that_are_no_face_are_refused(etpp: Running, number: float, status: str) -> None:
    template = base64.b64encode(np.full(128, number, "<f4").tobytes()).decode()
    terminal = etpp.terminal()
    (result,) = terminal.send_events([terminal.enrolment(NIP, "Sri Lestari", templates=[template])]).json()["results"]
    assert result["status"] == status
