"""Ended log-ins in SQL."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from etpp.db import Transaction
from etpp.db.tables import ended_sessions


class EndedSessions:
    """A session is a signed cookie and needs no row; one that was ended does, until it would have expired."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, session_id: str, expires_utc: dt.datetime, now: dt.datetime) -> None:
        """Also forgets those that have expired. Repeatable."""
        self._tx.execute(sa.delete(ended_sessions).where(ended_sessions.c.expires_utc < now))
        if not self.has(session_id):
            self._tx.execute(sa.insert(ended_sessions).values(session_id=session_id, expires_utc=expires_utc))

    def has(self, session_id: str) -> bool:
        row = self._tx.execute(sa.select(ended_sessions.c.session_id).where(ended_sessions.c.session_id == session_id))
        return row.one_or_none() is not None
