"""Policies, scores, sanctions and closed months in SQL; and the facts of all rooms that one office's month rests on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from etpp.absence import store as absence
from etpp.absence.model import Letter, LetterDecision, LetterRevocation
from etpp.activities.model import Entry, EntryStep
from etpp.activities.store import entries_of, steps_of
from etpp.allowance.adjust import Adjustment
from etpp.allowance.closing import Closed, Closing, earlier_json, earlier_of, report_json, report_of
from etpp.allowance.model import Month, MonthStep, OfficeScore, Policy, PolicyUse, Sanction, Statement
from etpp.allowance.policy import read_policy
from etpp.allowance.seal import Despite, SealedMonth, SealedStatement, opened
from etpp.base.errors import Conflict
from etpp.db import Facts, Transaction, face_tables, pay_tables, tables
from etpp.presence import store as presence
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry, OfficeReports, TimeDecision
from etpp.roster.store import ever_assigned

USES = Facts(PolicyUse, pay_tables.policy_uses, "use_id")
SANCTIONS = Facts(Sanction, pay_tables.sanctions, "sanction_id")
SCORES = Facts(OfficeScore, pay_tables.office_scores, "score_id", once=True)
STEPS = Facts(MonthStep, pay_tables.month_steps, "step_id", once=True)


def sanctions_after(tx: Transaction, after: str, limit: int) -> list[Sanction]:
    """A page of those that were not withdrawn, by id."""
    return SANCTIONS.find(tx, pay_tables.sanctions.c.sanction_id > after, limit=limit)


class Policies:
    """The texts that months were paid by, which never change."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def keep(self, policy: Policy, text: str, now: dt.datetime) -> None:
        """Raises Conflict when another text was kept under the policy's id: a policy that is changed has a new one."""
        table = pay_tables.policy_texts
        kept = self._tx.execute(sa.select(table.c.sha256).where(table.c.policy_id == policy.policy_id)).scalars().all()
        if policy.sha256 in kept:
            return
        if kept:
            raise Conflict(
                f"the policy {policy.policy_id} was kept with another text: give the changed one a new id",
                key="policy_id_used",
            )
        row = {"sha256": policy.sha256, "policy_id": policy.policy_id, "text": text, "stored_utc": now}
        self._tx.execute(sa.insert(pay_tables.policy_texts).values(**row))

    def text(self, sha256: str) -> str | None:
        table = pay_tables.policy_texts
        found: str | None = self._tx.execute(
            sa.select(table.c.text).where(table.c.sha256 == sha256)
        ).scalar_one_or_none()
        return found

    def kept(self) -> list[tuple[str, str, str]]:
        """(hash, policy id, text) of each, by hash."""
        table = pay_tables.policy_texts
        rows = self._tx.execute(sa.select(table.c.sha256, table.c.policy_id, table.c.text).order_by(table.c.sha256))
        return [(row.sha256, row.policy_id, row.text) for row in rows]

    def get(self, sha256: str) -> Policy | None:
        text = self.text(sha256)
        return None if text is None else read_policy(text)

    def used(self, day: dt.date, known_utc: dt.datetime | None = None) -> str | None:
        """The hash of the policy decided last for a day."""
        table = pay_tables.policy_uses
        holds = (table.c.first <= day, sa.or_(table.c.last.is_(None), table.c.last >= day))
        found = USES.find(self._tx, *holds, known_utc=known_utc, order="recorded")
        return found[-1].sha256 if found else None


_A_DAY = dt.timedelta(days=1)


