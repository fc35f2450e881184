"""Rows a second in which an office's month of activities is read: entries and their steps, on SQLite and PostgreSQL.

    python -m tests.bench.etpp.entries [--people 1000] [--offices 4]

Each person has a hundred entries with two steps each; the database holds all offices, one of them is read.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from etpp.activities.model import Entry, EntryStep
from etpp.activities.store import ENTRIES, STEPS, entries_of, steps_of
from etpp.db import Database, pay_tables
from etpp.roster.assignments import Assignment
from etpp.roster.store import ASSIGNMENTS
from tests.contract.etpp.running import fresh_database, postgresql

FIRST, LAST = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
A_PERSON = 100
RUNS = 3
"""The least of so many counts: what else the machine does only ever adds."""
HOUR = dt.timedelta(hours=1)


def fill(database: Database, people: int, offices: int) -> None:
    now = dt.datetime(2026, 10, 1, tzinfo=dt.UTC)
    for number in range(people):
        person, entries, steps = f"person-{number:06}", [], []
        for n in range(A_PERSON):
            date, entry_id = FIRST + dt.timedelta(days=n % 31), f"{person}-{n:03}-7f3a-4c1e-9d20"
            entered = dt.datetime.combine(date, dt.time(8), dt.UTC)
            entries.append(Entry(entry_id, person, date, f"item-{n}", Decimal(n % 3 + 1), "rapat koordinasi", entered))
            steps.append(EntryStep(f"{entry_id}-s", entry_id, "submitted", person, entered))
            steps.append(EntryStep(f"{entry_id}-v", entry_id, "verified", "boss", entered + HOUR))
        office = f"office-{number % offices}"
        place = Assignment(f"a-{number}", person, office, "clerk", 7, "III/b", "pns", "boss", dt.date(2020, 1, 1))
        with database.begin() as tx:
            ASSIGNMENTS.add(tx, [place], "bench", now)
            ENTRIES.add(tx, entries, person, now)
            STEPS.add(tx, steps, person, now)
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))


def measure(database: Database) -> tuple[int, float]:
    """Rows, and seconds."""
    assigned = pay_tables.assignments
    people = sa.select(assigned.c.person_id).where(assigned.c.office_id == "office-0")
    rows, least = 0, float("inf")
    for _ in range(RUNS):
        begun = time.perf_counter()
        with database.read() as tx:
            rows = len(entries_of(tx, people, FIRST, LAST)) + len(steps_of(tx, people, FIRST, LAST))
        least = min(least, time.perf_counter() - begun)
    return rows, least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--offices", type=int, default=4)
    asked = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        base = stack.enter_context(postgresql())
        places = {"SQLite": folder / "bench.db", "PostgreSQL": stack.enter_context(fresh_database(base))}
        for name, place in places.items():
            database = Database(place)
            database.migrate()
            fill(database, asked.people, asked.offices)
            rows, seconds = measure(database)
            print(f"{name}: {rows} rows of entries and steps in {seconds:.2f} s, {rows / seconds:,.0f} rows a second")
            database.close()


if __name__ == "__main__":
    main()
