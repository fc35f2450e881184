"""`etpp audit`: whether closed months are what they were."""

from __future__ import annotations

import sys
from typing import Any

import click

from etpp.allowance.audit import verify
from etpp.allowance.documents import audited_shown
from etpp.allowance.model import Month
from etpp.commands.local import MONTH
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.roster import register
from etpp.roster.store import Offices

BROKEN = 65
"""Exit code when something does not hold (EX_DATAERR)."""


@click.group("audit")
def command() -> None:
    """Closed months, down to the terminals' events."""


@command.command("verify")
@click.option("--office", "office_id", help="Default: every office.")
@click.option("--month", type=MONTH, help="Default: every closed month.")
@pass_place
@as_json_option
def audit_verify(place: Place, office_id: str | None, month: Month | None, as_json: bool) -> None:
    """Reckon closed months again from the facts, and look at every seal, signature, statement and event.

    Names what does not hold, terminals that did not sign their chains yet, and every figure that rests on a manual
    entry or a correction. Exit code 65 when something does not hold.
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
    if as_json:
        print_values({"whole": all(each["whole"] for each in found), "months": found}, as_json)
    elif not found:
        click.echo("no closed month")
    if not all(each["whole"] for each in found):
        sys.exit(BROKEN)


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
