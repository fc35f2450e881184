"""`etpp officer`: who may open the officer's area of an office's terminals."""

from __future__ import annotations

from typing import cast, get_args

import click

from etpp.base.asked import asked
from etpp.base.clock import utc_now
from etpp.base.encoding import format_time
from etpp.bulletin import service
from etpp.bulletin.asked import NewOfficer
from etpp.bulletin.model import Duty, Officer
from etpp.bulletin.store import Officers
from etpp.commands.local import by_option, office_option
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values

_COLUMNS = ("officer_id", "office_id", "name", "may", "made_utc", "made_by")


@click.group("officer")
def command() -> None:
    """Officers: made with a PIN that is shown once, listed, revoked."""


@command.command("add")
@click.argument("office_id")
@click.option("--person", help="NIP or id of somebody in the roster; then the own face opens the area with the PIN.")
@click.option("--name", default="", help="Of somebody who is not in the roster.")
@click.option("--may", multiple=True, type=click.Choice(get_args(Duty)), default=get_args(Duty), show_default=True)
@by_option
@pass_place
@as_json_option
def officer_add(
    place: Place, *, office_id: str, person: str | None, name: str, may: tuple[str, ...], by: str, as_json: bool
) -> None:
    """Make an officer of OFFICE_ID, and print the PIN."""
    duties = frozenset(cast(Duty, each) for each in may)
    new = asked(NewOfficer, office_id=office_id, name=name, person=person, may=duties, by=by)
    birth = None if person is None else place.read(lambda tx: service.person_of(tx, person))[2]
    pin, pin_hash = service.new_pin(birth)
    made = place.change(lambda tx: service.add_officer(tx, new, pin_hash, utc_now()), {"office": office_id})
    print_values(_shown(made) | {"pin": pin}, as_json)


@command.command("list")
@office_option
@pass_place
@as_json_option
def officer_list(place: Place, office_id: str | None, as_json: bool) -> None:
    """Officers by office and name."""
    found = place.read(lambda tx: Officers(tx).find(office_id))
    print_table([_shown(each) for each in found], _COLUMNS, as_json)


@command.command("revoke")
@click.argument("officer_id")
@by_option
@pass_place
@as_json_option
def officer_revoke(place: Place, officer_id: str, by: str, as_json: bool) -> None:
    """End an officer's access; terminals learn it with their next gallery."""
    gone = place.change(lambda tx: service.revoke_officer(tx, officer_id, by, utc_now()), {"officer": officer_id})
    print_values(_shown(gone), as_json)


def _shown(officer: Officer) -> dict[str, str]:
    return {
        "officer_id": officer.officer_id,
        "office_id": officer.office_id,
        "name": officer.name,
        "may": ", ".join(sorted(officer.may)),
        "made_utc": format_time(officer.made_utc),
        "made_by": officer.made_by,
    }
