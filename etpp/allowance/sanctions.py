"""Sanctions as people enter them and take them back: never the person concerned, under whichever name."""

from __future__ import annotations

import datetime as dt

from etpp.allowance.model import Sanction
from etpp.allowance.store import SANCTIONS
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.roster.store import Roster


def enter(tx: Transaction, made: Sanction, by: str, now: dt.datetime) -> None:
    """Raises NotFound for nobody of the roster, and Conflict for the person concerned."""
    if Roster(tx).employee(made.person_id) is None:
        raise NotFound("nobody in the roster has this id")
    SANCTIONS.add(tx, [made], _another(tx, by, made), now)


def take_back(tx: Transaction, sanction_id: str, by: str, now: dt.datetime) -> Sanction:
    """Raises NotFound, and Conflict for the person concerned."""
    found = SANCTIONS.one(tx, sanction_id)
    if found is None:
        raise NotFound("there is no such sanction")
    SANCTIONS.withdraw(tx, [found], _another(tx, by, found), now)
    return found


def _another(tx: Transaction, said: str, sanction: Sanction) -> str:
    by = Roster(tx).actor(said)
    if by == sanction.person_id:
        raise Conflict("a sanction is entered and taken back by somebody else than the person whom it is for")
    return by
