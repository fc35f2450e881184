"""What the pages of letters show, as plain values: everything is computed here, so that templates only place it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.absence import letters, store
from etpp.absence.letters import Standing
from etpp.absence.model import LetterState
from etpp.console.listing import Cell, Column, Listing, Tone, state_column
from etpp.console.texts import Texts
from etpp.db import Transaction
from etpp.roster.hours import REGENCY_ZONE, month_bounds
from etpp.roster.named import named

MOST = 5_000
"""Letters of one month on the list."""
TONES: Mapping[str, Tone] = {"submitted": "warn", "approved": "good", "refused": "bad", "revoked": "bad"}
_ORDER: Mapping[LetterState, int] = {"submitted": 0, "approved": 1, "refused": 2, "revoked": 3}


@dataclass(frozen=True)
class LetterLine:
    """One letter's line: for whom (the first of them, and how many more), from when until when in local time."""

    letter_id: str
    name: str
    nips: str
    more: int
    number: str
    kind: str
    offices: str
    first: dt.datetime
    last: dt.datetime
    state: LetterState
    submitted: dt.datetime
    has_document: bool


def _person(line: LetterLine, texts: Texts) -> Cell:
    small = texts.say("letter_and_more", n=line.more) if line.more else line.nips
    return Cell(line.name or texts.forgotten, small=small, href=f"/letters/{line.letter_id}")


def _period(line: LetterLine, texts: Texts) -> Cell:
    return Cell(texts.moment(line.first), small=texts.say("letter_until", at=texts.moment(line.last)))


LETTERS: Listing[LetterLine] = Listing(
    "surat",
    (
        Column("person", "name", lambda line: line.name, show=_person, kind="name", finds=True),
        state_column("letter_state", lambda line: line.state, TONES),
        Column("kind", "letter_kind", lambda line: line.kind, chooses=True),
        Column("office", "office", lambda line: line.offices, chooses=True),
        Column("first", "letter_first", lambda line: line.first, show=_period, kind="time"),
        Column("last", "letter_last", lambda line: line.last, shows=False),
        Column("number", "letter_number", lambda line: line.number, finds=True, kind="reason"),
        Column("submitted", "letter_submitted_at", lambda line: line.submitted, shows=False),
        Column("nip", "nip", lambda line: line.nips, finds=True, shows=False),
    ),
)


def lines(tx: Transaction, offices: Collection[str] | None, month: str) -> list[LetterLine]:
    """Letters that hold in a month, those that wait first; of people who serve in one of `offices` on a day of
    them (None: of everybody). Raises Problem `malformed`."""
    start, end = month_bounds(month)
    found: dict[str, Standing] = {}
    for office_id in [None] if offices is None else sorted(offices):
        page = letters.page(
            tx,
            office_id=office_id,
            person=None,
            state=None,
            start=start,
            end=end,
            after_the_fact=False,
            after="",
            limit=MOST,
        )
        found |= {each.letter.letter_id: each for each in page}
    known = named(tx, {person for each in found.values() for person in each.letter.person_ids}, careers=True)
    kinds, zone = store.kinds(tx), ZoneInfo(REGENCY_ZONE)

    def line(each: Standing) -> LetterLine:
        letter = each.letter
        first, last = letter.first_utc.astimezone(zone), letter.until_utc.astimezone(zone)
        served = {known.office_on(person, first.date()) for person in letter.person_ids} - {""}
        kind = kinds.on(letter.kind_id, first.date())
        return LetterLine(
            letter.letter_id,
            known.name(letter.person_ids[0]),
            ", ".join(known.number(person) for person in letter.person_ids),
            len(letter.person_ids) - 1,
            letter.number,
            letter.kind_id if kind is None else kind.name,
            ", ".join(sorted(served)),
            first,
            last,
            each.state,
            letter.submitted_utc.astimezone(zone),
            letter.document_sha256 is not None,
        )

    return sorted(map(line, found.values()), key=lambda each: (_ORDER[each.state], -each.submitted.timestamp()))


def letter(tx: Transaction, letter_id: str, texts: Texts) -> dict[str, object]:
    """One letter's page. Raises NotFound."""
    standing = letters.look(tx, letter_id)
    found, zone = standing.letter, ZoneInfo(REGENCY_ZONE)
    decision, revocation = standing.decision, standing.revocation
    acted = [found.submitted_by] + [each.by for each in (decision, revocation) if each is not None]
    known = named(tx, found.person_ids, acted)
    kind = store.kinds(tx).on(found.kind_id, found.first_utc.astimezone(zone).date())
    document = None if found.document_sha256 is None else store.Documents(tx).get(found.document_sha256)

    def said(by: str, at: dt.datetime) -> str:
        return texts.say("by_at", by=known.who(by), at=texts.moment(at.astimezone(zone)))

    return {
        "letter_id": found.letter_id,
        "number": found.number,
        "issuer": found.issuer,
        "date": texts.date(found.date),
        "kind": found.kind_id if kind is None else kind.name,
        "first": texts.moment(found.first_utc.astimezone(zone)),
        "last": texts.moment(found.until_utc.astimezone(zone)),
        "state": standing.state,
        "state_text": texts.of("letter_state", standing.state),
        "tone": TONES[standing.state],
        "people": [
            {"name": known.name(each) or texts.forgotten, "number": known.number(each)} for each in found.person_ids
        ],
        "submitted": said(found.submitted_by, found.submitted_utc),
        "decided": "" if decision is None else said(decision.by, decision.decided_utc),
        "reason": "" if decision is None else decision.reason,
        "revoked": "" if revocation is None else said(revocation.by, revocation.revoked_utc),
        "revoked_because": "" if revocation is None else revocation.reason,
        "marks": [texts.of("letter_mark", each) for each in letters.marks(tx, found)]
        if standing.state == "submitted"
        else [],
        "document": None
        if document is None
        else {"picture": document.media_type.startswith("image/"), "kilobytes": -(-document.bytes // 1024)},
    }


def kinds_to_choose(tx: Transaction, today: dt.date) -> list[tuple[str, str]]:
    """Those in force, by name."""
    catalogue = store.kinds(tx)
    found = [(kind.name, each) for each in catalogue.ids() if (kind := catalogue.on(each, today)) is not None]
    return [(kind_id, name) for name, kind_id in sorted(found)]
