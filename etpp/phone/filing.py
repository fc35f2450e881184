"""What an employee files of the own: corrections, letters and objections, each once.

The phone makes the number of what it files and sends until it has an answer, so that the same arrives twice now and
then. The first arrival is judged; a later one of the same is answered as it stands, also when it would be refused now.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from etpp.absence import letters
from etpp.absence.asked import NewLetter
from etpp.absence.model import Letter
from etpp.absence.store import LETTERS
from etpp.activities.store import hold_authors
from etpp.base.asked import Asked
from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.objections import service as objections
from etpp.objections.model import Objection, Standing
from etpp.objections.store import OBJECTIONS, standings
from etpp.phone.asked import OwnCorrection, OwnLetter, OwnObjection
from etpp.presence import corrections
from etpp.presence.asked import NewCorrection
from etpp.presence.corrections import CorrectionDays
from etpp.presence.model import Correction
from etpp.presence.store import CORRECTIONS
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Roster

_OURS = frozenset({"by", "filing_id"})
"""Of what is asked: who, and under which number; the rest is what was said."""


def correction(tx: Transaction, own: OwnCorrection, days: CorrectionDays, now: dt.datetime) -> Correction:
    """Raises Conflict and NotFound, as `corrections.propose`."""
    person = _alone(tx, own.by)
    held = None if own.filing_id is None else CORRECTIONS.one(tx, own.filing_id)
    if held is not None:
        _require_same(own, held, held.person_id == held.proposed_by == person)
        return held
    new = NewCorrection.model_construct(person=own.by, proposed_by=own.by, **_said(own))
    return corrections.propose(tx, new, days, now, own.filing_id)


def letter(tx: Transaction, own: OwnLetter, now: dt.datetime) -> Letter:
    """Of the office where the person serves on its first day. Raises Conflict and NotFound."""
    person = _alone(tx, own.by)
    held = None if own.filing_id is None else LETTERS.one(tx, own.filing_id)
    if held is not None:
        added = {"document_sha256"} if own.document_sha256 is None else set()  # by the office, to a letter without one
        _require_same(own, held, held.person_ids == (person,) and held.submitted_by == person, added)
        return held
    office_id = Roster(tx).career(person).office_on(own.first_utc.astimezone(ZoneInfo(REGENCY_ZONE)).date())
    if office_id is None:
        raise Conflict("the person belongs to no office on this day", key="belongs_nowhere")
    new = NewLetter.model_construct(people=[person], submitted_by=person, office_id=office_id, **_said(own))
    return letters.submit(tx, new, now, own.filing_id)


def objection(tx: Transaction, own: OwnObjection, now: dt.datetime) -> Standing:
    """Raises Conflict and NotFound, as `objections.service.file`."""
    person = _alone(tx, own.by)
    held = None if own.filing_id is None else OBJECTIONS.one(tx, own.filing_id)
    if held is not None:
        _require_same(own, held, held.person_id == person)
        return standings(tx, [held])[0]
    return objections.file(tx, own, now, own.filing_id)


def _alone(tx: Transaction, by: str) -> str:
    """Who it is. Of two arrivals of one person's one waits for the other. Raises NotFound."""
    person = Roster(tx).who(by)
    hold_authors(tx, [person])
    return person


def _require_same(own: Asked, held: Correction | Letter | Objection, mine: bool, but: set[str] | None = None) -> None:
    """Raises Conflict where another thing, or another one's, stands under this number."""
    said = {name: value for name, value in _said(own).items() if name not in (but or ())}
    if not mine or any(getattr(held, name) != value for name, value in said.items()):
        raise Conflict("something else was filed under this number already", key="filing_other")


def _said(own: Asked) -> dict[str, Any]:
    """What is said, besides who says it: values that were looked at already, as they are."""
    return {name: getattr(own, name) for name in type(own).model_fields if name not in _OURS}
