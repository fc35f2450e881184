"""A small e-TPP server for the terminal's tests, which keeps books in memory and misbehaves on demand.

It checks what a server must (chain, hashes, signature's presence) and answers as docs/protocol.md says, unless the next
entry of `script` for that call says otherwise. It shares no code with `etpp` nor with `kiosk`.
"""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import hashlib
import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

Json = dict[str, Any]
ZEROS = "0" * 64
LOGIN_PAGE = b"<html><title>Wi-Fi Tamu</title><form>NIP <input></form></html>"
WAIT_S = 20.0


def problem(name: str, status: int, **members: Any) -> tuple[int, dict[str, str], bytes]:
    document = {
        "type": f"urn:presensi:problem:{name}",
        "title": name,
        "status": status,
        "detail": "on demand",
        **members,
    }
    return status, {"Content-Type": "application/problem+json"}, json.dumps(document).encode()


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Json


Behaviour = Callable[["RoughServer", BaseHTTPRequestHandler, Request], None]


@dataclass
class RoughServer:
    """`accepted`: seq -> event of each chain. `script`: what the next requests of a call meet before it works again."""

    signing_key: Ed25519PrivateKey
    key_id: str = "gallery-2026-1"
    url: str = ""
    accepted: dict[str, dict[int, Json]] = field(default_factory=lambda: defaultdict(dict))
    heads: dict[str, tuple[int, str]] = field(default_factory=dict)
    links: list[Json] = field(default_factory=list)
    reported: list[Json] = field(default_factory=list)
    heartbeats: list[Json] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    script: dict[str, deque[Behaviour]] = field(default_factory=lambda: defaultdict(deque))
    reject: dict[str, str] = field(default_factory=dict)
    """person id -> problem with which that person's events are rejected."""
    office: Json = field(default_factory=dict)
    people: dict[str, Json] = field(default_factory=dict)
    version: int = 0
    carried: int = 0
    """Bytes of bodies that `paced` answers have put on the line."""
    clock_ahead: dt.timedelta = dt.timedelta()
    key_rotated: bool = False
    server_keys: Any = None
    """What every heartbeat's answer says of the server's keys."""
    news: threading.Condition = field(default_factory=threading.Condition)
    ended: bool = False
    patience: threading.Event = field(default_factory=threading.Event)

    # ------------------------------------------------------------ for the test

    def expect(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it holds; checked after every request."""
        with self.news:
            if not self.news.wait_for(condition, WAIT_S):
                raise AssertionError(f"it did not come to pass: {what}")

    def events(self) -> list[Json]:
        return [event for chain in self.accepted.values() for _, event in sorted(chain.items())]

    def push(self, *people: Json) -> None:
        with self.news:
            self.people.update({person["person_id"]: person for person in people})
            self.version += 1
            self.news.notify_all()

    # ------------------------------------------------------------ the calls

    def answer(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        for name in ("signature", "signature-input"):
            if name not in request.headers:
                return problem("signature-invalid", 401)
        call = request.path.rsplit("/", 1)[-1]
        if call == "gallery":
            return self._gallery(request)
        document = self._heartbeat(request.body) if call == "heartbeat" else self._events(request.body)
        if isinstance(document, tuple):
            return document
        return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()

    def server_time(self) -> str:
        now = dt.datetime.now(dt.UTC) + self.clock_ahead
        return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"

    def _events(self, body: Json) -> Json | tuple[int, dict[str, str], bytes]:
        reported = body["reported_through"]
        chain_id = reported["chain_id"]
        seq, before = self.heads.get(chain_id, (0, ZEROS))
        results = []
        for item in body["events"]:
            if "link" in item:
                link = item["link"]
                if link["last_seq"] > seq:
                    if link["first_seq"] != seq + 1:
                        return problem("sequence-gap", 409, expected_seq=seq + 1)
                    seq, before = link["last_seq"], link["hash"]
                    self.links.append(link)
                results.append({"event_id": None, "status": "accepted"})
                continue
            event = item["event"]
            content = {name: value for name, value in event.items() if name != "hash"}
            if hashlib.sha256(rfc8785.dumps(content)).hexdigest() != event["hash"]:
                return problem("malformed", 400)
            if event["seq"] <= seq:
                known = self.accepted[chain_id].get(event["seq"])
                if known is not None and known["hash"] != event["hash"]:
                    return problem("chain-broken", 409, expected_seq=seq + 1)
                results.append({"event_id": event["event_id"], "status": "duplicate"})
                continue
            if event["seq"] != seq + 1:
                return problem("sequence-gap", 409, expected_seq=seq + 1)
            if event["prev_hash"] != before:
                return problem("chain-broken", 409, expected_seq=seq + 1)
            seq, before = event["seq"], event["hash"]
            refused = self.reject.get(event.get("presence", {}).get("person_id", ""))
            if refused:
                document = {"type": f"urn:presensi:problem:{refused}", "title": refused, "status": 422}
                results.append({"event_id": event["event_id"], "status": "rejected", "problem": document})
            else:
                self.accepted[chain_id][seq] = {**event, "time": item["time"]}
                results.append({"event_id": event["event_id"], "status": "accepted"})
        self.heads[chain_id] = (seq, before)
        self.reported.append(reported)
        head = {"chain_id": chain_id, "seq": seq, "hash": before}
        return {"results": results, "head": head, "server_time": self.server_time()}

    def _heartbeat(self, body: Json) -> Json:
        self.heartbeats.append(body)
        newest = next(reversed(self.heads), None)
        head = None
        if newest is not None:
            head = {"chain_id": newest, "seq": self.heads[newest][0], "hash": self.heads[newest][1]}
        answer = {"server_time": self.server_time(), "key_rotated": self.key_rotated, "head": head}
        return answer if self.server_keys is None else {**answer, "server_keys": self.server_keys}

    def _gallery(self, request: Request) -> tuple[int, dict[str, str], bytes]:
        since, wait_s = int(request.query["since"][0]), int(request.query["wait_s"][0])
        with self.news:
            self.news.wait_for(lambda: self.version > since or self.ended, wait_s)
            if self.version <= since:
                return 204, {}, b""
            payload = {"office": self.office, "people": list(self.people.values())}
            manifest = {
                "version": self.version,
                "base_version": None,
                "device_id": request.path.split("/")[3],
                "office_id": self.office["office_id"],
                "issued_utc": "2026-11-24T00:00:00.000Z",
                "payload_sha256": hashlib.sha256(rfc8785.dumps(payload)).hexdigest(),
                "key_id": self.key_id,
            }
        signature = base64.urlsafe_b64encode(self.signing_key.sign(rfc8785.dumps(manifest))).rstrip(b"=").decode()
        content = json.dumps({"manifest": {**manifest, "signature": signature}, "payload": payload}).encode()
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"Content-Type": "application/json", "ETag": etag}
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        if wanted and request.headers.get("if-range") == etag:
            start = int(wanted[1])
            if start >= len(content):
                return 416, {"Content-Range": f"bytes */{len(content)}"}, b""
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            return 206, headers, content[start:]
        return 200, headers, content


# ---------------------------------------------------------------- behaviours


def works(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
    send(handler, *server.answer(request))


def says(status: int, headers: dict[str, str], body: bytes, protocol: str | None = "1") -> Behaviour:
    """This answer, whatever was asked."""
    return lambda _server, handler, _request: send(handler, status, headers, body, protocol)


def refuses(name: str, status: int, **members: Any) -> Behaviour:
    headers = {"Retry-After": str(members.pop("retry_after"))} if "retry_after" in members else {}
    status, more, body = problem(name, status, **members)
    return says(status, {**more, **headers}, body)


def forgets(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
    """Takes everything into its books, and the answer never arrives."""
    server.answer(request)
    handler.close_connection = True


def hangs_up(_server: RoughServer, handler: BaseHTTPRequestHandler, _request: Request) -> None:
    handler.close_connection = True


def cuts(share: float, missing: int = 0) -> Behaviour:
    """The right answer, cut off in the middle of its body; `missing`: bytes that it promises and does not have."""

    def behave(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
        status, headers, body = server.answer(request)
        send(handler, status, headers, body + bytes(missing), cut=int(len(body) * share))
        handler.close_connection = True

    return behave


def halves(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
    """The right answer's first half, with a matching length: JSON that ends in the middle."""
    status, headers, body = server.answer(request)
    send(handler, status, headers, body[: len(body) // 2])


def trickles(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
    """The right answer, a byte at a time, until the other side has had enough."""
    status, headers, body = server.answer(request)
    send(handler, status, headers, body, cut=0)
    for n in range(len(body)):
        handler.wfile.write(body[n : n + 1])
        if server.patience.wait(0.01):
            return


def drips(until: Callable[[], bool]) -> Behaviour:
    """The right answer in small pieces, until the condition holds or half of it is out; then silence."""

    def behave(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
        status, headers, body = server.answer(request)
        send(handler, status, headers, body, cut=0)
        piece = max(1, len(body) // 400)
        for at in range(0, len(body) // 2, piece):
            if until() or server.patience.is_set():
                break
            handler.wfile.write(body[at : at + piece])
            server.patience.wait(0.05)
        server.patience.wait(WAIT_S)
        handler.close_connection = True

    return behave


def paced(bytes_per_s: float) -> Behaviour:
    """The right answer as a slow line carries it."""

    def behave(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
        status, headers, body = server.answer(request)
        send(handler, status, headers, body, cut=0)
        began_s = time.monotonic()
        for at in range(0, len(body), 1400):
            handler.wfile.write(body[at : at + 1400])
            server.carried += len(body[at : at + 1400])
            if server.patience.wait(max(0.0, began_s + at / bytes_per_s - time.monotonic())):
                return

    return behave


def floods(_server: RoughServer, handler: BaseHTTPRequestHandler, _request: Request) -> None:
    """A body without an end."""
    send(handler, 200, {"Transfer-Encoding": "chunked"}, b"", cut=0, length=False)
    block = b"10000\r\n" + b" " * 65536 + b"\r\n"
    while True:
        handler.wfile.write(block)


def changes(edit: Callable[[Json], None]) -> Behaviour:
    """The right answer, with something in it changed."""

    def behave(server: RoughServer, handler: BaseHTTPRequestHandler, request: Request) -> None:
        status, headers, body = server.answer(request)
        document = json.loads(body)
        edit(document)
        send(handler, status, headers, json.dumps(document).encode())

    return behave


login_page = says(200, {"Content-Type": "text/html"}, LOGIN_PAGE, protocol=None)
redirects = says(302, {"Location": "http://portal.example/login"}, b"", protocol=None)
garbage = says(200, {"Content-Type": "application/json"}, bytes(range(256)) * 8)
deep = says(200, {"Content-Type": "application/json"}, b"[" * 100_000)
other_version = says(200, {}, b"{}", protocol="2")


def send(
    handler: BaseHTTPRequestHandler,
    status: int,
    headers: dict[str, str],
    body: bytes,
    protocol: str | None = "1",
    cut: int | None = None,
    length: bool = True,
) -> None:
    handler.send_response(status)
    if protocol is not None:
        handler.send_header("Presensi-Protocol", protocol)
    for name, value in headers.items():
        handler.send_header(name, value)
    if status != 204 and length:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body if cut is None else body[:cut])


@contextmanager
def rough_server(signing_key: Ed25519PrivateKey, office: Json) -> Iterator[RoughServer]:
    server = RoughServer(signing_key, office=office)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _any(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            raw = self.rfile.read(int(headers.get("content-length", 0)))
            if headers.get("content-encoding") == "gzip":
                raw = gzip.decompress(raw)
            request = Request(self.command, parts.path, parse_qs(parts.query), headers, json.loads(raw or b"{}"))
            call = parts.path.rsplit("/", 1)[-1]
            server.requests.append(request)
            behaviour = server.script[call].popleft() if server.script[call] else works
            try:
                behaviour(server, self, request)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            with server.news:
                server.news.notify_all()

        do_GET = do_POST = _any  # noqa: N815 - http.server's names

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        with server.news:
            server.ended = True
            server.patience.set()
            server.news.notify_all()
        http.shutdown()
        http.server_close()
        thread.join()
