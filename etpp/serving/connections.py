"""Connections that somebody holds without asking for anything: they end, one address has only so many, and so have all
together. They are counted where they are let in: what has not finished its TLS handshake is one already."""

from __future__ import annotations

import asyncio
import ipaddress
import resource
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from etpp.base.throttle import network_of

HEADERS_S = 15.0
"""Within which the head of a request must be whole, from the connection's start or from the answer before."""

UNREAD_BYTES = 16 << 20
"""Of a body that comes after its answer, as when it was refused unread: whoever sends no more than any call takes
(10 MiB) hears the answer, and who goes on after that is cut off."""

PER_ADDRESS = 200
"""Of one address (IPv6: /64) that is no proxy: an office behind one address has a few terminals and some browsers."""

IN_ALL = 4_096
"""A connection in its TLS handshake takes 300 KiB; files and the database need descriptors too."""

OPEN_FILES = 16_384
"""As LimitNOFILE= in etpp.service; a connection is one."""


class Proxies:
    """Addresses and networks of reverse proxies, such as "10.0.0.7" or "10.0.0.0/24". Raises ValueError."""

    def __init__(self, said: Sequence[str]) -> None:
        self._networks = [ipaddress.ip_network(each, strict=False) for each in said]

    def __contains__(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return any((mapped or address) in network for network in self._networks)

    @property
    def spellings(self) -> list[str]:
        """Each as a peer of its own family and, of IPv4, as a socket of both families shows it."""
        mapped = [
            f"::ffff:{each.network_address}/{96 + each.prefixlen}" for each in self._networks if each.version == 4
        ]
        return [*map(str, self._networks), *mapped]


class Door(socket.socket):
    """A listening socket that lets in so many of one address and in all, from `guard` on. Of one thread: the loop's."""

    _proxies: Proxies | None = None

    def guard(self, proxies: Proxies) -> None:
        """`proxies` may hold as many connections as they like, within what all may."""
        self._proxies = proxies
        self._held: Counter[str] = Counter()

    def accept(self) -> tuple[socket.socket, Any]:
        """Raises ConnectionAbortedError for one too many, which asyncio passes over."""
        link, address = super().accept()
        if self._proxies is None:
            return link, address
        name = network_of(address[0])
        crowded = self._held[name] >= PER_ADDRESS and address[0] not in self._proxies
        if crowded or self._held.total() >= IN_ALL:
            link.close()
            raise ConnectionAbortedError(f"{name} holds too many connections")
        self._held[name] += 1
        return _Guest(link, lambda: self._leave(name)), address

    def _leave(self, name: str) -> None:
        self._held[name] -= 1
        if not self._held[name]:
            del self._held[name]


class _Guest(socket.socket):
    """Says once that it has gone."""

    def __init__(self, link: socket.socket, leave: Callable[[], None]) -> None:
        super().__init__(link.family, link.type, link.proto, link.detach())
        self._leave: Callable[[], None] | None = leave

    def close(self) -> None:
        super().close()
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


class PatientProtocol(H11Protocol):
    """uvicorn's own, with an end to its patience."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        self._unread_bytes = 0
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        unread = self.conn.our_state is h11.DONE and self.conn.their_state is h11.SEND_BODY
        self._unread_bytes = self._unread_bytes + len(data) if unread else 0
        if self._unread_bytes > UNREAD_BYTES:
            self.transport.abort()
        if self._is_answering() and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def on_response_complete(self) -> None:
        self._wait_for_head()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
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


def allow_open_files() -> None:
    """As many connections as the system lets this user have: the usual soft limit of 1,024 is one guesser's work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
