"""When an office works, and when somebody is expected: the calendar's facts over the roster's tree of offices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from etpp.base.errors import Conflict
from etpp.calendar.model import CalendarFacts, PlanError
from etpp.calendar.plan import Calendar
from etpp.calendar.rules import CalendarError, check_new, newest_percents
from etpp.calendar.store import rosters
from etpp.calendar.terminal import BEFORE_ISSUE, Stay, document, elsewhere, with_occasions
from etpp.db import Transaction
from etpp.roster.hours import regency_facts, zone
from etpp.roster.store import Offices, People, Roster

ONE_DAY = dt.timedelta(days=1)
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

    def tell(self, tx: Transaction, offices: Sequence[str], people: Sequence[str], now: dt.datetime) -> dict[str, str]:
        return derive(tx, offices, now, _rostered(tx, people))


def derive(
    tx: Transaction, office_ids: Sequence[str], now: dt.datetime, rostered: Mapping[str, Sequence[str]] | None = None
) -> dict[str, str]:
    """Give the offices' terminals the calendar that the facts make now, and the rosters of those whom they know
    (`rostered`: office -> the ids of people there); where the calendar is the one they have and nobody's roster is
    another, nothing happens.

    What being late or early costs stays as the office's newest period had it; an office of which that cannot be read
    keeps the calendar it has, and is named with what is wrong in it. Raises Conflict for what the facts do not allow.
    """
    facts = regency_facts(tx, ())
    calendar, rosters = _whole(facts), rostered or {}
    damaged: dict[str, str] = {}
    # Office by office in the order of their ids, as everybody who locks several.
    for office_id in sorted({*office_ids, *rosters}):
        office = Offices(tx).get(office_id)
        if office is None:
            continue
        if office_id not in office_ids:
            _renew(tx, office_id, rosters[office_id], now)
            continue
        try:
            percents = newest_percents(office.calendar)
        except CalendarError as error:
            damaged[office_id] = str(error)
            if office_id in rosters:
                _renew(tx, office_id, rosters[office_id], now)
            continue
        late, early = percents or (DEFAULT_PERCENT, DEFAULT_PERCENT)
        try:
            made = document(calendar, facts, office_id, late, early)
            check_new(made)
        except (PlanError, CalendarError) as error:
            raise Conflict(f"office {office_id}: {error}", key="calendar_contradicts") from error
        if made != office.calendar:
            version = Offices(tx).bump(office_id, now)
            Offices(tx).set_calendar(office_id, office.name, made)
            for person_id in rosters.get(office_id, ()):
                People(tx).note_change(office_id, person_id, version)
        elif office_id in rosters:
            _renew(tx, office_id, rosters[office_id], now)
    return damaged


def _renew(tx: Transaction, office_id: str, people: Sequence[str], now: dt.datetime) -> None:
    """A new gallery version with these people's rosters in it."""
    if not people:  # no terminal need know, but the day's figures of the office are others
        Offices(tx).call_attention(office_id)
        return
    version = Offices(tx).bump(office_id, now)
    for person_id in people:
        People(tx).note_change(office_id, person_id, version)


def keep_occasions(tx: Transaction, office_id: str) -> None:
    """Beside what an office says of its hours stand the occasions that were decided, and no others."""
    office, facts = Offices(tx).get(office_id), regency_facts(tx, ())
    if office is None:
        return
    made = with_occasions(office.calendar, _whole(facts), facts, office_id)
    if made != office.calendar:
        Offices(tx).set_calendar(office_id, office.name, made)


def own_hours(tx: Transaction, office_id: str, employees: Sequence[str], issued: dt.datetime) -> dict[str, Any]:
    """employee -> `roster` of docs/protocol.md, as a gallery that was issued then brings it to the terminals; of
    those who have any: own days, and dates on which the office's hours are not theirs."""
    office = Offices(tx).get(office_id)
    today = issued.astimezone(dt.UTC if office is None else zone(office)).date()
    since = issued.date() - BEFORE_ISSUE
    found, held = rosters(tx, employees, since), _stays(tx, employees)
    for employee in employees:
        away = elsewhere(held.get(employee, ()), office_id, since, today)
        if away:
            found[employee] = {"shifts": {}, "days": {}, "alone": [], **found.get(employee, {}), **away}
    return found


@contextmanager
def telling(tx: Transaction, employees: Sequence[str], now: dt.datetime) -> Iterator[None]:
    """Around what changes where people belong: the terminals that know them are told, of whom it is another."""
    before = _stays(tx, employees)
    yield
    after = _stays(tx, employees)
    moved = [each for each in employees if before.get(each) != after.get(each)]
    for office_id, people in sorted(People(tx).enrolled_as(moved).items()):
        _renew(tx, office_id, people, now)


def _stays(tx: Transaction, employees: Sequence[str]) -> dict[str, list[Stay]]:
    """employee -> where and when, of each office without the lines between posts that follow each other."""
    found: dict[str, list[Stay]] = {}
    posts = Roster(tx).assignments(dt.date.min, dt.date.max, None, employees) if employees else []
    for post in sorted(posts, key=lambda post: (post.office_id, post.first)):
        mine = found.setdefault(post.person_id, [])
        office, first, last = mine[-1] if mine else ("", post.first, None)
        if office == post.office_id and (last is None or post.first <= last + ONE_DAY):
            mine[-1] = office, first, None if last is None or post.last is None else max(last, post.last)
        else:
            mine.append((post.office_id, post.first, post.last))
    return found


def _rostered(tx: Transaction, employees: Sequence[str]) -> dict[str, list[str]]:
    """office -> the ids under which its terminals know these employees; none where they only belong."""
    found = People(tx).enrolled_as(employees)
    for office_id in Roster(tx).offices_of(employees):
        found.setdefault(office_id, [])
    return found


def above(tx: Transaction, office_id: str) -> bool:
    """Whether hours or days were decided for the regency or for an office above one, which hold there too. Raises
    Conflict where what was recorded contradicts itself."""
    facts = regency_facts(tx, ())
    scopes = set(_whole(facts).lineage(office_id)) - {office_id}
    return any(each.scope in scopes for each in facts.periods) or any(d.scope in scopes for d in facts.special_days)


def calendar_for(tx: Transaction, people: Sequence[str] = ()) -> Calendar:
    """Raises Conflict where what was recorded contradicts itself."""
    return _whole(regency_facts(tx, people))


def _whole(facts: CalendarFacts) -> Calendar:
    try:
        return Calendar(facts)
    except PlanError as error:
        raise Conflict(f"the calendar must be put right first: {error}", key="calendar_contradicts") from error
