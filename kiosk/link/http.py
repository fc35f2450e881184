"""HTTP as `kiosk sync` needs it: one connection, signed, bounded in time and size, and cut off at once when told to.

Nothing of requests leaves this module: its exceptions become Unreachable, its responses an Answer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from kiosk.errors import ServerError, Unreachable
from kiosk.link.download import Download
from kiosk.link.tls import DateCheck, make_context
from kiosk.ports import Clock, UtcNow

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""Larger than any gallery; a server that sends more is not ours."""

PATIENCE_S = 60.0
SLOWEST_BYTES_S = 100.0
"""An answer that trickles in more slowly than this, after that long, keeps the line busy and is given up."""

GZIP_FROM_BYTES = 1024
CHUNK_BYTES = 64 * 1024

Sign = Callable[[Any], None]
"""Puts the signature on a prepared request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. Times are `Moment.monotonic_ms` when the request went out and when the answer's head came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_ms: int
    received_ms: int


class Transport:
    """One thread calls, any thread may `abort()`. Raises Unreachable, or ServerError when an answer is too large."""

    def __init__(
        self,
        *,
        ca_file: str,
        timeout_s: float,
        clock: Clock,
        sign: Sign,
        wall: UtcNow = lambda: dt.datetime.now(dt.UTC),
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self._timeout_s = timeout_s
        self._clock = clock
        self._sign = sign
        self._progress = progress
        self._sockets = _Sockets()
        self._session = requests.Session()
        adapter = _Adapter(self._sockets, make_context(ca_file), DateCheck(clock, wall))
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        headers = {**headers, "Content-Type": "application/json"}
        if len(body) >= GZIP_FROM_BYTES:
            body = gzip.compress(body, compresslevel=6, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return self._exchange("POST", url, headers, body, Download(), self._timeout_s)

    def get(self, url: str, headers: Mapping[str, str], *, wait_s: float, download: Download) -> Answer:
        """A long poll of up to `wait_s`, going on with what `download` has. The answer's body is the whole of it."""
        headers = {**headers, **download.headers()}
        return self._exchange("GET", url, headers, None, download, self._timeout_s + wait_s)

    def abort(self) -> None:
        """Make a call that is under way in another thread fail at once, and every later one too."""
        self._sockets.abort()

    def close(self) -> None:
        self._session.close()

    def _exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        download: Download,
        read_timeout_s: float,
    ) -> Answer:
        with _translated():
            request = self._session.prepare_request(
                requests.Request(method, url, headers={**headers, "Accept-Encoding": "identity"}, data=body, auth=_noop)
            )
            self._sign(request)
            # Proxies from the environment; which authorities are trusted is the adapter's matter alone.
            proxies = self._session.merge_environment_settings(url, {}, True, None, None)["proxies"]
            sent_ms = self._clock.now().monotonic_ms
            response = self._session.send(
                request,
                timeout=(self._timeout_s, read_timeout_s),
                allow_redirects=False,
                stream=True,
                proxies=proxies,
            )
            received_ms = self._clock.now().monotonic_ms
            began_s = time.monotonic()
            received = download.receive(response.status_code, response.headers)
            came = 0
            with contextlib.closing(response), _kept_when_cut(download):
                # read1() gives what has come so far: iter_content() would wait for a full chunk and lose it in a cut.
                while chunk := response.raw.read1(CHUNK_BYTES, decode_content=True):
                    received += chunk
                    came += len(chunk)
                    self._progress()
                    if len(received) > MAX_ANSWER_BYTES:
                        download.forget()
                        raise ServerError("the server's answer is larger than any gallery. Check the server's address.")
                    download.save()
                    if time.monotonic() - began_s > PATIENCE_S + came / SLOWEST_BYTES_S:
                        raise Unreachable("the server's answer comes in too slowly. Check the network.")
        return Answer(response.status_code, response.headers, bytes(received), sent_ms, received_ms)


@contextlib.contextmanager
def _kept_when_cut(download: Download) -> Iterator[None]:
    try:
        yield
    except BaseException:
        download.save(cut=True)
        raise


def _noop(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """In the place of credentials: without it, requests would take some from ~/.netrc."""
    return request


class _Sockets:
    """The sockets that are open now, so that another thread can shut them down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._aborted = False

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.add(sock)
            if self._aborted:
                _shut_down(sock)

    def remove(self, sock: socket.socket | None) -> None:
        with self._lock:
            if sock is not None:
                self._open.discard(sock)

    def abort(self) -> None:
        with self._lock:
            self._aborted = True
            for sock in self._open:
                _shut_down(sock)


def _shut_down(sock: socket.socket) -> None:
    # The plain method, below TLS: it wakes a thread that is blocked in recv() without touching its TLS state.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Connections that report their sockets, with one TLS context that is ours alone."""

    def __init__(self, sockets: _Sockets, context: ssl.SSLContext, dates: DateCheck) -> None:
        self._sockets = sockets
        self._context = context
        self._dates = dates
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools()

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools()
        return manager

    def cert_verify(self, conn: Any, *_: object) -> None:
        """In place of requests' own, which would add the authorities of its bundle to the context's."""
        conn.cert_reqs = "CERT_REQUIRED"

    def _pools(self) -> dict[str, type[HTTPConnectionPool]]:
        sockets, context, dates = self._sockets, self._context, self._dates

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                sockets.add(self.sock)

            def close(self) -> None:
                sockets.remove(self.sock)
                super().close()

        class Tls(HTTPSConnection):
            def connect(self) -> None:
                dates.before(context)
                super().connect()
                sockets.add(self.sock)
                dates.after(cast(ssl.SSLSocket, self.sock).getpeercert())

            def close(self) -> None:
                sockets.remove(self.sock)
                super().close()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        return {"http": PlainPool, "https": TlsPool}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise Unreachable(
            "the server's certificate is not trusted. Check [server] ca_file, the address and the terminal's date."
        ) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, ssl.SSLError, OSError) as error:
        raise Unreachable(
            f"the server cannot be reached ({_cause(error)}). Check the network and the address."
        ) from error


def _cause(error: BaseException) -> str:
    """The innermost cause's type: the texts of requests hold addresses and object ids, and are pages long."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or type(error).__name__
