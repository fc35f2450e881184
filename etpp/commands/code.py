"""`etpp code`: a code for a new terminal."""

from __future__ import annotations

import click

from etpp.base.clock import utc_now
from etpp.base.encoding import format_time
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.terminals import life


@click.command("code")
@click.argument("office_id")
@click.option("--withdraw", is_flag=True, help="End every open code of the office instead.")
@click.option("--list", "listed", is_flag=True, help="Show until when each open code of the office is good instead.")
@pass_place
@as_json_option
def command(place: Place, office_id: str, withdraw: bool, listed: bool, as_json: bool) -> None:
    """Make a one-time code with which one terminal of OFFICE_ID is provisioned."""
    if withdraw and listed:
        raise click.UsageError("give --withdraw or --list")
    if listed:
        found = place.read(lambda tx: life.open_codes(tx, office_id, utc_now()))
        rows = [{"office_id": code.office_id, "expires_utc": format_time(code.expires_utc)} for code in found]
        print_table(rows, ("office_id", "expires_utc"), as_json)
        return
    if withdraw:
        ended = place.change(lambda tx: life.withdraw_codes(tx, office_id, utc_now()))
        print_values({"withdrawn": ended}, as_json)
        return
    text, expires = place.change(lambda tx: life.new_code(tx, office_id, utc_now()))
    if as_json:
        print_values({"code": text, "office_id": office_id, "expires_utc": expires.isoformat()}, as_json)
    else:
        click.echo(text)
