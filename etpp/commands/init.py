"""`etpp init`: the state folder, its keys, the tables and the first administrator."""

from __future__ import annotations

import click

from etpp.accounts.service import FIRST_LOGIN, first_administrator
from etpp.base.clock import utc_now
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.state import State


@click.command("init")
@pass_place
@as_json_option
def command(place: Place, as_json: bool) -> None:
    """Make the state folder, its keys, the tables and the first administrator. Harmless when they are there."""
    place.make()
    secrets = State(place.state).secrets
    with place.database() as database:
        first_administrator(database, secrets, utc_now())
    initial = secrets.first_password
    print_values(
        {
            "state": str(place.state),
            "console_user": FIRST_LOGIN,
            "console_password_file": str(initial) if initial.exists() else None,
            "admin_token_file": str(place.state / "admin-token"),
        },
        as_json,
    )
