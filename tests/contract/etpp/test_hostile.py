"""A hostile sender over real HTTP: each attack gets the right problem document, and the books stay as they were."""

from __future__ import annotations

import datetime as dt
import json
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.books.store import Books
from tests.contract.etpp.client import Terminal, hash_of, problem_of, uuid7
from tests.contract.etpp.running import OFFICE, Running, running

MIB = 1024 * 1024


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server:
        yield server


@pytest.fixture
def terminal(etpp: Running) -> Terminal:
    return etpp.terminal()


def books(etpp: Running) -> list[Any]:
    return [(link["seq"], link["hash"], link["status"]) for link in etpp.events()]


# ---------------------------------------------------------------- events


def test_a_changed_event_is_rejected_and_kept_for_bkpp(etpp: Running, terminal: Terminal) -> None:
    person = etpp.person()
    event, after = terminal.presence(person), terminal.presence(person)
    forged = {**event, "wall_utc": "2026-11-24T00:00:00.000Z"}
    results = terminal.send_events([forged, after]).json()["results"]
    assert [r["status"] for r in results] == ["rejected", "accepted"]
    assert results[0]["problem"]["type"] == "urn:presensi:problem:hash-wrong"
    assert [link["event_id"] for link in etpp.events("status=rejected")] == [event["event_id"]]


def test_an_event_changed_after_it_was_accepted_changes_nothing(etpp: Running, terminal: Terminal) -> None:
    event = terminal.presence(etpp.person())
    terminal.send_events([event])
    before = books(etpp)
    (result,) = terminal.send_events([{**event, "monotonic_ms": 5}]).json()["results"]
    assert (result["status"], result["problem"]["type"]) == ("rejected", "urn:presensi:problem:hash-wrong")
    assert books(etpp) == before


def test_history_cannot_be_rewritten(etpp: Running, terminal: Terminal) -> None:
    person = etpp.person()
    terminal.send_events([terminal.presence(person), terminal.presence(person)])
    before = books(etpp)
    liar = Terminal(terminal.url, terminal.key, terminal.device_id, nonces=terminal.nonces, chain_id=terminal.chain_id)
    answer = liar.send_events([liar.presence(person)])
    assert (problem_of(answer), answer.json()["expected_seq"]) == ("chain-broken", 3)
    assert books(etpp) == before
    with etpp.database.read() as tx:
        (head,) = Books(tx).heads(OFFICE)
    assert head.broken_utc is not None


def test_a_link_to_another_event_is_a_broken_chain(etpp: Running, terminal: Terminal) -> None:
    person = etpp.person()
    terminal.send_events([terminal.presence(person)])
    terminal.last_hash = "ab" * 32
    answer = terminal.send_events([terminal.presence(person)])
    assert (problem_of(answer), answer.json()["expected_seq"]) == ("chain-broken", 2)


def test_a_reordered_or_gapped_batch_leaves_no_trace(etpp: Running, terminal: Terminal) -> None:
    person = etpp.person()
    events = [terminal.presence(person) for _ in range(4)]
    for sent in (events[1:], events[::-1], [events[0], events[2]], [events[0], events[0]]):
        answer = terminal.send_events(sent)
        assert (problem_of(answer), answer.json()["expected_seq"]) == ("sequence-gap", 1)
    assert books(etpp) == []
    assert terminal.send_events(events).status_code == 200


def test_two_chains_in_one_batch_are_malformed(terminal: Terminal) -> None:
    first = terminal.attack()
    second = {**terminal.attack(), "chain_id": "11111111-1111-4111-8111-111111111111"}
    assert problem_of(terminal.send_events([first, second])) == "malformed"


def test_an_event_of_another_terminal_is_rejected(etpp: Running, terminal: Terminal) -> None:
    other = etpp.terminal()
    event = terminal.presence(etpp.person(), device_id=other.device_id)
    (result,) = terminal.send_events([event]).json()["results"]
    assert (result["status"], result["problem"]["type"]) == ("rejected", "urn:presensi:problem:event-invalid")


@pytest.mark.parametrize("value", [2**60, "\ud800", "x" * 70_000], ids=["integer", "surrogate", "size"])
def test_an_event_without_a_canonical_form_or_of_great_size_is_rejected(
    etpp: Running, terminal: Terminal, value: object
) -> None:
    event = {**terminal.attack(), "remark": value}
    if isinstance(value, str) and len(value) > 1:
        event["hash"] = hash_of(event)
    (result,) = terminal.send_events([event]).json()["results"]
    assert (result["status"], result["problem"]["type"]) == ("rejected", "urn:presensi:problem:event-invalid")
    assert "remark" not in etpp.events()[0]["event"]


def test_a_name_that_is_markup_stays_text(etpp: Running, terminal: Terminal) -> None:
    event = terminal.enrolment("198503152010011007", "<script>alert(1)</script>")
    assert terminal.send_events([event]).json()["results"][0]["status"] == "accepted"
    control = terminal.enrolment("198503152010011007", "Sri\x00\x1b[2J")
    assert terminal.send_events([control]).json()["results"][0]["status"] == "rejected"
    page = etpp.log_in(etpp.bkpp).get(f"{etpp.url}/console/enrolments").text
    assert "&lt;script&gt;" in page
    assert "<script" not in page


