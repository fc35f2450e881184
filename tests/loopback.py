"""Tests reach no other machine: a socket that would leave loopback is refused, and so is a question to a name server.

Python's audit events are heard rather than `socket` replaced, so that no import order, copied name or library's own
socket class escapes. Not heard: a process that a test starts, a connection that a C library makes by itself, and the
look-up of a name that is handed straight to `connect` (the connection is refused, after it).
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

# By Python's table of audit events: the first have (socket, address), the others begin with a host's name or address.
_ADDRESSED = {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"}
_LOOKED_UP = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}


class Elsewhere(BaseException):
    """A test reached for another machine. Not an `Exception`: code that expects a bad network would take it for one."""


class Guard:
    """Refuses, and keeps what it refused: an exception in a thread of the code under test would fail no test."""

    def __init__(self) -> None:
        self._refused: list[str] = []

    def install(self) -> None:
        """For the rest of this process: Python has no way to take an audit hook back."""
        sys.addaudithook(self._hear)

    def taken(self) -> list[str]:
        """What was refused since the last call."""
        taken, self._refused = self._refused, []
        return taken

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _ADDRESSED:
            connection, address = arguments
            if address is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
                return  # a message on a socket that is connected already, or a Unix socket
            host = address[0]
        elif event in _LOOKED_UP:
            host = arguments[0]
        else:
            return
        if not stays_here(host):
            self._refused.append(f"{event} {host!r}")
            raise Elsewhere(self._refused[-1])


def stays_here(host: str | bytes | None) -> bool:
    """Whether `host`, a name or an address, is this machine's loopback. Empty is every interface, so it is not."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


guard = Guard()
