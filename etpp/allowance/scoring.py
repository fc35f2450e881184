"""Offices' scores of months out of a spreadsheet: shown first, decided whole or not at all."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from etpp.allowance.facts import latest_scores
from etpp.allowance.model import Month, OfficeScore
from etpp.allowance.store import SCORES
from etpp.base import sheets
from etpp.base.money import HUNDRED
from etpp.base.reader import Reader, date
from etpp.base.sheets import Column, Fault, Row
from etpp.db import Transaction
from etpp.roster.named import OfficesSaid
from etpp.roster.store import Offices, Roster

COLUMNS = (
    Column("Kantor", ("OPD", "SKPD", "Unit", "Unit kerja", "Perangkat daerah", "Office")),
    Column("Bulan", ("Periode", "Month")),
    Column("Nilai", ("Capaian", "Kinerja", "Persen", "Score")),
)
MOST_DECIMALS = 4
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d{1,2})[-/.](\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Planned:
    """What one line decides; `before`: what holds now, if anything does."""

    line: int
    score: OfficeScore
    before: OfficeScore | None

    @property
    def known(self) -> bool:
        return self.before is not None and self.before.percent == self.score.percent


@dataclass(frozen=True, slots=True)
class Brought:
    """`recorded`: whether it was done, rather than shown only."""

    lines: tuple[Planned, ...]
    faults: tuple[Fault, ...]
    recorded: bool


def take(
    tx: Transaction, rows: Sequence[Row], by: str, now: dt.datetime, *, dry_run: bool = False, partial: bool = False
) -> Brought:
    """With faults nothing is decided, but for `partial`: then the rows without one."""
    if not dry_run:
        Offices(tx).lock_all()  # of two tables at once one is planned on what the other has decided
    offices = OfficesSaid(Offices(tx).all())
    held = latest_scores(SCORES.find(tx))
    faults: list[Fault] = []
    lines: dict[tuple[str, Month], Planned] = {}
    for row in rows:
        if row.fault:
            faults.append(Fault(row.line, row.fault))
            continue
        reader = Reader(row)
        office_id = reader.need("Kantor", offices.said, "")
        month = reader.need("Bulan", _month, Month(1, 1))
        percent = reader.need("Nilai", _percent, HUNDRED)
        if reader.faults:
            faults += reader.faults
        elif (office_id, month) in lines:
            faults.append(Fault(row.line, f"line {lines[office_id, month].line} has this office and month"))
        else:
            score = OfficeScore(str(uuid.uuid4()), office_id, month, percent, now)
            lines[office_id, month] = Planned(row.line, score, held.get((office_id, month)))
    planned, done = tuple(lines.values()), not dry_run and (not faults or partial)
    if done:
        SCORES.add(tx, [each.score for each in planned if not each.known], Roster(tx).actor(by), now)
    return Brought(planned, tuple(faults), done)


def _month(cell: str) -> Month:
    """2026-11, 11/2026, or a day of it, as which spreadsheets keep it."""
    if found := _YEAR_FIRST.fullmatch(cell):
        year, month = int(found[1]), int(found[2])
    elif found := _MONTH_FIRST.fullmatch(cell):
        year, month = int(found[2]), int(found[1])
    else:
        try:
            day = date(cell)
        except ValueError as error:
            raise ValueError("must be a month such as 2026-11") from error
        year, month = day.year, day.month
    if not (1950 <= year <= 2100 and 1 <= month <= 12):
        raise ValueError("must be a month such as 2026-11")
    return Month(year, month)


def _percent(cell: str) -> Decimal:
    """As a part of a hundred, with its sign or without."""
    amount = sheets.number(cell.removesuffix("%").strip())
    if not 0 <= amount <= HUNDRED:
        raise ValueError("must lie between 0 and 100")
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
        raise ValueError(f"has at most {MOST_DECIMALS} decimals")
    return amount
