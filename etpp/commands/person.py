"""`etpp person`: the people of an office."""

from __future__ import annotations

import datetime as dt

import click

from etpp.base.clock import utc_now
from etpp.commands.local import DATE, by_option
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.db import Transaction
from etpp.faces import erasure, moving
from etpp.faces.asked import wish_of
from etpp.roster import register
from etpp.roster.assignments import Assignment
from etpp.roster.documents import assignment_shown, person_shown
from etpp.roster.moving import leave
from etpp.roster.store import Roster


@click.group("person")
def command() -> None:
    """People."""


@command.command("add")
@click.argument("office_id")
@click.argument("nip")
@click.argument("name")
@pass_place
@as_json_option
def person_add(place: Place, office_id: str, nip: str, name: str, as_json: bool) -> None:
    """Add a person; the face comes with an enrolment."""
    added = place.change(lambda tx: register.add_person(tx, office_id, nip, name, utc_now()))
    print_values(person_shown(added).model_dump(), as_json)


@command.command("list")
@click.argument("office_id")
@click.option("--erased", is_flag=True, help="Also those whose face data was erased.")
@pass_place
@as_json_option
def person_list(place: Place, office_id: str, erased: bool, as_json: bool) -> None:
    """List an office's people."""
    people = place.read(lambda tx: register.everyone(tx, office_id, erased))
    print_table(
        [person_shown(each).model_dump() for each in people],
        ("person_id", "nip", "name", "templates", "erased"),
        as_json,
    )


@command.command("rename")
@click.argument("office_id")
@click.argument("person_id")
@click.argument("name")
@pass_place
@as_json_option
def person_rename(place: Place, office_id: str, person_id: str, name: str, as_json: bool) -> None:
    """Change a person's official name; an enrolment never does."""
    renamed = place.change(lambda tx: register.rename_person(tx, office_id, person_id, name, utc_now()))
    print_values(person_shown(renamed).model_dump(), as_json)


@command.command("remove")
@click.argument("office_id")
@click.argument("person_id")
@click.option("--forget", is_flag=True, help="Also name and NIP: their presences stay in the books without a name.")
@click.option("--asked-by", default="", help="At whose wish, for the proof: a name, a letter's number.")
@pass_place
@as_json_option
def person_remove(place: Place, office_id: str, person_id: str, forget: bool, asked_by: str, as_json: bool) -> None:
    """Erase a person's face data here and on every terminal."""
    said = wish_of(asked_by)
    version = place.change(lambda tx: erasure.erase_person(tx, office_id, person_id, utc_now(), forget, asked_by=said))
    print_values({"person_id": person_id, "gallery_version": version}, as_json)


@command.command("move")
@click.argument("person")
@click.argument("office_id")
@click.option("--from", "first", type=DATE, required=True, help="First day in the new office, such as 2026-12-01.")
@by_option
@pass_place
@as_json_option
def person_move(place: Place, person: str, office_id: str, first: dt.datetime, by: str, as_json: bool) -> None:
    """Move PERSON (a NIP, another number or an id) to another office: post, presences and face go along."""

    def act(tx: Transaction) -> Assignment:
        return moving.move(tx, Roster(tx).who(person), office_id, first.date(), by, utc_now())

    print_values(assignment_shown(place.change(act)).model_dump(), as_json)


@command.command("leave")
@click.argument("person")
@click.option("--on", "last", type=DATE, required=True, help="The last day of service.")
@by_option
@pass_place
@as_json_option
def person_leave(place: Place, person: str, last: dt.datetime, by: str, as_json: bool) -> None:
    """PERSON (a NIP, another number or an id) serves for the last time on a day."""

    def act(tx: Transaction) -> Assignment:
        ended = leave(tx, Roster(tx).who(person), last.date(), by, utc_now())
        moving.settle(tx, utc_now(), ended.person_id)
        return ended

    print_values(assignment_shown(place.change(act)).model_dump(), as_json)
