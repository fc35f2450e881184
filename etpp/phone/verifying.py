"""What waits for a superior, what is unusual first: read for the phone."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from etpp.absence.rules import in_force
from etpp.absence.store import DECISIONS, REVOCATIONS, kinds, letters_of
from etpp.activities import service as activities
from etpp.activities.catalogue import Catalogue
from etpp.activities.model import Entry
from etpp.activities.store import ITEMS, WEIGHTS, entries_of
from etpp.allowance.gather import entry_terms
from etpp.allowance.store import Closings
from etpp.base.clock import days_utc
from etpp.base.encoding import format_time
from etpp.base.errors import Conflict, NotFound
from etpp.base.money import plain
from etpp.db import Transaction, pay_tables
from etpp.phone.documents import WaitingList, WaitingOnPhone
from etpp.phone.unusual import unusual, usual_quantity
from etpp.roster.hours import REGENCY_ZONE
from etpp.roster.store import Roster

LOOKED_AT = dt.timedelta(days=62)
"""Closed or not: what is verified later is paid with a later month."""
LONGEST_OPEN = dt.timedelta(days=366)
"""How far back months may be open and still be looked through."""
BEFORE = dt.timedelta(days=90)
SHOWN = 500
"""Entries of one answer, as many as one batch of decisions may have."""
ONE_DAY = dt.timedelta(days=1)


def entries(tx: Transaction, by: str, now: dt.datetime) -> list[Entry]:
    """All that wait for somebody, of the last two months and of every month before that is not closed yet, by date:
    whatever could be submitted can be verified. Raises Conflict and NotFound."""
    who, last = Roster(tx).who(by), now.astimezone(ZoneInfo(REGENCY_ZONE)).date() + ONE_DAY  # further east it is
    return activities.all_waiting(tx, who, _since(tx, who, last), last, entry_terms, now)


def _since(tx: Transaction, by: str, last: dt.date) -> dt.date:
    """The first day of the earliest month that is open at an office of somebody's people."""
    longest = last - LONGEST_OPEN
    people = activities.people_of(tx, by, longest, last)
    if not people:  # as of nearly everybody who opens the phone
        return last - LOOKED_AT
    careers = Roster(tx).careers(people).values()
    offices = {post.office_id for career in careers for post in career.within(longest, last)}
    closed: dict[str, dt.date] = {}
    for office_id, month in Closings(tx).months():
        closed[office_id] = max(closed.get(office_id, month.last), month.last)
    since = (closed[each] + ONE_DAY if each in closed else longest for each in offices)
    return max(longest, min([last - LOOKED_AT, *since]))


def number(tx: Transaction, by: str, now: dt.datetime) -> int:
    """How many wait, for the page that shows more than this; none are counted where they cannot be judged now."""
    try:
        return len(entries(tx, by, now))
    except (Conflict, NotFound):
        return 0


def waiting(tx: Transaction, by: str, now: dt.datetime) -> WaitingList:
    found = entries(tx, by, now)
    people = sorted({each.person_id for each in found})
    if not people:
        return WaitingList(entries=[], more=0)
    first = min(each.date for each in found)
    before: dict[str, list[Entry]] = defaultdict(list)
    for each in entries_of(tx, people, first - BEFORE, max(each.date for each in found)):
        before[each.person_id].append(each)
    roster, away = Roster(tx), _Away(tx, people)
    names, careers = roster.employees(people), roster.careers(people)
    items = ITEMS.find(tx)
    known = Catalogue(items, WEIGHTS.find(tx))
    zone = ZoneInfo(REGENCY_ZONE)
    shown = []
    for entry in found:
        person, item = entry.person_id, known.item(entry.item_id, entry.date)
        others = [e for e in before[person] if e.entry_id != entry.entry_id and e.date <= entry.date]
        place = careers[person].on(entry.date)
        worth = place and known.worth(entry.item_id, entry.date, place.post_id, place.job_class)
        usual = usual_quantity(entry, others)
        shown.append(
            WaitingOnPhone(
                entry_id=entry.entry_id,
                person_id=person,
                person=names[person].name if person in names else "",
                date=entry.date.isoformat(),
                name=entry.item_id if item is None else item.name,
                unit="" if item is None else item.unit,
                quantity=plain(entry.quantity),
                usual=None if usual is None else plain(usual),
                points=None if not worth else plain(worth[0] * entry.quantity),
                note=entry.note,
                entered_utc=format_time(entry.entered_utc),
                unusual=list(
                    unusual(
                        entry,
                        others,
                        entry.entered_utc.astimezone(zone).date(),
                        on_leave=away.on(person, entry.date, zone),
                    )
                ),
            )
        )
    ordered = sorted(shown, key=lambda each: (-len(each.unusual), each.person, each.date, each.entry_id))
    return WaitingList(entries=ordered[:SHOWN], more=max(len(ordered) - SHOWN, 0))


class _Away:
    """Who was on a leave that leaves no room for activities, by approved letters."""

    def __init__(self, tx: Transaction, people: Sequence[str]) -> None:
        self._held = {person: letters_of(tx, person) for person in people}
        ids = [each.letter_id for found in self._held.values() for each in found]
        decisions, revocations = pay_tables.letter_decisions, pay_tables.letter_revocations
        self._decisions = DECISIONS.find(tx, decisions.c.letter_id.in_(ids))
        self._revocations = REVOCATIONS.find(tx, revocations.c.letter_id.in_(ids))
        self._kinds = kinds(tx)

    def on(self, person: str, date: dt.date, zone: ZoneInfo) -> bool:
        start, end = days_utc(date, date, zone)
        excuses = in_force(person, self._held[person], self._decisions, self._revocations, self._kinds, zone)
        return any(not e.kind.may_enter and e.first_utc < end and e.until_utc > start for e in excuses)
