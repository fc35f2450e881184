"""Running the app: a socket, uvicorn, the line that says it is ready, systemd, and a stop that waits for no poll."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import ssl
import sys
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI

from etpp.base.errors import StateError
from etpp.serving.connections import Door, PatientProtocol, Proxies, allow_open_files
from etpp.serving.context import Server

log = logging.getLogger(__name__)

LOOPBACK = ("127.0.0.1", "::1")
"""Where TLS ends at a reverse proxy on the same machine."""

GRACE_S = 10
"""How long a request under way may still take when the server is told to stop; long polls are sent away at once."""


def bind(host: str, port: int) -> Door:
    """A listening address; port 0 takes any free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, for only then does asyncio send an answer's body at once; otherwise each waits 40 ms for the peer.
    listener = Door(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket, scheme: str = "http") -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def run(
    app: FastAPI,
    listener: Door,
    proxies: Proxies,
    certificate: Path | None = None,
    key: Path | None = None,
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
        forwarded_allow_ips=",".join(proxies.spellings),
        http=PatientProtocol,
        ws="none",  # a connection that became another protocol's would have no end of patience
    )
    allow_open_files()
    listener.guard(proxies)
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
        # A signal's handler: nothing here may fail or wait. uvicorn would raise the signal again at the end; a stop
        # that was asked for ends with exit code 0.
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._etpp.send_away()
        notify("STOPPING=1")
        await super().shutdown(sockets)


def notify(state: str) -> None:
    """Tell systemd, when it asked to be told (sd_notify(3)); nothing otherwise."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        try:
            channel.sendto(state.encode(), address)
        except OSError as error:  # nobody listens any more: no reason not to serve, or not to stop
            log.warning("systemd cannot be told %s: %s", state, error.strerror)


_LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"alembic": {"level": "WARNING"}},
}
