"""`etpp score`: an office's performance of a month."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation

import click

from etpp.allowance.model import Month, OfficeScore
from etpp.allowance.store import SCORES
from etpp.base.clock import utc_now
from etpp.base.money import HUNDRED, ZERO, plain
from etpp.commands.local import MONTH, by_option
from etpp.commands.place import Place, as_json_option, pass_place, print_values
from etpp.db import Transaction
from etpp.roster import register


@click.group("score")
def command() -> None:
    """Offices' scores."""


@command.command("set")
@click.argument("office_id")
@click.argument("month", type=MONTH)
@click.argument("percent")
@by_option
@pass_place
@as_json_option
def score_set(place: Place, office_id: str, month: Month, percent: str, by: str, as_json: bool) -> None:
    """Decide an office's score of a month, 0 to 100 per cent. The latest decision counts."""
    try:
        value = Decimal(percent.replace(",", "."))
    except InvalidOperation as error:
        raise click.BadParameter("the score must be a number such as 96.5") from error
    if not (value.is_finite() and ZERO <= value <= HUNDRED):
        raise click.BadParameter("the score must lie between 0 and 100")
    now = utc_now()

    def decide(tx: Transaction) -> None:
        register.office(tx, office_id)
        SCORES.add(tx, [OfficeScore(str(uuid.uuid4()), office_id, month, value, now)], by, now)

    place.change(decide)
    print_values({"office_id": office_id, "month": str(month), "percent": plain(value)}, as_json)
