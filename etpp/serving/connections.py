"""Connections that somebody holds without asking for anything: they end, and one address has only so many."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

from etpp.base.throttle import network_of

HEADERS_S = 15.0
"""Within which the head of a request must be whole, from the connection's start or from the answer before."""

PER_ADDRESS = 200
"""Of one address (IPv6: /64) that is no proxy: an office behind one address has a few terminals and some browsers."""

OPEN_FILES = 16_384
"""As LimitNOFILE= in etpp.service; a connection is one."""


class PatientProtocol(H11Protocol):
    """uvicorn's own, with an end to its patience. `proxies` may hold as many connections as they like."""

    proxies: frozenset[str] = frozenset()
    _held: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = network_of(self.client[0]) if self.client else ""
        self._held[self._address] += 1
        self._deadline: asyncio.TimerHandle | None = None
        if self._address not in self.proxies and self._held[self._address] > PER_ADDRESS:
            transport.abort()
            return
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering() and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def on_response_complete(self) -> None:
        self._wait_for_head()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._held[self._address] -= 1
        if self._held[self._address] <= 0:
            del self._held[self._address]
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(HEADERS_S, self._too_late)

    def _too_late(self) -> None:
        if not self._is_answering():
            self.transport.abort()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete


def protocol_for(proxies: frozenset[str]) -> type[Any]:
    """The protocol of one server."""
    return type("ServerProtocol", (PatientProtocol,), {"proxies": proxies, "_held": Counter()})


def allow_open_files() -> None:
    """As many connections as the system lets this user have: the usual soft limit of 1,024 is one guesser's work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
