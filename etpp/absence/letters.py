"""A letter's way: submitted with its file, approved or refused, taken back. Each step is a fact that is only added.

Nothing is recorded that the rules (`etpp.absence.rules`) would not count: who the letter is for decides nothing of it,
and its kind holds where each of its people work.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from etpp.absence import store
from etpp.absence.asked import NewLetter
from etpp.absence.cabinet import Cabinet
from etpp.absence.content import media_type
from etpp.absence.model import Document, Excuse, Letter, LetterDecision, LetterRevocation, LetterState
from etpp.absence.rules import (
    MARKED,
    ONE_DAY,
    ONE_MINUTE,
    LetterFault,
    LetterMark,
    check_letter,
    in_force,
    last_decision,
    letter_state,
    overlapping,
)
from etpp.base import bounds
from etpp.base.errors import Conflict, NotFound
from etpp.base.paging import filled
from etpp.calendar.model import PlanError
from etpp.calendar.plan import Calendar
from etpp.db import Lock, Transaction, hold, hold_each
from etpp.roster import hours, register
from etpp.roster.hours import REGENCY_ZONE, regency_calendar
from etpp.roster.store import Offices, Roster

LONGEST = dt.timedelta(days=6 * 366)
"""Studies take five years at most; whatever is longer has a wrong year."""

_FAULTS: Mapping[LetterFault, Callable[[], Conflict]] = {
    "nobody": lambda: Conflict("the letter is for nobody: name at least one person", key="letter_nobody"),
    "person_twice": lambda: Conflict(
        "the letter names a person twice: name each once, by NIP or by id", key="letter_person_twice"
    ),
    "person_elsewhere": lambda: Conflict(
        "the letter is for somebody who does not belong to the office in its period: let that office submit it, or "
        "BKPP without an office",
        key="letter_person_elsewhere",
    ),
    "period": lambda: Conflict("the letter ends before it begins", key="letter_backwards"),
    "whole_minutes": lambda: Conflict("the period begins and ends at whole minutes", key="letter_minutes"),
    "kind_unknown": lambda: Conflict(
        "there is no such kind on the letter's first day: `etpp kinds show` lists them", key="letter_kind_unknown"
    ),
    "document_missing": lambda: Conflict(
        "letters of this kind need their document: attach the file", key="letter_document_missing"
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A letter with what was said of it. `decision`: the one that counts."""

    letter: Letter
    state: LetterState
    decision: LetterDecision | None
    revocation: LetterRevocation | None


Begin = Callable[[], AbstractContextManager[Transaction]]
"""Begins a transaction."""


@dataclass(frozen=True, slots=True)
class Space:
    """What somebody may bring: so many bytes in a window. `read`: begins a transaction that reads."""

    read: Begin
    most_bytes: int


def keep_document(
    begin: Begin, cabinet: Cabinet, content: bytes, by: str, now: dt.datetime, space: Space | None = None
) -> Document:
    """The file, then what is known of it: both are durable when this returns. `space`: None for the command line and
    the token. Raises Conflict for what is no letter's file, or too much, and StoreUnavailable."""
    document = Document(hashlib.sha256(content).hexdigest(), media_type(content), len(content), now, by)
    if space is not None:
        with space.read() as tx:
            _require_space(tx, document, space.most_bytes)  # before anything is written
    with cabinet.keeping():
        cabinet.keep(content)
        with begin() as tx:
            if space is not None:  # of several that somebody brings at once
                hold_each(tx, "files of", [by])
                _require_space(tx, document, space.most_bytes)
            return store.Documents(tx).note(document)


