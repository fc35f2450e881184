"""`etpp review`: presences of uncertain time."""

from __future__ import annotations

import datetime as dt

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
    utc_of,
)
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.presence import reviews
from etpp.presence.asked import NewTimeDecision
from etpp.presence.documents import ReviewShown, review_shown

_COLUMNS = ("event_id", "office_id", "person_id", "utc", "earliest_utc", "latest_utc", "decided_as_utc")


@click.group("review")
def command() -> None:
    """Presences whose time somebody must decide."""


@command.command("list")
@office_option
@month_option
@click.option("--decided", is_flag=True, help="Also those that somebody has decided on.")
@after_option
@limit_option
@pass_place
@as_json_option
def review_list(
    place: Place, *, office_id: str | None, month: str, decided: bool, after: str, limit: int, as_json: bool
) -> None:
    """Those that may have happened in a month, by event."""
    start, end = as_bounds(month)
    if start is None or end is None:
        raise click.UsageError("--month is needed")
    found = place.read(lambda tx: reviews.reviews(tx, office_id, start, end, decided=decided, after=after, limit=limit))
    print_table([review_shown(each).model_dump() for each in found], _COLUMNS, as_json)


@command.command("decide")
@click.argument("office_id")
@click.argument("event_id")
@click.option("--at", "at", type=SECOND, required=True, help="Local time at which it happened.")
@by_option
@pass_place
@as_json_option
def review_decide(place: Place, office_id: str, event_id: str, at: dt.datetime, by: str, as_json: bool) -> None:
    """Say when a presence happened, within what the terminal knew."""

    def decide(tx: Transaction) -> ReviewShown:
        utc = utc_of(tx, at, office_id)
        new = asked(NewTimeDecision, office_id=office_id, event_id=event_id, utc=utc, by=by)
        return review_shown(reviews.decide(tx, new, utc_now()))

    print_values(place.change(decide).model_dump(), as_json)
