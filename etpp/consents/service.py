"""A wish's way: noted at a terminal, answered once by BKPP."""

from __future__ import annotations

import datetime as dt

from etpp.base.errors import Conflict, NotFound
from etpp.consents import rules, store
from etpp.consents.model import ConsentAnswer, Standing
from etpp.db import Transaction
from etpp.faces import approval, erasure


def standing(tx: Transaction, office_id: str, event_id: str) -> Standing:
    """Raises NotFound."""
    wish = store.one(tx, office_id, event_id)
    if wish is None:
        raise NotFound("no terminal has said this of a consent", key="consent_unknown")
    return store.standings(tx, [wish])[0]


def waiting(tx: Transaction) -> list[Standing]:
    """Those that BKPP has to answer, the oldest first."""
    return [each for each in store.standings(tx, store.unanswered(tx)) if rules.state(each) == "open"]


def erase(tx: Transaction, office_id: str, event_id: str, asked_by: str, by: str, now: dt.datetime) -> Standing:
    """Take the face away wherever it is: consent is the person's, not an office's. Raises NotFound, Conflict."""
    found, *same = _open(tx, office_id, event_id)
    if not found.faces:
        raise Conflict("there is no face of this person", key="consent_no_face")
    for face in found.faces:
        if face.templates:
            erasure.erase_person(tx, face.office_id, face.person_id, now, asked_by=asked_by, done_by=by)
            continue  # with what waits there
        for waits in face.enrolments:
            approval.reject(tx, face.office_id, waits, by, now)
    _answer(tx, [found, *same], True, asked_by, by, now)
    return found


def otherwise(tx: Transaction, office_id: str, event_id: str, reason: str, by: str, now: dt.datetime) -> None:
    """Raises NotFound, Conflict."""
    _answer(tx, _open(tx, office_id, event_id), False, reason, by, now)


def _open(tx: Transaction, office_id: str, event_id: str) -> list[Standing]:
    """It, and what the same person has said once more."""
    found = standing(tx, office_id, event_id)
    if rules.state(found) != "open":
        raise Conflict("this is settled already", key="consent_settled")
    return [found, *(each for each in waiting(tx) if found.employee_id and _again(each, found))]


def _again(each: Standing, found: Standing) -> bool:
    same = (each.employee_id, each.wish.kind) == (found.employee_id, found.wish.kind)
    return same and each.wish.wish_id != found.wish.wish_id


def _answer(tx: Transaction, found: list[Standing], erased: bool, reason: str, by: str, now: dt.datetime) -> None:
    store.ANSWERS.add(tx, [ConsentAnswer(each.wish.wish_id, erased, reason, by, now) for each in found], by, now)
