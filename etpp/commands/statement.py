"""`etpp statement`: one person's month, unfolded to the facts behind each amount."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from etpp.allowance import month as months
from etpp.allowance.documents import person_month_shown
from etpp.allowance.model import Month
from etpp.base.clock import utc_now
from etpp.commands.local import MONTH
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.db import Transaction
from etpp.roster.store import Roster


@click.group("statement")
def command() -> None:
    """Statements of the allowance."""


@command.command("show")
@click.argument("person")
@click.argument("month", type=MONTH)
@pass_place
@as_json_option
def statement_show(place: Place, person: str, month: Month, as_json: bool) -> None:
    """The month of PERSON (a NIP, another number or an id): closed as it was sealed, open as the facts stand now."""

    def look(tx: Transaction) -> dict[str, Any]:
        person_id = Roster(tx).who(person)
        found, closed = months.person_month(tx, person_id, month, utc_now())
        return person_month_shown(Roster(tx).employees([person_id])[person_id].name, closed, found).model_dump()

    found = place.read(look)
    if as_json:
        print_values(found, as_json)
        return
    click.echo(f"{found['name']}, {found['month']}, {found['policy_id']}: {'closed' if found['closed'] else 'open'}")
    for line in found["lines"]:
        _tell(line, 0)
    click.echo(f"gross {found['gross']}, net {found['net']}")
    for each in found["open"]:
        click.echo(f"open: {each}")


def _tell(line: Mapping[str, Any], depth: int) -> None:
    because = f"  <- {', '.join(line['because'])}" if line["because"] else ""
    click.echo(f"{'  ' * depth}{line['key']}: {line['amount']} {line['unit']} [{line['rule']}]{because}")
    for part in line["parts"]:
        _tell(part, depth + 1)
