"""When an office works, and when somebody is expected: the calendar's facts over the roster's tree of offices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from etpp.base.errors import Conflict
from etpp.calendar.model import CalendarFacts, PlanError
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import CalendarError, check_new, newest_percents
from etpp.calendar.terminal import document
from etpp.db import Transaction
from etpp.roster.hours import regency_facts
from etpp.roster.store import Offices, Roster

DEFAULT_PERCENT = 1.0
"""Of an office that has said nothing: one per cent of the month's points."""


class Around:
    """What the calendar is handed of the roster (`calendar.decide.Around`)."""

    def facts(self, tx: Transaction, people: Sequence[str] | None) -> CalendarFacts:
        return regency_facts(tx, people)

    def who(self, tx: Transaction, said: str) -> str:
        return Roster(tx).who(said)

    def actor(self, tx: Transaction, said: str) -> str:
        return Roster(tx).actor(said)

    def tell(self, tx: Transaction, offices: Sequence[str], now: dt.datetime) -> dict[str, str]:
        return derive(tx, offices, now)


def derive(tx: Transaction, office_ids: Sequence[str], now: dt.datetime) -> dict[str, str]:
    """Give the offices' terminals the calendar that the facts make now; where it is the one they have, nothing happens.

    What being late or early costs stays as the office's newest period had it; an office of which that cannot be read
    keeps the calendar it has, and is named with what is wrong in it. Raises Conflict for what the facts do not allow.
    """
    facts = regency_facts(tx, ())
    calendar = _whole(facts)
    damaged: dict[str, str] = {}
    for office_id in sorted(office_ids):
        office = Offices(tx).get(office_id)
        if office is None:
            continue
        try:
            percents = newest_percents(office.calendar)
        except CalendarError as error:
            damaged[office_id] = str(error)
            continue
        late, early = percents or (DEFAULT_PERCENT, DEFAULT_PERCENT)
        try:
            made = document(calendar, facts, office_id, late, early)
            check_new(made)
        except (PlanError, CalendarError) as error:
            raise Conflict(f"office {office_id}: {error}", key="calendar_contradicts") from error
        if made != office.calendar:
            Offices(tx).bump(office_id, now)
            Offices(tx).set_calendar(office_id, office.name, made)
    return damaged


def above(tx: Transaction, office_id: str) -> bool:
    """Whether hours or days were decided for the regency or for an office above one, which hold there too."""
    facts = regency_facts(tx, ())
    scopes = set(Calendar(facts).lineage(office_id)) - {office_id}
    return any(each.scope in scopes for each in facts.periods) or any(d.scope in scopes for d in facts.special_days)


def calendar_for(tx: Transaction, people: Sequence[str] = ()) -> Calendar:
    """Raises Conflict where what was recorded contradicts itself."""
    return _whole(regency_facts(tx, people))


def _whole(facts: CalendarFacts) -> Calendar:
    try:
        return Calendar(facts)
    except PlanError as error:
        raise Conflict(f"the calendar must be put right first: {error}", key="calendar_contradicts") from error