class Closings:
    """Closed months. Rows are only added."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, closing: Closing, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """`documents`: the statements as JSON, by person."""
        sealed = closing.sealed
        at = {"office_id": sealed.office_id, "month": str(sealed.month)}
        despite = sealed.despite and {"open": list(sealed.despite.open), "decided_by": list(sealed.despite.decided_by)}
        self._tx.execute(
            sa.insert(pay_tables.closings).values(
                **at,
                as_of_utc=closing.as_of_utc,
                policy_sha256=closing.policy_sha256,
                reports=[report_json(each) for each in closing.reports],
                earlier=None if closing.earlier is None else earlier_json(closing.earlier),
                despite=despite,
                total=sealed.total,
                prev_hash=sealed.prev_hash,
                hash=sealed.hash,
                key_id=closing.key_id,
                signature=closing.signature,
                closed_by=closing.closed_by,
            )
        )
        rows = [
            {**at, "person_id": s.person_id, "hash": s.hash, "net": s.net, "document": dict(documents[s.person_id])}
            for s in sealed.statements
        ]
        if rows:
            self._tx.execute(sa.insert(pay_tables.closed_statements), rows)
        adjusted = [
            {
                **at,
                "person_id": each.person_id,
                "of_month": str(each.month),
                "key": each.key,
                "amount": each.amount,
                "rule": each.rule,
                "because": list(each.because),
            }
            for each in sealed.adjustments
        ]
        if adjusted:
            self._tx.execute(sa.insert(pay_tables.adjustments), adjusted)

    def get(self, office_id: str, month: Month) -> Closing | None:
        found = self._find(pay_tables.closings.c.month == str(month), office_id)
        return found[0] if found else None

    def lock(self, office_id: str, month: Month) -> None:
        """Of two who take a closed month's next step one waits for the other."""
        table = pay_tables.closings
        row = sa.select(table.c.month).where(table.c.office_id == office_id, table.c.month == str(month))
        self._tx.execute(row.with_for_update())

    def last(self, office_id: str) -> Closing | None:
        table = pay_tables.closings
        newest = sa.select(sa.func.max(table.c.month)).where(table.c.office_id == office_id).scalar_subquery()
        found = self._find(table.c.month == newest, office_id)
        return found[0] if found else None

    def of_office(self, office_id: str) -> list[Closing]:
        """In the order of their months."""
        return self._find(sa.true(), office_id)

    def months(self) -> dict[tuple[str, Month], str]:
        """(office, month) -> hash, of all that are closed."""
        table = pay_tables.closings
        rows = self._tx.execute(sa.select(table.c.office_id, table.c.month, table.c.hash))
        return {(row.office_id, Month.of(row.month)): row.hash for row in rows}

    def documents(self, office_id: str, month: Month) -> dict[str, dict[str, Any]]:
        """person -> the closed statement as JSON."""
        table = pay_tables.closed_statements
        query = sa.select(table.c.person_id, table.c.document).where(
            table.c.office_id == office_id, table.c.month == str(month)
        )
        return {row.person_id: row.document for row in self._tx.execute(query.order_by(table.c.person_id))}

    def kept(self) -> Iterator[tuple[str, Month, str, str, dict[str, Any]]]:
        """(office, month, person, hash, document) of every closed statement."""
        table = pay_tables.closed_statements
        order = (table.c.office_id, table.c.month, table.c.person_id)
        columns = (table.c.office_id, table.c.month, table.c.person_id, table.c.hash, table.c.document)
        for row in self._tx.execute(sa.select(*columns).order_by(*order)):
            yield row.office_id, Month.of(row.month), row.person_id, row.hash, row.document

    def made(self, known_utc: dt.datetime | None = None) -> list[Closed]:
        """All offices' closed months, as they were closed; those that were at a moment, before it."""
        table = pay_tables.closings
        columns = (table.c.office_id, table.c.month, table.c.as_of_utc, table.c.policy_sha256)
        query = sa.select(*columns, table.c.despite.is_not(None).label("despite"), table.c.earlier)
        if known_utc is not None:
            query = query.where(table.c.as_of_utc < known_utc)
        return [
            Closed(
                row.office_id,
                Month.of(row.month),
                row.as_of_utc,
                row.policy_sha256,
                row.despite,
                None if row.earlier is None else earlier_of(row.earlier),
            )
            for row in self._tx.execute(query.order_by(table.c.as_of_utc))
        ]

    def reports(self, office_id: str, month: Month) -> list[OfficeReports]:
        """What the books could say of all offices when this one closed a month."""
        table = pay_tables.closings
        at = (table.c.office_id == office_id, table.c.month == str(month))
        found = self._tx.execute(sa.select(table.c.reports).where(*at)).scalar_one()
        return [report_of(each) for each in found]

    def listed(self, office_id: str) -> list[tuple[str, str, Month]]:
        """(person, office, month) of every closed list with somebody on it whom the office has to do with: who was
        ever assigned to it, or was on a list of it."""
        table = pay_tables.closed_statements
        query = sa.select(table.c.person_id, table.c.office_id, table.c.month)
        rows = self._tx.execute(query.where(table.c.person_id.in_(_around(office_id))))
        return [(row.person_id, row.office_id, Month.of(row.month)) for row in rows]

    def adjusted(self, office_id: str) -> list[tuple[tuple[str, Month], Adjustment]]:
        """With which office's and month's list it was paid or taken back, of the same people."""
        table = pay_tables.adjustments
        rows = self._tx.execute(sa.select(table).where(table.c.person_id.in_(_around(office_id))))
        return [((row.office_id, Month.of(row.month)), _adjustment(row)) for row in rows]

    def statements(self, month: Month, person_ids: Collection[str]) -> dict[tuple[str, str], Statement]:
        """(office, person) -> the closed statement of a month. Raises Conflict for one that is not what was sealed."""
        table = pay_tables.closed_statements
        columns = (table.c.office_id, table.c.person_id, table.c.document, table.c.hash)
        query = sa.select(*columns).where(table.c.month == str(month), table.c.person_id.in_(person_ids))
        return {
            (office_id, person_id): opened(document, office_id, person_id, month, sealed)
            for office_id, person_id, document, sealed in self._tx.execute(query)
        }

    def nets(self, person_id: str, limit: int) -> list[tuple[Month, Decimal]]:
        """What somebody's closed months came to, the latest first."""
        table = pay_tables.closed_statements
        query = sa.select(table.c.month, table.c.net).where(table.c.person_id == person_id)
        rows = self._tx.execute(query.order_by(table.c.month.desc()).limit(limit))
        return [(Month.of(row.month), row.net) for row in rows]

    def around(self, office_id: str) -> list[str]:
        """Whom the office has to do with, as `listed`; by id."""
        return sorted(set(self._tx.execute(_around(office_id)).scalars()))

    def _find(self, condition: sa.ColumnElement[bool], office_id: str) -> list[Closing]:
        table = pay_tables.closings
        query = sa.select(table).where(table.c.office_id == office_id, condition).order_by(table.c.month)
        return [self._closing(row) for row in self._tx.execute(query).all()]

    def _closing(self, row: Any) -> Closing:
        statements, paid = pay_tables.closed_statements, pay_tables.adjustments
        mine = sa.select(statements.c.person_id, statements.c.hash, statements.c.net).where(
            statements.c.office_id == row.office_id, statements.c.month == row.month
        )
        adjusted = sa.select(paid).where(paid.c.office_id == row.office_id, paid.c.month == row.month)
        order = (paid.c.person_id, paid.c.of_month, paid.c.key)
        despite = row.despite and Despite(tuple(row.despite["open"]), tuple(row.despite["decided_by"]))
        sealed = SealedMonth(
            row.office_id,
            Month.of(row.month),
            tuple(SealedStatement(*each) for each in self._tx.execute(mine.order_by(statements.c.person_id))),
            tuple(_adjustment(each) for each in self._tx.execute(adjusted.order_by(*order))),
            row.total,
            despite,
            row.prev_hash,
            row.hash,
        )
        reports = tuple(report_of(each) for each in row.reports)
        earlier = None if row.earlier is None else earlier_of(row.earlier)
        signed = (row.key_id, row.signature, row.closed_by)
        return Closing(sealed, row.as_of_utc, row.policy_sha256, reports, earlier, *signed)


