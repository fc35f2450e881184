"""`etpp presence`: who came and went."""

from __future__ import annotations

from typing import Any

import click

from etpp.base.clock import utc_now
from etpp.base.errors import Problem
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.presence import daybook
from etpp.presence.documents import day_book_shown
from etpp.roster.hours import OfficeBroken
from etpp.roster.store import Offices


@click.group("presence")
def command() -> None:
    """The day's presence."""


@command.command("list")
@click.option("--office", "office_id", default=None, help="Default: every office.")
@click.option("--date", "day", default="", help="Default: today, local to the office.")
@pass_place
@as_json_option
def presence_list(place: Place, office_id: str | None, day: str, as_json: bool) -> None:
    """Who came and went on a day."""
    now = utc_now()
    try:
        date = daybook.asked_day(day)
    except Problem as problem:
        raise click.BadParameter(problem.detail) from problem

    def books(tx: Transaction) -> list[dict[str, Any]]:
        if office_id:
            return [day_book_shown(daybook.open_day(tx, office_id, date, now)).model_dump()]
        found = []
        for office in Offices(tx).all():
            try:
                found.append(day_book_shown(daybook.open_day(tx, office.office_id, date, now)).model_dump())
            except OfficeBroken as error:
                click.echo(f"etpp: {error}", err=True)
        return found

    found = place.read(books)
    if as_json:
        print_values({"offices": found}, as_json)
        return
    rows = [
        {
            "office": book["office_id"],
            "date": book["date"],
            "nip": each["nip"],
            "name": each["name"],
            "status": each["status"],
            "arrival": each["arrival"] and each["arrival"]["local"][11:16],
            "late_min": each["arrival"] and each["arrival"]["minutes_off"],
            "departure": each["departure"] and each["departure"]["local"][11:16],
            "manual": any(mark and mark["manual"] for mark in (each["arrival"], each["departure"])) or None,
            "early_min": each["departure"] and each["departure"]["minutes_off"],
        }
        for book in found
        for each in book["people"]
    ]
    print_table(
        rows,
        ("office", "date", "nip", "name", "status", "arrival", "late_min", "departure", "early_min", "manual"),
        False,
    )
