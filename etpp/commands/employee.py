"""`etpp employee`: the people of the whole regency."""

from __future__ import annotations

import click

from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.roster.documents import employee_shown, record_shown
from etpp.roster.store import Roster


@click.group("employee")
def command() -> None:
    """Employees: who they are, where they served."""


@command.command("list")
@click.argument("query", default="")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@click.option("--after", default="", help="The last person_id of the page before.")
@pass_place
@as_json_option
def employee_list(place: Place, query: str, limit: int, after: str, as_json: bool) -> None:
    """List employees; QUERY is a part of name, NIP or other id."""
    found = place.read(lambda tx: Roster(tx).search(query, after, limit))
    print_table(
        [employee_shown(each).model_dump() for each in found], ("person_id", "nip", "other_id", "name"), as_json
    )


@command.command("show")
@click.argument("person")
@pass_place
@as_json_option
def employee_show(place: Place, person: str, as_json: bool) -> None:
    """All that is kept of PERSON (a NIP, another number or an id): posts, acting posts, faces."""
    print_values(place.read(lambda tx: record_shown(tx, person).model_dump()), as_json)
