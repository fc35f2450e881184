"""Kinds, letters and what was decided about them, and what is known of their files, in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from etpp.absence.catalogue import Catalogue, delivered, delivered_text, read_catalogue
from etpp.absence.model import Document, Letter, LetterDecision, LetterRevocation
from etpp.base.errors import Conflict
from etpp.db import Facts, Lock, Transaction, locks, pay_tables
from etpp.roster.serving import local_days, serving
from etpp.roster.store import ever_assigned

CATALOGUE_ID = "regency"
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class KindsText:
    """A catalogue of kinds as TOML; of one `catalogue_id` the last that was recorded counts."""

    catalogue_id: str
    text: str


KINDS = Facts(KindsText, pay_tables.kind_catalogues, "catalogue_id")
LETTERS = Facts(Letter, pay_tables.letters, "letter_id")
DECISIONS = Facts(LetterDecision, pay_tables.letter_decisions, "decision_id", once=True)
REVOCATIONS = Facts(LetterRevocation, pay_tables.letter_revocations, "revocation_id", once=True)


def kinds_text(tx: Transaction, known_utc: dt.datetime | None = None) -> str | None:
    """What the regency has decided last, or None while the delivered catalogue holds."""
    recorded = KINDS.find(tx, known_utc=known_utc, order="recorded")
    return recorded[-1].text if recorded else None


def kinds(tx: Transaction, known_utc: dt.datetime | None = None) -> Catalogue:
    text = kinds_text(tx, known_utc)
    return delivered() if text is None else read_catalogue(text)


def keep_kinds(tx: Transaction, by: str, now: dt.datetime) -> None:
    """What a month is closed by holds from then on: the catalogue of a later release is not it."""
    if kinds_text(tx) is None:
        KINDS.add(tx, [KindsText(CATALOGUE_ID, delivered_text())], by, now)


def add_letters(tx: Transaction, letters: Sequence[Letter], by: str, now: dt.datetime) -> None:
    """Raises Conflict when an id is recorded already."""
    if LETTERS.find(tx, pay_tables.letters.c.letter_id.in_([each.letter_id for each in letters]), limit=1):
        raise Conflict("a letter with this id is recorded already", key="fact_known")
    LETTERS.add(tx, letters, by, now)
    people = [
        {"person_id": person, "letter_id": each.letter_id}
        for each in letters
        for person in dict.fromkeys(each.person_ids)
    ]
    if people:
        tx.execute(sa.insert(pay_tables.letter_people), people)


def locked_letter(tx: Transaction, letter_id: str) -> Letter | None:
    """Of two who change a letter's state one waits for the other."""
    table = pay_tables.letters
    first = sa.select(table.c.fact_no).where(table.c.letter_id == letter_id).order_by(table.c.fact_no).limit(1)
    tx.execute(first.with_for_update())
    return LETTERS.one(tx, letter_id)


def said_of(tx: Transaction, letter_ids: Iterable[str]) -> tuple[list[LetterDecision], list[LetterRevocation]]:
    """All decisions on letters, and what was taken back."""
    asked = list(letter_ids)
    return (
        DECISIONS.find(tx, pay_tables.letter_decisions.c.letter_id.in_(asked)),
        REVOCATIONS.find(tx, pay_tables.letter_revocations.c.letter_id.in_(asked)),
    )


def letters_of(tx: Transaction, person_id: str, known_utc: dt.datetime | None = None) -> list[Letter]:
    """All letters of one person."""
    mine = sa.select(pay_tables.letter_people.c.letter_id).where(pay_tables.letter_people.c.person_id == person_id)
    return LETTERS.find(tx, pay_tables.letters.c.letter_id.in_(mine), known_utc=known_utc)


def undecided_of(tx: Transaction, person_id: str) -> int:
    """How many letters of a person nobody has decided on or taken back."""
    mine, decided, gone = pay_tables.letter_people, pay_tables.letter_decisions, pay_tables.letter_revocations
    said = [sa.select(t.c.fact_no).where(t.c.letter_id == mine.c.letter_id).exists() for t in (decided, gone)]
    query = sa.select(sa.func.count()).select_from(mine).where(mine.c.person_id == person_id, *(~each for each in said))
    return tx.execute(query).scalar_one()


def letters_of_all(tx: Transaction, person_ids: Sequence[str]) -> list[Letter]:
    """All letters of many people, each once."""
    people, found = pay_tables.letter_people, dict[str, Letter]()
    for start in range(0, len(person_ids), _PAGE):
        of = sa.select(people.c.letter_id).where(people.c.person_id.in_(person_ids[start : start + _PAGE]))
        found |= {each.letter_id: each for each in LETTERS.find(tx, pay_tables.letters.c.letter_id.in_(of))}
    return list(found.values())


