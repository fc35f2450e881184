"""`etpp month`: an office's month on its way to be paid."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from etpp.allowance import month as months
from etpp.allowance.documents import closing_shown, paid_shown, reckoned_shown, standing_shown
from etpp.allowance.model import Month
from etpp.allowance.seal import Despite
from etpp.base.clock import utc_now
from etpp.base.money import plain
from etpp.commands.local import MONTH, WHO, by_option
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.roster.store import Offices


@click.group("month")
def command() -> None:
    """An office's month: reckoned, checked, closed, paid."""


@command.command("list")
@click.option("--month", type=MONTH, help="Default: the last whole month.")
@pass_place
@as_json_option
def month_list(place: Place, month: Month | None, as_json: bool) -> None:
    """Where every office's month is."""
    now = utc_now()
    asked = month or last_month(now)

    def look(tx: Transaction) -> list[dict[str, Any]]:
        return [
            standing_shown(each.office_id, asked, months.standing(tx, each.office_id, asked, now)).model_dump()
            for each in Offices(tx).all()
        ]

    found = place.read(look)
    if as_json:
        print_table(found, (), as_json)
        return
    rows = [
        {
            "office": each["office_id"],
            "month": each["month"],
            "state": each["state"],
            "total": each["closed"] and each["closed"]["total"],
        }
        for each in found
    ]
    print_table(rows, ("office", "month", "state", "total"), as_json)


@command.command("show")
@click.argument("office_id")
@click.argument("month", type=MONTH)
@pass_place
@as_json_option
def month_show(place: Place, office_id: str, month: Month, as_json: bool) -> None:
    """Reckon the month from what is known now, and say what keeps it open."""
    now = utc_now()

    def look(tx: Transaction) -> dict[str, Any]:
        found = months.reckon(tx, office_id, month, now)
        return reckoned_shown(found, months.names(tx, found)).model_dump()

    found = place.read(look)
    if as_json:
        print_values(found, as_json)
        return
    rows = [
        {"name": s["name"], "days": s["entitled_days"], "gross": s["gross"], "net": s["net"]}
        for s in found["statements"]
    ]
    print_table(rows, ("name", "days", "gross", "net"), as_json)
    adjusted = sum((int(a["amount"]) for a in found["adjustments"]), 0)
    click.echo(f"adjustments of earlier months: {adjusted}")
    click.echo(f"total: {found['total']}")
    for each in found["open"]:
        click.echo(f"open: {each}")


@command.command("check")
@click.argument("office_id")
@click.argument("month", type=MONTH)
@by_option
@pass_place
@as_json_option
def month_check(place: Place, office_id: str, month: Month, by: str, as_json: bool) -> None:
    """The office says that the list is right as it stands."""
    found = place.change(lambda tx: months.check(tx, office_id, month, by, utc_now()))
    print_values({"hash": found.hash, "total": plain(found.total), "open": len(found.open)}, as_json)


@command.command("close")
@click.argument("office_id")
@click.argument("month", type=MONTH)
@by_option
@click.option("--despite", multiple=True, help="An open matter, as `show` names it, to be passed over.")
@click.option("--second", type=WHO, help="The second of them.")
@pass_place
@as_json_option
def month_close(
    place: Place, office_id: str, month: Month, by: str, despite: tuple[str, ...], second: str | None, as_json: bool
) -> None:
    """BKPP freezes and signs the month. Nothing of it changes any more."""
    if bool(despite) != bool(second):
        raise click.UsageError("--despite and --second go together: passing over an open matter takes two people")
    signer = place.secrets().keys.now().signer
    over = Despite(despite, (by, second)) if second else None
    closed = place.change(lambda tx: months.close(tx, signer, office_id, month, by, utc_now(), over))
    print_values(closing_shown(closed).model_dump(), as_json)


@command.command("pay")
@click.argument("office_id")
@click.argument("month", type=MONTH)
@by_option
@pass_place
@as_json_option
def month_pay(place: Place, office_id: str, month: Month, by: str, as_json: bool) -> None:
    """The closed list was paid."""
    step = place.change(lambda tx: months.pay(tx, office_id, month, by, utc_now()))
    print_values(paid_shown(step).model_dump(), as_json)


def last_month(now: dt.datetime) -> Month:
    """The last that is over, as far as UTC can say."""
    return Month(now.year, now.month).before()
