"""Entries and the steps of their lives: entered, submitted and withdrawn by their authors, verified and returned by the
superior or a deputy. Every batch answers for each of its entries; nothing of one hangs on another."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from etpp.absence.store import Documents
from etpp.activities.desk import Desk, Terms, in_order
from etpp.activities.model import Answer, Entry, EntryStep, Ledger, Standing, Step, Verdict
from etpp.activities.store import (
    ENTRIES,
    STEPS,
    entered_on,
    entered_since,
    entries_of,
    entries_with,
    hold_authors,
    people_under,
    steps_of,
    steps_with,
)
from etpp.base import bounds
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction
from etpp.roster.store import DEPUTIES, Roster

MOST_AT_ONCE = 500
"""Entries of a batch."""
LONGEST_LOOK = dt.timedelta(days=62)
"""What is looked through for somebody's waiting entries at once: two months."""

_ONE_DAY = dt.timedelta(days=1)
_TICK = dt.timedelta(microseconds=1)
_GOALS: Mapping[Step, frozenset[Verdict]] = {
    "submitted": frozenset({"waiting", "recognised"}),
    "verified": frozenset({"recognised"}),
    "returned": frozenset({"returned"}),
    "withdrawn": frozenset({"withdrawn"}),
}
"""What each step comes to. A verified entry needs no second submission."""


def enter(
    tx: Transaction, author: str, entries: Sequence[Entry], terms: Terms, now: dt.datetime, *, submit: bool = False
) -> list[Answer]:
    """One author's new entries, as drafts, or submitted at once. What is wrong with one is refused alone.

    The same id with the same content counts once, whenever it was entered first.
    """
    hold_authors(tx, [author])
    with in_order():
        desk = Desk(tx, [author], terms, now)
        known = entries_with(tx, [entry.entry_id for entry in entries])
        timed = _timed(tx, desk, author, entries)
        filed = Documents(tx).known([each.evidence_sha256 for each in entries if each.evidence_sha256 is not None])
        of_day = entered_on(tx, author, [each.date for each in entries])
        recent = entered_since(tx, author, now - bounds.WINDOW)
        answers: list[Answer] = []
        new: list[Entry] = []
        for entry in entries:
            same = known.get(entry.entry_id)
            if same is not None:
                content = replace(entry, entered_utc=same.entered_utc)
                answers.append(Answer(entry.entry_id, "known" if content == same else "conflict"))
                continue
            known[entry.entry_id] = entry
            faults = desk.faults(entry, timed)
            if entry.evidence_sha256 is not None and entry.evidence_sha256 not in filed:
                faults = (*faults, "evidence_unknown")  # the file comes before whoever names it
            held = of_day.get(entry.date, 0)
            if held >= bounds.ENTRIES_A_DAY or recent + len(new) >= bounds.ENTRIES:
                faults = (*faults, "too_many")
            if faults:
                answers.append(Answer(entry.entry_id, "refused", faults))
                continue
            new.append(entry)
            of_day[entry.date] = held + 1
            timed.append(entry)
            answers.append(Answer(entry.entry_id, "done"))
    ENTRIES.add(tx, new, author, now)
    if not submit:
        return answers
    at_once = [answer.entry_id for answer in answers if answer.outcome in ("done", "known")]
    submitted = {answer.entry_id: answer for answer in take(tx, "submitted", author, at_once, terms, now)}
    return [_both(answer, submitted[answer.entry_id]) if answer.entry_id in submitted else answer for answer in answers]


def take(
    tx: Transaction,
    step: Step,
    by: str,
    entry_ids: Sequence[str],
    terms: Terms,
    now: dt.datetime,
    reason: str = "",
) -> list[Answer]:
    """The same step with many entries. Raises Conflict for a return without a reason."""
    if step == "returned" and not reason:
        raise Conflict("whoever returns an entry says why")
    authors = {entry.person_id for entry in entries_with(tx, entry_ids).values()}
    hold_authors(tx, authors)
    with in_order():
        return _take(tx, step, by, entry_ids, Desk(tx, authors, terms, now), now, reason)


def waiting(tx: Transaction, by: str, first: dt.date, last: dt.date, terms: Terms, now: dt.datetime) -> list[Entry]:
    """What somebody may verify of the days between two, by date. Raises Conflict where they are too far apart."""
    if not dt.timedelta() <= last - first <= LONGEST_LOOK:
        raise Conflict(f"first and last are at most {LONGEST_LOOK.days} days apart")
    return all_waiting(tx, by, first, last, terms, now)


def people_of(tx: Transaction, by: str, first: dt.date, last: dt.date) -> list[str]:
    """Whose superior somebody is, or may deputise for, on a day between two; never themselves."""
    superiors = {by, *(each.superior_id for each in DEPUTIES.find(tx) if each.deputy_id == by)}
    return [person for person in people_under(tx, sorted(superiors), first, last) if person != by]


def all_waiting(tx: Transaction, by: str, first: dt.date, last: dt.date, terms: Terms, now: dt.datetime) -> list[Entry]:
    """As `waiting`, over as many days as the caller has reason to look at."""
    people = people_of(tx, by, first, last)
    with in_order():
        desk = Desk(tx, people, terms, now)
        entries = entries_of(tx, people, first, last)
        steps = _by_entry(steps_of(tx, people, first, last))
        mine = [
            entry
            for entry in entries
            if desk.decides(by, entry) and desk.verdict(entry, steps.get(entry.entry_id, ())) == "waiting"
        ]
    return sorted(mine, key=lambda entry: (entry.date, entry.entry_id))


