"""`etpp activities`: the catalogue of activities, entries, and what is done with them."""

from __future__ import annotations

import uuid
from pathlib import Path

import click

from etpp.activities import importing, service, sheet
from etpp.activities.asked import NewEntry, Return, StepOf, VerifyAll
from etpp.activities.documents import answers_shown, entry_shown, imported_shown, month_shown
from etpp.activities.model import Answer, Step
from etpp.allowance.gather import entry_terms
from etpp.base import asked, sheets
from etpp.base.clock import utc_now
from etpp.base.errors import Conflict
from etpp.commands.local import WHO
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.roster.register import OPERATOR
from etpp.roster.store import Roster

by_option = click.option(
    "--by", type=WHO, required=True, help="Who acts: a NIP, another number or an id of the roster."
)
_ids_argument = click.argument("entry_ids", nargs=-1, required=True)


class _Refused(click.ClickException):
    """Something of what was asked was not done; the answers were printed."""

    exit_code = 65


@click.group("activities")
def command() -> None:
    """Activities for points."""


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--partial", is_flag=True, help="Take the rows without a fault although others have one.")
@pass_place
@as_json_option
def activities_import(place: Place, file: Path, dry_run: bool, partial: bool, as_json: bool) -> None:
    """Take the catalogue out of FILE: CSV, XLSX or XLS with the columns that `export` writes, in any order."""
    rows = sheets.asked(content_of(file), sheet.COLUMNS)
    found = place.change(lambda tx: importing.take(tx, rows, OPERATOR, utc_now(), dry_run=dry_run, partial=partial))
    shown = imported_shown(found).model_dump()
    if as_json:
        print_values(shown, as_json)
    else:
        print_table(shown["changes"], ("line", "change", "of", "item_id", "first", "last"), as_json)
        click.echo(f"unchanged: {shown['same']}")
        click.echo("recorded" if found.recorded else "nothing was recorded")
    if found.plan.faults:
        raise _Refused("\n".join(f"line {each.line}: {each.says}" for each in found.plan.faults))


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_place
def activities_export(place: Place, file: Path) -> None:
    """Write the catalogue to FILE, as CSV or, where its name ends so, XLSX."""
    rows = place.read(importing.table)
    write = sheets.write_xlsx if file.suffix.lower() == ".xlsx" else sheets.write_csv
    write_to(file, write(sheet.headings(), rows))


@command.command("add")
@by_option
@click.option("--date", required=True, help="The day of the activity, such as 2026-11-24.")
@click.option("--item", required=True, help="Which item of the catalogue.")
@click.option("--quantity", default="1", show_default=True)
@click.option("--note", default="")
@click.option("--start", help="When it began, in UTC, such as 2026-11-24T01:00:00Z.")
@click.option("--end", help="When it ended.")
@click.option("--id", "entry_id", help="An id of the author's own: the same one twice counts once.")
@click.option("--submit", is_flag=True, help="Submit it at once.")
@pass_place
@as_json_option
def activities_add(
    place: Place,
    by: str,
    date: str,
    item: str,
    quantity: str,
    note: str,
    start: str | None,
    end: str | None,
    entry_id: str | None,
    submit: bool,
    as_json: bool,
) -> None:
    """Enter an activity."""
    new = asked.asked(
        NewEntry,
        entry_id=entry_id or str(uuid.uuid4()),
        date=date,
        item_id=item,
        quantity=quantity,
        note=note,
        start_utc=start,
        end_utc=end,
    )
    now = utc_now()

    def work(tx: Transaction) -> list[Answer]:
        author = Roster(tx).who(by)
        return service.enter(tx, author, [new.of(author, now)], entry_terms, now, submit=submit)

    _show(place.change(work), as_json)


@command.command("submit")
@by_option
@_ids_argument
@pass_place
@as_json_option
def activities_submit(place: Place, by: str, entry_ids: tuple[str, ...], as_json: bool) -> None:
    """Submit one's own entries."""
    _step(place, "submitted", asked.asked(StepOf, by=by, entry_ids=list(entry_ids)), as_json)


@command.command("withdraw")
@by_option
@_ids_argument
@pass_place
@as_json_option
def activities_withdraw(place: Place, by: str, entry_ids: tuple[str, ...], as_json: bool) -> None:
    """Take one's own entries back that are not verified."""
    _step(place, "withdrawn", asked.asked(StepOf, by=by, entry_ids=list(entry_ids)), as_json)


