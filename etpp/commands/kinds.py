"""`etpp kinds`: the catalogue of kinds of absence."""

from __future__ import annotations

from pathlib import Path

import click

from etpp.absence import kinds
from etpp.absence.asked import MOST_KINDS_TEXT
from etpp.base.clock import utc_now
from etpp.base.errors import Conflict
from etpp.commands.local import by_option
from etpp.commands.place import Place, as_json_option, pass_place, print_values

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("kinds")
def command() -> None:
    """Kinds of absence: what a letter excuses."""


@command.command("check")
@_file
@as_json_option
def kinds_check(file: Path, as_json: bool) -> None:
    """Say whether FILE is a catalogue of kinds; refuse it with the reason."""
    catalogue = kinds.check_kinds(_read(file))
    print_values({"kinds": sorted(catalogue.ids())}, as_json)


@command.command("set")
@_file
@by_option
@pass_place
@as_json_option
def kinds_set(place: Place, file: Path, by: str, as_json: bool) -> None:
    """Reckon by the catalogue in FILE from now on. Kinds of recorded letters must stay for their days."""
    text = _read(file)
    catalogue = place.change(lambda tx: kinds.set_kinds(tx, text, by, utc_now()))
    print_values({"kinds": sorted(catalogue.ids())}, as_json)


@command.command("show")
@pass_place
@as_json_option
def kinds_show(place: Place, as_json: bool) -> None:
    """Print the catalogue in force, to be changed and set."""
    text = place.read(kinds.kinds_in_force)
    if as_json:
        print_values({"text": text}, as_json)
    else:
        click.echo(text, nl=False)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_KINDS_TEXT + 1)
        if len(content) > MOST_KINDS_TEXT:
            raise Conflict(f"{file}: more than {MOST_KINDS_TEXT} bytes are no catalogue")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Conflict(f"{file}: no UTF-8 text") from error
    except OSError as error:
        raise Conflict(f"{file}: cannot be read ({error.strerror})") from error