def verify_all(tx: Transaction, by: str, first: dt.date, last: dt.date, terms: Terms, now: dt.datetime) -> list[Answer]:
    """All that waits for somebody between two dates."""
    ids = [entry.entry_id for entry in waiting(tx, by, first, last, terms, now)]
    return take(tx, "verified", by, ids, terms, now)


@dataclass(frozen=True, slots=True)
class MonthOf:
    """One person's month: its entries as they stand, by date, and its points by day."""

    ledger: Ledger
    standings: tuple[Standing, ...]


NO_ACTIVITIES = MonthOf(Ledger((), (), ()), ())


def month_of(tx: Transaction, person_id: str, first: dt.date, last: dt.date, terms: Terms, now: dt.datetime) -> MonthOf:
    """`first`, `last`: of a month. Raises NotFound for somebody whom the roster does not have."""
    if Roster(tx).employee(person_id) is None:
        raise NotFound("nobody in the roster has this number or id")
    entries = entries_of(tx, [person_id], first, last)
    steps = steps_of(tx, [person_id], first, last)
    if not entries:
        return NO_ACTIVITIES
    with in_order():
        ledger = Desk(tx, [person_id], terms, now).ledger(person_id, first, entries, steps)
    by_entry, judged = _by_entry(steps), {each.entry_id: each for each in ledger.judged}
    standings = [Standing(e, judged[e.entry_id], tuple(by_entry.get(e.entry_id, ()))) for e in entries]
    return MonthOf(ledger, tuple(sorted(standings, key=lambda s: (s.entry.date, s.entry.entry_id))))


def _take(
    tx: Transaction, step: Step, by: str, entry_ids: Sequence[str], desk: Desk, now: dt.datetime, reason: str
) -> list[Answer]:
    """Read under the authors' locks: what others did meanwhile is seen."""
    entries, steps = entries_with(tx, entry_ids), steps_with(tx, entry_ids)
    own = step in ("submitted", "withdrawn")
    timed: dict[str, list[Entry]] = {}
    answers, taken = [], []
    for entry_id in dict.fromkeys(entry_ids):
        entry = entries.get(entry_id)
        if entry is None or (own and entry.person_id != by):
            answers.append(Answer(entry_id, "unknown"))
            continue
        if not own and not desk.decides(by, entry):
            answers.append(Answer(entry_id, "forbidden"))
            continue
        before = desk.verdict(entry, steps[entry_id])
        if before in _GOALS[step]:
            answers.append(Answer(entry_id, "known"))
            continue
        if step in ("submitted", "returned") and len(steps[entry_id]) >= bounds.DECISIONS:  # the others end it
            answers.append(Answer(entry_id, "refused", ("too_often",)))
            continue
        # Steps are read in the order of their moments: this one follows those that it was decided upon.
        at = max([now, *(each.at_utc + _TICK for each in steps[entry_id])])
        made = EntryStep(str(uuid.uuid4()), entry_id, step, by, at, reason)
        after = desk.verdict(entry, [*steps[entry_id], made])
        if step == "submitted" and after == "late":
            answers.append(Answer(entry_id, "refused", ("late",)))
            continue
        if after not in _GOALS[step]:
            answers.append(Answer(entry_id, "conflict"))
            continue
        if step == "submitted":
            if entry.person_id not in timed:
                timed[entry.person_id] = _timed(tx, desk, entry.person_id, list(entries.values()))
            faults = desk.faults(entry, timed[entry.person_id])
            if faults:
                answers.append(Answer(entry_id, "refused", faults))
                continue
        taken.append(made)
        answers.append(Answer(entry_id, "done"))
    STEPS.add(tx, taken, by, now)
    return answers


def _timed(tx: Transaction, desk: Desk, author: str, entries: Sequence[Entry]) -> list[Entry]:
    """The author's entries about those dates that take up time: neither returned nor withdrawn."""
    dates = [entry.date for entry in entries if entry.start_utc is not None]
    if not dates:
        return []
    # Work that began yesterday may end today.
    span = max(min(dates), dt.date(1970, 1, 2)) - _ONE_DAY, max(dates) + _ONE_DAY
    steps = _by_entry(steps_of(tx, [author], *span))
    return [
        entry
        for entry in entries_of(tx, [author], *span)
        if entry.start_utc is not None
        and desk.verdict(entry, steps.get(entry.entry_id, ())) not in ("returned", "withdrawn")
    ]


def _both(entered: Answer, submitted: Answer) -> Answer:
    """Of an entry that was sent before and submitted before, nothing is new; otherwise what came of the submission."""
    return entered if submitted.outcome == "known" else submitted


def _by_entry(steps: Sequence[EntryStep]) -> dict[str, list[EntryStep]]:
    """In the order in which they were taken."""
    found: dict[str, list[EntryStep]] = {}
    for step in sorted(steps, key=lambda step: (step.at_utc, step.step_id)):
        found.setdefault(step.entry_id, []).append(step)
    return found
