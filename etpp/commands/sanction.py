"""`etpp sanction`: what somebody loses by a document, from a date to a date."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import click

from etpp.allowance import sanctions
from etpp.allowance.documents import sanction_shown
from etpp.allowance.model import Sanction
from etpp.allowance.store import SANCTIONS
from etpp.base import texts
from etpp.base.clock import utc_now
from etpp.commands.local import DATE, by_option
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.roster.store import Roster

LONGEST_DOCUMENT = 200


@click.group("sanction")
def command() -> None:
    """Sanctions by document."""


@command.command("add")
@click.argument("person")
@click.argument("percent", type=click.IntRange(1, 100))
@click.option("--first", type=DATE, required=True, help="First day, such as 2026-11-01.")
@click.option("--last", type=DATE, required=True, help="Last day.")
@click.option("--document", required=True, help="The decision's number and date.")
@by_option
@pass_place
@as_json_option
def sanction_add(
    place: Place,
    person: str,
    percent: int,
    first: dt.datetime,
    last: dt.datetime,
    document: str,
    by: str,
    as_json: bool,
) -> None:
    """So many PERCENT less for PERSON (a NIP, another number or an id)."""
    if last < first:
        raise click.BadParameter("the last day lies before the first")
    try:
        said = texts.plain(document.strip())
    except ValueError as error:
        raise click.BadParameter(f"the document {error}") from error
    if not 0 < len(said) <= LONGEST_DOCUMENT:
        raise click.BadParameter(f"the document has 1 to {LONGEST_DOCUMENT} characters")

    def enter(tx: Transaction) -> Sanction:
        made = Sanction(str(uuid.uuid4()), Roster(tx).who(person), Decimal(percent), first.date(), last.date(), said)
        sanctions.enter(tx, made, by, utc_now())
        return made

    print_values(sanction_shown(place.change(enter)).model_dump(), as_json)


@command.command("list")
@pass_place
@as_json_option
def sanction_list(place: Place, as_json: bool) -> None:
    """All that are in force, by whom they concern."""
    found = place.read(SANCTIONS.find)
    rows = [sanction_shown(each).model_dump() for each in found]
    print_table(rows, ("sanction_id", "person_id", "percent", "first", "last", "document"), as_json)


@command.command("withdraw")
@click.argument("sanction_id")
@by_option
@pass_place
@as_json_option
def sanction_withdraw(place: Place, sanction_id: str, by: str, as_json: bool) -> None:
    """Take a sanction back; a closed month gets an adjustment."""

    back = place.change(lambda tx: sanctions.take_back(tx, sanction_id, by, utc_now()))
    print_values(sanction_shown(back).model_dump(), as_json)
