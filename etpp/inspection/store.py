"""What an inspector looks for, in SQL: each question is of one office and one month, and goes by an index."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from etpp.absence import rules as letters_rules
from etpp.absence import store as absence
from etpp.allowance.model import Month
from etpp.books import resting
from etpp.books.resting import Resting
from etpp.db import Transaction, pay_tables, tables
from etpp.inspection.model import MOST, Hit, Seen
from etpp.presence import store as presence
from etpp.presence.decided import manual_counts

MONTHS_BACK = 6
"""How far the question of who was never late looks back."""
FEWEST_MONTHS = 3


def seen(tx: Transaction, office_id: str, start: dt.datetime, end: dt.datetime, with_nip: bool = False) -> list[Seen]:
    """An office's accepted presences of certain time in [start, end), by time. `with_nip`: only those for which a NIP
    was typed, beside the face or in its place."""
    events, people = tables.events, tables.people
    query = (
        sa.select(people.c.employee_id, events.c.office_id, events.c.device_id, events.c.event_id, events.c.utc)
        .select_from(events.join(people, _faces()))
        .where(events.c.office_id == office_id, events.c.utc >= start, events.c.utc < end, *_counts())
    )
    if with_nip:
        query = query.where(sa.text(tables.WITH_NIP[tx.dialect.name]))
        return [Seen(*row) for row in tx.execute(query.order_by(events.c.utc))]
    found = [Seen(*row) for row in tx.execute(query)]
    found += [_seen(each) for each in resting.of_office(tx, office_id, start, end) if _certain(each)]
    return sorted(found, key=lambda each: each.utc)


def seen_elsewhere(tx: Transaction, office_id: str, start: dt.datetime, end: dt.datetime) -> list[Seen]:
    """The presences at all offices of those people whose face more than this office's terminals know."""
    events, people = tables.events, tables.people
    here = sa.select(people.c.employee_id).where(people.c.office_id == office_id)
    several = (
        sa.select(people.c.employee_id)
        .where(people.c.employee_id.in_(here))
        .group_by(people.c.employee_id)
        .having(sa.func.count() > 1)
    )
    ids = list(tx.execute(several).scalars())
    found: list[Seen] = []
    for page in (ids[at : at + 500] for at in range(0, len(ids), 500)):
        faces = tx.execute(
            sa.select(people.c.office_id, people.c.person_id, people.c.employee_id).where(
                people.c.employee_id.in_(page)
            )
        ).all()
        of: dict[str, dict[str, str]] = defaultdict(dict)
        for row in faces:
            of[row.office_id][row.person_id] = row.employee_id
        for office, known in of.items():
            query = sa.select(
                events.c.person_id, events.c.office_id, events.c.device_id, events.c.event_id, events.c.utc
            ).where(
                events.c.office_id == office,
                events.c.person_id.in_(known),
                events.c.utc >= start,
                events.c.utc < end,
                *_counts(),
            )
            found += [Seen(known[row.person_id], *row[1:]) for row in tx.execute(query)]
    several_of = set(ids)
    rests = resting.of_people(tx, office_id, start, end)
    return found + [_seen(each) for who in rests.keys() & several_of for each in rests[who] if _certain(each)]


def by_hand(tx: Transaction, office_id: str, month: Month, start: dt.datetime, end: dt.datetime) -> list[Hit]:
    """What people wrote down in place of a terminal, by who confirmed or decided it; the most first."""
    entries = presence.manual_within(tx, office_id=office_id, start=start, end=end)
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for entry in entries:
        by = entry.confirmed_by if manual_counts(entry) else None
        found["manual", by or ""].append((entry.person_id, f"event:{entry.entry_id}"))
    corrections = presence.corrections_within(tx, office_id=office_id, first=month.first, last=month.last)
    deciders = presence.last_deciders(tx, corrections)
    for each in corrections:
        at = "correction", deciders.get(each.correction_id, "")
        found[at].append((each.person_id, f"correction:{each.correction_id}"))
    hits = []
    for (kind, by), facts in found.items():
        who = [person for person, _ in Counter(person for person, _ in facts).most_common(3)]
        refs = tuple(ref for _, ref in facts[:3])
        hits.append(Hit(office_id, tuple(who), None, len(facts), 0, by, refs, kind))
    return sorted(hits, key=lambda hit: (-hit.count, hit.by, hit.detail))


