"""`etpp serve`: the server, until it is told to stop."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import click

from etpp.app import create_app
from etpp.commands.place import Place, pass_place, place_of, place_options
from etpp.roster.check import broken_hours
from etpp.serving.context import Settings
from etpp.serving.process import bind, run
from etpp.state import State

log = logging.getLogger(__name__)


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
@place_options
@pass_place
def command(
    outer: Place,
    *,
    host: str,
    port: int,
    approve: Literal["manual", "auto"],
    tls_certificate: Path | None,
    tls_key: Path | None,
    state: Path | None,
    db: str | None,
) -> None:
    """Run the server. Prints one JSON line with its url when it is ready."""

    place = place_of(state, db, outer)
    secrets = State(place.state)
    with place.database() as database:
        with database.read() as tx:
            for fault in broken_hours(tx):
                log.warning(
                    "office %s: its terminals get no gallery: %s. %s", fault.office_id, fault.reason, fault.remedy
                )
        try:
            listener = bind(host, port)
        except OSError as error:
            raise click.ClickException(
                f"cannot listen on {host}:{port}: {error.strerror}. Is another server running?"
            ) from error
        run(create_app(database, secrets, Settings(approve=approve)), listener, tls_certificate, tls_key)