# ---------------------------------------------------------------- signatures and replay


def test_a_replayed_request_is_refused_with_the_highest_nonce(etpp: Running, terminal: Terminal) -> None:
    caught: list[requests.PreparedRequest] = []
    first = terminal.post("events", terminal.batch([terminal.attack()]), nonce=1041, after_signing=caught.append)
    assert first.status_code == 200
    again = requests.Session().send(caught[0])
    assert (problem_of(again), again.json()["highest_nonce"]) == ("replayed-request", 1041)
    assert problem_of(terminal.gallery(nonce=1041 - 64)) == "replayed-request"
    assert terminal.gallery(nonce=1041 - 63).status_code == 200
    assert etpp.admin("GET", "events")["count"] == 1


def test_a_captured_provisioning_gives_nobody_a_terminal(etpp: Running) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    caught: list[requests.PreparedRequest] = []
    assert Terminal(etpp.url).provision(code, after_signing=caught.append).status_code == 201
    assert problem_of(requests.Session().send(caught[0])) == "replayed-request"


def test_another_terminals_key_opens_nothing(etpp: Running, terminal: Terminal) -> None:
    other = etpp.terminal()
    assert problem_of(terminal.post("events", {}, key=other.key)) == "signature-invalid"
    assert problem_of(terminal.post("events", {}, key=other.key, key_id=other.device_id)) == "signature-invalid"
    assert problem_of(terminal.post("heartbeat", {}, key=Ed25519PrivateKey.generate())) == "signature-invalid"


def test_an_unknown_terminal_is_told_so(etpp: Running) -> None:
    stranger = Terminal(etpp.url, device_id="018f2c5e-0000-7000-8000-000000000bad")
    assert problem_of(stranger.gallery()) == "device-unknown"


@pytest.mark.parametrize(
    "left_out",
    ["@method", "@authority", "@path", "@query", "presensi-protocol", "content-digest", "content-type"],
)
def test_everything_must_be_covered(terminal: Terminal, left_out: str) -> None:
    answer = terminal.post("events", terminal.batch([]), leave_out=(left_out,))
    assert problem_of(answer) == "signature-invalid"


def test_a_compressed_bodys_encoding_must_be_covered(terminal: Terminal) -> None:
    answer = terminal.post("events", terminal.batch([]), gzipped=True, leave_out=("content-encoding",))
    assert problem_of(answer) == "signature-invalid"


def test_a_body_exchanged_after_signing_is_refused(terminal: Terminal) -> None:
    def exchange(request: requests.PreparedRequest) -> None:
        request.body = json.dumps(terminal.batch([])).replace(terminal.chain_id, uuid7()).encode()
        request.headers["Content-Length"] = str(len(request.body))

    assert problem_of(terminal.post("events", terminal.batch([]), after_signing=exchange)) == "signature-invalid"


@pytest.mark.parametrize("headers", [{"Presensi-Protocol": "2"}, {"Presensi-Protocol": "one"}])
def test_another_protocol_version_is_named(terminal: Terminal, headers: dict[str, str]) -> None:
    answer = terminal.gallery(headers=headers)
    assert (problem_of(answer), answer.json()["supported"]) == ("protocol-version", [1])


@pytest.mark.parametrize("nonce", ["", "-1", "x", "1.5", "9" * 30])
def test_a_nonce_is_a_decimal_counter(terminal: Terminal, nonce: str) -> None:
    assert problem_of(terminal.gallery(nonce=nonce)) == "signature-invalid"


def test_a_clock_that_is_wrong_by_years_is_no_reason_to_refuse(etpp: Running, terminal: Terminal) -> None:
    for year in (1970, 1999, 2099):
        assert terminal.gallery(created=dt.datetime(year, 1, 2, tzinfo=dt.UTC)).status_code == 200


# ---------------------------------------------------------------- sizes


def test_an_unsigned_giant_is_refused_before_it_is_sent(etpp: Running, terminal: Terminal) -> None:
    host, port = etpp.url.removeprefix("http://").split(":")
    for path, version, status in (
        ("/v1/provision", "1", b"HTTP/1.1 401 "),
        (f"/v1/devices/{terminal.device_id}/events", "1", b"HTTP/1.1 401 "),
        (f"/v1/devices/{terminal.device_id}/events", "7", b"HTTP/1.1 400 "),
    ):
        with socket.create_connection((host, int(port)), timeout=30) as line:
            head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nPresensi-Protocol: {version}\r\n"
            line.sendall(head.encode() + b"Content-Length: 1000000000000\r\n\r\n" + b"x" * 1000)
            # The status line only: closing a line with unread bytes resets it, and the rest may be lost on its way.
            answer = b""
            while b"\r\n" not in answer and (part := line.recv(65536)):
                answer += part
        assert answer.startswith(status)


