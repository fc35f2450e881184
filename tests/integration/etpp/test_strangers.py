"""What somebody without a key, a token or a password can make the server do: a real process, raw sockets."""

from __future__ import annotations

import contextlib
import select
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from fastapi.routing import APIRoute
from starlette.routing import Mount

from etpp.app import create_app
from etpp.db import Database
from etpp.serving.connections import HEADERS_S, IN_ALL, PER_ADDRESS, UNREAD_BYTES, Door, Proxies
from etpp.state import State
from tests.contract.etpp.client import Terminal
from tests.contract.etpp.running import running
from tests.integration.etpp.test_process import MIB, OFFICE, Served, certificate, etpp, served

JSON = "application/json"
CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
"""64 KiB of a body whose length nobody is told."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    state = tmp_path_factory.mktemp("strangers") / "state"
    etpp(state, "init")
    with served(state) as running:
        running.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        yield running


def _walk(found: list[Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every route that takes a body, of routers and of applications that are mounted: path and method."""
    for each in found:
        if isinstance(each, APIRoute):
            for method in sorted(each.methods & {"POST", "PUT", "DELETE", "PATCH"}):
                yield prefix + each.path, method
        elif isinstance(each, Mount):
            yield from _walk(list(each.routes), prefix + each.path)
        elif hasattr(each, "original_router"):  # what FastAPI keeps of `include_router`
            yield from _walk(list(each.original_router.routes), prefix)


def address_of(server: Served) -> tuple[str, int]:
    host, port = server.url.partition("://")[2].split(":")
    return host, int(port)


def memory_kib(server: Served) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0])


class Flood(NamedTuple):
    """The answer's first line, b"" without one, and how many bytes the server let come in."""

    line: bytes
    sent: int


def flood(server: Served, method: str, path: str, megabytes: int, content: str, *, stop: bool = True) -> Flood:
    """Send a body without an end, until the answer is here and then on when `stop` is False."""
    with socket.create_connection(address_of(server), 60) as link:
        head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {content}\r\nTransfer-Encoding: chunked\r\n\r\n"
        link.sendall(head.encode())
        link.setblocking(False)
        answer, sent, rest = b"", 0, memoryview(CHUNK)
        with contextlib.suppress(ConnectionError):
            while sent < megabytes * MIB and not (answer and stop):
                readable, writable, _ = select.select([link], [link], [], 60)
                if readable and not (part := link.recv(4096)):
                    break
                answer += part if readable else b""
                if writable:
                    taken = link.send(rest)
                    sent, rest = sent + taken, rest[taken:] or memoryview(CHUNK)
                if not readable and not writable:
                    break
            link.settimeout(60)
            answer = answer or link.recv(4096)
    return Flood(answer.split(b"\r\n")[0], sent)


def test_no_route_reads_a_strangers_body(server: Served, tmp_path: Path) -> None:
    app = create_app(Database("sqlite://"), State(tmp_path / "state"))
    asked = [(method, path) for path, method in _walk(list(app.routes))]
    assert len(asked) > 15
    assert {"/v1/provision", "/v1/admin/offices", "/console/login"} <= {path for _, path in asked}
    for method, path in asked:
        where = path.replace("{office_id}", OFFICE).replace("{", "").replace("}", "")
        for content in (JSON, "application/x-www-form-urlencoded"):
            line, sent = flood(server, method, where, 64, content)
            # What the kernel holds on its way is not the server's; 64 MiB would be.
            assert sent < 16 * MIB, (method, path, line)
            assert line.split(b" ")[1:2] not in ([b"200"], [b"201"], [b"500"]), (method, path, line)


def test_memory_stays_where_it_was_whatever_is_sent(server: Served) -> None:
    before = memory_kib(server)
    for _ in range(4):
        flood(server, "POST", "/v1/admin/offices", 100, JSON, stop=False)
    assert memory_kib(server) - before < 16 * 1024


def test_who_goes_on_sending_after_the_answer_is_cut_off(server: Served) -> None:
    line, sent = flood(server, "POST", "/v1/admin/offices", 400, JSON, stop=False)
    assert line.split(b" ")[1:2] == [b"401"]
    # And what the kernel holds on its way.
    assert UNREAD_BYTES < sent < UNREAD_BYTES + 64 * MIB
    line, sent = flood(server, "POST", "/v1/admin/offices", 12, JSON, stop=False)
    assert line.split(b" ")[1:2] == [b"401"]
    assert sent >= 12 * MIB, "as much as any call takes is let come in"


def test_an_administrators_body_has_a_limit_too(server: Served) -> None:
    token = (server.state / "admin-token").read_text(encoding="ascii").strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": JSON}
    big = b'{"name":"' + b"x" * MIB + b'"}'
    told = requests.post(f"{server.url}/v1/admin/offices", data=big, headers=headers, timeout=60)
    assert (told.status_code, told.json()["type"]) == (413, "urn:presensi:problem:too-large")
    without_length = requests.post(f"{server.url}/v1/admin/offices", data=iter([big]), headers=headers, timeout=60)
    assert (without_length.status_code, without_length.json()["type"]) == (413, "urn:presensi:problem:too-large")


def test_of_two_hundred_passwords_at_once_twenty_are_tried_and_a_terminal_is_answered(tmp_path: Path) -> None:
    state = tmp_path / "state"
    etpp(state, "init")
    with served(state) as server:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        terminal = server.terminal()

        def guess(number: int) -> int:
            form = {"user": "bkpp", "password": f"guess {number}"}
            return requests.post(f"{server.url}/console/login", data=form, timeout=120).status_code

        with ThreadPoolExecutor(60) as pool:
            guesses = [pool.submit(guess, number) for number in range(200)]
            assert terminal.heartbeat().status_code == 200
            statuses = [each.result() for each in guesses]
        assert set(statuses) == {403, 429}
        # Twenty at once, and what is forgiven while they are looked at.
        assert 20 <= statuses.count(403) <= 40


