"""`etpp recognisers`: how far the offices are with another recogniser."""

from __future__ import annotations

import json
from typing import Any

import click

from etpp.commands.place import Place, as_json_option, pass_place, print_table
from etpp.faces.documents import recognisers_json


@click.group("recognisers")
def command() -> None:
    """Recognisers: which one counts where, and whose templates there are."""


@command.command("report")
@click.option("--decisions", is_flag=True, help="Who said which recogniser counts, and when, instead.")
@pass_place
@as_json_option
def report(place: Place, decisions: bool, as_json: bool) -> None:
    """Of each office: the recogniser that counts, and how many of its faces have templates of each."""
    found = place.read(recognisers_json)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif decisions:
        print_table(found["decisions"], ("utc", "office_id", "model_id", "by"), as_json=False)
    else:
        print_table([_row(each) for each in found["offices"]], COLUMNS, as_json=False)


COLUMNS = ("office_id", "recogniser", "faces", "templates")


def _row(office: dict[str, Any]) -> dict[str, Any]:
    people = ", ".join(f"{model_id} {count}" for model_id, count in sorted(office["people"].items()))
    return office | {"templates": people or None}