def submit(tx: Transaction, new: NewLetter, now: dt.datetime, letter_id: str | None = None) -> Letter:
    """`letter_id`: that the person's own device made. Raises Conflict for what speaks against the letter, NotFound for
    a person or document that is not known."""
    roster = Roster(tx)
    by = roster.actor(new.submitted_by)
    people = tuple(roster.who(each) for each in new.people)
    if new.office_id is not None and Offices(tx).get(new.office_id) is None:
        raise NotFound(f"there is no office {new.office_id}", key="office_unknown", office=new.office_id)
    if new.document_sha256 is not None:
        _require_document(tx, new.document_sha256)
    letter = Letter(
        letter_id or str(uuid.uuid4()),
        new.kind_id,
        new.number,
        new.date,
        new.issuer,
        people,
        new.first_utc,
        new.until_utc,
        by,
        now,
        new.document_sha256,
    )
    hold(tx, Lock.KINDS, shared=True)
    faults = [fault for fault in _faults(tx, letter, new.office_id) if fault not in MARKED]
    if faults:
        raise _FAULTS[faults[0]]()
    if letter.until_utc - letter.first_utc > LONGEST:
        raise Conflict(f"the letter is for more than {LONGEST.days} days: look at its years", key="letter_long")
    hold_each(tx, "letters of", people)
    if any(store.undecided_of(tx, person) >= bounds.LETTERS for person in people):
        n = bounds.LETTERS
        raise Conflict(f"{n} letters for one person wait for a decision already", key="letter_many", n=n)
    store.add_letters(tx, [letter], by, now)
    return letter


def attach(tx: Transaction, letter_id: str, sha256: str, by: str, now: dt.datetime) -> Letter:
    """A file for a letter that has none, while nobody has decided on it: what was approved is what was read."""
    _require_document(tx, sha256)
    standing = _locked(tx, letter_id)
    if standing.state != "submitted" or standing.letter.document_sha256 is not None:
        raise Conflict(
            "the letter is decided or has its file: submit a new letter, and take this one back", key="letter_has_file"
        )
    letter = replace(standing.letter, document_sha256=sha256)
    store.LETTERS.add(tx, [letter], Roster(tx).actor(by), now)
    return letter


def decide(tx: Transaction, letter_id: str, approved: bool, by: str, reason: str, now: dt.datetime) -> Standing:
    """Once: an approved letter is taken back by revoking it, a refused one is submitted anew. One that came by a table
    is approved when its file is there, where its kind needs one."""
    standing = _locked(tx, letter_id)
    actor = Roster(tx).actor(by)
    if standing.state != "submitted":
        raise Conflict(f"the letter is {standing.state} already", key="letter_decided")
    if actor in standing.letter.person_ids:
        raise Conflict("nobody decides on a letter for himself: let another one decide", key="letter_own")
    if approved and "document_missing" in _faults(tx, standing.letter, None):
        raise _FAULTS["document_missing"]()
    decision = LetterDecision(str(uuid.uuid4()), letter_id, approved, actor, now, reason)
    store.DECISIONS.add(tx, [decision], actor, now)
    _tell(tx, standing.letter)
    return look(tx, letter_id)


def revoke(tx: Transaction, letter_id: str, by: str, reason: str, now: dt.datetime) -> Standing:
    """For good. It excuses nothing any more; of a closed month that is an adjustment."""
    standing = _locked(tx, letter_id)
    if standing.state == "revoked":
        raise Conflict("the letter is revoked already", key="letter_revoked")
    actor = Roster(tx).actor(by)
    store.REVOCATIONS.add(tx, [LetterRevocation(str(uuid.uuid4()), letter_id, actor, now, reason)], actor, now)
    _tell(tx, standing.letter)
    return look(tx, letter_id)


def _tell(tx: Transaction, letter: Letter) -> None:
    """The overview counts the days of the people's offices anew. In order of their ids, as all who lock them."""
    for office_id in sorted(Roster(tx).offices_of(letter.person_ids)):
        Offices(tx).call_attention(office_id)


def look(tx: Transaction, letter_id: str) -> Standing:
    """Raises NotFound."""
    letter = store.LETTERS.one(tx, letter_id)
    if letter is None:
        raise NotFound("there is no such letter", key="letter_unknown")
    return standings(tx, [letter])[0]


def standings(tx: Transaction, letters: Sequence[Letter]) -> list[Standing]:
    """In their order."""
    decisions, revocations = store.said_of(tx, [each.letter_id for each in letters])
    found = []
    for letter in letters:
        mine = [each for each in decisions if each.letter_id == letter.letter_id]
        gone = [each for each in revocations if each.letter_id == letter.letter_id]
        state, last = letter_state(letter, mine, gone), last_decision(letter, mine)
        found.append(Standing(letter, state, last, gone[0] if gone else None))
    return found


