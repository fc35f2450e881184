"""Running the app: a socket, uvicorn, the line that says it is ready, systemd, and a stop that waits for no poll."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from etpp.base.errors import StateError
from etpp.base.throttle import network_of
from etpp.serving.connections import allow_open_files, protocol_for
from etpp.serving.context import Server

LOOPBACK = ("127.0.0.1", "::1")
"""Where TLS ends at a reverse proxy on the same machine."""

GRACE_S = 10
"""How long a request under way may still take when the server is told to stop; long polls are sent away at once."""


def bind(host: str, port: int) -> socket.socket:
    """A listening address; port 0 takes any free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _spellings(proxies: Sequence[str]) -> list[str]:
    """A socket of both families shows an IPv4 peer as ::ffff:127.0.0.1."""
    return [*proxies, *(f"::ffff:{each}" for each in proxies if ":" not in each and "/" not in each)]


def url_of(listener: socket.socket, scheme: str = "http") -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def run(
    app: FastAPI,
    listener: socket.socket,
    certificate: Path | None = None,
    key: Path | None = None,
    proxies: Sequence[str] = LOOPBACK,
) -> None:
    """Serve until SIGTERM or SIGINT, over TLS with a certificate (PEM, with its chain) and its key.

    `proxies`: addresses that may say for whom they ask (`X-Forwarded-For`, `X-Forwarded-Proto`); the nearest one before
    them counts.

    Prints one JSON line on standard output when requests are being taken. Raises StateError for a bad certificate.
    """
    if certificate is not None:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
        except OSError as error:  # ssl.SSLError is one too
            raise StateError(f"{certificate}: cannot be used with its key ({error.strerror or error})") from error
    config = uvicorn.Config(
        app,
        log_level="info",
        log_config=_LOGGING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        proxy_headers=True,
        forwarded_allow_ips=",".join(_spellings(proxies)),
        http=protocol_for(frozenset(network_of(each) for each in proxies)),
    )
    allow_open_files()
    url = url_of(listener, "http" if certificate is None else "https")
    asyncio.run(_Server(config, app.state.server, url).serve([listener]))


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, server: Server, url: str) -> None:
        super().__init__(config)
        self._etpp = server
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(json.dumps({"url": self._url}) + "\n")
            sys.stdout.flush()
            notify("READY=1")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        notify("STOPPING=1")
        self._etpp.send_away()
        # uvicorn would raise the signal again at the end; a stop that was asked for ends with exit code 0.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def notify(state: str) -> None:
    """Tell systemd, when it asked to be told (sd_notify(3)); nothing otherwise."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(state.encode(), address)


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"alembic": {"level": "WARNING"}},
}