def test_a_body_beyond_the_limit_is_too_large(terminal: Terminal) -> None:
    body = b'{"events": "' + b"x" * (8 * MIB)
    path = f"/v1/devices/{terminal.device_id}/events"

    def stream(request: requests.PreparedRequest) -> None:
        """Without a Content-Length nobody can tell beforehand."""
        request.body = iter([body[i : i + 65536] for i in range(0, len(body), 65536)])  # type: ignore[assignment]
        del request.headers["Content-Length"]
        request.headers["Transfer-Encoding"] = "chunked"

    assert problem_of(terminal.send("POST", path, body, after_signing=stream)) == "too-large"


@pytest.mark.parametrize("inflated", [8 * MIB + 1, 512 * MIB])
def test_a_gzip_bomb_is_too_large(terminal: Terminal, inflated: int) -> None:
    bomb = b"".join(_bomb(inflated))
    answer = terminal.send("POST", f"/v1/devices/{terminal.device_id}/events", bomb, is_gzip=True)
    assert problem_of(answer) == "too-large"


def _bomb(size: int) -> Iterator[bytes]:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * MIB
    for _ in range(size // MIB):
        yield deflate.compress(block)
    yield deflate.compress(b" " * (size % MIB)) + deflate.flush()


def test_more_than_500_events_are_too_large(terminal: Terminal) -> None:
    batch = terminal.batch([])
    batch["events"] = [{}] * 501
    assert problem_of(terminal.post("events", batch)) == "too-large"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"[" * 100_000 + b"]" * 100_000, "malformed"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "malformed"),
        (b'{"events":[' + b"{}," * 2_000_000 + b"{}]}", "too-large"),
        (b"\x00\xff\xfe garbage", "malformed"),
        (b"", "malformed"),
        (b"{}", "malformed"),
        (b'{"events": [5], "reported_through": {}}', "malformed"),
        (
            b'{"events": [{}], "reported_through": {"chain_id": "a", "seq": 0, "utc": "2026-11-24T00:00:00Z"}}',
            "malformed",
        ),
    ],
    ids=["deep lists", "deep objects", "many objects", "garbage", "empty", "nothing", "no event", "empty event"],
)
@pytest.mark.parametrize("what", ["events", "heartbeat"])
def test_hostile_bodies(terminal: Terminal, body: bytes, problem: str, what: str) -> None:
    if what == "heartbeat" and len(body) > 512 * 1024:
        problem = "too-large"
    path = f"/v1/devices/{terminal.device_id}/{what}"
    assert problem_of(terminal.send("POST", path, body)) == problem
    assert terminal.heartbeat().status_code == 200


def test_a_provisioning_stays_small(etpp: Running) -> None:
    stranger = Terminal(etpp.url)
    answer = stranger.provision("X" * 20_000)
    assert problem_of(answer) == "too-large"


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/devices", "/v1/devices/x", "/v1/devices/x/events", "/openapi.json"])
def test_other_paths_are_problems_too(etpp: Running, path: str) -> None:
    answer = requests.get(etpp.url + path, timeout=30)
    assert answer.status_code in (404, 405)
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("query", ["since=x", "since=-1", "since=1e3", "wait_s=-5", f"since={10**30}"])
def test_a_gallery_query_that_is_no_number(terminal: Terminal, query: str) -> None:
    answer = terminal.send("GET", f"/v1/devices/{terminal.device_id}/gallery?{query}")
    assert problem_of(answer) == "malformed"


# ---------------------------------------------------------------- administrator


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer wrong", "Basic YTpi", "Bearer \u00e9"])
def test_the_administrators_calls_need_the_token(etpp: Running, token: str) -> None:
    for method, path in (("GET", "offices"), ("POST", "offices"), ("GET", "presence"), ("POST", "devices/x/revoke")):
        answer = requests.request(
            method, f"{etpp.url}/v1/admin/{path}", headers={"Authorization": token.encode("latin-1")}, timeout=30
        )
        assert problem_of(answer) == "unauthorized"


def test_what_an_administrator_asks_wrongly_is_said(etpp: Running) -> None:
    new = {"office_id": OFFICE, "name": "Zwei"}
    assert etpp.admin("POST", "offices", new, expect=409)["type"].endswith("conflict")
    etpp.admin("POST", "offices", new | {"office_id": "Kantor Satu"}, expect=409)
    etpp.admin("POST", "offices", new | {"office_id": "dinas-x", "timezone": "Mars/Olympus"}, expect=409)
    etpp.admin("POST", "offices", {"office_id": "dinas-x"}, expect=400)
    etpp.admin("POST", "offices/keine/codes", expect=404)
    etpp.admin("POST", f"offices/{OFFICE}/people", {"nip": "123", "name": "A"}, expect=409)
    etpp.admin("DELETE", f"offices/{OFFICE}/people/nobody", expect=404)
    etpp.admin("GET", f"presence?office_id={OFFICE}&date=gestern", expect=400)
    etpp.admin("POST", "devices/none/revoke", expect=404)
