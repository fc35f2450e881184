"""Leaving, and moving to another office: what becomes of the dated stays. Faces follow in `etpp/faces/moving.py`."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace

from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.roster import register
from etpp.roster.assignments import Assignment
from etpp.roster.plans import telling
from etpp.roster.store import ASSIGNMENTS, Offices, People, Roster

ONE_DAY = dt.timedelta(days=1)


def leave(tx: Transaction, employee_id: str, last: dt.date, by: str, now: dt.datetime) -> Assignment:
    """The person serves for the last time on `last`. Raises Conflict for who serves in no office on that day, and for
    who serves after it in another post: that one would have to be withdrawn first."""
    career = Roster(tx).career(employee_id)
    held = career.on(last)
    if held is None:
        raise Conflict("this person belongs to no office on that day", key="belongs_nowhere")
    if career.all[-1] is not held:
        raise Conflict("another post begins after that day", key="serves_later")
    ended = replace(held, last=last)
    with telling(tx, [employee_id], now):
        ASSIGNMENTS.add(tx, [ended], by, now)
    return ended


def move(tx: Transaction, employee_id: str, office_id: str, first: dt.date, by: str, now: dt.datetime) -> Assignment:
    """From `first` on the person serves in another office, in the same post and class until the roster says otherwise;
    under nobody, as the superior stays behind. Raises NotFound, and Conflict as `leave`."""
    register.office(tx, office_id)
    held = Roster(tx).career(employee_id).on(first - ONE_DAY)
    if held is None:
        raise Conflict("this person belongs to no office on the day before", key="belongs_nowhere")
    if held.office_id == office_id:
        raise Conflict("this person belongs to that office already", key="belongs_there")
    until = held.last
    if until is not None and until < first:
        until = None
    # Of all offices whose galleries follow, in the order of their ids, as everybody who locks several.
    for each in sorted({office_id, *People(tx).enrolled_as([employee_id])}):
        Offices(tx).lock(each)
    leave(tx, employee_id, first - ONE_DAY, by, now)
    begun = replace(
        held, assignment_id=str(uuid.uuid4()), office_id=office_id, superior_id=None, first=first, last=until
    )
    with telling(tx, [employee_id], now):
        ASSIGNMENTS.add(tx, [begun], by, now)
    return begun


def end_unplaced(tx: Transaction, employee_id: str, office_id: str, last: dt.date, by: str, now: dt.datetime) -> None:
    """Whose face is taken away, and of whom the roster never said a post, has left the office."""
    held = Roster(tx).career(employee_id).on(last)
    if held is not None and held.office_id == office_id and not held.post_id and held.last is None:
        ASSIGNMENTS.add(tx, [replace(held, last=last)], by, now)
