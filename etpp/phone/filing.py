"""What an employee files of the own: corrections and letters."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from etpp.absence import letters
from etpp.absence.asked import NewLetter
from etpp.absence.model import Letter
from etpp.base.asked import Asked
from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.phone.asked import OwnCorrection, OwnLetter
from etpp.presence import corrections
from etpp.presence.asked import NewCorrection
from etpp.presence.corrections import CorrectionDays
from etpp.presence.model import Correction
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Roster


def correction(tx: Transaction, own: OwnCorrection, days: CorrectionDays, now: dt.datetime) -> Correction:
    """Raises Conflict and NotFound, as `corrections.propose`."""
    new = NewCorrection.model_construct(person=own.by, proposed_by=own.by, **_said(own))
    return corrections.propose(tx, new, days, now)


def letter(tx: Transaction, own: OwnLetter, now: dt.datetime) -> Letter:
    """Of the office where the person serves on its first day. Raises Conflict and NotFound."""
    roster = Roster(tx)
    person = roster.who(own.by)
    office_id = roster.career(person).office_on(own.first_utc.astimezone(ZoneInfo(REGENCY_ZONE)).date())
    if office_id is None:
        raise Conflict("the person belongs to no office on this day")
    new = NewLetter.model_construct(people=[person], submitted_by=person, office_id=office_id, **_said(own))
    return letters.submit(tx, new, now)


def _said(own: Asked) -> dict[str, Any]:
    """Besides who says it: values that were looked at already, as they are."""
    return {name: getattr(own, name) for name in type(own).model_fields if name != "by"}
