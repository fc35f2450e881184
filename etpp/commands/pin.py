"""`etpp pin`: NIP and PIN in place of a face that fails."""

from __future__ import annotations

from typing import get_args

import click

from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.bulletin import service
from etpp.bulletin.asked import NewPolicy
from etpp.bulletin.model import PinPolicy
from etpp.commands.local import by_option, office_option
from etpp.commands.place import Place, as_json_option, pass_place, print_values


@click.group("pin")
def command() -> None:
    """NIP and PIN at terminals: whether, how often, and a person's PIN."""


@command.command("policy")
@click.argument("policy", type=click.Choice(get_args(PinPolicy)))
@click.option("--per-month", type=click.IntRange(0, 60), default=0, help="How often a person may, at each terminal.")
@office_option
@by_option
@pass_place
@as_json_option
def pin_policy(place: Place, *, policy: str, per_month: int, office_id: str | None, by: str, as_json: bool) -> None:
    """Say whether NIP and PIN may stand in for a face, in an office or wherever an office has said nothing."""
    new = asked(NewPolicy, office_id=office_id, policy=policy, per_month=per_month, by=by)
    made = place.change(lambda tx: service.set_policy(tx, new, utc_now()))
    print_values({"office_id": made.office_id, "policy": made.policy, "per_month": made.per_month}, as_json)


@command.command("give")
@click.argument("person")
@by_option
@pass_place
@as_json_option
def pin_give(place: Place, person: str, by: str, as_json: bool) -> None:
    """Make a PIN for PERSON (NIP or id) in place of the last one, and print it."""
    employee, _, birth = place.read(lambda tx: service.person_of(tx, person))
    pin, pin_hash = service.new_pin(birth)
    place.change(lambda tx: service.set_pin(tx, employee, pin_hash, by, utc_now()), {"person": employee})
    print_values({"person_id": employee, "pin": pin}, as_json)
