"""A roster out of a spreadsheet: shown first, recorded whole or not at all, and as often as one likes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from etpp.base.errors import NotFound
from etpp.base.sheets import Fault, Row
from etpp.calendar import sheet
from etpp.calendar.decide import Around, Decided, record_roster
from etpp.calendar.store import SHIFTS
from etpp.db import Transaction


@dataclass(frozen=True, slots=True)
class Imported:
    """`decided`: what it came to, or would; `read`: the days that the table has, with the line of each."""

    decided: Decided
    read: sheet.Read
    done: bool

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self.read.faults


def take(
    tx: Transaction,
    rows: Sequence[Row],
    around: Around,
    by: str,
    now: dt.datetime,
    month: sheet.Month | None = None,
    *,
    dry_run: bool = False,
    partial: bool = False,
) -> Imported:
    """With faults nothing is recorded, but for `partial`: then the rows without one. Raises Conflict."""

    def who(said: str) -> str | None:
        try:
            return around.who(tx, said)
        except NotFound:
            return None

    shifts = [each.shift_id for each in SHIFTS.find(tx)]
    found = sheet.read(rows, shifts, who, now, month)
    only_shown = dry_run or (bool(found.faults) and not partial)
    decided = record_roster(tx, found.days, around, around.actor(tx, by), now, dry_run=only_shown)
    return Imported(decided, found, not only_shown)
