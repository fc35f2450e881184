"""`etpp discipline`: unexcused days of a year, and who must act."""

from __future__ import annotations

from typing import Any

import click

from etpp.allowance.gather import correction_days
from etpp.base.clock import utc_now
from etpp.commands.local import office_option
from etpp.commands.place import Place, as_json_option, pass_place, print_table
from etpp.db import Transaction
from etpp.presence.documents import DisciplineShown, discipline_shown
from etpp.presence.year import disciplined
from etpp.roster.store import Offices


@click.group("discipline")
def command() -> None:
    """Counters of discipline. They only warn."""


@command.command("list")
@click.option("--year", type=click.IntRange(1971, 8999), help="Default: this year.")
@office_option
@pass_place
@as_json_option
def discipline_list(place: Place, year: int | None, office_id: str | None, as_json: bool) -> None:
    """Who was unexcused, how often, and which steps were reached."""
    now = utc_now()

    def count(tx: Transaction) -> list[DisciplineShown]:
        offices = [office_id] if office_id is not None else [office.office_id for office in Offices(tx).all()]
        asked_year = now.year if year is None else year
        found = [each for office in offices for each in disciplined(tx, office, asked_year, correction_days, now)]
        return [discipline_shown(each) for each in found]

    rows: list[dict[str, Any]] = [each.model_dump() for each in place.read(count)]
    if not as_json:
        for row in rows:
            row["reached"] = ", ".join(f"{step['key']} ({step['date']}, {step['who']})" for step in row["reached"])
    print_table(rows, ("office_id", "person_id", "unexcused", "longest_run", "reached"), as_json)
