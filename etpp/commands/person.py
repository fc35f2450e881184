"""`etpp person`: the people of an office."""

from __future__ import annotations

import click

from etpp.base.clock import utc_now
from etpp.commands.place import Place, as_json_option, pass_place, print_table, print_values
from etpp.faces import erasure
from etpp.roster import register
from etpp.roster.documents import person_json


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
    print_values(person_json(added), as_json)


@command.command("list")
@click.argument("office_id")
@click.option("--erased", is_flag=True, help="Also those whose face data was erased.")
@pass_place
@as_json_option
def person_list(place: Place, office_id: str, erased: bool, as_json: bool) -> None:
    """List an office's people."""
    people = place.read(lambda tx: register.everyone(tx, office_id, erased))
    print_table([person_json(each) for each in people], ("person_id", "nip", "name", "templates", "erased"), as_json)


@command.command("rename")
@click.argument("office_id")
@click.argument("person_id")
@click.argument("name")
@pass_place
@as_json_option
def person_rename(place: Place, office_id: str, person_id: str, name: str, as_json: bool) -> None:
    """Change a person's official name; an enrolment never does."""
    renamed = place.change(lambda tx: register.rename_person(tx, office_id, person_id, name, utc_now()))
    print_values(person_json(renamed), as_json)


@command.command("remove")
@click.argument("office_id")
@click.argument("person_id")
@click.option("--forget", is_flag=True, help="Also name and NIP: their presences stay in the books without a name.")
@pass_place
@as_json_option
def person_remove(place: Place, office_id: str, person_id: str, forget: bool, as_json: bool) -> None:
    """Erase a person's face data here and on every terminal."""
    version = place.change(lambda tx: erasure.erase_person(tx, office_id, person_id, utc_now(), forget))
    print_values({"person_id": person_id, "gallery_version": version}, as_json)
