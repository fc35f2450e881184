"""Letters out of a spreadsheet: shown first, submitted whole or not at all, and as often as one likes.

A letter is known again by its kind, its number and its period: the people of it who are not in it yet get one of their
own, so that a table may grow. What was refused or taken back does not come again by a table. A table has no files:
those that a kind asks for are attached while a letter waits, and without them nobody can approve it.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.absence import store
from etpp.absence.asked import MOST_PEOPLE
from etpp.absence.catalogue import Catalogue
from etpp.absence.letters import LONGEST, calendar_of
from etpp.absence.model import Letter, LetterState
from etpp.absence.rules import LetterFault, check_letter, letter_state
from etpp.absence.sheet import Said, understood
from etpp.base.sheets import Fault, Row
from etpp.base.texts import bare
from etpp.calendar.plan import Calendar
from etpp.db import Transaction
from etpp.roster.assignments import Career
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Roster

_NAMESPACE = uuid.UUID("0f6d2f6e-5a5c-4a86-9f0e-6a1d1c0c7b13")
_SAYS: Mapping[LetterFault, str] = {
    "person_elsewhere": "NIP: has no post in the period of the letter",
    "kind_unknown": "Jenis surat: there is no such kind on the letter's first day",
}
_Key = tuple[str, str, dt.datetime, dt.datetime]
"""Kind, number, beginning and end."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What one line of a table comes to. `zone`: by whose clock the person works; `kind`: its name. `known`: the person
    has that letter already. `needs_file`: it cannot be approved before its file is attached."""

    line: int
    person_id: str
    letter: Letter
    zone: ZoneInfo
    kind: str
    known: bool
    needs_file: bool


@dataclass(frozen=True, slots=True)
class Imported:
    """`recorded`: whether it was done, rather than shown only."""

    lines: tuple[Planned, ...]
    faults: tuple[Fault, ...]
    recorded: bool


def take(
    tx: Transaction, rows: Sequence[Row], by: str, now: dt.datetime, *, dry_run: bool = False, partial: bool = False
) -> Imported:
    """What the rows submit. With faults nothing is, but for `partial`: then the rows without one. Raises Conflict."""
    if not dry_run:
        store.hold(tx)
    planning = _Planning(tx, Roster(tx).actor(by), now)
    planning.read(rows)
    lines, faults = planning.lines(), tuple(sorted(planning.faults, key=lambda each: each.line))
    if dry_run or (faults and not partial):
        return Imported(lines, faults, recorded=False)
    new = {each.letter.letter_id: each.letter for each in lines if not each.known}
    store.add_letters(tx, list(new.values()), planning.by, now)
    return Imported(lines, faults, recorded=True)


class _Planning:
    """One table on what is recorded now, which is read once and not once a line."""

    def __init__(self, tx: Transaction, by: str, now: dt.datetime) -> None:
        self._tx, self.by, self._now = tx, by, now
        self.faults: list[Fault] = []
        self._calendar: Calendar = calendar_of(tx)
        self._kinds: Catalogue = store.kinds(tx)
        self._who: Mapping[str, str] = {}
        self._careers: Mapping[str, Career] = {}
        self._held: dict[tuple[str, _Key], tuple[Letter, LetterState]] = {}
        self._read: list[tuple[int, str, Letter, ZoneInfo]] = []
        """Each line with its person, a letter for that person alone, and the person's clock."""

    def read(self, rows: Iterable[Row]) -> None:
        said = []
        for row in rows:
            found = understood(row)
            if isinstance(found, Said):
                said.append(found)
            else:
                self.faults += found
        self._know([each.person for each in said])
        lines: dict[tuple[str, _Key], int] = {}
        for each in said:
            person_id = self._who.get(each.person)
            if person_id is None:
                self._fault(each, "NIP: nobody in the roster has this number or id")
                continue
            letter = self._letter(each, person_id)
            if letter is None:
                continue
            key = person_id, _key(letter)
            if key in lines:
                self._fault(each, f"line {lines[key]} says the same")
                continue
            lines[key] = each.line
            self._read.append((each.line, person_id, letter, self._zone(person_id, each.first)))

    def lines(self) -> tuple[Planned, ...]:
        """In the order of the table; those of one letter share it."""
        together: dict[tuple[_Key, dt.date, str], list[str]] = {}
        for _, person_id, letter, _ in self._read:
            if (person_id, _key(letter)) not in self._held:
                together.setdefault(_whole(letter), []).append(person_id)
        made: dict[tuple[_Key, dt.date, str], Letter] = {}
        found = []
        for line, person_id, letter, zone in self._read:
            kind = self._kinds.on(letter.kind_id, letter.first_utc.astimezone(zone).date())
            says = letter.kind_id if kind is None else kind.name
            needs_file = kind is not None and kind.document_required
            held = self._held.get((person_id, _key(letter)))
            if held is not None:
                found.append(
                    Planned(line, person_id, held[0], zone, says, True, needs_file and held[0].document_sha256 is None)
                )
                continue
            whole, people = _whole(letter), sorted(together[_whole(letter)])
            if len(people) > MOST_PEOPLE:
                self.faults.append(Fault(line, f"a letter has at most {MOST_PEOPLE} people: write two"))
                continue
            made.setdefault(whole, _for(letter, people))
            found.append(Planned(line, person_id, made[whole], zone, says, False, needs_file))
        return tuple(found)

    def _know(self, people: Sequence[str]) -> None:
        roster = Roster(self._tx)
        self._who = roster.who_each(people)
        known = sorted(set(self._who.values()))
        self._careers = roster.careers(known)
        letters = store.letters_of_all(self._tx, known)
        decisions, revocations = store.said_of_all(self._tx, [each.letter_id for each in letters])
        for letter in letters:
            of = letter.letter_id
            state = letter_state(letter, decisions.get(of, ()), revocations.get(of, ()))
            for person_id in letter.person_ids:
                # Of several that are alike one that still counts is the one.
                before = self._held.get((person_id, _key(letter)))
                if before is None or before[1] in ("refused", "revoked"):
                    self._held[person_id, _key(letter)] = letter, state

    def _letter(self, said: Said, person_id: str) -> Letter | None:
        zone = self._zone(person_id, said.first)
        first, until = (each.replace(tzinfo=zone).astimezone(dt.UTC) for each in said.local())
        kind_id = self._kind(said.kind, said.first)
        letter = Letter(
            "", kind_id, said.number, said.date, said.issuer, (person_id,), first, until, self.by, self._now
        )
        if until - first > LONGEST:
            self._fault(said, f"Sampai: the letter is for more than {LONGEST.days} days: look at its years")
            return None
        held = self._held.get((person_id, _key(letter)))
        if held is not None and held[1] in ("refused", "revoked"):
            self._fault(said, "Nomor surat: this letter was refused or taken back: submit it singly")
            return None
        if held is not None:
            return letter
        career = self._careers[person_id]

        def belongs(_: str) -> bool:
            return bool(career.within(said.first, said.last))

        says = [_SAYS[fault] for fault in check_letter(letter, self._kinds, zone, belongs) if fault in _SAYS]
        for each in says:
            self._fault(said, each)
        return None if says else letter

    def _kind(self, said: str, date: dt.date) -> str:
        """By its id or its name of that day; what is neither stays as it is, and is a fault."""
        for kind_id in sorted(self._kinds.ids()):
            kind = self._kinds.on(kind_id, date)
            if kind is not None and bare(said) in (kind_id, bare(kind.name)):
                return kind_id
        return said

    def _zone(self, person_id: str, date: dt.date) -> ZoneInfo:
        """Of the office on that day, or of the regency for somebody who has none then."""
        office_id = self._careers[person_id].office_on(date)
        return ZoneInfo(REGENCY_ZONE) if office_id is None else self._calendar.zone(office_id)

    def _fault(self, said: Said, says: str) -> None:
        self.faults.append(Fault(said.line, says))


def _key(letter: Letter) -> _Key:
    return letter.kind_id, bare(letter.number), letter.first_utc, letter.until_utc


def _whole(letter: Letter) -> tuple[_Key, dt.date, str]:
    """What the lines of one letter say alike."""
    return _key(letter), letter.date, letter.issuer


def _for(letter: Letter, people: Sequence[str]) -> Letter:
    """For all of them, under an id that the same letter for the same people has again."""
    what = [letter.kind_id, bare(letter.number), letter.first_utc.isoformat(), letter.until_utc.isoformat(), *people]
    made = str(uuid.uuid5(_NAMESPACE, json.dumps(what)))
    return Letter(
        made,
        letter.kind_id,
        letter.number,
        letter.date,
        letter.issuer,
        tuple(people),
        letter.first_utc,
        letter.until_utc,
        letter.submitted_by,
        letter.submitted_utc,
    )
