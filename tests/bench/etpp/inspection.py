"""The console's and the inspector's pages over a year of a regency: 10,000 people, 40 offices, 5 million presences.

`nice -n 15 python -m tests.bench.etpp.inspection [--rows N] [--times N]`. On PostgreSQL. Prints for each page the
median and the 95th percentile in ms over real HTTP, the same statements asked without the server ("bare SQL"), the
ratio of the two, and every table of more than 100,000 rows that a statement reads whole.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from etpp.db import Database
from etpp.inspection.model import KEYS
from tests.bench.etpp.pages import page
from tests.bench.etpp.throughput import server
from tests.contract.etpp.db import many_events

PEOPLE = 250
"""Of each of the forty offices."""
LARGE = 100_000
Asked = list[tuple[str, Any]]


def times_ms(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Median and 95th percentile."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took), sorted(took)[max(0, round(0.95 * len(took)) - 1)]


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--times", type=int, default=40)
    options = parser.parse_args()
    many_events.PEOPLE, many_events.A_DAY = PEOPLE, many_events.OFFICES * PEOPLE * 2
    with tempfile.TemporaryDirectory() as name, server(Path(name), True) as etpp:
        begun = time.perf_counter()
        day = many_events.fill(etpp.database, options.rows)
        print(f"{options.rows} presences of {many_events.OFFICES * PEOPLE} people, {time.perf_counter() - begun:.0f} s")
        with etpp.database.read() as tx:
            counts = tx.exec_driver_sql("SELECT relname, reltuples FROM pg_class WHERE relkind = 'r'").all()
            event = tx.exec_driver_sql("SELECT event_id FROM events WHERE office_id = 'kantor-7' LIMIT 1").scalar()
        large = {row[0] for row in counts if row[1] > LARGE}
        member = etpp.log_in(etpp.bkpp)
        asked_of = f"?office_id=kantor-7&month={day:%Y-%m}"
        paths = [f"/?date={day}", f"/offices/kantor-7?date={day}", "/offices/kantor-7/people", "/events", "/audit"]
        paths += [f"/inspection{asked_of}", f"/inspection/events/{event}"]
        paths += [f"/inspection/lists/{key}{asked_of}" for key in KEYS]
        for path in paths:
            get = page(etpp, member, path)
            asked = statements_of(etpp.database, get)
            median, p95 = times_ms(get, options.times)
            alone, _ = times_ms(bare(etpp.database, asked), options.times)
            whole = ", ".join(sorted(read_whole(etpp.database, asked, large))) or "none"
            print(
                f"{path}: p50 {median:.0f} ms, p95 {p95:.0f} ms, bare SQL {alone:.0f} ms, ratio {median / alone:.1f}, "
                f"{len(asked)} statements, read whole: {whole}",
                flush=True,
            )


if __name__ == "__main__":
    main()
