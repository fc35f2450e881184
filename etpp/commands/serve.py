"""`etpp serve`: the server, until it is told to stop."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import logging
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import click

from etpp.absence.cabinet import Cabinet
from etpp.absence.store import Documents
from etpp.accounts.service import first_administrator
from etpp.app import create_app
from etpp.base.clock import utc_now
from etpp.base.errors import StoreUnavailable
from etpp.commands.place import Place, pass_place
from etpp.db import Database
from etpp.roster.check import broken_hours
from etpp.roster.retelling import retell
from etpp.serving.connections import Proxies
from etpp.serving.context import Settings
from etpp.serving.process import LOOPBACK, bind, run
from etpp.state import State

log = logging.getLogger(__name__)


def _proxies(context: click.Context, option: click.Parameter, said: tuple[str, ...]) -> Proxies:  # noqa: ARG001
    try:
        return Proxies([each for word in said for each in word.replace(",", " ").split()])
    except ValueError as error:
        raise click.BadParameter(f"{error}. Give an address such as 10.0.0.7, or a network.") from None


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free port.")
@click.option(
    "--approve",
    type=click.Choice(["manual", "auto"]),
    default="manual",
    show_default=True,
    help="Whether enrolments wait for BKPP or go to the terminals at once.",
)
@click.option("--tls-certificate", type=click.Path(path_type=Path, exists=True), help="PEM file with its chain.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True), help="PEM file of the certificate's key.")
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    envvar="ETPP_PROXIES",
    metavar="ADDRESS",
    callback=_proxies,
    default=LOOPBACK,
    show_default=True,
    help="A reverse proxy that may say for whom it asks; may be given several times.",
)
@pass_place
def command(
    place: Place,
    *,
    host: str,
    port: int,
    approve: Literal["manual", "auto"],
    tls_certificate: Path | None,
    tls_key: Path | None,
    proxies: Proxies,
) -> None:
    """Run the server. Prints one JSON line with its url when it is ready."""
    if tls_key is not None and tls_certificate is None:
        raise click.UsageError("--tls-key needs its --tls-certificate")
    place.make()
    secrets = State(place.state)
    with place.database() as database:
        with database.read() as tx:
            for fault in broken_hours(tx):
                log.warning(
                    "office %s: its terminals get no gallery: %s. %s", fault.office_id, fault.reason, fault.remedy
                )
        retell(database, utc_now())
        first_administrator(database, secrets.secrets, utc_now())
        _collect(database, place.state)
        try:
            listener = bind(host, port)
        except OSError as error:
            raise click.ClickException(f"cannot listen on {host}:{port}: {_advice(error)}") from error
        with contextlib.closing(listener):
            if tls_certificate is None and not _is_loopback(listener):
                click.echo(
                    "etpp: passwords and the administrator's token would travel in the clear: console and "
                    "administration answer on this machine only. Give --tls-certificate, or a reverse proxy with TLS "
                    "(docs/etpp.md).",
                    err=True,
                )
            run(create_app(database, secrets, Settings(approve=approve)), listener, proxies, tls_certificate, tls_key)


def _collect(database: Database, folder: Path) -> None:
    """What writers of documents that were killed have left. No reason not to serve."""

    def known(sha256s: Sequence[str]) -> set[str]:
        with database.read() as tx:
            return Documents(tx).known(sha256s)

    try:
        removed = Cabinet(folder).collect(known)
    except StoreUnavailable as error:
        log.warning("files of documents that nobody knows were not removed: %s", error)
        return
    if removed:
        log.info("%d files of documents that nobody knows were removed", removed)


def _advice(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "the port is taken. Is another server running? Stop it, or give another --port."
        case errno.EACCES:
            return "this user may not. Ports below 1024 are root's; give another --port."
        case _:
            return f"{error.strerror}. Give an address of this machine with --host."


def _is_loopback(listener: socket.socket) -> bool:
    return ipaddress.ip_address(listener.getsockname()[0]).is_loopback
