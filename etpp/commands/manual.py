"""`etpp manual`: presences that no terminal recorded, written down by two people."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import click

from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.commands.local import (
    SECOND,
    after_option,
    as_bounds,
    by_option,
    limit_option,
    month_option,
    office_option,
    reason_option,
    utc_of,
)
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.presence import manual
from etpp.presence.asked import NewManualEntry
from etpp.presence.documents import ManualShown, by_hand_shown, manual_shown
from etpp.presence.manual import ManualState

_COLUMNS = ("entry_id", "person_id", "office_id", "at_utc", "entered_by", "confirmed_by", "reason")


@click.group("manual")
def command() -> None:
    """Manual entries: they count when a second person has confirmed them."""


@command.command("add")
@click.argument("person")
@click.argument("office_id")
@click.argument("at", type=SECOND)
@reason_option
@by_option
@pass_place
@as_json_option
def manual_add(place: Place, person: str, office_id: str, at: dt.datetime, reason: str, by: str, as_json: bool) -> None:
    """PERSON (a NIP, another number or an id) was present at the office AT a local time."""

    def enter(tx: Transaction) -> ManualShown:
        at_utc = utc_of(tx, at, office_id)
        new = asked(NewManualEntry, person=person, office_id=office_id, at_utc=at_utc, reason=reason, entered_by=by)
        return manual_shown(manual.enter(tx, new, utc_now()))

    print_values(place.change(enter).model_dump(), as_json)


@command.command("confirm")
@click.argument("entry_id")
@by_option
@pass_place
@as_json_option
def manual_confirm(place: Place, entry_id: str, by: str, as_json: bool) -> None:
    """Let an entry count."""
    confirmed = place.change(lambda tx: manual.confirm(tx, entry_id, by, utc_now()))
    print_values(manual_shown(confirmed).model_dump(), as_json)


@command.command("withdraw")
@click.argument("entry_id")
@by_option
@pass_place
@as_json_option
def manual_withdraw(place: Place, entry_id: str, by: str, as_json: bool) -> None:
    """Take an entry back, confirmed or not."""
    gone = place.change(lambda tx: manual.withdraw(tx, entry_id, by, utc_now()))
    print_values(manual_shown(gone).model_dump(), as_json)


@command.command("list")
@office_option
@click.option("--state", type=click.Choice(get_args(ManualState)))
@month_option
@click.option("--count", is_flag=True, help="How many of them, and of corrections, by office and who decided.")
@after_option
@limit_option
@pass_place
@as_json_option
def manual_list(
    place: Place,
    *,
    office_id: str | None,
    state: ManualState | None,
    month: str,
    count: bool,
    after: str,
    limit: int,
    as_json: bool,
) -> None:
    """Manual entries by id, or how many there are."""
    start, end = as_bounds(month)
    if count:
        counted = place.read(lambda tx: manual.by_hand(tx, office_id, month))
        columns = ("office_id", "decided_by", "manual", "corrections")
        print_table([by_hand_shown(each).model_dump() for each in counted], columns, as_json)
        return
    found = place.read(
        lambda tx: manual.page(tx, office_id=office_id, state=state, start=start, end=end, after=after, limit=limit)
    )
    print_table([manual_shown(each).model_dump() for each in found], _COLUMNS, as_json)
