"""What is decided of the calendar, recorded whole: first everything is put together and tried, as it will be read.

The tree of offices and who somebody is are the roster's, which lies above: they are handed in.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from etpp.base.errors import Conflict, NotFound
from etpp.calendar.asked import Changes
from etpp.calendar.model import ByRoster, CalendarFacts, PlanError, RosterDay, Shift, SpecialDay
from etpp.calendar.plan import Calendar
from etpp.calendar.store import BY_ROSTER, OCCASIONS, PERIODS, ROSTER_DAYS, SHIFTS, SPECIAL_DAYS, hold, who_works
from etpp.db import Facts, Transaction

_ONE_DAY = dt.timedelta(days=1)


class Around(Protocol):
    """What the roster knows."""

    def facts(self, tx: Transaction, people: Sequence[str] | None) -> CalendarFacts:
        """All offices' hours, and the rosters of people (None: everybody's)."""

    def who(self, tx: Transaction, said: str) -> str:
        """The id of somebody in the roster. Raises NotFound."""

    def actor(self, tx: Transaction, said: str) -> str:
        """Who decides: an employee, or somebody who is none."""

    def tell(
        self, tx: Transaction, offices: Sequence[str], people: Sequence[str], now: dt.datetime
    ) -> Mapping[str, str]:
        """These offices' terminals need another calendar, and those that know these people another roster of theirs;
        offices that cannot have it, with what is wrong there."""


@dataclass(frozen=True, slots=True)
class Decided:
    """`offices`: whose hours, days off or occasions are others now, so that their terminals need another calendar;
    `people`: whose rosters are. `damaged`: those of the offices whose terminals keep theirs, as what is stored there
    cannot be read; with what it is."""

    recorded: int
    same: int
    offices: tuple[str, ...]
    people: tuple[str, ...]
    damaged: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of fact: where it stands in CalendarFacts, and what becomes of it."""

    name: str
    store: Facts[Any]
    add: list[Any] = field(default_factory=list)
    withdraw: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tried:
    """A change put together with what holds: `known` before and `coming` after it, and what is new of each kind."""

    known: CalendarFacts
    coming: CalendarFacts
    new: tuple[tuple[_Kind, tuple[Any, ...]], ...]
    decided: Decided

    @property
    def changed(self) -> list[Any]:
        """The facts that are added, and those that are taken back."""
        return [fact for kind, fresh in self.new for fact in (*fresh, *kind.withdraw)]


def decide(tx: Transaction, changes: Changes, around: Around, now: dt.datetime) -> Decided:
    """Raises Conflict, which names the facts, where the calendar would contradict itself or leave a date without hours
    that had some; NotFound for offices, people and facts that there are not."""
    hold(tx)
    by = around.actor(tx, changes.by)
    return _record(tx, preview(tx, changes, around, now), around, by, now)


def preview(tx: Transaction, changes: Changes, around: Around, now: dt.datetime) -> Tried:
    """What `decide` would come to now; nothing is recorded. Raises as that."""
    return _tried(tx, *_understood(tx, changes, around, now))


def _understood(
    tx: Transaction, changes: Changes, around: Around, now: dt.datetime
) -> tuple[tuple[_Kind, ...], CalendarFacts]:
    """What is to be added and taken back, by kind, and all that holds now."""
    people = {said: around.who(tx, said) for said in _said(changes)}
    back = changes.withdrawn
    try:
        roster = [each.fact(people[each.person], now) for each in changes.roster]
        kinds = (
            _Kind("periods", PERIODS, [each.fact() for each in changes.periods], _named(tx, PERIODS, back.periods)),
            _Kind(
                "special_days",
                SPECIAL_DAYS,
                [each.fact(now) for each in changes.special_days],
                _named(tx, SPECIAL_DAYS, back.special_days),
            ),
            _Kind(
                "occasions",
                OCCASIONS,
                [each.fact() for each in changes.occasions],
                _named(tx, OCCASIONS, back.occasions),
            ),
            _Kind("shifts", SHIFTS, [each.fact() for each in changes.shifts], _named(tx, SHIFTS, back.shifts)),
            _Kind("roster", ROSTER_DAYS, roster, _named(tx, ROSTER_DAYS, back.roster)),
            _Kind(
                "by_roster",
                BY_ROSTER,
                [each.fact(people[each.person]) for each in changes.by_roster],
                _spans(tx, [each.fact(people[each.person]) for each in back.by_roster]),
            ),
        )
    except PlanError as error:
        raise Conflict(str(error), key="calendar_change_wrong") from error
    # A shift that is taken back may stand in anybody's roster.
    concerned = None if back.shifts else sorted({*people.values(), *(each.person_id for each in kinds[4].withdraw)})
    return kinds, around.facts(tx, concerned)


def record_roster(
    tx: Transaction, days: Sequence[RosterDay], around: Around, by: str, now: dt.datetime, *, dry_run: bool = False
) -> Decided:
    """A table's days of people by name, tried and recorded as what else is decided."""
    hold(tx)
    facts = around.facts(tx, sorted({day.person_id for day in days}))
    tried = _tried(tx, (_Kind("roster", ROSTER_DAYS, list(days)),), facts)
    return tried.decided if dry_run else _record(tx, tried, around, by, now)


