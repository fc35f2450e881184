"""What of a month's entries is recognised, and what cannot be submitted at all. Pure; facts may come in any order."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from etpp.activities.catalogue import Catalogue
from etpp.activities.model import (
    DayPoints,
    Entry,
    EntryFault,
    EntryStep,
    EntryTerms,
    Judged,
    Ledger,
    Verdict,
)
from etpp.base.money import ZERO

MOST_QUANTITY = Decimal(100_000)
"""A slip of the finger: nobody does more of anything in a day."""

Deadline = Callable[[dt.date, int], dt.datetime]
"""The end of the how manieth working day after a date."""
Holder = Callable[[dt.date], tuple[str, int] | None]
"""The post and the job class that the entries' author had on a date; None outside of the service."""

_UNDECIDED: frozenset[Verdict] = frozenset({"waiting"})


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
    judged: list[Judged] = []
    by_day: dict[dt.date, list[Judged]] = defaultdict(list)
    taken: dict[dt.date, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)
    used: dict[tuple[dt.date, str], Decimal] = {}
    seen: set[str] = set()
    for entry in sorted(entries, key=_entered):
        if entry.entry_id in seen:
            continue
        seen.add(entry.entry_id)
        date = entry.date
        holder = held(date)
        worth = None if holder is None else catalogue.worth(entry.item_id, date, *holder)
        verdict: Verdict
        recognised = entered = ZERO
        if worth is None:
            verdict = "no_weight"
        else:
            weight, most = worth
            entered = weight * entry.quantity
            verdict = entry_verdict(entry, by_entry.get(entry.entry_id, ()), terms, deadline, zone, as_of_utc)
            if verdict == "recognised":
                recognised = entered
                if entry.start_utc is not None and entry.end_utc is not None:
                    if _overlaps(taken[date], entry.start_utc, entry.end_utc):
                        verdict, recognised = "overlap", ZERO
                    else:
                        taken[date].append((entry.start_utc, entry.end_utc))
                if most is not None and verdict == "recognised":
                    before = used.get((date, entry.item_id), ZERO)
                    counted = min(entry.quantity, most - before)
                    used[date, entry.item_id] = before + counted
                    if counted < entry.quantity:
                        verdict, recognised = "over_item", weight * counted
        found = Judged(entry.entry_id, date, entered, recognised, verdict)
        judged.append(found)
        by_day[date].append(found)
    return Ledger(
        tuple(_day(date, by_day[date], terms.day_ceiling) for date in sorted(by_day)),
        tuple(each.entry_id for each in judged if each.verdict in _UNDECIDED),
        tuple(judged),
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
    state: Literal["draft", "submitted", "verified", "returned", "withdrawn"] = "draft"
    submitted = False
    due: dt.datetime | None = None
    for step in sorted(steps, key=_taken_at) if len(steps) > 1 else steps:
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
    if not (entry.quantity.is_finite() and 0 < entry.quantity <= MOST_QUANTITY):
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


def _day(date: dt.date, judged: list[Judged], ceiling: Decimal | None) -> DayPoints:
    entered, recognised = ZERO, ZERO
    ids = []
    for each in judged:
        entered += each.entered
        if each.recognised:
            recognised += each.recognised
            ids.append(each.entry_id)
    if ceiling is not None and recognised > ceiling:
        recognised = ceiling
    return DayPoints(date, entered, recognised, tuple(ids))


def _overlaps(spans: Iterable[tuple[dt.datetime, dt.datetime]], start: dt.datetime, end: dt.datetime) -> bool:
    return any(first < end and start < until for first, until in spans)


def _entered(entry: Entry) -> tuple[dt.datetime, str, str]:
    return entry.entered_utc, entry.entry_id, entry.item_id


def _taken_at(step: EntryStep) -> tuple[dt.datetime, str]:
    return step.at_utc, step.step_id
