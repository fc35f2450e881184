"""`etpp audit`: whether closed months and the audit log are what they were."""

from __future__ import annotations

import sys
from typing import Any

import click

from etpp.allowance.audit import verify
from etpp.allowance.documents import audited_shown
from etpp.allowance.model import Month
from etpp.commands.audit_bundle import BROKEN, bundle, check_file
from etpp.commands.local import MONTH
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.db import Database
from etpp.ledger.reading import follow, lines
from etpp.roster import register
from etpp.roster.store import Offices


def HEAD(text: str) -> tuple[int, str]:  # noqa: N802 - a type of click's, beside its INT and STRING
    """Sequence and hash, such as 123:ab…"""
    seq, _, noted = text.partition(":")
    if not seq.isdecimal() or len(noted) != 64:
        raise click.BadParameter("a head is SEQ:HASH, as `etpp audit verify` prints it")
    return int(seq), noted


@click.group("audit")
def command() -> None:
    """Closed months, down to the terminals' events; the log of who did what."""


command.add_command(bundle)
command.add_command(check_file)


@command.command("verify")
@click.option("--office", "office_id", help="Default: every office.")
@click.option("--month", type=MONTH, help="Default: every closed month.")
@click.option("--head", type=HEAD, help="SEQ:HASH of the audit log, noted earlier: is that still in it?")
@pass_place
@as_json_option
def audit_verify(
    place: Place, office_id: str | None, month: Month | None, head: tuple[int, str] | None, as_json: bool
) -> None:
    """Reckon closed months again from the facts, and look at every seal, signature, statement and event; follow the
    audit log from its first entry to its last.

    Names what does not hold, terminals that did not sign their chains yet, and every figure that rests on a manual
    entry or a correction. Exit code 65 when something does not hold. A log that was cut off at its end follows all the
    same: keep its printed head elsewhere, and give it the next time.
    """
    keys = place.secrets().keys.now().known
    found: list[dict[str, Any]] = []
    with place.database() as database, database.read() as tx:
        offices = [register.office(tx, office_id)] if office_id else Offices(tx).all()
        for office in offices:
            for audited in verify(tx, office.office_id, keys, month):
                found.append(audited_shown(audited).model_dump())
                if not as_json:
                    _tell(found[-1])
        log = _followed(database, head)
    whole = log["whole"] and all(each["whole"] for each in found)
    if as_json:
        print_values({"whole": whole, "months": found, "log": log}, as_json)
    else:
        if not found:
            click.echo("no closed month")
        state = "whole" if log["whole"] else f"NOT WHOLE: {log['detail']}"
        click.echo(f"audit log: {state} (head {log['head']})")
    if not whole:
        sys.exit(BROKEN)


@command.command("export")
@pass_place
def export(place: Place) -> None:
    """Print the audit log, a line of JSON for each entry, with the hashes by which it can be followed."""
    with place.database() as database:
        for line in lines(database):
            click.echo(line, nl=False)


def _followed(database: Database, head: tuple[int, str] | None) -> dict[str, Any]:
    followed = follow(database, head)
    found = {"whole": True, "detail": "", "head": f"{followed.head[0]}:{followed.head[1]}"}
    if followed.broken_at is not None:
        return found | {"whole": False, "detail": f"entry {followed.broken_at} does not follow from those before it"}
    if followed.sought is not None:
        return found | {"whole": False, "detail": f"entry {followed.sought[0]} is not the one that was noted"}
    return found


def _tell(found: dict[str, Any]) -> None:
    said = "whole" if found["whole"] else "NOT WHOLE"
    counts = f"{found['statements']} statements, {found['events']} presences, {found['signed']} of them signed"
    click.echo(f"{found['office_id']} {found['month']}: {said} ({counts})")
    for each in found["findings"]:
        whose = f" of {each['person_id']}" if each["person_id"] else ""
        click.echo(f"  {each['what']}{whose}: {each['detail']}")
    for each in found["unsigned"]:
        click.echo(f"  not signed by its terminal, an older one: {each['events']} presences of {each['device_id']}")
    for each in found["otherwise"]:
        click.echo(f"  look at this: {each}")
    for each in found["manual"]:
        click.echo(f"  rests on a manual entry: {each['entry_id']} of {each['person_id']}")
    for each in found["corrections"]:
        click.echo(f"  rests on a correction: {each['correction_id']} of {each['person_id']}")
    for each in found["despite"]:
        click.echo(f"  was open when two people closed it: {each}")
