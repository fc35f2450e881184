"""A year of presence of a regency in a PostgreSQL whose folder is kept: it is made once, and then only started again.

`year(folder, rows)` is what the benches of pages use. Ten thousand people of forty offices, two presences a day each,
bodies as long as a terminal's. The indexes are made when the rows are there, which takes a third of the time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import sqlalchemy as sa

from etpp.db import Database, Transaction
from etpp.db.tables import events
from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee
from etpp.roster.store import ASSIGNMENTS, Roster
from tests.contract.etpp.db import many_events
from tests.contract.etpp.running import Running, postgresql, running

NAME = "year"
PEOPLE = 250
"""Of each of the forty offices."""
_ID = "018f2c5e-0000-7000-8000-0000000000d1"
_BODY = f"""'{{"schema":1,"event_id":"{_ID}","device_id":"{_ID}","chain_id":"{_ID}","seq":' || seq || ',
"prev_hash":"{"0" * 64}","kind":"presence","wall_utc":"2026-01-05T00:20:00.000Z","boot_id":"{_ID}","monotonic_ms":61000,
"clock_state":"synchronised","presence":{{"person_id":"person-' || person || '","direction":"arrival",
"model_id":"dlib-resnet-v1","gallery_version":3,"match":{{"score":4.8125,"margin":' || n % 1000 / 1000.0 || ',
"threshold":3.1,"frames":3}},"liveness":{{"state":"live","score":0.9871,"reason":"motion"}}}}}}'"""
"""As long as what a terminal sends, with a margin of the match that asks one in twenty-five for digits of the NIP."""


@contextlib.contextmanager
def year(folder: Path | None, rows: int) -> Iterator[tuple[Running, dt.date]]:
    """The server on it, and the last whole day. A folder without a finished one is filled anew; None: one of this run
    alone. What the server keeps in files is new in every run."""
    many_events.PEOPLE, many_events.A_DAY = PEOPLE, many_events.OFFICES * PEOPLE * 2
    made = folder is not None and (folder / "rows").exists() and int((folder / "rows").read_text()) == rows
    if folder is not None and not made:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with postgresql(durable=made, folder=folder) as base, tempfile.TemporaryDirectory() as state:
        url = f"{base}/{NAME}"
        begun = time.perf_counter()
        if not made:
            with psycopg.connect(base.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {NAME}")
            database = Database(url)
            database.migrate()
            _fill(database, rows)
            database.close()
            print(f"{rows} presences of {many_events.OFFICES * PEOPLE} people: {time.perf_counter() - begun:.0f} s")
            if folder is not None:
                (folder / "rows").write_text(str(rows))
        with running(url, Path(state) / "state", office=False) as etpp:
            yield etpp, many_events.FIRST + dt.timedelta(days=max(0, rows // many_events.A_DAY - 1))


def _fill(database: Database, rows: int) -> None:
    with database.begin() as tx:
        named = {index.name for index in events.indexes}
        kept = tx.execute(sa.text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'events'")).all()
        later = [definition for name, definition in kept if name in named]
        for name in named:
            tx.exec_driver_sql(f'DROP INDEX IF EXISTS "{name}"')
        many_events.insert(tx, rows, _BODY)
        _assign(tx)
        for definition in later:
            tx.exec_driver_sql(definition)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # As autovacuum leaves it: an index alone answers only where a page is known to be visible to all.
        connection.exec_driver_sql("VACUUM ANALYZE")


def _assign(tx: Transaction) -> None:
    """Everybody is somebody of the regency, with a post at the office that knows the face."""
    now = dt.datetime.combine(many_events.FIRST, dt.time(), dt.UTC)
    people = tx.execute(sa.text("SELECT employee_id, office_id, nip, name FROM people")).all()
    Roster(tx).add_all([Employee(row.employee_id, row.name, row.nip) for row in people], "bench", now)
    held = [
        Assignment(f"stay-{row.employee_id}", row.employee_id, row.office_id, "", 7, "III/a", "pns", None, now.date())
        for row in people
    ]
    ASSIGNMENTS.add(tx, held, "bench", now)
