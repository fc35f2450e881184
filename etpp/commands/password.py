"""`etpp password`: the console's password."""

from __future__ import annotations

import click

from etpp.base.errors import Conflict
from etpp.commands.place import Place, pass_place


@click.command("password")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when not given.")
@pass_place
def command(place: Place, password: str) -> None:
    """Set the console's password."""
    if len(password) < 10:
        raise Conflict("the password needs ten characters or more")
    place.secrets().secrets.set_password(password)
