"""Kinds, letters and what was decided about them, in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from etpp.absence.catalogue import Catalogue, delivered, read_catalogue
from etpp.absence.model import Letter, LetterDecision, LetterRevocation
from etpp.db import Facts, Transaction, pay_tables


@dataclass(frozen=True, slots=True)
class KindsText:
    """A catalogue of kinds as TOML; of one `catalogue_id` the last that was recorded counts."""

    catalogue_id: str
    text: str


KINDS = Facts(KindsText, pay_tables.kind_catalogues, "catalogue_id")
LETTERS = Facts(Letter, pay_tables.letters, "letter_id", once=True)
DECISIONS = Facts(LetterDecision, pay_tables.letter_decisions, "decision_id", once=True)
REVOCATIONS = Facts(LetterRevocation, pay_tables.letter_revocations, "revocation_id", once=True)


def kinds_text(tx: Transaction, known_utc: dt.datetime | None = None) -> str | None:
    """What the regency has decided last, or None while the delivered catalogue holds."""
    recorded = KINDS.find(tx, known_utc=known_utc, order="recorded")
    return recorded[-1].text if recorded else None


def kinds(tx: Transaction, known_utc: dt.datetime | None = None) -> Catalogue:
    text = kinds_text(tx, known_utc)
    return delivered() if text is None else read_catalogue(text)


def add_letters(tx: Transaction, letters: Sequence[Letter], by: str, now: dt.datetime) -> None:
    """Raises Conflict when an id is recorded already."""
    LETTERS.add(tx, letters, by, now)
    people = [
        {"person_id": person, "letter_id": each.letter_id}
        for each in letters
        for person in dict.fromkeys(each.person_ids)
    ]
    if people:
        tx.execute(sa.insert(pay_tables.letter_people), people)


def letters_of(tx: Transaction, person_id: str, known_utc: dt.datetime | None = None) -> list[Letter]:
    """All letters of one person."""
    mine = sa.select(pay_tables.letter_people.c.letter_id).where(pay_tables.letter_people.c.person_id == person_id)
    return LETTERS.find(tx, pay_tables.letters.c.letter_id.in_(mine), known_utc=known_utc)


def letters_since(tx: Transaction, since_utc: dt.datetime, known_utc: dt.datetime | None = None) -> list[Letter]:
    """The regency's letters that end after a moment."""
    return LETTERS.find(tx, pay_tables.letters.c.until_utc > since_utc, known_utc=known_utc)
