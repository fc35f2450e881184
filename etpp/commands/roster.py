"""`etpp roster`: the list of employees, in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from etpp.base import sheets
from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.base.errors import Conflict
from etpp.commands.local import WHO
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.faces import moving
from etpp.roster import deputies, export, imports, listing
from etpp.roster.documents import DeputyShown, deputy_shown, imported_shown
from etpp.roster.lists import NewDeputy
from etpp.roster.register import OPERATOR
from etpp.roster.store import Roster


@click.group("roster")
def command() -> None:
    """The list of employees: who serves where, in which post and class, since when."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--skip-bad", is_flag=True, help="Leave lines with a fault out, instead of refusing the whole list.")
@click.option("--by", type=WHO, default=OPERATOR, show_default=True, help="Who says so.")
@pass_place
@as_json_option
def roster_import(place: Place, file: Path, dry_run: bool, skip_bad: bool, by: str, as_json: bool) -> None:
    """Take a list of employees (CSV, XLSX, XLS). The same list again changes nothing."""
    now = utc_now()
    rows = sheets.asked(_content(file), listing.COLUMNS)

    def work(tx: Transaction) -> tuple[imports.Plan, bool]:
        made, done = imports.take(tx, rows, Roster(tx).actor(by), now, skip_bad)
        if done:
            moving.follow(tx, made.moved, now)
        return made, done

    made, done = (
        place.read(lambda tx: (imports.plan(tx, rows, now, skip_bad), False)) if dry_run else place.change(work)
    )
    shown = imported_shown(made, done).model_dump()
    if as_json:
        print_values(shown, as_json)
    else:
        lines = [{**each, "was": _post(each["was"]), "becomes": _post(each["becomes"])} for each in shown["changes"]]
        print_table(lines, ("line", "change", "was", "becomes"), as_json)
        for fault in shown["faults"]:
            click.echo(f"line {fault['line']}: {fault['fault']}", err=True)
    if made.faults and not skip_bad:
        count = len({fault.line for fault in made.faults})
        raise Conflict(f"{count} lines have a fault: put them right, or --skip-bad; nothing was changed")


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True))
@pass_place
def roster_export(place: Place, file: Path) -> None:
    """Write the list of employees, as CSV or (FILE.xlsx) as a workbook, which imports back without a change."""
    rows = [listing.cells(each) for each in place.read(export.posts)]
    headings = [column.name for column in listing.COLUMNS]
    write = sheets.write_xlsx if file.suffix.lower() == ".xlsx" else sheets.write_csv
    try:
        file.write_bytes(write(headings, rows))
    except OSError as error:
        raise Conflict(f"{file}: cannot be written ({error.strerror})") from error


@command.command("deputy")
@click.argument("superior")
@click.argument("deputy")
@click.option("--first", required=True, help="The first day, such as 2026-11-24.")
@click.option("--last", help="The last day. Default: until further notice.")
@click.option("--by", type=WHO, default=OPERATOR, show_default=True, help="Who says so.")
@pass_place
@as_json_option
def roster_deputy(
    place: Place, superior: str, deputy: str, first: str, last: str | None, by: str, as_json: bool
) -> None:
    """Let DEPUTY decide in SUPERIOR's place: each a NIP, another number or an id."""
    new, now = asked(NewDeputy, by=by, superior=superior, deputy=deputy, first=first, last=last), utc_now()

    def work(tx: Transaction) -> DeputyShown:
        by_id = Roster(tx).actor(new.by)
        return deputy_shown(deputies.add(tx, new.superior, new.deputy, new.first, new.last, by_id, now))

    print_values(place.change(work).model_dump(), as_json)


def _content(file: Path) -> bytes:
    """Never more than a table may have. Raises Conflict."""
    try:
        with file.open("rb") as opened:
            return opened.read(sheets.MAX_BYTES + 1)
    except OSError as error:
        raise Conflict(f"{file}: cannot be read ({error.strerror})") from error


def _post(held: dict[str, Any] | None) -> str | None:
    """A post in a line of a table; None where there was none, or none that the roster had given."""
    if held is None or not held["post"]:
        return None
    where = f"{held['office_id']}, " if "office_id" in held else ""
    rank = f", {held['rank']}" if held.get("rank") else ""
    return f"{where}{held['post']} ({held['job_class']}{rank}), {held['first']} - {held['last'] or ''}".rstrip()
