"""What the roster's pages list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from etpp.console.listing import Cell, Column, Listing, Value
from etpp.console.texts import Texts
from etpp.roster.finding import Served
from etpp.roster.nip import grouped


@dataclass(frozen=True)
class PersonFound:
    """One who was found. `number`: the NIP, or the other id of who has none."""

    person_id: str
    name: str
    number: str
    office_id: str

    @classmethod
    def of(cls, served: Served) -> PersonFound:
        who = served.employee
        return cls(who.person_id, who.name, who.nip or who.other_id or "", served.office_id or "")


def people_found(names: Mapping[str, str]) -> Listing[PersonFound]:
    """`names`: of offices. The database chooses the rows; an office is chosen by its id."""

    def person(found: PersonFound, texts: Texts) -> Cell:  # noqa: ARG001
        return Cell(found.name, href=f"/people/{found.person_id}")

    def number(value: Value, texts: Texts) -> str:  # noqa: ARG001
        said = str(value)
        return grouped(said) if len(said) == 18 and said.isdecimal() else said

    def office(value: Value, texts: Texts) -> str:
        return names.get(str(value), str(value)) or texts.no_office

    return Listing(
        "pegawai",
        (
            Column("name", "name", lambda found: found.name, show=person, kind="name", finds=True),
            Column("nip", "nip", lambda found: found.number, says=number, finds=True),
            Column("office", "office", lambda found: found.office_id, says=office, chooses=True, sorts=False),
        ),
        by="name",
    )