def test_a_thousand_connections_that_ask_nothing_keep_nobody_out_and_end(tmp_path: Path) -> None:
    state = tmp_path / "state"
    etpp(state, "init")
    with served(state) as server, contextlib.ExitStack() as held:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        terminal = server.terminal()
        links = [held.enter_context(socket.create_connection(address_of(server), 60)) for _ in range(1100)]
        for link in links[::2]:
            link.sendall(b"POST /v1/provision HTTP/1.1\r\nHost: x\r\n")  # and never the end of it
        assert terminal.heartbeat().status_code == 200
        for link in links:
            link.settimeout(HEADERS_S * 8)
            with contextlib.suppress(ConnectionResetError):
                assert link.recv(1000) == b""  # the server has ended it
        assert terminal.heartbeat().status_code == 200


def test_connections_that_never_begin_tls_are_counted_too(tmp_path: Path) -> None:
    chain, key = certificate(tmp_path)
    state = tmp_path / "state"
    etpp(state, "init")
    etpp(state, "office", "add", OFFICE, "Dinas")
    options = ("--tls-certificate", str(chain), "--tls-key", str(key), "--proxy", "127.0.0.9")
    with served(state, *options) as server, contextlib.ExitStack() as held:
        source = ("127.0.0.2", 0)
        links = [held.enter_context(socket.create_connection(address_of(server), 60, source)) for _ in range(1100)]
        terminal = Terminal(server.url, verify=str(chain))
        assert terminal.provision(etpp(state, "code", OFFICE).strip()).status_code == 201
        # Connections are let in as they came: whoever came before the terminal was let in or sent away by now.
        sent_away = 0
        for link in links:
            link.setblocking(False)
            try:
                sent_away += link.recv(1) == b""
            except ConnectionResetError:
                sent_away += 1
            except BlockingIOError:
                pass
        assert sent_away == 1100 - PER_ADDRESS


def test_the_door_counts_each_address_and_all_and_lets_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with Door(socket.AF_INET, socket.SOCK_STREAM) as door, contextlib.ExitStack() as held:
        door.bind(("127.0.0.1", 0))
        door.listen(2000)
        door.guard(Proxies(["127.0.0.8/30"]))

        def come(client: str) -> socket.socket:
            held.enter_context(socket.create_connection(door.getsockname(), 60, (client, 0)))
            return held.enter_context(door.accept()[0])

        guests = [come("127.0.0.2") for _ in range(PER_ADDRESS)]
        with pytest.raises(ConnectionAbortedError):
            come("127.0.0.2")
        come("127.0.0.3")
        guests[0].close()
        guests[0].close()  # twice is once
        come("127.0.0.2")
        with pytest.raises(ConnectionAbortedError):
            come("127.0.0.2")
        proxies = [come("127.0.0.9") for _ in range(PER_ADDRESS + 1)]
        monkeypatch.setattr("etpp.serving.connections.IN_ALL", 2 * PER_ADDRESS + 2)
        with pytest.raises(ConnectionAbortedError):
            come("127.0.0.9")
        proxies[0].close()
        come("127.0.0.4")
    assert IN_ALL > 10 * PER_ADDRESS


@pytest.mark.parametrize("peer", ["10.0.0.5", "::ffff:10.0.0.5", "fd00::7"])
def test_a_proxy_is_known_by_its_network_and_in_both_families(peer: str) -> None:
    assert peer in Proxies(["10.0.0.0/24", "fd00::7"])
    assert peer not in Proxies(["10.0.1.0/24", "fd00::8"])
    for wrong in ("*", "proxy.local", "300.1.1.1", ""):
        with pytest.raises(ValueError):  # noqa: PT011 - ipaddress's own
            Proxies([wrong])


def test_half_a_form_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("etpp.console.visit.FORM_S", 0.1)
    with (
        running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server,
        socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), 60) as link,
    ):
        link.sendall(b"POST /console/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nuser=b")
        assert link.recv(4096).startswith(b"HTTP/1.1 400 Bad Request\r\n")


class Enough(Exception):
    pass


def signed_head(terminal: Terminal) -> dict[str, str]:
    """The head of a call that a terminal has signed and not made."""
    kept: dict[str, str] = {}

    def keep(prepared: requests.PreparedRequest) -> None:
        kept.update(prepared.headers)
        raise Enough

    with pytest.raises(Enough):
        terminal.post("heartbeat", {"software": "longer than what is sent of it"}, after_signing=keep)
    return kept


def test_who_hangs_up_in_the_middle_of_a_body_leaves_nothing_in_the_log(tmp_path: Path) -> None:
    """Bad lines and closed windows are everyday; and a stranger must not be able to fill the log."""
    etpp(tmp_path, "init")
    with served(tmp_path) as server:
        server.admin("POST", "offices", {"office_id": OFFICE, "name": "Dinas"})
        terminal = server.terminal()
        form = {"Host": "x", "Content-Type": "application/x-www-form-urlencoded", "Content-Length": "1000"}
        for path, headers in (
            ("/console/login", form),
            (f"/v1/devices/{terminal.device_id}/heartbeat", signed_head(terminal)),
        ):
            with socket.create_connection(address_of(server), 60) as link:
                lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
                link.sendall("\r\n".join([*lines, "Expect: 100-continue", "", ""]).encode())
                assert link.recv(4096).startswith(b"HTTP/1.1 100"), "it waits for the body"
                link.sendall(b"user=b")
    assert server.log.count("Traceback") == 0, server.log
