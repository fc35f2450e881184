"""PostgreSQL's advisory locks, all in one place: two that had one number would wait for each other for nothing.

SQLite has one writer, who needs none of them. Whoever takes several takes them in the order in which they stand here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from enum import IntEnum, unique

import sqlalchemy as sa

from etpp.db.engine import Transaction


@unique
class Lock(IntEnum):
    """The numbers are arbitrary. `MIGRATING` is taken by `Database.migrate`."""

    MIGRATING = 7307771
    CALENDAR = 7307774
    """Who changes when people are expected; before the locks of offices."""
    CATALOGUE = 7307775
    """Who changes what activities give."""
    LETTERS = 7307777
    """Who brings a table of letters."""
    KINDS = 7307776
    """Who changes the kinds of absence; shared by who writes a letter of one."""
    CLOSING = 7307772
    """The closing of a month; shared by who records a fact."""
    ADMINISTRATORS = 7307778
    """Who takes an account's roles away, or the account; before the locks of accounts."""
    LEDGER = 7307773
    """Who appends to the audit log; the last of all."""


def hold(tx: Transaction, lock: Lock, *, shared: bool = False) -> None:
    """Until the transaction ends. Of two who hold it one waits for the other, unless both share it."""
    if tx.dialect.name == "postgresql":
        taken = sa.func.pg_advisory_xact_lock_shared if shared else sa.func.pg_advisory_xact_lock
        tx.execute(sa.select(taken(int(lock))))


def hold_each(tx: Transaction, what: str, ids: Iterable[str]) -> None:
    """One lock for each of these ids, in one order, so that two who take several never wait for each other. `what`:
    what is changed of them. That two ids share one now and then only lets somebody wait."""
    if tx.dialect.name == "postgresql":
        for key in sorted(_number(f"{what} {each}") for each in set(ids)):
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(key)))


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
