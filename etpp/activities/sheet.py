"""The catalogue as a table, in and out: a row is one weight of one item. What a table would change, planned; pure.

A row holds until its last day, and no longer than until the next one for the same begins; the same table twice changes
nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from etpp.activities.model import Item, Weight
from etpp.base import sheets
from etpp.base.money import plain
from etpp.base.sheets import Column, Fault, Row
from etpp.base.texts import plain as seen

COLUMNS = (
    Column("item", ("kode", "kode kegiatan", "item_id"), label="Kode kegiatan"),
    Column("name", ("nama", "kegiatan", "uraian", "nama kegiatan", "uraian kegiatan"), label="Nama kegiatan"),
    Column("unit", ("satuan",), label="Satuan"),
    Column("points", ("bobot", "poin", "nilai", "weight"), label="Bobot"),
    Column("first", ("mulai", "berlaku mulai", "sejak", "tmt"), label="Mulai"),
    Column("last", ("sampai", "berlaku sampai", "hingga"), required=False, label="Sampai"),
    Column(
        "most a day", ("maksimal per hari", "batas harian", "most_a_day"), required=False, label="Maksimal per hari"
    ),
    Column("post", ("jabatan", "post_id", "kode jabatan"), required=False, label="Jabatan"),
    Column("class", ("kelas", "kelas jabatan", "job_class"), required=False, label="Kelas jabatan"),
)
MOST_POINTS = Decimal(100_000)
"""A slip of the finger: a month asks for 6,000."""
MOST_DECIMALS = 4

_ONE_DAY = dt.timedelta(days=1)
_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
F = TypeVar("F", Item, Weight)
V = TypeVar("V")
What = Literal["new", "changed", "same", "ended"]


@dataclass(frozen=True, slots=True)
class Change:
    """What one line does to an item or a weight. `fact`: as it will be; recorded unless it is the same."""

    line: int
    what: What
    fact: Item | Weight


@dataclass(frozen=True, slots=True)
class Plan:
    """What a table comes to."""

    changes: tuple[Change, ...]
    faults: tuple[Fault, ...]

    @property
    def items(self) -> list[Item]:
        return [c.fact for c in self.changes if isinstance(c.fact, Item) and c.what != "same"]

    @property
    def weights(self) -> list[Weight]:
        return [c.fact for c in self.changes if isinstance(c.fact, Weight) and c.what != "same"]


def plan(rows: Iterable[Row], items: Iterable[Item], weights: Iterable[Weight]) -> Plan:
    """What the rows change of what is recorded. A row with a fault changes nothing."""
    changes: list[Change] = []
    faults: list[Fault] = []
    held_items = _History(items, lambda item: (item.item_id,))
    held_weights = _History(weights, lambda weight: (weight.item_id, weight.post_id, weight.job_class))
    for row in rows:
        try:
            item, weight = _read(row)
            planned = [*held_items.look(row.line, item), *held_weights.look(row.line, weight)]
        except ValueError as error:
            faults.append(Fault(row.line, str(error)))
            continue
        held_items.take(planned, Item)
        held_weights.take(planned, Weight)
        changes += planned
    return Plan(tuple(changes), tuple(faults))


def headings() -> list[str]:
    return [column.name for column in COLUMNS]


def table(items: Sequence[Item], weights: Iterable[Weight]) -> list[list[str]]:
    """The catalogue as it is read again: every weight with the item that holds on its first day."""
    rows = []
    for weight in sorted(weights, key=lambda w: (w.item_id, w.first, w.post_id or "", w.job_class or 0)):
        item = next((i for i in items if i.item_id == weight.item_id and _holds(i, weight.first)), None)
        if item is not None:
            rows.append(
                [
                    item.item_id,
                    item.name,
                    item.unit,
                    plain(weight.points),
                    weight.first.isoformat(),
                    "" if weight.last is None else weight.last.isoformat(),
                    "" if item.most_a_day is None else plain(item.most_a_day),
                    weight.post_id or "",
                    "" if weight.job_class is None else str(weight.job_class),
                ]
            )
    return rows


class _History(Generic[F]):
    """What holds when, of facts with one key each, while a table's rows are taken in."""

    def __init__(self, facts: Iterable[F], key: Callable[[F], Hashable]) -> None:
        self._key: Callable[[F], Hashable] = key
        self._facts: dict[Hashable, list[F]] = {}
        self._lines: dict[tuple[Hashable, dt.date], int] = {}
        for fact in facts:
            self._facts.setdefault(key(fact), []).append(fact)

    def look(self, line: int, fact: F) -> list[Change]:
        """What a line's fact would change. Each holds until the next for the same begins, at the latest.

        Raises ValueError where another line says otherwise for the same date.
        """
        held = self._facts.get(self._key(fact), [])
        after = min((each.first for each in held if each.first > fact.first), default=None)
        if after is not None and (fact.last is None or fact.last >= after):
            fact = replace(fact, last=after - _ONE_DAY)
        same = next((each for each in held if each.first == fact.first), None)
        if same is not None and _content(same) == _content(fact):
            return [Change(line, "same", same)]
        said = self._lines.get((self._key(fact), fact.first))
        if said is not None:
            raise ValueError(f"line {said} says otherwise for the same date")
        if same is not None:
            return [Change(line, "changed", fact)]
        before = next((each for each in held if each.first < fact.first and _holds(each, fact.first)), None)
        if before is None:
            return [Change(line, "new", fact)]
        return [Change(line, "ended", replace(before, last=fact.first - _ONE_DAY)), Change(line, "new", fact)]

    def take(self, changes: Iterable[Change], kind: type[F]) -> None:
        """Go on from what a line changed."""
        for change in changes:
            fact = change.fact
            if not isinstance(fact, kind):
                continue
            key = self._key(fact)
            others = [each for each in self._facts.get(key, []) if each.first != fact.first]
            others.append(fact)
            self._facts[key] = others
            if change.what != "ended":
                self._lines.setdefault((key, fact.first), change.line)


