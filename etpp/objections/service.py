"""An objection's way: filed by the person concerned, answered once by somebody else."""

from __future__ import annotations

import datetime as dt
import uuid

from etpp.base import bounds
from etpp.base.clock import month_of
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction, hold_each
from etpp.objections import store
from etpp.objections.asked import NewAnswer, NewObjection
from etpp.objections.model import Objection, ObjectionAnswer, Standing
from etpp.roster.store import Roster


def file(tx: Transaction, new: NewObjection, now: dt.datetime, objection_id: str | None = None) -> Standing:
    """`objection_id`: that the person's own device made. Raises NotFound for whom nobody knows, Conflict for what
    cannot be objected to."""
    person = Roster(tx).who(new.by)
    first, last = month_of(dt.date.fromisoformat(f"{new.month}-01"))
    served = Roster(tx).career(person).within(first, last)
    if not served:
        raise Conflict("the person belonged to no office in that month", key="objection_no_service")
    kind, _, what = new.about.partition(":")
    if kind == "day" and not (what.startswith(new.month) and _is_past(what, now)):
        raise Conflict("the day is none of that month, or is still to come", key="objection_day")
    hold_each(tx, "objections of", [person])
    waiting = [each for each in store.of_month(tx, person, new.month) if each.state == "waiting"]
    if any(each.objection.about == new.about for each in waiting):
        raise Conflict("an objection to this waits for its answer already", key="objection_waiting")
    if len(waiting) >= bounds.OBJECTIONS_A_MONTH:
        n = bounds.OBJECTIONS_A_MONTH
        raise Conflict(f"{n} objections to this month wait for their answers already", key="objection_many", n=n)
    if store.count_waiting(tx, person) >= bounds.OBJECTIONS:
        n = bounds.OBJECTIONS
        raise Conflict(f"{n} objections of the person wait for their answers already", key="objections_many", n=n)
    made_id = objection_id or str(uuid.uuid4())
    made = Objection(made_id, person, served[-1].office_id, new.month, new.about, new.reason, now)
    store.OBJECTIONS.add(tx, [made], person, now)
    return Standing(made, None)


def answer(tx: Transaction, objection_id: str, said: NewAnswer, now: dt.datetime) -> Standing:
    """Raises NotFound, and Conflict: answered already, or by the person concerned."""
    found = store.OBJECTIONS.one(tx, objection_id)
    if found is None:
        raise NotFound("there is no such objection", key="objection_unknown")
    by = Roster(tx).actor(said.by)
    if by == found.person_id:
        raise Conflict("nobody answers the own objection: let another one answer", key="objection_own")
    if store.ANSWERS.one(tx, objection_id) is not None:
        raise Conflict("the objection is answered already", key="objection_answered")
    made = ObjectionAnswer(objection_id, said.upheld, said.answer, by, now)
    store.ANSWERS.add(tx, [made], by, now)
    return Standing(found, made)


def _is_past(day: str, now: dt.datetime) -> bool:
    """Or today, wherever the office stands: no zone of Indonesia is further ahead."""
    return day <= (now + dt.timedelta(hours=9)).date().isoformat()
