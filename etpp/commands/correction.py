"""`etpp correction`: what a day's record should say, proposed by one person and decided by another."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import click

from etpp.allowance.gather import correction_days
from etpp.base.asked import asked
from etpp.base.asked import month as month_days
from etpp.base.clock import utc_now
from etpp.commands.local import (
    DATE,
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
from etpp.presence import corrections
from etpp.presence.asked import NewCorrection
from etpp.presence.corrections import CorrectionState
from etpp.presence.documents import CorrectionShown, correction_shown
from etpp.presence.model import Part
from etpp.roster.store import Roster

_COLUMNS = ("correction_id", "person_id", "date", "part", "at_utc", "state", "proposed_by", "decided_by")


@click.group("correction")
def command() -> None:
    """Corrections of people's days."""


@command.command("propose")
@click.argument("person")
@click.argument("date", type=DATE)
@click.argument("part", type=click.Choice(get_args(Part)))
@click.option("--at", "at", type=SECOND, help="Local time of the arrival or departure. Default: in time.")
@click.option("--occasion", "occasion_id", default="", help="Which occasion was attended.")
@click.option("--letter", "letter_id", default="", help="The letter that says so.")
@reason_option
@by_option
@pass_place
@as_json_option
def correction_propose(
    place: Place,
    *,
    person: str,
    date: dt.datetime,
    part: Part,
    at: dt.datetime | None,
    occasion_id: str,
    letter_id: str,
    reason: str,
    by: str,
    as_json: bool,
) -> None:
    """What PERSON's day (a NIP, another number or an id) should say."""

    def propose(tx: Transaction) -> CorrectionShown:
        roster = Roster(tx)
        office_id = roster.career(roster.who(person)).office_on(date.date())
        new = asked(
            NewCorrection,
            person=person,
            date=date.date(),
            part=part,
            reason=reason,
            proposed_by=by,
            at_utc=None if at is None else utc_of(tx, at, office_id),
            occasion_id=occasion_id,
            letter_id=letter_id,
        )
        made = corrections.propose(tx, new, correction_days, utc_now())
        return correction_shown(corrections.standings(tx, [made])[0])

    print_values(place.change(propose).model_dump(), as_json)


@command.command("list")
@office_option
@click.option("--person", help="NIP or id.")
@click.option("--state", type=click.Choice(get_args(CorrectionState)))
@month_option
@after_option
@limit_option
@pass_place
@as_json_option
def correction_list(
    place: Place,
    *,
    office_id: str | None,
    person: str | None,
    state: CorrectionState | None,
    month: str,
    after: str,
    limit: int,
    as_json: bool,
) -> None:
    """Corrections by id."""
    as_bounds(month)  # a word that is no month is refused
    first, last = month_days(month) or (None, None)
    found = place.read(
        lambda tx: corrections.page(
            tx, office_id=office_id, person=person, state=state, first=first, last=last, after=after, limit=limit
        )
    )
    print_table([correction_shown(each).model_dump() for each in found], _COLUMNS, as_json)


@command.command("approve")
@click.argument("correction_id")
@by_option
@pass_place
@as_json_option
def correction_approve(place: Place, correction_id: str, by: str, as_json: bool) -> None:
    """Let a correction count."""
    decided = place.change(lambda tx: corrections.decide(tx, correction_id, True, by, utc_now()))
    print_values(correction_shown(decided).model_dump(), as_json)


@command.command("refuse")
@click.argument("correction_id")
@by_option
@pass_place
@as_json_option
def correction_refuse(place: Place, correction_id: str, by: str, as_json: bool) -> None:
    """Let a correction not count, also one that was approved."""
    decided = place.change(lambda tx: corrections.decide(tx, correction_id, False, by, utc_now()))
    print_values(correction_shown(decided).model_dump(), as_json)
