"""What of a month's entries is recognised, and what cannot be submitted at all. Pure; facts may come in any order."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Literal
from zoneinfo import ZoneInfo

from etpp.activities.catalogue import Catalogue, Worth
from etpp.activities.model import (
    DayPoints,
    Entry,
    EntryFault,
    EntryStep,
    EntryTerms,
    Ledger,
    Verdict,
)
from etpp.base.money import ZERO

MOST_QUANTITY = Decimal(100_000)
"""A slip of the finger: nobody does more of anything in a day."""
MOST_DECIMALS = 4
"""Of a quantity: a half day, a quarter of an hour. 1e-999999 would be a text of a million characters."""

Deadline = Callable[[dt.date, int], dt.datetime]
"""The end of the how manieth working day after a date."""
Holder = Callable[[dt.date], tuple[str, int] | None]
"""The post and the job class that the entries' author had on a date; None outside of the service."""

_ENTERED = attrgetter("entered_utc")
_ENTRY_ID = attrgetter("entry_id")
_TAKEN_AT = attrgetter("at_utc", "step_id")


def recognise(
    entries: Iterable[Entry],
    steps: Iterable[EntryStep],
    catalogue: Catalogue,
    terms: EntryTerms,
    held: Holder,
    deadline: Deadline,
    zone: ZoneInfo,
    as_of_utc: dt.datetime,
) -> Ledger:
    """One person's entries of a month, judged as known at `as_of_utc`.

    Of entries in one another's time, and of an item's quantity beyond its day's ceiling, the ones entered first count.
    """
    by_entry: dict[str, list[EntryStep]] = defaultdict(list)
    for step in steps:
        by_entry[step.entry_id].append(step)
    verdicts: dict[str, tuple[str, dt.date, Decimal, Decimal, Verdict]] = {}
    undecided: list[str] = []
    days: dict[dt.date, _Day] = {}
    taken: list[tuple[dt.datetime, dt.datetime]] = []
    used: dict[tuple[dt.date, str], Decimal] = {}
    for entry in sorted(sorted(entries, key=_ENTRY_ID), key=_ENTERED):
        entry_id, date, quantity = entry.entry_id, entry.date, entry.quantity
        if entry_id in verdicts:
            continue
        day = days.get(date)
        if day is None:
            holder = held(date)
            day = days[date] = _Day(None if holder is None else catalogue.worths(date, *holder))
        worth = None if day.worths is None else day.worths[entry.item_id]
        if worth is None:
            verdicts[entry_id] = entry_id, date, ZERO, ZERO, "no_weight"
            continue
        verdict = entry_verdict(entry, by_entry.get(entry_id, ()), terms, deadline, zone, as_of_utc)
        weight, most = worth
        counted = quantity if verdict == "recognised" else ZERO
        if verdict == "waiting":
            undecided.append(entry_id)
        if counted and entry.start_utc is not None and entry.end_utc is not None:
            if _overlaps(taken, entry.start_utc, entry.end_utc):
                verdict, counted = "overlap", ZERO
            else:
                taken.append((entry.start_utc, entry.end_utc))
        if counted and most is not None:
            before = used.get((date, entry.item_id), ZERO)
            counted = min(quantity, most - before)
            used[date, entry.item_id] = before + counted
            if counted < quantity:
                verdict = "over_item"
        entered = weight * quantity
        recognised = entered if counted is quantity else weight * counted
        day.entered += entered
        if recognised:
            day.recognised += recognised
            day.entry_ids.append(entry_id)
        verdicts[entry_id] = entry_id, date, entered, recognised, verdict
    return Ledger(
        tuple([days[date].points(date, terms.day_ceiling) for date in sorted(days)]),
        tuple(undecided),
        tuple(verdicts.values()),
    )


