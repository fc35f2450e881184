"""Which figures of a closed month rest on what people wrote: manual entries, and corrections in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from etpp.allowance import gather, store
from etpp.allowance.closing import Closing
from etpp.allowance.store import Policies
from etpp.db import Transaction
from etpp.presence.decided import corrections_in_force, manual_counts
from etpp.roster.hours import regency_calendar
from etpp.roster.store import Roster, ever_assigned

ONE_DAY = dt.timedelta(days=1)

Named = frozenset[tuple[str, str]]
"""(person, id) of each."""


@dataclass(frozen=True, slots=True)
class ByHand:
    manual: Named = frozenset()
    corrections: Named = frozenset()

    def __or__(self, other: ByHand) -> ByHand:
        return ByHand(self.manual | other.manual, self.corrections | other.corrections)

    def __xor__(self, other: ByHand) -> ByHand:
        """What only one of two states of knowledge has."""
        return ByHand(self.manual ^ other.manual, self.corrections ^ other.corrections)


def of_month(tx: Transaction, closed: Closing, before: Sequence[Closing]) -> ByHand:
    """Of its statements, and of its adjustments: what has changed of their months since the closing before it.

    `before`: the office's closings before this one, in order.
    """
    found = known_at(tx, closed, closed.as_of_utc, {each.person_id for each in closed.sealed.statements})
    for of in before:
        people = {each.person_id for each in closed.sealed.adjustments if each.month == of.sealed.month}
        if people:
            now = known_at(tx, of, closed.as_of_utc, people)
            found |= now ^ known_at(tx, of, before[-1].as_of_utc, people)
    return found


def known_at(tx: Transaction, closed: Closing, known_utc: dt.datetime, people: Collection[str]) -> ByHand:
    """Of the days that the month's statements are made of, as it was known then."""
    office_id, month = closed.sealed.office_id, closed.sealed.month
    first, last = month.first - gather.BEFORE, month.last + gather.AFTER
    moments = gather.window(month)
    corrections, decisions, entries = store.by_hand(tx, ever_assigned(office_id), first, last, moments, known_utc)
    if not corrections and not entries:
        return ByHand()
    calendar = regency_calendar(tx, known_utc)
    zone, policy = calendar.zone(office_id), Policies(tx).get(closed.policy_sha256)
    careers = Roster(tx, known_utc).careers(sorted({each.person_id for each in corrections}))
    # A flexible week counts with the month of its Sunday.
    first = month.first - month.first.weekday() * ONE_DAY if calendar.flexible else month.first
    in_force = [
        (person, each.correction_id)
        for person in {each.person_id for each in corrections} & {*people}
        for date, parts in corrections_in_force(
            person,
            corrections,
            decisions,
            zone,
            partial(calendar.due, careers[person]),
            None if policy is None else policy.correction_days,
        )[0].items()
        if first <= date <= month.last
        for each in parts.values()
    ]
    manual = [
        (each.person_id, each.entry_id)
        for each in entries
        if each.person_id in people
        and manual_counts(each)
        and first <= each.at_utc.astimezone(zone).date() <= month.last
    ]
    return ByHand(frozenset(manual), frozenset(in_force))
