"""The audit log in SQL: added to and read, and nothing else; the database itself refuses the rest (migration 0015)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from etpp.db import Lock, Transaction, hold
from etpp.db.account_tables import audit_log
from etpp.ledger.model import FIRST, Entry, Said, chained

_PAGE = 1000


class Ledger:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def append(self, said: Said, now: dt.datetime) -> Entry:
        """The last thing that a transaction should do: on PostgreSQL all others wait for its end with theirs."""
        hold(self._tx, Lock.LEDGER)
        seq, prev_hash = self.head()
        entry = chained(seq + 1, now, said, prev_hash)
        self._tx.execute(
            sa.insert(audit_log).values(
                seq=entry.seq,
                at_utc=now,
                actor=said.actor,
                person_id=said.person_id,
                action=said.action,
                subject=dict(said.subject),
                found=_found(said),
                office_id=said.office_id,
                address=said.address,
                before=said.before,
                after=said.after,
                prev_hash=entry.prev_hash,
                hash=entry.hash,
            )
        )
        return entry

    def head(self) -> tuple[int, str]:
        """Sequence and hash of the newest entry; 0 and FIRST when there is none."""
        query = sa.select(audit_log.c.seq, audit_log.c.hash).order_by(audit_log.c.seq.desc()).limit(1)
        row = self._tx.execute(query).one_or_none()
        return (0, FIRST) if row is None else (row.seq, row.hash)

    def search(self, query: str = "", actor: str = "", before: int | None = None, limit: int = 100) -> list[Entry]:
        """Newest first, those before a sequence. `query`: a part of the action or of an id that it was done to."""
        columns = audit_log.c
        conditions: list[sa.ColumnElement[bool]] = []
        if query:
            wanted = query.lower()
            conditions.append(columns.found.contains(wanted, autoescape=True))
        if actor:
            conditions.append(columns.actor == actor)
        if before is not None:
            conditions.append(columns.seq < before)
        rows = self._tx.execute(sa.select(audit_log).where(*conditions).order_by(columns.seq.desc()).limit(limit))
        return [_entry(row) for row in rows]

    def has(self, actor: str, action: str, address: str, since: dt.datetime) -> bool:
        """Whether somebody has done something from an address since a moment."""
        c = audit_log.c
        where = (c.actor == actor, c.action == action, c.address == address, c.at_utc >= since)
        return self._tx.execute(sa.select(c.seq).where(*where).limit(1)).first() is not None

    def everything(self) -> Iterator[list[Entry]]:
        """From the first entry on, in pages."""
        after = 0
        while page := self.after(after):
            yield page
            after = page[-1].seq

    def after(self, seq: int, limit: int = _PAGE) -> list[Entry]:
        query = sa.select(audit_log).where(audit_log.c.seq > seq).order_by(audit_log.c.seq).limit(limit)
        return [_entry(row) for row in self._tx.execute(query)]


def _found(said: Said) -> str:
    """By what an entry is searched for."""
    return " ".join([said.action, *said.subject.values(), said.office_id or "", said.person_id or ""]).lower()[:1000]


def _entry(row: sa.Row[Any]) -> Entry:
    said = Said(row.actor, row.action, row.subject, row.person_id, row.office_id, row.address, row.before, row.after)
    return Entry(row.seq, row.at_utc, said, row.prev_hash, row.hash)
