"""Sanctions as people enter them and take them back: never the person concerned, under whichever name."""

from __future__ import annotations

import datetime as dt

from etpp.allowance.model import Sanction
from etpp.allowance.store import SANCTIONS
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction, hold_each, pay_tables
from etpp.roster.store import Roster


def enter(tx: Transaction, made: Sanction, by: str, now: dt.datetime) -> None:
    """Raises NotFound for nobody of the roster, and Conflict for the person concerned, and for what is entered already:
    it would be taken off twice."""
    if Roster(tx).employee(made.person_id) is None:
        raise NotFound("nobody in the roster has this id", key="employee_unknown")
    hold_each(tx, "sanctions of", [made.person_id])
    for each in SANCTIONS.find(tx, pay_tables.sanctions.c.person_id == made.person_id):
        if _bare(each.document) == _bare(made.document) and each.first <= made.last and made.first <= each.last:
            raise Conflict(
                "the sanction of this document is entered already for some of these days: take that one back first",
                key="sanction_again",
            )
    SANCTIONS.add(tx, [made], _another(tx, by, made), now)


def take_back(tx: Transaction, sanction_id: str, by: str, now: dt.datetime) -> Sanction:
    """Raises NotFound, and Conflict for the person concerned."""
    found = SANCTIONS.one(tx, sanction_id)
    if found is None:
        raise NotFound("there is no such sanction", key="sanction_unknown")
    SANCTIONS.withdraw(tx, [found], _another(tx, by, found), now)
    return found


def _bare(document: str) -> str:
    """A number as two clerks write it."""
    return "".join(document.casefold().split())


def _another(tx: Transaction, said: str, sanction: Sanction) -> str:
    by = Roster(tx).actor(said)
    if by == sanction.person_id:
        raise Conflict(
            "a sanction is entered and taken back by somebody else than the person whom it is for", key="sanction_own"
        )
    return by
