"""An office's month in pictures is reckoned once for all who look at it, and again when anything was recorded.

What a month is made of comes into the books, which moves a chain's head; or somebody decides it, which is an entry of
the audit log, made in the same transaction and one after the other. What time alone changes (a deadline that passes)
changes with the hour. Reading these marks is four small queries.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from etpp.allowance import gather
from etpp.allowance.model import Month
from etpp.books.store import Books
from etpp.db import Transaction
from etpp.insight import charts
from etpp.ledger.store import Ledger
from etpp.reports.model import Chart
from etpp.reports.texts import Words
from etpp.roster.store import Offices
from etpp.terminals.store import Devices

KEPT = 400
"""Months of offices, by language and reader; some ten kilobytes each."""

Key = tuple[str, Month, str, bool]
Stamp = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """`broken`: the month cannot be reckoned."""

    office_id: str
    office: str
    asked: Month
    broken: bool
    charts: tuple[Chart, ...]


@dataclass
class _Slot:
    """Of viewers of one month who come at once the first reckons and the others wait for it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    stamp: Stamp | None = None
    drawn: Drawn | None = None


class Pictures:
    """Thread-safe. Other servers on the same database and the command line need tell it nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: OrderedDict[Key, _Slot] = OrderedDict()

    def of(
        self, tx: Transaction, office_id: str, month: Month | None, now: dt.datetime, say: Words, pay: bool
    ) -> Drawn:
        """`month`: None for this one; `pay`: whether amounts are for this reader. Raises NotFound."""
        asked = month or charts.this_month(now)
        slot = self._slot((office_id, asked, say.code, pay))
        with slot.lock:
            stamp = _stamp(tx, asked, now)
            if slot.drawn is None or slot.stamp != stamp:
                found = charts.figures(tx, office_id, asked, now)
                made = tuple(charts.of_month(found, say, pay))
                slot.drawn = Drawn(office_id, found.office, asked, found.month is None, made)
                slot.stamp = stamp
            drawn = slot.drawn
        # What terminals tell of themselves is no part of the month, and newer than any mark.
        told = charts.of_terminals(charts.terminals(tx, office_id), say)
        return Drawn(office_id, drawn.office, asked, drawn.broken, (*drawn.charts, *told))

    def _slot(self, key: Key) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > KEPT:
                self._slots.popitem(last=False)
        return slot


def _stamp(tx: Transaction, month: Month, now: dt.datetime) -> Stamp:
    """How far a terminal has reported matters until the month cannot need more."""
    end = gather.window(month)[1]
    heads = frozenset(
        (head.device_id, head.chain_id, head.seq, None if head.reported_utc is None else min(head.reported_utc, end))
        for found in Books(tx).every_head().values()
        for head in found
    )
    marks = (tuple(sorted(each(tx).marks().items(), key=lambda item: item[0])) for each in (Offices, Devices))
    return (Ledger(tx).head(), heads, *marks, now.replace(minute=0, second=0, microsecond=0))
