"""`etpp device`: the terminals."""

from __future__ import annotations

import click

from etpp.base.clock import utc_now
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.terminals import life
from etpp.terminals.documents import device_shown


@click.group("device")
def command() -> None:
    """Terminals."""


@command.command("list")
@click.option("--office", "office_id", default=None)
@pass_place
@as_json_option
def device_list(place: Place, office_id: str | None, as_json: bool) -> None:
    """List the terminals."""
    devices = place.read(lambda tx: life.devices(tx, office_id))
    columns = ("office_id", "device_id", "last_seen_utc", "gallery_version", "revoked_utc")
    print_table([device_shown(each).model_dump() for each in devices], columns, as_json)


@command.command("revoke")
@click.argument("device_id")
@pass_place
@as_json_option
def device_revoke(place: Place, device_id: str, as_json: bool) -> None:
    """Refuse a terminal from now on; it stops recording and keeps what it has not sent."""
    revoked = place.change(lambda tx: life.revoke(tx, device_id, utc_now()))
    print_values({"device_id": revoked.device_id, "office_id": revoked.office_id}, as_json)
