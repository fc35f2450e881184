"""The overview's figures: an office's day is counted once for all who look at it, and again when something changed.

What a day is made of, its office's mark, its terminals and the heads of their chains tell: nothing comes into the books
without moving a head, and whatever else counts raises one of the office's counters. Reading those of a whole regency
is three small queries.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from etpp.books.store import Books
from etpp.calendar.rules import WorkCalendar
from etpp.db import Transaction
from etpp.presence import daybook
from etpp.roster import register
from etpp.roster.hours import OfficeBroken, hours
from etpp.roster.store import Offices
from etpp.terminals.store import Devices

KEPT = 4096
"""Days of offices in memory, a hundred days of a regency; a few hundred bytes each."""

Stamp = tuple[object, ...]


@dataclass(frozen=True)
class Summary:
    """One office's day in figures. `counts`: by `Stand`; `late`: how many came late; `reported_utc` as in DayBook."""

    office_id: str
    name: str
    day: dt.date
    zone: ZoneInfo
    working: bool
    complete: bool
    reported_utc: dt.datetime | None
    people: int
    counts: Mapping[str, int]
    late: int


def summarise(book: daybook.DayBook) -> Summary:
    return Summary(
        office_id=book.office.office_id,
        name=book.office.name,
        day=book.day,
        zone=book.calendar.timezone,
        working=book.over_utc is not None,
        complete=book.complete,
        reported_utc=book.reported_utc,
        people=len(book.people),
        counts=Counter(note.stand for note in book.notes.values()),
        late=sum(1 for _, day in book.people if day.arrival is not None and day.arrival.minutes_off),
    )


class Summaries:
    """Thread-safe. Of viewers who come at once the first counts and the others wait for it.

    Other servers on the same database and the command line need tell it nothing: it looks at the database each time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calendars: dict[str, tuple[int, WorkCalendar | OfficeBroken]] = {}
        self._kept: OrderedDict[tuple[str, dt.date], tuple[Stamp, Summary]] = OrderedDict()

    def of(self, tx: Transaction, day: dt.date | None, now: dt.datetime) -> tuple[list[Summary], list[OfficeBroken]]:
        """Every office's day, in order of the offices' ids; and those whose days cannot be judged."""
        found: list[Summary] = []
        broken: list[OfficeBroken] = []
        with self._lock:
            # Read inside, so that whoever comes later never sees less than what is kept.
            offices, terminals, chains = Offices(tx).marks(), Devices(tx).marks(), Books(tx).marks()
            for office_id, mark in sorted(offices.items()):
                calendar = self._calendar(tx, office_id, mark[0])
                if isinstance(calendar, OfficeBroken):
                    broken.append(calendar)
                    continue
                of_day = calendar.day_of(now) if day is None else day
                stamp = (mark, terminals.get(office_id), chains.get(office_id))
                try:
                    found.append(self._summary(tx, office_id, of_day, now, stamp))
                except OfficeBroken as error:  # of one office: the others are shown
                    broken.append(error)
        return found, broken

    def _summary(self, tx: Transaction, office_id: str, day: dt.date, now: dt.datetime, stamp: Stamp) -> Summary:
        known = self._kept.get((office_id, day))
        if known is None or known[0] != stamp:
            known = stamp, summarise(daybook.open_day(tx, office_id, day, now))
            self._kept[office_id, day] = known
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end((office_id, day))
        return known[1]

    def _calendar(self, tx: Transaction, office_id: str, version: int) -> WorkCalendar | OfficeBroken:
        """A calendar is changed only together with the gallery's version."""
        known = self._calendars.get(office_id)
        if known is None or known[0] != version:
            try:
                known = version, hours(register.office(tx, office_id))
            except OfficeBroken as error:
                known = version, error
            self._calendars[office_id] = known
        return known[1]
