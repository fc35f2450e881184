"""Ports of loopback for servers that are other processes."""

from __future__ import annotations

import secrets
import socket

_BELOW_THE_SYSTEMS_OWN = range(12_000, 32_000)
"""Linux gives outgoing connections ports from 32,768 on: one of those may be taken by somebody's request while the
server that was to have it is still starting."""


def free_port() -> int:
    """One that nobody listens on now."""
    while True:
        port = secrets.choice(_BELOW_THE_SYSTEMS_OWN)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
