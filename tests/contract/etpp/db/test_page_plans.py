"""Every page of the console, at PostgreSQL: no statement of it reads a large table whole.

A small database plans otherwise than a large one: reading all is cheap. So the plans are asked for with sequential
scans made dear (`enable_seqscan = off`): what still reads a table whole has no index to go by. The bench asks the same
of five million rows without that (`python -m tests.bench.etpp.inspection`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from etpp.accounts.table import TABLE
from etpp.db import Database
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.allowance.test_audit import correct, write_down
from tests.contract.etpp.allowance.test_month import check as check_list
from tests.contract.etpp.allowance.test_month import close
from tests.contract.etpp.running import OFFICE, fresh_database, running

LARGE = frozenset(
    {"events", "entries", "entry_steps", "closed_statements", "signed_heads", "audit_log", "roster_days", "letters"}
)
"""More than 100,000 rows after a year of ten thousand people: 5 million presences, 2.5 million activities …"""
Asked = list[tuple[str, Any]]
_WHOLE = re.compile(r"Seq Scan on (\w+)")


@pytest.fixture(scope="module")
def scene(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("plans")
    with fresh_database(postgres) as url, running(url, folder / "state") as etpp:
        made = november(etpp, signs=True)
        with etpp.database.begin() as tx:
            made.letter(tx, made.sri, "2026-11-10 00:00", "2026-11-11 00:00")
        correct(made)
        write_down(made)
        check_list(made)
        close(made)
        yield made


@contextmanager
def noted(database: Database) -> Iterator[Asked]:
    asked: Asked = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)


def read_whole(database: Database, asked: Asked) -> set[str]:
    """Large tables that one of these statements has no index for, each with the statement's beginning."""
    found = set()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in asked:
            plan = "\n".join(str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))
            found |= {f"{table}: {statement[:300]}" for table in _WHOLE.findall(plan) if table in LARGE}
        connection.rollback()
    return found


def paths(scene: Scene) -> list[str]:
    event = next(row["event_id"] for row in scene.etpp.events("status=accepted&limit=500") if row["kind"] == "presence")
    with scene.etpp.database.read() as tx:
        policy = tx.exec_driver_sql("SELECT sha256 FROM policy_texts").scalar()
    named = {
        "office_id": OFFICE,
        "person_id": scene.sri,
        "device_id": scene.terminal.device_id,
        "event_id": event,
        "account_id": scene.etpp.bkpp.account_id,
        "month": "2026-11",
        "sha256": str(policy),
        "kind": "letter",
        "fact_id": "l1",
        "letter_id": "l1",
        "correction_id": "c1",
        "entry_id": "m1",
        "key": "by_hand",
    }
    found = []
    for key in (each for each in TABLE.rules if each.startswith("GET /console/")):
        path = key.split(" ")[1]
        person = scene.faces[scene.sri] if "/offices/" in path else scene.sri
        here = named | {"person_id": person}
        found.append(re.sub(r"{(\w+)}", lambda name: str(here.get(name[1], "none")), path))  # noqa: B023 - of this round
    lists = ("two_places", "same_minute", "with_nip", "never_late", "afterwards", "unpaid_leave", "pairs")
    more = [f"/console/inspection/lists/{key}" for key in (*lists, "despite_marks", "despite")]
    more.append(f"/console/inspection/statements/{scene.sri}/2026-12")
    return sorted({*found, *more})


def test_no_page_reads_a_large_table_whole(scene: Scene) -> None:
    """Also of the pages that come: they stand in the table of who may."""
    browser = scene.etpp.log_in(scene.etpp.bkpp)
    wrong: list[str] = []
    statements = 0
    for path in paths(scene):
        said = {"office_id": OFFICE, "month": "2026-11", "date": "2026-11-25", "to": "id", "actor": "bkpp"}
        with noted(scene.etpp.database) as asked:
            answer: requests.Response = browser.get(scene.etpp.url + path, params=said, timeout=60)
        statements += len(asked)
        assert answer.status_code < 500, path
        wrong += [f"{path}: {each}" for each in sorted(read_whole(scene.etpp.database, asked))]
    assert statements > 100
    assert not wrong, "\n".join(wrong)


def test_a_table_that_is_read_whole_is_noticed(scene: Scene) -> None:
    with noted(scene.etpp.database) as asked, scene.etpp.database.read() as tx:
        tx.execute(sa.text("SELECT count(*) FROM events WHERE hash = 'x'"))
    assert len(read_whole(scene.etpp.database, asked)) == 1
