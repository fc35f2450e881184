"""Which decisions gave a closed month other rules, or other facts under a name that stays: what an adjustment names of
a weight, working hours, a kind of absence or a post that was decided anew, down to who decided it and when.

A statement names a post or a roster's day by its id, and of a weight or a month's hours nothing: that they are others
now its lines do not tell.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from etpp.absence.catalogue import Catalogue, delivered, read_catalogue
from etpp.absence.store import KINDS, letters_of
from etpp.activities.store import ITEMS, WEIGHTS, entries_of
from etpp.allowance import gather
from etpp.allowance.model import Month
from etpp.allowance.store import SANCTIONS
from etpp.base.encoding import format_time
from etpp.calendar.store import BY_ROSTER, OCCASIONS, PERIODS, ROSTER_DAYS, SHIFTS, SPECIAL_DAYS, shifts_of
from etpp.db import Facts, Transaction, pay_tables
from etpp.db.facts import Anew
from etpp.presence.store import MANUAL_ENTRIES
from etpp.roster.store import ACTINGS, ASSIGNMENTS, PLACES

_RULES: tuple[tuple[str, Facts[Any]], ...] = (
    ("period", PERIODS),
    ("special_day", SPECIAL_DAYS),
    ("occasion", OCCASIONS),
    ("shift", SHIFTS),
    ("office", PLACES),
    ("item", ITEMS),
    ("weight", WEIGHTS),
    ("kinds", KINDS),
)
_OF_ONE: tuple[tuple[str, Facts[Any], Any], ...] = (
    ("assignment", ASSIGNMENTS, pay_tables.assignments),
    ("acting", ACTINGS, pay_tables.actings),
    ("roster_day", ROSTER_DAYS, pay_tables.roster_days),
    ("by_roster", BY_ROSTER, pay_tables.by_roster),
    ("sanction", SANCTIONS, pay_tables.sanctions),
    ("manual", MANUAL_ENTRIES, pay_tables.manual_entries),
)
_NOTHING: Any = None
_ALWAYS = dt.datetime.min.replace(tzinfo=dt.UTC)


class Decisions:
    """Of one list while it is reckoned: by what is known, or was at `known_utc`."""

    def __init__(self, tx: Transaction, known_utc: dt.datetime | None) -> None:
        self._tx, self._known_utc = tx, known_utc
        self._rules: dict[dt.datetime, list[tuple[str, Anew[Any]]]] = {}

    def since(
        self, since_utc: dt.datetime, person_id: str, month: Month, scopes: frozenset[str | None]
    ) -> tuple[str, ...]:
        """What was decided anew after a moment and says something else of somebody's month, in order; `scopes`: the
        offices where the person served, those above them, and None for the regency.

        Each is `decided:KIND:ID@MOMENT by WHOM`. Rather one too many than one too few: whether it has changed the
        amount is what whoever looks at it sees.
        """
        if since_utc not in self._rules:
            self._rules[since_utc] = [
                (kind, each) for kind, store in _RULES for each in store.anew(self._tx, since_utc, self._known_utc)
            ]
        theirs = _Theirs(self._tx, person_id, month, scopes, self._known_utc)
        found = [(kind, each) for kind, each in self._rules[since_utc] if theirs.concerns(kind, each)]
        for kind, store, table in _OF_ONE:
            mine = store.anew(self._tx, since_utc, self._known_utc, table.c.person_id == person_id)
            found += [(kind, each) for each in mine if theirs.concerns(kind, each)]
        return tuple(sorted(_said(kind, each) for kind, each in found))


class _Theirs:
    """What a rule must be of to concern somebody's month; asked of the database where there is such a rule."""

    def __init__(
        self,
        tx: Transaction,
        person_id: str,
        month: Month,
        scopes: frozenset[str | None],
        known_utc: dt.datetime | None,
    ) -> None:
        self._tx, self._person_id, self._known_utc = tx, person_id, known_utc
        self._first, self._last = month.first - gather.BEFORE, month.last + gather.AFTER
        self._scopes = scopes
        self._asked: dict[str, frozenset[str]] = {}

    def concerns(self, kind: str, each: Anew[Any]) -> bool:
        if kind == "kinds":
            return any(self._kinds(each))
        said = [fact for fact in (each.before, each.after) if fact is not None]
        if not any(self._is_of(kind, fact) for fact in said):
            return False
        return bool(self._within(each.before) != self._within(each.after))

    def _is_of(self, kind: str, fact: Any) -> bool:
        match kind:
            case "period" | "special_day" | "occasion":
                return fact.scope in self._scopes
            case "office":
                return fact.office_id in self._scopes
            case "shift":
                return fact.shift_id in self._named("shifts")
            case "item" | "weight":
                return fact.item_id in self._named("items")
        return True  # of the person

    def _within(self, fact: Any) -> Any:
        """What a fact says of the month: None where that is nothing. When it was decided is no news."""
        if fact is None:
            return _NOTHING
        names = {field.name for field in fields(fact)}
        if "decided_utc" in names:
            fact = replace(fact, decided_utc=_ALWAYS)
        if "date" in names:
            return fact if self._first <= fact.date <= self._last else _NOTHING
        if "at_utc" in names:
            return fact if self._first <= fact.at_utc.date() <= self._last else _NOTHING
        if "first" in names:
            first = max(fact.first, self._first)
            last = self._last if fact.last is None else min(fact.last, self._last)
            return replace(fact, first=first, last=last) if first <= last else _NOTHING
        return fact

    def _kinds(self, each: Anew[Any]) -> Iterator[bool]:
        """Of the kinds of the person's letters, whether one is another on a day."""
        before, after = (_catalogue(fact) for fact in (each.before, each.after))
        days = [self._first + dt.timedelta(days=n) for n in range((self._last - self._first).days + 1)]
        for kind_id in self._named("kinds"):
            yield from (before.on(kind_id, day) != after.on(kind_id, day) for day in days)

    def _named(self, what: str) -> frozenset[str]:
        if what not in self._asked:
            tx, who, days = self._tx, self._person_id, (self._first, self._last)
            match what:
                case "shifts":
                    found = shifts_of(tx, who, *days)
                case "items":
                    found = {each.item_id for each in entries_of(tx, [who], *days, self._known_utc)}
                case _:
                    found = {each.kind_id for each in letters_of(tx, who, self._known_utc)}
            self._asked[what] = frozenset(found)
        return self._asked[what]


def _catalogue(fact: Any) -> Catalogue:
    return delivered() if fact is None else read_catalogue(fact.text)


def _said(kind: str, each: Anew[Any]) -> str:
    key = "/".join(str(part) for part in each.key)
    return f"decided:{kind}:{key}@{format_time(each.recorded_utc)} by {each.recorded_by}"
