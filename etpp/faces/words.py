"""What became of each enrolment, as facts of pay: presences that rest on one count by them.

The enrolment itself is kept for as long as a face may be; its words stay, name nobody, and travel in a month's bundle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from etpp.db import Transaction
from etpp.faces.model import Enrolment, EnrolmentWord, WordState
from etpp.faces.store import WORDS, Enrolments
from etpp.roster.store import Roster

WITHDRAWN = "consent-withdrawn"
"""Who decided an enrolment whose consent was taken back at its terminal."""


def received(tx: Transaction, enrolment: Enrolment, now: dt.datetime) -> None:
    """It has come, and waits. Nothing rests on an offer, at which nobody stood by."""
    if enrolment.renewal is None:
        WORDS.add(tx, [_word(tx, enrolment, "waiting")], enrolment.device_id, now)


def decided(
    tx: Transaction, enrolment: Enrolment, state: WordState, by: str, now: dt.datetime, employee_id: str = ""
) -> None:
    """Somebody has decided. `employee_id`: whose face an approved one is."""
    if enrolment.renewal is None:
        WORDS.add(tx, [_word(tx, enrolment, state, employee_id)], by, now)


def withdrawn(tx: Transaction, office_id: str, device_id: str, event_ids: Sequence[str], now: dt.datetime) -> None:
    """Consent was taken back at the terminal that enrolled: what still waits is refused, and its face goes."""
    for event_id in event_ids:
        enrolment = Enrolments(tx).get(office_id, event_id, lock=True)
        if enrolment is None or enrolment.state != "pending" or enrolment.device_id != device_id:
            continue
        Enrolments(tx).decide(enrolment, "rejected", now, WITHDRAWN)
        decided(tx, enrolment, "withdrawn", device_id, now)


def _word(tx: Transaction, enrolment: Enrolment, state: WordState, employee_id: str = "") -> EnrolmentWord:
    whose = employee_id or (Roster(tx).with_number(enrolment.nip) if enrolment.nip else None) or ""
    return EnrolmentWord(enrolment.event_id, enrolment.office_id, enrolment.device_id, whose, state)