def entry_verdict(
    entry: Entry,
    steps: Sequence[EntryStep],
    terms: EntryTerms,
    deadline: Deadline,
    zone: ZoneInfo,
    as_of_utc: dt.datetime,
) -> Verdict:
    """What became of one entry, from the steps of its life in whatever order.

    A step out of turn changes nothing: verifying what was not submitted, deciding on one's own entry, submitting again
    what was verified. The first submission is held to the deadline of entry; each one begins the time of verification.
    """
    if len(steps) == 2 and terms.entry_days is None and terms.verify_days is None:
        first, second = steps
        in_turn = first.step == "submitted" and second.step == "verified" and first.at_utc < second.at_utc
        if in_turn and first.by == entry.person_id != second.by:
            return "recognised"  # so it goes with nearly all
    steps = sorted(steps, key=_TAKEN_AT)
    state: Literal["draft", "submitted", "verified", "returned", "withdrawn"] = "draft"
    submitted = False
    due: dt.datetime | None = None
    for step in steps:
        own = step.by == entry.person_id
        if state == "submitted" and due is not None and step.at_utc > due:
            break  # the time of verification has passed: what it was then is what counts
        if step.step == "submitted":
            if not own or state not in ("draft", "returned"):
                continue
            if not submitted and terms.entry_days is not None and step.at_utc > deadline(entry.date, terms.entry_days):
                return "late"
            state, submitted = "submitted", True
            if terms.verify_days is not None:
                due = deadline(step.at_utc.astimezone(zone).date(), terms.verify_days)
        elif step.step == "withdrawn":
            if own and state != "verified":
                return "withdrawn"
        elif own:
            continue
        elif step.step == "verified" and state == "submitted":
            state = "verified"
        elif step.step == "returned" and state in ("submitted", "verified"):
            state = "returned"
    if state == "verified":
        return "recognised"
    if state != "submitted":
        return state
    if due is None or as_of_utc <= due:
        return "waiting"
    return "recognised" if terms.neglect == "accepted" else "neglected"


def check_entry(
    entry: Entry,
    others: Iterable[Entry],
    catalogue: Catalogue,
    terms: EntryTerms,
    held: Holder,
    zone: ZoneInfo,
    today: dt.date,
    *,
    may_enter: bool,
) -> tuple[EntryFault, ...]:
    """What speaks against an entry; nothing when it can be submitted.

    `others`: the author's other entries that are neither returned nor withdrawn. `may_enter`: whether the letters in
    force on that date leave the right to enter activities.
    """
    faults: list[EntryFault] = []
    if not _counts(entry.quantity):
        faults.append("quantity")
    if entry.date > today:
        faults.append("future")
    if not may_enter:
        faults.append("day_closed")
    if len(entry.note.strip()) < terms.note_characters:
        faults.append("note_short")
    holder = held(entry.date)
    if catalogue.item(entry.item_id, entry.date) is None:
        faults.append("item_unknown")
    elif holder is None or catalogue.worth(entry.item_id, entry.date, *holder) is None:
        faults.append("no_weight")
    start, end = entry.start_utc, entry.end_utc
    if start is None and end is None:
        return tuple(faults)
    if start is None or end is None or end <= start:
        return (*faults, "times")
    if start.astimezone(zone).date() != entry.date:
        faults.append("times_elsewhere")
    spans = [(o.start_utc, o.end_utc) for o in others if o.entry_id != entry.entry_id and o.start_utc and o.end_utc]
    if _overlaps(spans, start, end):
        faults.append("overlap")
    return tuple(faults)


def _counts(quantity: Decimal) -> bool:
    exponent = quantity.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MOST_DECIMALS and 0 < quantity <= MOST_QUANTITY


class _Day:
    """One day's points while they are being added up."""

    __slots__ = ("entered", "entry_ids", "recognised", "worths")

    def __init__(self, worths: Mapping[str, Worth | None] | None) -> None:
        self.worths = worths
        self.entered = ZERO
        self.recognised = ZERO
        self.entry_ids: list[str] = []

    def points(self, date: dt.date, ceiling: Decimal | None) -> DayPoints:
        recognised = self.recognised if ceiling is None else min(self.recognised, ceiling)
        return DayPoints(date, self.entered, recognised, tuple(self.entry_ids))


def _overlaps(spans: Iterable[tuple[dt.datetime, dt.datetime]], start: dt.datetime, end: dt.datetime) -> bool:
    return any(first < end and start < until for first, until in spans)
