"""When people are expected, in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from etpp.calendar.document import holidays_of, periods_of
from etpp.calendar.model import ByRoster, CalendarFacts, Occasion, RosterDay, Shift, SpecialDay, WorkPeriod
from etpp.db import Facts, Transaction, pay_tables

PERIODS = Facts(WorkPeriod, pay_tables.work_periods, "period_id")
SPECIAL_DAYS = Facts(SpecialDay, pay_tables.special_days, "special_id")
OCCASIONS = Facts(Occasion, pay_tables.occasions, "occasion_id")
SHIFTS = Facts(Shift, pay_tables.shifts, "shift_id")
ROSTER_DAYS = Facts(RosterDay, pay_tables.roster_days, "roster_id")
BY_ROSTER = Facts(ByRoster, pay_tables.by_roster, "person_id", "first")


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
) -> CalendarFacts:
    """All that is known of when people work. The tree of offices and their zones are the roster's. `people`: those
    whose rosters are asked for; None: everybody's, which are hundreds of thousands of rows a year."""
    named = pay_tables.roster_days.c.person_id, pay_tables.by_roster.c.person_id
    of_days, of_roster = ([] if people is None else [each.in_(people)] for each in named)
    return CalendarFacts(
        timezone,
        parents,
        tuple(PERIODS.find(tx, known_utc=known_utc)),
        tuple(SPECIAL_DAYS.find(tx, known_utc=known_utc)),
        tuple(OCCASIONS.find(tx, known_utc=known_utc)),
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