def _tried(tx: Transaction, kinds: Iterable[_Kind], known: CalendarFacts) -> Tried:
    """Everything put together as it will be read. Raises Conflict."""
    merged: dict[str, Any] = {}
    new: list[tuple[_Kind, list[Any]]] = []
    same = 0
    for kind in kinds:
        key = kind.store.key_of
        held = {key(fact): fact for fact in getattr(known, kind.name)}
        asked = {key(fact): fact for fact in kind.add}
        if len(asked) < len(kind.add):
            raise Conflict(f"{kind.name}: the same one is said twice", key="calendar_change_wrong")
        fresh = [fact for each, fact in asked.items() if not _is_same(held.get(each), fact)]
        same += len(asked) - len(fresh)
        gone = {key(fact) for fact in kind.withdraw}
        merged[kind.name] = tuple({**{k: f for k, f in held.items() if k not in gone}, **asked}.values())
        new.append((kind, fresh))
    coming = replace(known, **merged)
    changed = [fact for kind, fresh in new for fact in (*fresh, *kind.withdraw)]
    offices = _touched(known.parents, changed)
    _try(known, coming, offices)
    decided = Decided(len(changed), same, offices, _whose(tx, changed))
    return Tried(known, coming, tuple((kind, tuple(fresh)) for kind, fresh in new), decided)


def _record(tx: Transaction, tried: Tried, around: Around, by: str, now: dt.datetime) -> Decided:
    for kind, fresh in tried.new:
        kind.store.withdraw(tx, kind.withdraw, by, now)
        kind.store.add(tx, fresh, by, now)
    found = tried.decided
    return replace(found, damaged=around.tell(tx, found.offices, found.people, now))


def _try(known: CalendarFacts, coming: CalendarFacts, offices: Sequence[str]) -> None:
    """Raises Conflict by name."""
    try:
        after = Calendar(coming)
        _refuse_two_spans(coming.by_roster)
        for occasion in coming.occasions:
            unknown = sorted(occasion.without_offices - coming.parents.keys())
            if unknown:
                raise PlanError(f"occasion {occasion.occasion_id}: there is no office {unknown[0]}")
            if occasion.last is not None and occasion.last < occasion.first:
                raise PlanError(f"occasion {occasion.occasion_id}: it ends before it begins")
        before = _sound(known) if known.periods != coming.periods else None
        if before is not None:
            # Between the days on which some period begins or has ended nothing changes.
            periods = (*known.periods, *coming.periods)
            edges = {p.first for p in periods} | {p.last + _ONE_DAY for p in periods if p.last is not None}
            for office in offices:
                for date in sorted(edges):
                    if before.decided(office, date) and not after.decided(office, date):
                        raise PlanError(f"office {office}: no working hours would be decided for {date}")
    except PlanError as error:
        raise Conflict(str(error), key="calendar_change_wrong") from error


def _sound(known: CalendarFacts) -> Calendar | None:
    """What holds until now; None where it contradicts itself, which is what somebody puts right."""
    try:
        return Calendar(known)
    except PlanError:
        return None


def _touched(parents: Mapping[str, str | None], changed: Iterable[Any]) -> tuple[str, ...]:
    """The offices under the scopes of what changed. Raises NotFound for a scope that is no office."""
    scopes = {fact.scope for fact in changed if hasattr(fact, "scope")}
    if scopes - {None} - parents.keys():
        unknown = sorted(scopes - {None} - parents.keys())[0]
        raise NotFound(f"there is no office {unknown}", key="office_unknown", office=unknown)

    def under(office: str) -> bool:
        above: str | None = office
        for _ in parents:
            if above is None or above in scopes:
                break
            above = parents.get(above)
        return above in scopes

    return tuple(sorted(office for office in parents if under(office)))


def _whose(tx: Transaction, changed: Iterable[Any]) -> tuple[str, ...]:
    """Whose own hours are others: by their rosters, or by what a shift in them is."""
    facts = list(changed)
    named = {fact.person_id for fact in facts if isinstance(fact, RosterDay | ByRoster)}
    shifts = [fact.shift_id for fact in facts if isinstance(fact, Shift)]
    return tuple(sorted(named | who_works(tx, shifts) if shifts else named))


def _is_same(held: Any, asked: Any) -> bool:
    """Whether it says nothing new: when it was decided is no news."""
    if isinstance(asked, SpecialDay | RosterDay) and held is not None:
        return bool(replace(held, decided_utc=asked.decided_utc) == asked)
    return bool(held == asked)


def _refuse_two_spans(by_roster: Sequence[ByRoster]) -> None:
    previous: ByRoster | None = None
    for span in sorted(by_roster, key=lambda each: (each.person_id, each.first)):
        if span.last is not None and span.last < span.first:
            raise PlanError(f"by roster from {span.first}: it ends before it begins")
        mine = previous is not None and previous.person_id == span.person_id
        if mine and previous is not None and (previous.last is None or span.first <= previous.last):
            raise PlanError(f"by roster from {previous.first} and from {span.first}: of one person they overlap")
        previous = span


def _said(changes: Changes) -> set[str]:
    of_roster = [*changes.by_roster, *changes.withdrawn.by_roster]
    return {each.person for each in changes.roster} | {each.person for each in of_roster}


def _named(tx: Transaction, store: Facts[Any], ids: Sequence[str]) -> list[Any]:
    found = []
    for each in dict.fromkeys(ids):
        fact = store.one(tx, each)
        if fact is None:
            raise NotFound(f"there is nothing recorded under {each}", key="calendar_fact_unknown")
        found.append(fact)
    return found


def _spans(tx: Transaction, asked: Sequence[ByRoster]) -> list[ByRoster]:
    found = []
    for each in asked:
        fact = BY_ROSTER.one(tx, each.person_id, each.first)
        if fact is None:
            raise NotFound(f"nobody works by roster from {each.first}", key="calendar_fact_unknown")
        found.append(fact)
    return found
