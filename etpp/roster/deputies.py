"""Who decides in a superior's place."""

from __future__ import annotations

import datetime as dt
import uuid

from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.roster.assignments import Deputy
from etpp.roster.store import DEPUTIES, Offices, Roster


def add(
    tx: Transaction, superior: str, deputy: str, first: dt.date, last: dt.date | None, by: str, now: dt.datetime
) -> Deputy:
    """Who decides in a superior's place from a date to a date. Said again from the same date, the last day is another.

    Both are named by a NIP, another number or an id. Raises NotFound, and Conflict for periods that overlap.
    """
    Offices(tx).lock_all()
    superior_id, deputy_id = Roster(tx).who(superior), Roster(tx).who(deputy)
    if superior_id == deputy_id:
        raise Conflict("nobody is their own deputy")
    if last is not None and last < first:
        raise Conflict("last: must not come before first")
    deputising_id = str(uuid.uuid4())
    for held in Roster(tx).deputies(superior_id):
        if held.deputy_id != deputy_id:
            continue
        if held.first == first:
            deputising_id = held.deputising_id
        elif (last is None or held.first <= last) and (held.last is None or held.last >= first):
            raise Conflict("this person deputises in a part of these days already")
    deputising = Deputy(deputising_id, superior_id, deputy_id, first, last)
    DEPUTIES.add(tx, [deputising], by, now)
    return deputising
