"""`etpp init`: the state folder, its keys and the tables."""

from __future__ import annotations

import click

from etpp.accounts.secrets import CONSOLE_USER
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.state import State


@click.command("init")
@pass_place
@as_json_option
def command(place: Place, as_json: bool) -> None:
    """Make the state folder, its keys and the tables. Harmless when they are there."""
    place.make()
    State(place.state)
    with place.database():
        pass
    initial = place.state / "console-password"
    print_values(
        {
            "state": str(place.state),
            "console_user": CONSOLE_USER,
            "console_password_file": str(initial) if initial.exists() else None,
            "admin_token_file": str(place.state / "admin-token"),
        },
        as_json,
    )