def page(
    tx: Transaction,
    *,
    office_id: str | None,
    person: str | None,
    state: LetterState | None,
    start: dt.datetime | None,
    end: dt.datetime | None,
    after_the_fact: bool,
    after: str,
    limit: int,
) -> list[Standing]:
    """By id, those after one, no more than `limit`. `start`, `end`: that hold in [start, end)."""
    here = None if office_id is None else hours.zone(register.office(tx, office_id))
    person_id = None if person is None else Roster(tx).who(person)

    def read(after: str) -> list[Letter]:
        return store.letters_within(
            tx,
            office_id=office_id,
            zone=here,
            person_id=person_id,
            start=start,
            end=end,
            after_the_fact=after_the_fact,
            after=after,
            limit=limit,
        )

    def shown(rows: Sequence[Letter]) -> list[Standing]:
        return [each for each in standings(tx, rows) if state is None or each.state == state]

    return filled(read, shown, lambda row: row.letter_id, after, limit)


def marks(tx: Transaction, letter: Letter) -> list[LetterMark]:
    """What does not speak against the letter and should be known to whoever decides on it."""
    others = {each.letter_id: each for person in letter.person_ids for each in store.letters_of(tx, person)}
    found: list[LetterMark] = []
    if overlapping(letter, others.values(), *store.said_of(tx, others)):
        found.append("overlap")
    faults = _faults(tx, letter, None)
    if "document_missing" in faults:
        found.append("document_missing")
    if "maximum" in faults:
        found.append("maximum")
    if letter.submitted_utc > letter.first_utc:
        found.append("after_the_fact")
    return found


def _faults(tx: Transaction, letter: Letter, office_id: str | None) -> list[LetterFault]:
    """By the time zone of each office that its people belong to: a kind begins to hold at local midnight."""
    calendar, roster, catalogue = calendar_of(tx), Roster(tx), store.kinds(tx)
    careers = {person: roster.career(person) for person in letter.person_ids}
    others = {person: store.letters_of(tx, person) for person in careers}
    said = store.said_of(tx, {each.letter_id for mine in others.values() for each in mine})
    about = letter.first_utc.date() - ONE_DAY, max(letter.first_utc, letter.until_utc).date() + ONE_DAY
    posts = [post for career in careers.values() for post in career.within(*about)]
    found: dict[LetterFault, None] = {}
    for zone in {calendar.zone(post.office_id) for post in posts} or {ZoneInfo(REGENCY_ZONE)}:
        first = letter.first_utc.astimezone(zone).date()
        last = max(first, (letter.until_utc - ONE_MINUTE).astimezone(zone).date())

        def belongs(person: str, first: dt.date = first, last: dt.date = last) -> bool:
            served = {post.office_id for post in careers[person].within(first, last)}
            return bool(served) if office_id is None else office_id in served

        held: dict[str, Sequence[Excuse]] = {
            person: in_force(
                person, [each for each in mine if each.letter_id != letter.letter_id], *said, catalogue, zone
            )
            for person, mine in others.items()
        }
        found |= dict.fromkeys(check_letter(letter, catalogue, zone, belongs, held))
    return list(found)


def calendar_of(tx: Transaction) -> Calendar:
    """The regency's, by which a letter's days are told. Raises Conflict where it contradicts itself."""
    try:
        return regency_calendar(tx)
    except PlanError as error:
        raise Conflict(f"the calendar must be put right first: {error}", key="calendar_contradicts") from error


def _locked(tx: Transaction, letter_id: str) -> Standing:
    letter = store.locked_letter(tx, letter_id)
    if letter is None:
        raise NotFound("there is no such letter", key="letter_unknown")
    return standings(tx, [letter])[0]


def _require_space(tx: Transaction, document: Document, most_bytes: int) -> None:
    """A file that is here already takes none."""
    documents = store.Documents(tx)
    if documents.get(document.sha256) is not None:
        return
    held = documents.bytes_of(document.stored_by, document.stored_utc - bounds.WINDOW)
    if held + document.bytes > most_bytes:
        raise Conflict(
            f"the files of {bounds.WINDOW.days} days have {most_bytes // 1024**2} MiB together, and this one has no "
            "room among them",
            key="files_many",
            mb=most_bytes // 1024**2,
            days=bounds.WINDOW.days,
        )


def _require_document(tx: Transaction, sha256: str) -> None:
    if store.Documents(tx).get(sha256) is None:
        raise NotFound("there is no document of this hash: send the file first", key="document_unknown")
