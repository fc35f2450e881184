"""`etpp office`: the offices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from etpp.base.clock import utc_now
from etpp.base.encoding import parse_json
from etpp.base.errors import Conflict, Problem
from etpp.commands.local import by_option
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.faces import choice
from etpp.faces.documents import recogniser_shown
from etpp.roster import register, tree
from etpp.roster.documents import office_shown
from etpp.roster.model import Office, OfficeKind
from etpp.roster.store import PLACES, Offices, Roster

_calendar_option = click.option(
    "--calendar",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="JSON file with the calendar, as in docs/protocol.md.",
)


@click.group("office")
def command() -> None:
    """Offices."""


@command.command("add")
@click.argument("office_id")
@click.argument("name")
@click.option(
    "--timezone", default="Asia/Jakarta", show_default=True, help="Asia/Jakarta, Asia/Makassar, Asia/Jayapura."
)
@_calendar_option
@pass_place
@as_json_option
def office_add(place: Place, office_id: str, name: str, timezone: str, calendar: Path | None, as_json: bool) -> None:
    """Add an office."""
    now = utc_now()
    hours = register.first_calendar(timezone, now.date()) if calendar is None else _read(calendar)
    added = place.change(lambda tx: register.add_office(tx, office_id, name, hours, now))
    print_values(office_shown(added).model_dump() if as_json else {"office_id": office_id, "name": name}, as_json)


@command.command("change")
@click.argument("office_id")
@click.option("--name", help="The new name. Default: as it is.")
@_calendar_option
@pass_place
@as_json_option
def office_change(place: Place, office_id: str, name: str | None, calendar: Path | None, as_json: bool) -> None:
    """Change an office's name, its calendar, or both. Its terminals get them at once."""
    hours = None if calendar is None else _read(calendar)

    def change(tx: Transaction) -> Office:
        old = register.office(tx, office_id)
        new_name, new_hours = old.name if name is None else name, old.calendar if hours is None else hours
        return register.change_office(tx, office_id, new_name, new_hours, utc_now())

    changed = place.change(change)
    print_values(
        office_shown(changed).model_dump() if as_json else {"office_id": office_id, "name": changed.name}, as_json
    )


@command.command("recogniser")
@click.argument("office_id", required=False)
@click.option("--model", "model_id", help="Whose templates count: dlib-resnet-v1, fp-112, w600k-112.")
@click.option("--withdraw", is_flag=True, help="Take the word back: the office follows the regency, that one dlib's.")
@click.option("--despite", is_flag=True, help="Although people without its templates are not recognised any more.")
@by_option
@pass_place
@as_json_option
def office_recogniser(
    place: Place, office_id: str | None, model_id: str | None, withdraw: bool, despite: bool, by: str, as_json: bool
) -> None:
    """Say which recogniser counts in an office; without OFFICE_ID in every office of which nothing is said."""
    if (model_id is None) != withdraw:
        raise click.UsageError("say either --model or --withdraw")
    changed = place.change(
        lambda tx: choice.choose(tx, office_id, model_id, Roster(tx).actor(by), utc_now(), despite=despite)
    )
    print_table([recogniser_shown(each).model_dump() for each in changed], ("office_id", "recogniser", "own"), as_json)


@command.command("list")
@pass_place
@as_json_option
def office_list(place: Place, as_json: bool) -> None:
    """List the offices, each below the one above it."""

    def look(tx: Transaction) -> list[dict[str, Any]]:
        offices = {office.office_id: office for office in Offices(tx).all()}
        places = {each.office_id: each for each in PLACES.find(tx)}
        return [
            {
                **office_shown(offices[office_id]).model_dump(),
                "tree": "  " * depth + office_id,
                "parent_id": places[office_id].parent_id if office_id in places else None,
                "kind": places[office_id].kind if office_id in places else "office",
            }
            for office_id, depth in tree.depth_first(places, list(offices))
        ]

    print_table(place.read(look), ("tree", "kind", "name", "gallery_version"), as_json)


@command.command("place")
@click.argument("office_id")
@click.option("--parent", "parent_id", help="The office above. Default: none.")
@click.option("--kind", type=click.Choice(tree.KINDS), required=True)
@by_option
@pass_place
@as_json_option
def office_place(place: Place, office_id: str, parent_id: str | None, kind: OfficeKind, by: str, as_json: bool) -> None:
    """Say where an office stands in the regency, and what it is."""
    placed = place.change(lambda tx: tree.place(tx, office_id, parent_id, kind, Roster(tx).actor(by), utc_now()))
    print_values({"office_id": placed.office_id, "parent_id": placed.parent_id, "kind": placed.kind}, as_json)


def _read(path: Path) -> dict[str, Any]:
    """As strictly as a body of the API. Raises Conflict, which names the file."""
    try:
        return parse_json(path.read_bytes())
    except Problem as error:
        raise Conflict(f"{path}: {error.detail}") from error
    except OSError as error:
        raise Conflict(f"{path}: cannot be read ({error.strerror})") from error
