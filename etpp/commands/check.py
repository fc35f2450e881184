"""`etpp check`: what stands in the database and no terminal can take, or would not be let in today; and letters' files
that are not what they were."""

from __future__ import annotations

import sys

import click

from etpp.absence.cabinet import Cabinet
from etpp.absence.check import document_faults
from etpp.commands.place import Place, as_json_option, pass_place, print_table
from etpp.db import Transaction
from etpp.faces.store import Templates
from etpp.roster.check import Fault, faults

FAULTY = 65
"""The exit code when there is anything to put right; as that of refused data."""


@click.command("check")
@pass_place
@as_json_option
def command(place: Place, as_json: bool) -> None:
    """Look for calendars, names, NIPs and faces that must be put right and for letters' files that are missing or
    altered, and say how. Changes nothing."""
    cabinet = Cabinet(place.state)
    found = place.read(lambda tx: faults(tx) + _faces(tx) + document_faults(tx, cabinet))
    columns = ("office_id", "person_id", "member", "reason", "remedy")
    print_table([{column: getattr(fault, column) for column in columns} for fault in found], columns, as_json)
    if found:
        sys.exit(FAULTY)


def _faces(tx: Transaction) -> list[Fault]:
    reason, remedy = "has templates that no terminal can use", "enrol the person anew"
    return [Fault(office, person, "face", reason, remedy) for office, person in Templates(tx).unusable()]