def by_hand(
    tx: Transaction,
    people: sa.Select[tuple[str]],
    first: dt.date,
    last: dt.date,
    moments: tuple[dt.datetime, dt.datetime],
    known_utc: dt.datetime | None,
) -> tuple[list[Correction], list[CorrectionDecision], list[ManualEntry]]:
    """What people have written about the days and moments of these."""
    corrections, decided, manual = pay_tables.corrections, pay_tables.correction_decisions, pay_tables.manual_entries
    proposed = (corrections.c.person_id.in_(people), corrections.c.date.between(first, last))
    correction_ids = sa.select(corrections.c.correction_id).where(*proposed)
    entered = (manual.c.person_id.in_(people), manual.c.at_utc.between(*moments))
    return (
        presence.CORRECTIONS.find(tx, *proposed, known_utc=known_utc),
        presence.CORRECTION_DECISIONS.find(tx, decided.c.correction_id.in_(correction_ids), known_utc=known_utc),
        presence.MANUAL_ENTRIES.find(tx, *entered, known_utc=known_utc),
    )


@dataclass(frozen=True, slots=True)
class OfficeFacts:
    """What all rooms know of an office's people for a month, in lists as the tables have them."""

    letters: list[Letter]
    letter_decisions: list[LetterDecision]
    letter_revocations: list[LetterRevocation]
    corrections: list[Correction]
    correction_decisions: list[CorrectionDecision]
    time_decisions: list[TimeDecision]
    manual_entries: list[ManualEntry]
    entries: list[Entry]
    entry_steps: list[EntryStep]
    sanctions: list[Sanction]


