"""The console's and the inspector's pages over a year of a regency: 10,000 people, 40 offices, 5 million presences.

`nice -n 15 python -m tests.bench.etpp.inspection [--rows N] [--times N] [--keep FOLDER] [--only TEXT]`. On PostgreSQL;
with `--keep` the year is made once and found again by the next run. Prints for each page the median and the 95th
percentile in ms over real HTTP; the same statements asked without the server ("bare SQL", by turns with the page, so
that both have the same load of the machine); the CPU of this process (server and browser; not the database); the ratio;
and every table of more than 100,000 rows that a statement reads whole. Ends with 1 when a page has no index to go by,
or its 95th percentile is over LIMIT_MS.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import statistics
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from etpp.db import Database
from etpp.inspection.model import KEYS
from etpp.serving.acting import Grant
from tests.bench.etpp.pages import page
from tests.bench.etpp.year import PEOPLE, year
from tests.contract.etpp.db.many_events import OFFICES

LARGE = 100_000
LIMIT_MS = 200
CPU_TIMES = 5
Asked = list[tuple[str, Any]]


def by_turns_ms(page: Callable[[], object], bare: Callable[[], object], times: int) -> tuple[list[float], list[float]]:
    """How long each took, in order of size."""
    took: tuple[list[float], list[float]] = [], []
    for _ in range(times):
        for work, found in zip((page, bare), took, strict=True):
            begun = time.perf_counter()
            work()
            found.append((time.perf_counter() - begun) * 1000)
    return sorted(took[0]), sorted(took[1])


def p95(took: list[float]) -> float:
    return took[max(0, round(0.95 * len(took)) - 1)]


def statements_of(database: Database, work: Callable[[], object]) -> Asked:
    asked: Asked = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.append((statement, parameters))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        sa.event.remove(database.engine, "before_cursor_execute", note)
    return asked


def bare(database: Database, asked: Asked) -> Callable[[], None]:
    def ask() -> None:
        with database.read() as tx:
            for statement, parameters in asked:
                tx.exec_driver_sql(statement, parameters).all()

    return ask


def read_whole(database: Database, asked: Asked, large: set[str]) -> set[str]:
    """Large tables that the database means to read whole, by its own costs."""
    found: set[str] = set()
    with database.read() as tx:
        for statement, parameters in asked:
            plan = "\n".join(str(row[0]) for row in tx.exec_driver_sql(f"EXPLAIN {statement}", parameters))
            found |= set(re.findall(r"Seq Scan on (\w+)", plan)) & large
    return found


def paths(day: dt.date, event: str, person: str) -> list[str]:
    of_office = f"?office_id=kantor-7&month={day:%Y-%m}"
    found = [f"/?date={day}", f"/offices/kantor-7?date={day}", "/offices/kantor-7/people", "/events", "/audit"]
    found += [
        f"/people/{person}?month={day:%Y-%m}",
        f"/offices/kantor-7/charts?month={day:%Y-%m}",
        "/people?q=pegawai+7",
    ]
    found += ["/terminals", "/enrolments", f"/inspection{of_office}", f"/inspection/events/{event}"]
    return found + [f"/inspection/lists/{key}{of_office}" for key in KEYS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--keep", type=Path, help="folder of the database, which stays")
    parser.add_argument("--only", default="", help="pages whose path has this text")
    options = parser.parse_args()
    with year(options.keep, options.rows) as (etpp, day):
        with etpp.database.read() as tx:
            counts = tx.exec_driver_sql("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'").all()
            event = tx.exec_driver_sql("SELECT event_id FROM events WHERE office_id = 'kantor-7' LIMIT 1").scalar()
        large = {row[0] for row in counts if row[1] > LARGE}
        print(
            f"{options.rows} presences of {OFFICES * PEOPLE} people; more than {LARGE} rows: {', '.join(sorted(large))}"
        )
        # In a database that is kept there are the accounts of earlier runs.
        member, wrong = etpp.log_in(etpp.member(f"bench-{uuid.uuid4().hex[:8]}", Grant("bkpp"))), 0
        for path in paths(day, str(event), "employee-7-7"):
            if options.only not in path:
                continue
            get = page(etpp, member, path)
            begun = time.perf_counter()
            asked = statements_of(etpp.database, get)
            first = (time.perf_counter() - begun) * 1000
            of_page, alone = by_turns_ms(get, bare(etpp.database, asked), options.times)
            begun = time.process_time()
            for _ in range(CPU_TIMES):
                get()
            cpu_ms = (time.process_time() - begun) * 1000 / CPU_TIMES
            whole = read_whole(etpp.database, asked, large)
            slow = p95(of_page) > LIMIT_MS
            wrong += bool(whole) or slow
            print(
                f"{path}: first {first:.0f} ms, p50 {statistics.median(of_page):.0f} ms, p95 {p95(of_page):.0f} ms"
                f"{' (slow)' if slow else ''}, bare SQL p50 {statistics.median(alone):.1f} p95 {p95(alone):.1f} ms, "
                f"CPU {cpu_ms:.0f} ms, ratio {statistics.median(of_page) / statistics.median(alone):.1f}, "
                f"{len(asked)} statements, read whole: {', '.join(sorted(whole)) or 'none'}",
                flush=True,
            )
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
