"""Manual entries: a presence that no terminal recorded, written down by one person and confirmed by another, neither of
them the one concerned; and how many of them, and of corrections, there are in which office and by whom."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from etpp.base import bounds
from etpp.base.asked import month as month_days
from etpp.base.errors import Conflict, NotFound
from etpp.db import Transaction, hold_each
from etpp.presence import store
from etpp.presence.asked import NewManualEntry
from etpp.presence.model import ManualEntry
from etpp.roster import register
from etpp.roster.hours import month_bounds, zone
from etpp.roster.store import Offices, Roster

ManualState = Literal["entered", "confirmed"]


@dataclass(frozen=True, slots=True)
class ByHand:
    """What rests on people's word, of one office and one person who decided on it. `decided_by`: "" of what waits."""

    office_id: str
    decided_by: str
    manual: int
    corrections: int


def enter(tx: Transaction, new: NewManualEntry, now: dt.datetime) -> ManualEntry:
    """It counts when another person has confirmed it."""
    roster = Roster(tx)
    person, by = roster.who(new.person), roster.actor(new.entered_by)
    office = register.office(tx, new.office_id)
    if by == person:
        raise Conflict("nobody writes down the own presence: let another one do it", key="manual_own")
    if new.at_utc > now:
        raise Conflict("a presence is never written down ahead of its time", key="time_future")
    serves = roster.career(person).office_on(new.at_utc.astimezone(zone(office)).date())
    if serves is None:
        raise Conflict("the person belongs to no office on this day", key="belongs_nowhere")
    if new.office_id not in {serves, *roster.offices_that_know(person)}:
        raise Conflict(
            "the person neither serves at this office on this day nor is known to its terminals: two people of the"
            " person's own office write it down and confirm it",
            key="manual_elsewhere",
        )
    hold_each(tx, "presences by hand of", [person])
    if store.written_since(tx, person, now - bounds.WINDOW) >= bounds.MANUAL_ENTRIES:
        n = bounds.MANUAL_ENTRIES
        raise Conflict(f"{n} presences of the person were written down lately", key="manual_many", n=n)
    entry = ManualEntry(str(uuid.uuid4()), person, new.at_utc, new.office_id, new.reason, by, now)
    store.MANUAL_ENTRIES.add(tx, [entry], by, now)
    return entry


def confirm(tx: Transaction, entry_id: str, by: str, now: dt.datetime) -> ManualEntry:
    entry = _locked(tx, entry_id)
    actor = Roster(tx).actor(by)
    if entry.confirmed_by is not None:
        raise Conflict("the entry is confirmed already", key="manual_confirmed")
    if actor in (entry.person_id, entry.entered_by):
        raise Conflict(
            "another person confirms it than whoever wrote it down and whom it concerns", key="manual_same_person"
        )
    confirmed = replace(entry, confirmed_by=actor)
    store.MANUAL_ENTRIES.add(tx, [confirmed], actor, now)
    Offices(tx).call_attention(entry.office_id)  # the overview counts its day anew
    return confirmed


def withdraw(tx: Transaction, entry_id: str, by: str, now: dt.datetime) -> ManualEntry:
    """It counts no more; what was known before stays, and a closed month is adjusted."""
    entry = _locked(tx, entry_id)
    store.MANUAL_ENTRIES.withdraw(tx, [entry], Roster(tx).actor(by), now)
    Offices(tx).call_attention(entry.office_id)
    return entry


def page(
    tx: Transaction,
    *,
    office_id: str | None,
    state: ManualState | None,
    start: dt.datetime | None,
    end: dt.datetime | None,
    after: str,
    limit: int,
) -> list[ManualEntry]:
    """By id, those after one; of presences in [start, end) at the office, and of its own people wherever they were:
    what another office has written down of them concerns their own head. Raises NotFound."""
    if office_id is not None:
        register.office(tx, office_id)
    confirmed = None if state is None else state == "confirmed"
    return store.manual_within(
        tx, concerning=office_id, confirmed=confirmed, start=start, end=end, after=after, limit=limit
    )


def by_hand(
    tx: Transaction,
    office_id: str | None,
    month: str = "",
) -> list[ByHand]:
    """Confirmed and waiting manual entries by the office of the presence, decided and waiting corrections by the office
    that the person belonged to; by office and by who confirmed or decided last. `month`: as 2026-11; empty for all.

    Raises Problem `malformed`, and NotFound.
    """
    if office_id is not None:
        register.office(tx, office_id)
    start, end = month_bounds(month)
    first, last = month_days(month) or (None, None)
    manual: Counter[tuple[str, str]] = Counter()
    for entry in store.manual_within(tx, office_id=office_id, start=start, end=end):
        manual[entry.office_id, entry.confirmed_by or ""] += 1
    corrections: Counter[tuple[str, str]] = Counter()
    made = store.corrections_within(tx, office_id=office_id, first=first, last=last)
    careers = Roster(tx).careers(sorted({each.person_id for each in made}))
    last_by = store.last_deciders(tx, made)
    for correction in made:
        office = careers[correction.person_id].office_on(correction.date) or ""
        if office_id is None or office == office_id:
            corrections[office, last_by.get(correction.correction_id, "")] += 1
    return [ByHand(*key, manual[key], corrections[key]) for key in sorted({*manual, *corrections})]


def _locked(tx: Transaction, entry_id: str) -> ManualEntry:
    entry = store.locked_manual(tx, entry_id)
    if entry is None:
        raise NotFound("there is no such manual entry", key="manual_unknown")
    return entry