def office_facts(
    tx: Transaction,
    people: sa.Select[tuple[str]],
    first: dt.date,
    last: dt.date,
    letters_since: dt.datetime,
    moments: tuple[dt.datetime, dt.datetime],
    event_ids: Collection[str],
    known_utc: dt.datetime | None,
) -> OfficeFacts:
    """`first` to `last`: the days that facts of a day are asked for; `moments`: those of facts with a time.
    `event_ids`: presences of uncertain time."""
    letters, with_people = pay_tables.letters, pay_tables.letter_people
    ours = sa.select(with_people.c.letter_id).where(with_people.c.person_id.in_(people))
    asked = (letters.c.until_utc > letters_since, letters.c.letter_id.in_(ours))
    letter_ids = sa.select(letters.c.letter_id).where(*asked)

    corrections, correction_decisions, manual = by_hand(tx, people, first, last, moments, known_utc)
    sanctions = pay_tables.sanctions
    sanctioned = (sanctions.c.person_id.in_(people), sanctions.c.first <= last, sanctions.c.last >= first)
    return OfficeFacts(
        absence.LETTERS.find(tx, *asked, known_utc=known_utc),
        absence.DECISIONS.find(tx, pay_tables.letter_decisions.c.letter_id.in_(letter_ids), known_utc=known_utc),
        absence.REVOCATIONS.find(tx, pay_tables.letter_revocations.c.letter_id.in_(letter_ids), known_utc=known_utc),
        corrections,
        correction_decisions,
        presence.TIME_DECISIONS.find(tx, pay_tables.time_decisions.c.event_id.in_(event_ids), known_utc=known_utc)
        if event_ids
        else [],
        manual,
        entries_of(tx, people, first, last, known_utc),
        steps_of(tx, people, first, last, known_utc),
        SANCTIONS.find(tx, *sanctioned, known_utc=known_utc),
    )


class Touched(NamedTuple):
    """Whose days from a date to a date may look different since something became known, at `recorded_utc` last.
    `person_id` None: everybody's; `last` None: all that follow."""

    person_id: str | None
    first: dt.date
    last: dt.date | None
    recorded_utc: dt.datetime


