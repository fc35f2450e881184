"""How the database means to answer: the statements on the table of events, and whether each goes by an index."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from etpp.db import Database

Asked = list[tuple[str, Any]]
"""Statements with their parameters, as the driver got them."""

_WHOLE = {"sqlite": r"\bSCAN events\b(?! USING (COVERING )?INDEX)", "postgresql": r"\bSeq Scan on events\b"}


HISTORY = {
    dialect: f"SELECT utc FROM events WHERE office_id = {mark} AND person_id = {mark} ORDER BY utc DESC LIMIT 200"
    for dialect, mark in (("sqlite", "?"), ("postgresql", "%s"))
}
"""One person's newest, which no page asks for yet; the index is there for it."""


@contextmanager
def asked_of_events(database: Database) -> Iterator[Asked]:
    """What is asked of the events inside, from whatever thread."""
    asked: Asked = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if re.search(r"\bFROM events\b", statement):
            asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def plan(database: Database, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if database.engine.dialect.name == "sqlite" else "EXPLAIN "
    with database.read() as tx:
        rows = tx.exec_driver_sql(explain + statement, parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def without_index(database: Database, asked: Asked) -> list[str]:
    """The plans of those that read the table whole. There should be none."""
    plans = [plan(database, *each) for each in asked]
    whole = _WHOLE[database.engine.dialect.name]
    return [each for each in plans if re.search(whole, each) or not re.search(r"(?i)\bindex\b", each)]
