"""Carried events that are not in the books yet, in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from etpp.books.arrivals import Arrival, Missing
from etpp.db import Transaction, forget
from etpp.db.tables import staged

STAGED_FOR = dt.timedelta(days=30)
"""How long a carried stretch may take to become whole. It may hold faces, and belongs to nobody's books."""


def forget_staged(tx: Transaction, now: dt.datetime) -> None:
    """What bearers have left lying for `STAGED_FOR`."""
    forget(tx, staged, staged.c.received_utc < now - STAGED_FOR)


class Staging:
    """One chain as one bearer brings it, while it is not whole: nobody else's matter, and no part of the books."""

    def __init__(self, tx: Transaction, office_id: str, bearer_id: str, device_id: str, chain_id: str) -> None:
        self._tx = tx
        self._of = {"office_id": office_id, "bearer_id": bearer_id, "device_id": device_id, "chain_id": chain_id}
        self._here = [staged.c[name] == value for name, value in self._of.items()]

    def bounds(self) -> tuple[int, int, str] | None:
        """The first seq, the last, and the last one's hash."""
        first = self._tx.execute(sa.select(sa.func.min(staged.c.first_seq)).where(*self._here)).scalar_one()
        newest = sa.select(staged.c.seq, staged.c.hash).where(*self._here).order_by(staged.c.seq.desc()).limit(1)
        row = self._tx.execute(newest).one_or_none()
        return None if row is None else (first, row.seq, row.hash)

    def add(self, items: Sequence[Arrival | Missing], sent: Sequence[Mapping[str, Any]], now: dt.datetime) -> None:
        """`items` is what was found in `sent`."""
        rows = [
            {
                **self._of,
                "seq": item.place.last,
                "first_seq": item.place.first,
                "hash": item.place.hash,
                "item": {name: each.get(name) for name in (("link",) if "link" in each else ("event", "time"))},
                "received_utc": now,
            }
            for item, each in zip(items, sent, strict=True)
        ]
        self._tx.execute(sa.insert(staged), rows)

    def items(self, page: int) -> Iterator[list[Mapping[str, Any]]]:
        """All, in order, so many at a time."""
        after = 0
        while True:
            query = sa.select(staged.c.seq, staged.c.item).where(*self._here, staged.c.seq > after)
            rows = self._tx.execute(query.order_by(staged.c.seq).limit(page)).all()
            if not rows:
                return
            yield [row.item for row in rows]
            after = rows[-1].seq

    def cut(self, seq: int = 0) -> None:
        """Forget what reaches to `seq` or beyond."""
        self._tx.execute(sa.delete(staged).where(*self._here, staged.c.seq >= seq))