def touched(tx: Transaction, since_utc: dt.datetime, known_utc: dt.datetime | None = None) -> list[Touched]:
    """What was recorded after a moment (and by `known_utc`) may change. Rather too much than too little: whoever is
    named is reckoned again, and what comes out the same changes nothing."""
    found: dict[tuple[str | None, dt.date, dt.date | None], dt.datetime] = {}

    def note(person_id: str | None, first: dt.date, last: dt.date | None, recorded: dt.datetime) -> None:
        at = person_id, first, last
        found[at] = max(recorded, found.get(at, recorded))

    def ask(recorded: sa.Column[Any], of: sa.FromClause, *columns: sa.Column[Any]) -> Iterable[Any]:
        known = [recorded > since_utc]
        if known_utc is not None:
            known.append(recorded <= known_utc)
        newest = sa.func.max(recorded, type_=recorded.type).label("newest")
        return tx.execute(sa.select(newest, *columns).select_from(of).where(*known).group_by(*columns))

    t = pay_tables
    regency = (t.kind_catalogues, t.work_periods, t.special_days, t.occasions, t.shifts, t.office_places)
    for table in (*regency, t.activity_items, t.activity_weights):
        for row in ask(table.c.recorded_utc, table):
            if row.newest is not None:
                note(None, dt.date.min, None, row.newest)
    for table in (t.assignments, t.actings, t.by_roster, t.roster_days, t.sanctions, t.manual_entries):
        for row in ask(table.c.recorded_utc, table, table.c.person_id):
            note(row.person_id, dt.date.min, None, row.newest)

    # A score is its month's alone, whose middle no other month looks at.
    scores = t.office_scores
    for row in tx.execute(sa.select(scores.c.month, scores.c.recorded_utc).where(scores.c.recorded_utc > since_utc)):
        middle = Month(**row.month).first.replace(day=15)
        note(None, middle, middle, row.recorded_utc)

    # A letter counts for later days as well: towards what its kind has at most, and in an absence that goes on.
    for table in (t.letters, t.letter_decisions, t.letter_revocations):
        said = t.letters if table is t.letters else table.join(t.letters, t.letters.c.letter_id == table.c.letter_id)
        named = said.join(t.letter_people, t.letter_people.c.letter_id == t.letters.c.letter_id)
        for row in ask(table.c.recorded_utc, named, t.letter_people.c.person_id, t.letters.c.first_utc):
            note(row.person_id, row.first_utc.date() - _A_DAY, None, row.newest)
    entered = t.entry_steps.join(t.entries, t.entries.c.entry_id == t.entry_steps.c.entry_id)
    proposed = t.correction_decisions.join(
        t.corrections, t.corrections.c.correction_id == t.correction_decisions.c.correction_id
    )
    for table, of, dated in (
        (t.entries, t.entries, t.entries),
        (t.entry_steps, entered, t.entries),
        (t.corrections, t.corrections, t.corrections),
        (t.correction_decisions, proposed, t.corrections),
    ):
        for row in ask(table.c.recorded_utc, of, dated.c.person_id, dated.c.date):
            note(row.person_id, row.date, row.date, row.newest)

    events, faces = tables.events, tables.people
    whose = sa.and_(faces.c.office_id == events.c.office_id, faces.c.person_id == events.c.person_id)
    presences = events.join(faces, whose)
    words = face_tables.enrolment_words
    rests = sa.and_(words.c.office_id == events.c.office_id, words.c.event_id == events.c.enrolment_id)
    resting = events.join(words, rests)
    decided = resting.join(t.time_decisions, t.time_decisions.c.event_id == events.c.event_id)
    for moment, of in (
        (events.c.received_utc, resting),
        (words.c.recorded_utc, resting),
        (t.time_decisions.c.recorded_utc, decided),
    ):
        for row in ask(moment, of, words.c.person_id, events.c.earliest_utc, events.c.latest_utc):
            if row.person_id:
                note(row.person_id, row.earliest_utc.date() - _A_DAY, row.latest_utc.date() + _A_DAY, row.newest)
    timed = presences.join(t.time_decisions, t.time_decisions.c.event_id == events.c.event_id)
    for moment, of in (
        (events.c.received_utc, presences),
        (events.c.accepted_utc, presences),
        (t.time_decisions.c.recorded_utc, timed),
    ):
        for row in ask(moment, of, faces.c.employee_id, events.c.kind, events.c.earliest_utc, events.c.latest_utc):
            if row.kind == "presence" and row.earliest_utc is not None:
                first, last = row.earliest_utc.date() - _A_DAY, row.latest_utc.date() + _A_DAY
                note(row.employee_id, first, last, row.newest)
    return [Touched(*at, recorded) for at, recorded in found.items()]


def _adjustment(row: Any) -> Adjustment:
    return Adjustment(row.person_id, Month.of(row.of_month), row.key, row.amount, row.rule, tuple(row.because))


def _around(office_id: str) -> sa.CompoundSelect[Any]:
    table = pay_tables.closed_statements
    return ever_assigned(office_id).union(sa.select(table.c.person_id).where(table.c.office_id == office_id))
