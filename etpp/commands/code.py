"""`etpp code`: a code for a new terminal."""

from __future__ import annotations

import click

from etpp.base.clock import utc_now
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.terminals import life


@click.command("code")
@click.argument("office_id")
@pass_place
@as_json_option
def command(place: Place, office_id: str, as_json: bool) -> None:
    """Make a one-time code with which one terminal of OFFICE_ID is provisioned."""
    text, expires = place.change(lambda tx: life.new_code(tx, office_id, utc_now()))
    if as_json:
        print_values({"code": text, "office_id": office_id, "expires_utc": expires.isoformat()}, as_json)
    else:
        click.echo(text)