def said_of_all(
    tx: Transaction, letter_ids: Sequence[str]
) -> tuple[dict[str, list[LetterDecision]], dict[str, list[LetterRevocation]]]:
    """As `said_of`, of many letters, by letter."""
    decisions, revocations = dict[str, list[LetterDecision]](), dict[str, list[LetterRevocation]]()
    for start in range(0, len(letter_ids), _PAGE):
        decided, gone = said_of(tx, letter_ids[start : start + _PAGE])
        for each in decided:
            decisions.setdefault(each.letter_id, []).append(each)
        for back in gone:
            revocations.setdefault(back.letter_id, []).append(back)
    return decisions, revocations


def hold(tx: Transaction) -> None:
    """Of two tables of letters that are taken at once one waits for the other, and both for a change of the kinds."""
    locks.hold(tx, Lock.LETTERS)
    locks.hold(tx, Lock.KINDS, shared=True)


def letters_within(
    tx: Transaction,
    *,
    office_id: str | None = None,
    zone: ZoneInfo | None = None,
    ever_at: str | None = None,
    person_id: str | None = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    after_the_fact: bool = False,
    after: str = "",
    limit: int | None = None,
) -> list[Letter]:
    """Letters by id, those after an id. `office_id`: for somebody who serves there on a day of the letter, by the
    office's `zone`; `ever_at`: for somebody who was ever assigned to this office, wherever the letter's days were
    served, for reckoning; `start`, `end`: that hold in [start, end); `after_the_fact`: that were submitted when they
    had begun."""
    letters, people = pay_tables.letters, pay_tables.letter_people
    asked = [letters.c.letter_id > after] if after else []
    if (office := office_id or ever_at) is not None:
        here = ever_assigned(office)
        asked.append(letters.c.letter_id.in_(sa.select(people.c.letter_id).where(people.c.person_id.in_(here))))
    if office_id is not None:
        days = local_days(tx, letters.c.first_utc, letters.c.until_utc, zone)
        named = sa.select(people.c.letter_id).where(people.c.letter_id == letters.c.letter_id)
        asked.append(named.where(serving(office_id, people.c.person_id, *days)).exists())
    if person_id is not None:
        asked.append(letters.c.letter_id.in_(sa.select(people.c.letter_id).where(people.c.person_id == person_id)))
    if start is not None:
        asked.append(letters.c.until_utc > start)
    if end is not None:
        asked.append(letters.c.first_utc < end)
    if after_the_fact:
        asked.append(letters.c.submitted_utc > letters.c.first_utc)
    return LETTERS.find(tx, *asked, limit=limit)


def kinds_used(tx: Transaction) -> list[tuple[str, dt.datetime]]:
    """(kind, first moment) of all letters that were not taken back; each once."""
    letters, revoked = pay_tables.letters, pay_tables.letter_revocations
    gone = sa.select(revoked.c.letter_id)
    query = sa.select(letters.c.kind_id, letters.c.first_utc).where(letters.c.letter_id.not_in(gone)).distinct()
    return [(row.kind_id, row.first_utc) for row in tx.execute(query.order_by(letters.c.kind_id, letters.c.first_utc))]


class Documents:
    """What is known of the files. Rows are only added."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def note(self, document: Document) -> Document:
        """As it is known: as it was brought first."""
        table = pay_tables.documents
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        self._tx.execute(
            insert(pay_tables.documents)
            .values(
                sha256=document.sha256,
                media_type=document.media_type,
                bytes=document.bytes,
                stored_utc=document.stored_utc,
                stored_by=document.stored_by,
            )
            .on_conflict_do_nothing()
        )
        return self._find(table.c.sha256 == document.sha256)[0]

    def get(self, sha256: str) -> Document | None:
        found = self._find(pay_tables.documents.c.sha256 == sha256)
        return found[0] if found else None

    def known(self, sha256s: Sequence[str]) -> set[str]:
        table = pay_tables.documents
        return set(self._tx.execute(sa.select(table.c.sha256).where(table.c.sha256.in_(sha256s))).scalars())

    def bytes_of(self, by: str, since: dt.datetime) -> int:
        """Of all that somebody has brought after a moment."""
        table = pay_tables.documents
        asked = table.c.stored_by == by, table.c.stored_utc > since
        return int(
            self._tx.execute(sa.select(sa.func.coalesce(sa.func.sum(table.c.bytes), 0)).where(*asked)).scalar_one()
        )

    def page(self, after: str, limit: int) -> list[Document]:
        """By hash, those after one."""
        return self._find(pay_tables.documents.c.sha256 > after, limit)

    def _find(self, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[Document]:
        table = pay_tables.documents
        query = sa.select(table).where(condition).order_by(table.c.sha256).limit(limit)
        return [
            Document(row.sha256, row.media_type, row.bytes, row.stored_utc, row.stored_by)
            for row in self._tx.execute(query)
        ]
