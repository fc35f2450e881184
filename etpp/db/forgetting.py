"""What has expired and is forgotten along the way by whoever comes next."""

from __future__ import annotations

import sqlalchemy as sa

from etpp.db.engine import Transaction


def forget(tx: Transaction, table: sa.Table, expired: sa.ColumnElement[bool]) -> None:
    """All of the table's expired rows but those that somebody else holds just now, who forgets them or is not done with
    them: these rows are nobody's in particular, and who waited for one could hold what that other one needs next."""
    keys = tuple(table.primary_key.columns)
    free = sa.select(*keys).where(expired).with_for_update(skip_locked=True)
    tx.execute(sa.delete(table).where(sa.tuple_(*keys).in_(free)))