def _read(row: Row) -> tuple[Item, Weight]:
    """Raises ValueError for what cannot be read, naming the column."""
    if row.fault:
        raise ValueError(row.fault)
    item_id = _text(row, "item", 64)
    if not _ID.fullmatch(item_id):
        raise ValueError("item: must be of letters, digits and . _ : - alone")
    first = _of(row, "first", sheets.date)
    last = _of(row, "last", sheets.date) if row["last"] else None
    if last is not None and last < first:
        raise ValueError("last: must not come before first")
    most = _amount(row, "most a day") if row["most a day"] else None
    if most is not None and most <= 0:
        raise ValueError("most a day: must be more than 0")
    post = _text(row, "post", 120) if row["post"] else None
    job_class = _of(row, "class", sheets.number) if row["class"] else None
    if post is not None and job_class is not None:
        raise ValueError("a weight is for a post or for a class, not for both")
    if job_class is not None and job_class not in range(1, 100):
        raise ValueError("class: must be a whole number from 1 to 99")
    points = _amount(row, "points")
    item = Item(item_id, _text(row, "name", 200), _text(row, "unit", 40), first, None, most)
    for_class = None if job_class is None else int(job_class)
    weight_id = _weight_id(item_id, first, post, for_class)
    return item, Weight(weight_id, item_id, first, last, points, post, for_class)


def _weight_id(item_id: str, first: dt.date, post: str | None, job_class: int | None) -> str:
    """The same row has the same id, so that a table can be imported again."""
    what = json.dumps([item_id, first.isoformat(), post, job_class])
    return hashlib.sha256(what.encode()).hexdigest()[:32]


def _text(row: Row, column: str, most: int) -> str:
    text = row[column]
    if not 1 <= len(text) <= most:
        raise ValueError(f"{column}: must have 1 to {most} characters")
    return _of(row, column, seen)


def _amount(row: Row, column: str) -> Decimal:
    amount = _of(row, column, sheets.number)
    if not 0 <= amount <= MOST_POINTS:
        raise ValueError(f"{column}: must lie between 0 and {MOST_POINTS}")
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -MOST_DECIMALS:
        raise ValueError(f"{column}: has at most {MOST_DECIMALS} decimals")
    return amount


def _of(row: Row, column: str, read: Callable[[str], V]) -> V:
    try:
        return read(row[column])
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from error


def _content(fact: Item | Weight) -> tuple[object, ...]:
    if isinstance(fact, Item):
        return fact.first, fact.last, fact.name, fact.unit, fact.most_a_day
    return fact.first, fact.last, fact.points


def _holds(fact: Item | Weight, date: dt.date) -> bool:
    return fact.first <= date and (fact.last is None or date <= fact.last)
