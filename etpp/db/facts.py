"""Facts in SQL: one kind, one table, a column for each field of its type, and who recorded it when.

Rows are only added. Of several rows with one id the last counts, and one that is `withdrawn` takes its fact back; what
was known at an earlier moment stays readable (`known_utc`), so that a month can be reckoned again as it was closed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Generic, Literal, TypeVar, get_type_hints

import sqlalchemy as sa
from pydantic import TypeAdapter

from etpp.base.errors import Conflict
from etpp.db.engine import Transaction
from etpp.db.locks import Lock, hold
from etpp.db.pay_tables import closings

F = TypeVar("F")

_MICROSECOND = dt.timedelta(microseconds=1)
_PAGE = 5_000


def recording(tx: Transaction, now: dt.datetime) -> dt.datetime:
    """The moment under which this transaction's facts are known: after every month that is closed already.

    A closing waits for the transactions that have called this, and they for it: no fact can slip under a closed month,
    whichever server's clock is behind.
    """
    hold(tx, Lock.CLOSING, shared=True)
    closed = _last_closing(tx)
    return now if closed is None or now > closed else closed + _MICROSECOND


def closing(tx: Transaction, now: dt.datetime) -> dt.datetime:
    """The moment up to which facts count for what is closed now. Whoever records waits until the transaction ends."""
    hold(tx, Lock.CLOSING)
    closed = _last_closing(tx)
    return now if closed is None or now > closed else closed + _MICROSECOND


@dataclasses.dataclass(frozen=True, slots=True)
class Anew(Generic[F]):
    """A fact that was decided anew between two moments: as it was (None: nobody had said it), and as it is since (None:
    taken back); when that was recorded last, and by whom."""

    key: tuple[Any, ...]
    before: F | None
    after: F | None
    recorded_utc: dt.datetime
    recorded_by: str


class Facts(Generic[F]):
    """One kind of fact. `kind`: a frozen dataclass or NamedTuple whose fields are columns of `table`.

    `key`: the fields that identify the fact, its id. `once`: a fact of this kind is never recorded anew, so that an id
    (one field) stands for one row; Conflict when it is there already, StoreUnavailable when somebody else writes it at
    the same moment (the table's index is unique).
    """

    def __init__(self, kind: type[F], table: sa.Table, *key: str, once: bool = False) -> None:
        self._kind = kind
        self._table = table
        self._key = [table.c[name] for name in key]
        self._once = once
        names = _fields(kind)
        self._columns = [table.c[name] for name in names]
        hints = get_type_hints(kind)
        self._codecs = {
            name: (position, TypeAdapter(hints[name]))
            for position, name in enumerate(names)
            if isinstance(table.c[name].type, sa.JSON)
        }

    @property
    def table(self) -> sa.Table:
        """Where they stand, for conditions of `find`."""
        return self._table

    def add(self, tx: Transaction, facts: Iterable[F], by: str, now: dt.datetime) -> None:
        """Record them. `by`: who says so; an operator at the command line is `operator`."""
        self._write(tx, facts, by, now, withdrawn=False)

    def withdraw(self, tx: Transaction, facts: Iterable[F], by: str, now: dt.datetime) -> None:
        """Take them back. What was known before stays."""
        self._write(tx, facts, by, now, withdrawn=True)

    def find(
        self,
        tx: Transaction,
        *conditions: sa.ColumnElement[bool],
        known_utc: dt.datetime | None = None,
        order: Literal["id", "recorded", "any"] = "id",
        limit: int | None = None,
    ) -> list[F]:
        """Those that count, in the order of their ids, or as they were recorded; of what was known at `known_utc`
        (None: now). `any`: as the database comes by them, where a month's tens of thousands are read.
        `limit`: no more than the first so many."""
        table = self._table
        orders: dict[str, list[sa.Column[Any]]] = {"id": [*self._key, table.c.fact_no], "recorded": [table.c.fact_no]}
        query = sa.select(*self._columns).where(*conditions).order_by(*orders.get(order, [])).limit(limit)
        if known_utc is not None:
            query = query.where(table.c.recorded_utc <= known_utc)
        rows = tx.execute(query.where(*self.counting(known_utc))).all()
        return [self._fact(row) for row in rows] if self._codecs else [self._kind(*row) for row in rows]

    def counting(self, known_utc: dt.datetime | None = None) -> Sequence[sa.ColumnElement[bool]]:
        """What a row of the table has to be so that it counts, for questions inside of others too."""
        table = self._table
        if self._once:
            return ()
        later = table.alias("later")
        newer = sa.select(later.c.fact_no).where(
            *(later.c[column.name] == column for column in self._key),
            later.c.fact_no > table.c.fact_no,
            *(() if known_utc is None else (later.c.recorded_utc <= known_utc,)),
        )
        return ~newer.exists(), ~table.c.withdrawn

    def anew(
        self,
        tx: Transaction,
        since_utc: dt.datetime,
        known_utc: dt.datetime | None = None,
        *conditions: sa.ColumnElement[bool],
    ) -> list[Anew[F]]:
        """Those of which something was recorded after a moment (and by `known_utc`), by id, whether it says something
        else or the same once more."""
        table = self._table
        said = (table.c.recorded_utc, table.c.recorded_by, table.c.withdrawn)
        query = sa.select(*self._key, *said, *self._columns).where(*conditions, table.c.recorded_utc > since_utc)
        if known_utc is not None:
            query = query.where(table.c.recorded_utc <= known_utc)
        rows = {tuple(row[: len(self._key)]): row for row in tx.execute(query.order_by(*self._key, table.c.fact_no))}
        ids = sorted({key[0] for key in rows})
        before: dict[tuple[Any, ...], F] = {}
        for start in range(0, len(ids), _PAGE):
            page = self._key[0].in_(ids[start : start + _PAGE])
            before |= {self.key_of(fact): fact for fact in self.find(tx, page, known_utc=since_utc)}
        first = len(self._key) + len(said)
        return [
            Anew(
                key,
                before.get(key),
                None if row.withdrawn else self._fact(row[first:]),
                row.recorded_utc,
                row.recorded_by,
            )
            for key, row in rows.items()
        ]

    def key_of(self, fact: F) -> tuple[Any, ...]:
        return tuple(getattr(fact, column.name) for column in self._key)

    def one(self, tx: Transaction, *key: Any) -> F | None:
        """The one with this id, if it counts."""
        found = self.find(tx, *(column == value for column, value in zip(self._key, key, strict=True)))
        return found[0] if found else None

    def _write(self, tx: Transaction, facts: Iterable[F], by: str, now: dt.datetime, *, withdrawn: bool) -> None:
        rows = [self._row(fact, by, now, withdrawn) for fact in facts]
        if not rows:
            return
        if self._once:
            self._refuse_known(tx, [row[self._key[0].name] for row in rows])
        recorded = recording(tx, now)
        for row in rows:
            row["recorded_utc"] = recorded
        tx.execute(sa.insert(self._table), rows)

    def _refuse_known(self, tx: Transaction, keys: Sequence[str]) -> None:
        if len(set(keys)) < len(keys):
            raise Conflict("one id stands for two facts", key="fact_known")
        for start in range(0, len(keys), _PAGE):
            page = keys[start : start + _PAGE]
            if tx.execute(sa.select(self._key[0]).where(self._key[0].in_(page)).limit(1)).first() is not None:
                raise Conflict("a fact with this id is recorded already", key="fact_known")

    def _row(self, fact: F, by: str, now: dt.datetime, withdrawn: bool) -> dict[str, Any]:
        row = {column.name: getattr(fact, column.name) for column in self._columns}
        for name, (_, codec) in self._codecs.items():
            row[name] = codec.dump_python(row[name], mode="json")
        return {**row, "withdrawn": withdrawn, "recorded_utc": now, "recorded_by": by}

    def _fact(self, row: Sequence[Any]) -> F:
        values = list(row)
        for position, codec in self._codecs.values():
            values[position] = codec.validate_python(values[position])
        return self._kind(*values)


def _last_closing(tx: Transaction) -> dt.datetime | None:
    last: dt.datetime | None = tx.execute(sa.select(sa.func.max(closings.c.as_of_utc))).scalar_one()
    return last


def _fields(kind: type[Any]) -> tuple[str, ...]:
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    return tuple(kind._fields)
