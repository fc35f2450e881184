"""When people are expected, in SQL."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from etpp.calendar.document import holidays_of, periods_of
from etpp.calendar.model import ByRoster, CalendarFacts, Occasion, RosterDay, Shift, SpecialDay, WorkPeriod
from etpp.calendar.terminal import roster
from etpp.db import Facts, Transaction, locks, pay_tables

PERIODS = Facts(WorkPeriod, pay_tables.work_periods, "period_id")
SPECIAL_DAYS = Facts(SpecialDay, pay_tables.special_days, "special_id")
OCCASIONS = Facts(Occasion, pay_tables.occasions, "occasion_id")
SHIFTS = Facts(Shift, pay_tables.shifts, "shift_id")
ROSTER_DAYS = Facts(RosterDay, pay_tables.roster_days, "roster_id")
BY_ROSTER = Facts(ByRoster, pay_tables.by_roster, "person_id", "first")


def hold(tx: Transaction) -> None:
    """Of two changes of the calendar one waits for the other: each was tried with what is known.

    Before the locks of offices: whoever changes an office's calendar takes this first.
    """
    locks.hold(tx, locks.Lock.CALENDAR)


def roster_days(
    tx: Transaction, first: dt.date, last: dt.date, person_id: str | None, after: str, limit: int
) -> list[RosterDay]:
    """Those between two dates, of one person or of all, by id; those after an id."""
    table = pay_tables.roster_days
    asked = [table.c.date.between(first, last), table.c.roster_id > after]
    if person_id is not None:
        asked.append(table.c.person_id == person_id)
    return ROSTER_DAYS.find(tx, *asked, limit=limit)


def rosters(tx: Transaction, people: Sequence[str], since: dt.date) -> dict[str, dict[str, Any]]:
    """person -> the days from a date on and the spans in which only those count, as the gallery brings them; of those
    people who have any."""
    days: dict[str, list[RosterDay]] = defaultdict(list)
    spans: dict[str, list[ByRoster]] = defaultdict(list)
    of_days, of_spans = pay_tables.roster_days.c, pay_tables.by_roster.c
    for day in ROSTER_DAYS.find(tx, of_days.person_id.in_(people), of_days.date >= since):
        days[day.person_id].append(day)
    for span in BY_ROSTER.find(tx, of_spans.person_id.in_(people)):
        spans[span.person_id].append(span)
    shifts = SHIFTS.find(tx) if days else []
    made = {person: roster(days[person], spans[person], shifts) for person in sorted(days.keys() | spans.keys())}
    return {person: each for person, each in made.items() if each is not None}


def without_shift(tx: Transaction) -> list[RosterDay]:
    """The days of all rosters that name a shift which there is not; by id."""
    table = pay_tables.roster_days
    known = [shift.shift_id for shift in SHIFTS.find(tx)]
    return ROSTER_DAYS.find(tx, table.c.shift_id.is_not(None), table.c.shift_id.not_in(known))


def shifts_of(tx: Transaction, person_id: str, first: dt.date, last: dt.date) -> set[str]:
    """The shifts that ever stood in somebody's roster between two dates."""
    table = pay_tables.roster_days
    asked = table.c.person_id == person_id, table.c.date.between(first, last), table.c.shift_id.is_not(None)
    return set(tx.execute(sa.select(table.c.shift_id).where(*asked)).scalars())


def who_works(tx: Transaction, shift_ids: Sequence[str]) -> set[str]:
    """Everybody in whose roster one of the shifts stands."""
    return {day.person_id for day in ROSTER_DAYS.find(tx, pay_tables.roster_days.c.shift_id.in_(shift_ids))}


def replace(tx: Transaction, office_id: str, calendar: Mapping[str, Any], by: str, now: dt.datetime) -> None:
    """The office's own hours and holidays are those of a calendar of docs/protocol.md from now on; what it does not
    have any more is withdrawn. Facts that stay as they are get no second row."""
    periods, days = pay_tables.work_periods, pay_tables.special_days
    _change(tx, PERIODS, PERIODS.find(tx, periods.c.scope == office_id), periods_of(office_id, calendar), by, now)
    held = SPECIAL_DAYS.find(tx, days.c.scope == office_id)
    kept = {each.special_id: each.decided_utc for each in held if each.hours is None}
    wanted = [
        SpecialDay(d.special_id, d.scope, d.date, d.hours, d.name, kept.get(d.special_id, now))
        for d in holidays_of(office_id, calendar, now)
    ]
    _change(tx, SPECIAL_DAYS, held, wanted, by, now)


def calendar_facts(
    tx: Transaction,
    timezone: str,
    parents: Mapping[str, str | None],
    timezones: Mapping[str, str],
    known_utc: dt.datetime | None = None,
    people: Sequence[str] | None = None,
    scopes: Sequence[str] | None = None,
) -> CalendarFacts:
    """All that is known of when people work. The tree of offices and their zones are the roster's. `people`: those
    whose rosters are asked for; None: everybody's, which are hundreds of thousands of rows a year. `scopes`: offices
    whose hours are asked for, beside the regency's; None: all."""
    named = pay_tables.roster_days.c.person_id, pay_tables.by_roster.c.person_id
    of_days, of_roster = ([] if people is None else [each.in_(people)] for each in named)
    tables = pay_tables.work_periods, pay_tables.special_days, pay_tables.occasions
    of_periods, of_specials, of_occasions = (
        [] if scopes is None else [sa.or_(table.c.scope.is_(None), table.c.scope.in_(scopes))] for table in tables
    )
    return CalendarFacts(
        timezone,
        parents,
        tuple(PERIODS.find(tx, *of_periods, known_utc=known_utc)),
        tuple(SPECIAL_DAYS.find(tx, *of_specials, known_utc=known_utc)),
        tuple(OCCASIONS.find(tx, *of_occasions, known_utc=known_utc)),
        tuple(SHIFTS.find(tx, known_utc=known_utc)),
        tuple(ROSTER_DAYS.find(tx, *of_days, known_utc=known_utc)),
        tuple(BY_ROSTER.find(tx, *of_roster, known_utc=known_utc)),
        timezones,
    )


def _change(tx: Transaction, kind: Facts[Any], held: list[Any], wanted: list[Any], by: str, now: dt.datetime) -> None:
    known = {kind.key_of(fact): fact for fact in held}
    asked = {kind.key_of(fact): fact for fact in wanted}
    kind.withdraw(tx, [fact for key, fact in known.items() if key not in asked], by, now)
    kind.add(tx, [fact for key, fact in asked.items() if known.get(key) != fact], by, now)
