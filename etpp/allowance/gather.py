"""The facts of an office's month out of the books and the rooms, as the pure rules take them.

Read once an office, not once a person; what was known at a moment, so that a closed month can be reckoned again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from etpp.absence.store import kinds
from etpp.activities.catalogue import Catalogue as Activities
from etpp.activities.model import EntryTerms
from etpp.activities.store import ITEMS, WEIGHTS
from etpp.allowance.facts import MonthFacts, Regency, latest_scores
from etpp.allowance.model import Month, Policy
from etpp.allowance.policy import DELIVERED, delivered_text, read_policy
from etpp.allowance.store import SCORES, Policies, office_facts
from etpp.base.clock import midnight_utc
from etpp.base.errors import Conflict, NotFound
from etpp.books import resting
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.presence.daybook import regency_reports
from etpp.presence.model import OfficeReports, Punch
from etpp.roster.hours import regency_calendar
from etpp.roster.store import Roster, ever_assigned

F = TypeVar("F")

BEFORE, AFTER = dt.timedelta(days=8), dt.timedelta(days=3)
"""How far presences around a month may belong to it: a flexible week begins on its Monday, a night shift ends on the
next day, and no time zone is further away."""


def policy_of(tx: Transaction, month: Month, known_utc: dt.datetime | None = None) -> tuple[Policy, str]:
    """What the regency pays a month by, with its text: as decided last for its first day, or the delivered one."""
    sha256 = Policies(tx).used(month.first, known_utc)
    text = delivered_text(DELIVERED[0]) if sha256 is None else Policies(tx).text(sha256)
    if text is None:
        raise NotFound("the policy that was decided for this month is not kept here", key="policy_lost")
    return read_policy(text), text


def entry_terms(tx: Transaction, date: dt.date) -> EntryTerms:
    """What the policy of a date's month says of activities; nothing where it counts no points."""
    points = policy_of(tx, Month(date.year, date.month))[0].points
    return EntryTerms() if points is None else points.terms


def correction_days(tx: Transaction, date: dt.date) -> int | None:
    """For how many working days after a date the policy of its month lets corrections be proposed."""
    return policy_of(tx, Month(date.year, date.month))[0].correction_days


def regency(
    tx: Transaction,
    month: Month,
    as_of_utc: dt.datetime,
    known_utc: dt.datetime | None = None,
    reports: Iterable[OfficeReports] | None = None,
) -> Regency:
    """What all statements of a month share. `reports`: of a closed month, as they were; None: as the books have them
    now. Raises Conflict, which names them, where recorded facts contradict one another."""
    try:
        calendar, of_absence = regency_calendar(tx, known_utc), kinds(tx, known_utc)
        catalogue = Activities(ITEMS.find(tx, known_utc=known_utc), WEIGHTS.find(tx, known_utc=known_utc))
    except ValueError as error:  # PlanError, CatalogueError, WeightError: each names what is wrong
        raise Conflict(f"the list cannot be reckoned: {error}", key="list_contradicts") from error
    return Regency(
        calendar,
        of_absence,
        catalogue,
        {each.office_id: each for each in (reports_now(tx, month) if reports is None else reports)},
        latest_scores(SCORES.find(tx, known_utc=known_utc)),
        as_of_utc,
    )


def reports_now(tx: Transaction, month: Month) -> list[OfficeReports]:
    """Up to when each office's terminals have reported, as far as a month needs it."""
    return regency_reports(tx, month.first, window(month)[1])


def window(month: Month) -> tuple[dt.datetime, dt.datetime]:
    """From when until when presences are looked at for a month."""
    return midnight_utc(month.first - BEFORE), midnight_utc(month.last + AFTER)


def office_month(
    tx: Transaction,
    office_id: str,
    month: Month,
    shared: Regency,
    known_utc: dt.datetime | None = None,
    only: Sequence[str] | None = None,
) -> list[MonthFacts]:
    """The facts of everybody whose month is the office's, who served there last in it; by person. `only`: of these."""
    roster = Roster(tx, known_utc)
    here = {each.person_id for each in roster.assignments(month.first, month.last, office_id, only)}
    careers = {
        person: career
        for person, career in roster.careers(sorted(here)).items()
        if career.within(month.first, month.last)[-1].office_id == office_id
    }
    first, last = month.first - BEFORE, month.last + AFTER
    moments = window(month)
    punches = {
        person: [Punch.of(each) for each in found]
        for person, found in Books(tx).punches(office_id, *moments, known_utc, only).items()
    }
    waiting = resting.of_people(tx, office_id, *moments, known_utc, only)
    uncertain = [each.event_id for found in punches.values() for each in found if each.uncertain]
    # Letters of the year before count, too: for what a kind has at most, and for the day of a long absence, which may
    # be longer than that where the catalogue says so.
    absent = first - shared.kinds.last_step * dt.timedelta(days=1)
    since = midnight_utc(min(dt.date(month.year - 1, 1, 1), absent))
    rows = office_facts(tx, ever_assigned(office_id, only), first, last, since, moments, uncertain, known_utc)

    letters: dict[str, list[Any]] = defaultdict(list)
    for letter in rows.letters:
        for person in dict.fromkeys(letter.person_ids):
            letters[person].append(letter)
    decisions = _by(rows.letter_decisions, lambda each: each.letter_id)
    revocations = _by(rows.letter_revocations, lambda each: each.letter_id)
    corrections = _by(rows.corrections, lambda each: each.person_id)
    decided = _by(rows.correction_decisions, lambda each: each.correction_id)
    times = _by(rows.time_decisions, lambda each: each.event_id)
    manual = _by(rows.manual_entries, lambda each: each.person_id)
    entries = _by(rows.entries, lambda each: each.person_id)
    steps = _by(rows.entry_steps, lambda each: each.entry_id)
    sanctions = _by(rows.sanctions, lambda each: each.person_id)

    return [
        MonthFacts(
            month,
            career,
            shared,
            punches=tuple(punches.get(person, ())),
            time_decisions=_of(times, (each.event_id for each in punches.get(person, ()) if each.uncertain)),
            manual_entries=tuple(manual.get(person, ())),
            letters=tuple(letters.get(person, ())),
            letter_decisions=_of(decisions, (each.letter_id for each in letters.get(person, ()))),
            letter_revocations=_of(revocations, (each.letter_id for each in letters.get(person, ()))),
            corrections=tuple(corrections.get(person, ())),
            correction_decisions=_of(decided, (each.correction_id for each in corrections.get(person, ()))),
            entries=tuple(entries.get(person, ())),
            entry_steps=_of(steps, (each.entry_id for each in entries.get(person, ()))),
            sanctions=tuple(sanctions.get(person, ())),
            held=tuple(Punch.of(each.presence) for each in waiting.get(person, ()) if each.state == "waiting"),
        )
        for person, career in careers.items()
    ]


def _by(facts: Iterable[F], key: Callable[[F], str]) -> Mapping[str, list[F]]:
    found: dict[str, list[F]] = defaultdict(list)
    for fact in facts:
        found[key(fact)].append(fact)
    return found


def _of(found: Mapping[str, list[F]], keys: Iterable[str]) -> tuple[F, ...]:
    return tuple(fact for key in keys for fact in found.get(key, ()))
