"""`etpp office`: the offices."""

from __future__ import annotations

import json
from typing import Any

import click

from etpp.base.clock import utc_now
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.roster import register
from etpp.roster.documents import office_json
from etpp.roster.store import Offices


@click.group("office")
def command() -> None:
    """Offices."""


@command.command("add")
@click.argument("office_id")
@click.argument("name")
@click.option(
    "--timezone", default="Asia/Jakarta", show_default=True, help="Asia/Jakarta, Asia/Makassar, Asia/Jayapura."
)
@click.option("--calendar", type=click.File("r"), help="JSON file with the calendar, as in docs/protocol.md.")
@pass_place
@as_json_option
def office_add(place: Place, office_id: str, name: str, timezone: str, calendar: Any | None, as_json: bool) -> None:
    """Add an office."""
    now = utc_now()
    hours = json.load(calendar) if calendar is not None else register.first_calendar(timezone, now.date())
    added = place.change(lambda tx: register.add_office(tx, office_id, name, hours, now))
    print_values(office_json(added) if as_json else {"office_id": office_id, "name": name}, as_json)


@command.command("list")
@pass_place
@as_json_option
def office_list(place: Place, as_json: bool) -> None:
    """List the offices."""
    offices = place.read(lambda tx: Offices(tx).all())
    print_table([office_json(each) for each in offices], ("office_id", "name", "gallery_version"), as_json)
