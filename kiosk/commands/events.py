"""`kiosk events`: look into the journal, check it, take out what a broken terminal still holds."""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator
from pathlib import Path

import click

from kiosk import wire
from kiosk.commands.options import state_option
from kiosk.errors import StateError
from kiosk.journal import carry, export_file
from kiosk.journal.audit import JournalAudit, Row, Tally
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.clock import SystemClock
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder


@click.group("events", invoke_without_command=True)
@state_option
@click.pass_context
def command(context: click.Context, state: Path) -> None:
    """List, verify and export the journal of this terminal."""
    context.obj = state
    if context.invoked_subcommand is None:
        context.invoke(list_events)


def _open(state: Path) -> tuple[SqliteOutbox, Identity]:
    folder = StateFolder(state).open()
    identity = Identity.load(folder.identity_dir)
    return SqliteOutbox(folder.outbox_path, identity.device_id, key=identity.storage_key), identity


@command.command("list")
@click.option("--limit", type=int, default=50, show_default=True, help="Only the newest so many; 0: all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def list_events(state: Path, limit: int = 50, as_json: bool = False) -> None:
    """The events, oldest first: number, time, kind, person's id, state."""
    outbox, _ = _open(state)
    try:
        audit = JournalAudit(outbox)
        rows = (row for chain in audit.chains() for row in audit.rows(chain))
        for row in collections.deque(rows, maxlen=limit) if limit else rows:
            click.echo(json.dumps(_summary(row)) if as_json else _line(row))
    finally:
        outbox.close()


@command.command("verify")
@click.pass_obj
def verify(state: Path) -> None:
    """Check every hash and every link of the chain that is still held, and say what is not. Exit code 1 when something
    is wrong."""
    outbox, _ = _open(state)
    tally = Tally()
    try:
        findings = list(JournalAudit(outbox).verify(tally))
    finally:
        outbox.close()
    for finding in findings:
        click.echo(f"{finding.chain_id} {finding.seq}: {finding.what}")
    whole = ": the chain is whole" + (" where it can be checked" if tally.unlinked else "")
    click.echo(f"{tally.checked} events checked" + ("" if findings else whole))
    if tally.linked or tally.unlinked:
        click.echo(
            f"{tally.linked + tally.unlinked} events thinned, so that nothing here can check their content: "
            f"{tally.linked} known by their link to the event after them, {tally.unlinked} by their own hash alone"
        )
    if findings:
        raise click.exceptions.Exit(1)


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Also what the server has acknowledged and is still held.")
@click.pass_obj
def export(state: Path, file: Path, everything: bool) -> None:
    """Write what the server does not hold to FILE, encrypted, for `kiosk events import` on another terminal.

    Prints the code that opens it. Works on a revoked terminal, and with --state on a card put into another machine.
    """
    outbox, identity = _open(state)
    code = export_file.new_code()
    count = 0

    def counted(each: Iterator[wire.Json]) -> Iterator[wire.Json]:
        nonlocal count
        for line in each:
            count += "event" in line
            yield line

    try:
        now = SystemClock(outbox.anchors).now()
        office_id = identity.provisioning.office_id
        lines = carry.export(outbox, now, identity.attest, office_id=office_id, everything=everything)
        export_file.write(file, code, counted(lines))
    except FileExistsError as error:
        raise StateError(f"{file}: exists already. Give another name.") from error
    except OSError as error:
        raise StateError(f"{file}: cannot be written ({error.strerror}). Check the disk or stick.") from error
    finally:
        outbox.close()
    click.echo(f"{count} events in {file}; the code that opens it: {code}")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--code", prompt=True, help="What `kiosk events export` printed.")
@click.pass_obj
def import_events(state: Path, file: Path, code: str) -> None:
    """Take in another terminal's export; `kiosk sync` then sends it. Repeating it changes nothing."""
    outbox, identity = _open(state)
    try:
        lines = export_file.read(file, code)
        taken = carry.take_in(outbox, lines, office_id=identity.provisioning.office_id)
    except OSError as error:
        raise StateError(f"{file}: cannot be read ({error.strerror}).") from error
    finally:
        outbox.close()
    click.echo(f"{taken} events taken in")


def _summary(row: Row) -> dict[str, object]:
    body = row.body or {}
    person = body.get("presence", {}).get("person_id") if row.kind == "presence" else None
    return {
        "chain_id": row.chain_id,
        "seq": row.seq,
        "kind": row.kind,
        "state": row.state,
        "event_id": body.get("event_id"),
        "wall_utc": body.get("wall_utc"),
        "clock_state": body.get("clock_state"),
        "person_id": person,
        "problem": None if row.problem is None else row.problem.get("type"),
    }


def _line(row: Row) -> str:
    summary = _summary(row)
    cells = [
        summary[name] or "-" for name in ("seq", "wall_utc", "clock_state", "kind", "person_id", "state", "problem")
    ]
    return "  ".join(str(cell) for cell in cells)