@command.command("return")
@by_option
@click.option("--reason", required=True)
@_ids_argument
@pass_place
@as_json_option
def activities_return(place: Place, by: str, reason: str, entry_ids: tuple[str, ...], as_json: bool) -> None:
    """Send others' entries back, as their superior or a deputy."""
    said = asked.asked(Return, by=by, entry_ids=list(entry_ids), reason=reason)
    _step(place, "returned", said, as_json, said.reason)


@command.command("verify")
@by_option
@click.option("--all", "span", nargs=2, metavar="FIRST LAST", help="All that waits for one between two dates.")
@click.argument("entry_ids", nargs=-1)
@pass_place
@as_json_option
def activities_verify(
    place: Place, by: str, span: tuple[str, str] | None, entry_ids: tuple[str, ...], as_json: bool
) -> None:
    """Verify others' entries, as their superior or a deputy: those named, or all that wait."""
    if (span is None) == (not entry_ids):
        raise click.UsageError("name entries, or say --all with two dates")
    if span is None:
        _step(place, "verified", asked.asked(StepOf, by=by, entry_ids=list(entry_ids)), as_json)
        return
    said, now = asked.asked(VerifyAll, by=by, first=span[0], last=span[1]), utc_now()
    answers = place.change(
        lambda tx: service.verify_all(tx, Roster(tx).who(by), said.first, said.last, entry_terms, now)
    )
    _show(answers, as_json)


@command.command("waiting")
@by_option
@click.argument("first")
@click.argument("last")
@pass_place
@as_json_option
def activities_waiting(place: Place, by: str, first: str, last: str, as_json: bool) -> None:
    """List what somebody may verify between two dates."""
    said, now = asked.asked(VerifyAll, by=by, first=first, last=last), utc_now()
    found = place.read(lambda tx: service.waiting(tx, Roster(tx).who(by), said.first, said.last, entry_terms, now))
    rows = [entry_shown(entry).model_dump() for entry in found]
    print_table(rows, ("entry_id", "person_id", "date", "item_id", "quantity", "note"), as_json)


@command.command("list")
@click.argument("person")
@click.argument("month")
@pass_place
@as_json_option
def activities_list(place: Place, person: str, month: str, as_json: bool) -> None:
    """One person's month: a NIP, another number or an id; the month such as 2026-11."""
    span, now = asked.month(month), utc_now()
    if span is None:
        raise Conflict("month: must be a month such as 2026-11")

    def look(tx: Transaction) -> service.MonthOf:
        return service.month_of(tx, Roster(tx).who(person), *span, entry_terms, now)

    found = place.read(look)
    shown = month_shown(found, "", len(found.standings) + 1).model_dump()
    if as_json:
        print_values(shown, as_json)
        return
    rows = [
        {**each, "entered": each["points"]["entered"], "recognised": each["points"]["recognised"]}
        for each in shown["entries"]
    ]
    columns = ("entry_id", "date", "item_id", "quantity", "verdict", "entered", "recognised")
    print_table(rows, columns, as_json)
    click.echo(f"points: {shown['points']['entered']} entered, {shown['points']['recognised']} recognised")


def content_of(file: Path) -> bytes:
    """Of a table, and no more than a table may have. Raises Conflict."""
    try:
        with file.open("rb") as opened:
            return opened.read(sheets.MAX_BYTES + 1)
    except OSError as error:
        raise Conflict(f"{file}: cannot be read ({error.strerror})") from error


def write_to(file: Path, content: bytes) -> None:
    """Raises Conflict."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise Conflict(f"{file}: cannot be written ({error.strerror})") from error


def _step(place: Place, kind: Step, said: StepOf, as_json: bool, reason: str = "") -> None:
    now = utc_now()

    def work(tx: Transaction) -> list[Answer]:
        return service.take(tx, kind, Roster(tx).who(said.by), said.entry_ids, entry_terms, now, reason)

    _show(place.change(work), as_json)


def _show(answers: list[Answer], as_json: bool) -> None:
    shown = answers_shown(answers).model_dump()
    if as_json:
        print_values(shown, as_json)
    else:
        rows = [{**each, "faults": ", ".join(each["faults"]) or None} for each in shown["entries"]]
        print_table(rows, ("entry_id", "outcome", "faults"), as_json)
    wrong = sum(answer.outcome not in ("done", "known") for answer in answers)
    if wrong:
        raise _Refused(f"{wrong} of {len(answers)} were not done")