def afterwards(tx: Transaction, office_id: str, start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> list[Hit]:
    """Letters that came when what they excuse had begun; the latest first."""
    found = absence.letters_within(tx, office_id=office_id, zone=zone, start=start, end=end, after_the_fact=True)
    hits = [
        Hit(
            office_id,
            each.person_ids[:3],
            each.first_utc,
            len(each.person_ids),
            by=each.submitted_by,
            refs=(f"letter:{each.letter_id}",),
            detail=each.kind_id,
            span=each.submitted_utc - each.first_utc,
        )
        for each in found
    ]
    return sorted(hits, key=lambda hit: (-(hit.span or dt.timedelta()).total_seconds(), hit.refs))


def unpaid_leave(
    tx: Transaction, office_id: str, month: Month, start: dt.datetime, end: dt.datetime, zone: ZoneInfo
) -> list[Hit]:
    """Letters in force of a kind that is not paid in full, of people whose closed statement takes nothing off for
    it."""
    kinds = absence.kinds(tx)
    found = absence.letters_within(tx, ever_at=office_id, start=start, end=end)
    decisions, revocations = absence.said_of(tx, [each.letter_id for each in found])
    paid = _lines(tx, office_id, month)
    hits = []
    for letter in found:
        kind = kinds.on(letter.kind_id, letter.first_utc.astimezone(zone).date())
        if kind is None or all(each.percent == 100 for each in kind.paid):
            continue
        if letters_rules.letter_state(letter, decisions, revocations) != "approved":
            continue
        for person in letter.person_ids:
            net = paid.get(person)
            if net is not None and f"letter:{letter.letter_id}" not in net[1]:
                refs = (f"letter:{letter.letter_id}", f"statement:{person}:{month}")
                hits.append(Hit(office_id, (person,), letter.first_utc, refs=refs, detail=kind.kind_id, more=(net[0],)))
    return sorted(hits, key=lambda hit: (hit.who, hit.refs))


def never_late(tx: Transaction, office_id: str, month: Month) -> list[Hit]:
    """Who in all closed months of half a year has neither a deduction, nor a letter, nor a correction, nor an activity
    that was returned; in at least FEWEST_MONTHS of them. The most months first."""
    table = pay_tables.closed_statements
    months = _months_until(month)
    text = sa.cast(table.c.document, sa.Text)
    touched = sa.or_(
        *(text.like(f'%"{word}:%') for word in ("late", "early", "absent", "missing_arrival", "missing_departure")),
        *(text.like(f'%"{word}:%') for word in ("excused", "letter", "correction", "manual", "occasion")),
    )
    counted = sa.func.sum(sa.case((touched, 1), else_=0))
    query = (
        sa.select(table.c.person_id, sa.func.count())
        .where(table.c.office_id == office_id, table.c.month.in_(months))
        .group_by(table.c.person_id)
        .having(counted == 0, sa.func.count() >= FEWEST_MONTHS)
    )
    found = {row[0]: int(row[1]) for row in tx.execute(query)}
    steps, entries = pay_tables.entry_steps, pay_tables.entries
    returned = sa.select(entries.c.person_id).where(
        entries.c.person_id.in_(found),
        entries.c.date.between(Month.of(months[0]).first, month.last),
        entries.c.entry_id.in_(sa.select(steps.c.entry_id).where(steps.c.step == "returned")),
    )
    for person in set(tx.execute(returned.distinct()).scalars()) if found else ():
        del found[person]
    hits = [
        Hit(office_id, (person,), count=count, of=len(months), refs=(f"statement:{person}:{month}",))
        for person, count in found.items()
    ]
    return sorted(hits, key=lambda hit: (-hit.count, hit.who))[: MOST + 1]


def despite_marks(tx: Transaction, office_id: str, start: dt.datetime, end: dt.datetime) -> list[Hit]:
    """Enrolments approved although something did not fit; the newest first."""
    enrolments, people = tables.enrolments, tables.people
    query = (
        sa.select(enrolments, people.c.employee_id)
        .select_from(
            enrolments.outerjoin(
                people,
                sa.and_(people.c.office_id == enrolments.c.office_id, people.c.person_id == enrolments.c.person_id),
            )
        )
        .where(
            enrolments.c.office_id == office_id,
            enrolments.c.state == "approved",
            enrolments.c.decided_utc >= start,
            enrolments.c.decided_utc < end,
        )
        .order_by(enrolments.c.decided_utc.desc())
    )
    return [
        Hit(
            office_id,
            () if row.employee_id is None else (row.employee_id,),
            row.decided_utc,
            len(row.marks),
            by=row.decided_by or "",
            refs=(f"enrolment:{row.event_id}",),
            more=tuple(str(mark.get("kind")) for mark in row.marks),
        )
        for row in tx.execute(query)
        if row.marks
    ]


def despite(tx: Transaction, office_id: str, month: Month) -> list[Hit]:
    """Months of the year until this one that were closed with open matters, and by whose decision; the newest
    first."""
    table = pay_tables.closings
    first = str(Month(month.year - 1, month.number))
    query = sa.select(table).where(
        table.c.office_id == office_id, table.c.month > first, table.c.month <= str(month), table.c.despite.is_not(None)
    )
    return [
        Hit(
            office_id,
            at_utc=row.as_of_utc,
            count=len(row.despite["open"]),
            by=", ".join(row.despite["decided_by"]),
            refs=(f"month:{row.office_id}:{row.month}",),
            detail=row.month,
            more=tuple(row.despite["open"][:5]),
        )
        for row in tx.execute(query.order_by(table.c.month.desc()))
    ]


_RECORDED: dict[str, tuple[tuple[sa.Table, str], ...]] = {
    "letter": (
        (pay_tables.letters, "letter_id"),
        (pay_tables.letter_decisions, "letter_id"),
        (pay_tables.letter_revocations, "letter_id"),
    ),
    "correction": ((pay_tables.corrections, "correction_id"), (pay_tables.correction_decisions, "correction_id")),
    "entry": ((pay_tables.entries, "entry_id"), (pay_tables.entry_steps, "entry_id")),
    "manual": ((pay_tables.manual_entries, "entry_id"),),
    "score": ((pay_tables.office_scores, "score_id"),),
    "sanction": ((pay_tables.sanctions, "sanction_id"),),
    "assignment": ((pay_tables.assignments, "assignment_id"),),
    "acting": ((pay_tables.actings, "acting_id"),),
    "period": ((pay_tables.work_periods, "period_id"),),
    "special": ((pay_tables.special_days, "special_id"),),
    "occasion": ((pay_tables.occasions, "occasion_id"),),
    "roster": ((pay_tables.roster_days, "roster_id"),),
}
"""Where each kind of fact stands, and what was decided about it."""
KINDS = frozenset(_RECORDED)


class Recorded(NamedTuple):
    """One row of a fact's history. `table`: of which kind; `values`: its columns, without who recorded it."""

    table: str
    values: Mapping[str, Any]
    withdrawn: bool
    recorded_utc: dt.datetime
    recorded_by: str


def recorded(tx: Transaction, kind: str, fact_id: str) -> list[Recorded]:
    """All that was ever recorded of a fact, oldest first; nothing of an unknown kind or id."""
    found = []
    for table, column in _RECORDED.get(kind, ()):
        for row in tx.execute(sa.select(table).where(table.c[column] == fact_id).order_by(table.c.fact_no)):
            values = dict(row._mapping)
            who = values.pop("withdrawn"), values.pop("recorded_utc"), values.pop("recorded_by")
            del values["fact_no"]
            found.append(Recorded(table.name, values, *who))
    return sorted(found, key=lambda each: each.recorded_utc)


def corrections_on(tx: Transaction, person_id: str, moment: dt.datetime) -> list[str]:
    """Corrections of the days around a moment: whose clock says which day it was is the office's matter."""
    table, day = pay_tables.corrections, moment.date()
    around = table.c.date.between(day - dt.timedelta(days=1), day + dt.timedelta(days=1))
    query = sa.select(table.c.correction_id).where(table.c.person_id == person_id, around)
    return list(tx.execute(query.order_by(table.c.date)).scalars())


def _lines(tx: Transaction, office_id: str, month: Month) -> dict[str, tuple[str, str]]:
    """person -> what the closed statement pays, and what it takes off for unpaid days, as text."""
    table = pay_tables.closed_statements
    query = sa.select(table.c.person_id, table.c.net, table.c.document).where(
        table.c.office_id == office_id, table.c.month == str(month)
    )
    found = {}
    for row in tx.execute(query):
        shares = [line for line in row.document["lines"] if line["key"] == "paid-share"]
        found[row.person_id] = str(row.net), str(shares)
    return found


def _months_until(month: Month) -> list[str]:
    return sorted(str(month.before(count)) for count in range(MONTHS_BACK))


def _certain(each: Resting) -> bool:
    """Whether it counts, as `_counts` says of the others."""
    return each.state == "approved" and each.time.state != "uncertain"


def _seen(each: Resting) -> Seen:
    return Seen(each.person_id, each.office_id, each.device_id, each.event_id, each.time.utc)


def _faces() -> sa.ColumnElement[bool]:
    events, people = tables.events, tables.people
    return sa.and_(people.c.office_id == events.c.office_id, people.c.person_id == events.c.person_id)


def _counts() -> Sequence[Any]:
    events = tables.events
    return events.c.status == "accepted", events.c.kind == "presence", events.c.time_state != "uncertain"
