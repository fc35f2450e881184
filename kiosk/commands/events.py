"""`kiosk events`: look into the journal, check it, take out what a broken terminal still holds."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kiosk.commands.options import state_option
from kiosk.identity import Identity
from kiosk.journal_audit import JournalAudit, Row
from kiosk.outbox import SqliteOutbox
from kiosk.state import StateFolder


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
        rows = [row for chain in audit.chains() for row in audit.rows(chain)]
        for row in rows[-limit:] if limit else rows:
            click.echo(json.dumps(_summary(row)) if as_json else _line(row))
    finally:
        outbox.close()


@command.command("verify")
@click.pass_obj
def verify(state: Path) -> None:
    """Check every hash and every link of the chain. Exit code 1 when something is wrong."""
    outbox, _ = _open(state)
    try:
        findings = list(JournalAudit(outbox).verify())
    finally:
        outbox.close()
    for finding in findings:
        click.echo(f"{finding.chain_id} {finding.seq}: {finding.what}")
    if findings:
        raise click.exceptions.Exit(1)
    click.echo("the chain is whole")


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
