"""A year of presence of a regency in a PostgreSQL whose folder is kept: it is made once, and then only started again.

`year(folder, rows)` is what the benches of pages use. Ten thousand people of forty offices, two presences a day each,
bodies as long as a terminal's, and a hundred activities of each, submitted and, but for the last days',
verified. The indexes are made when the rows are there, which takes a third of the time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import sqlalchemy as sa

from etpp.activities.model import Item, Weight
from etpp.activities.store import ITEMS, WEIGHTS
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
ACTIVITIES = 100
"""Of each person, evenly over the days that have presences."""
WORKS = 20
"""Items of the catalogue."""
_ENTERED = """INSERT INTO entries (fact_no, entry_id, person_id, date, item_id, quantity, note, entered_utc, withdrawn,
  recorded_utc, recorded_by)
SELECT n, 'entry-' || n, person, at::date, 'kerja-' || n % {works}, (n % 4 + 1)::text,
  'menyusun laporan kegiatan bidang', at, false, at, person
FROM (SELECT n, 'employee-' || n % {offices} || '-' || n / {offices} % {people} AS person,
  timestamptz '{first} 08:00+00' + n / {everybody} * {days} / {each} * interval '1 day' AS at
  FROM generate_series(0, {everybody}::bigint * {each} - 1) AS numbers(n)) AS made"""
_STEPPED = """INSERT INTO entry_steps (fact_no, step_id, entry_id, step, by, at_utc, reason, withdrawn, recorded_utc,
  recorded_by)
SELECT fact_no * 2 + {verified}, entry_id || '-{verified}', entry_id, '{step}', {by},
  entered_utc + interval '{hours} hour', '', false, entered_utc, {by}
FROM entries WHERE date <= '{until}' AND {by} IS NOT NULL"""
_HEAD = "NULLIF(regexp_replace(person_id, '-[0-9]+$', '-0'), person_id)"
"""Above whom an entry's author is; the heads' own wait for nobody."""


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
        _work(tx, max(1, rows // many_events.A_DAY))
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
        Assignment(
            f"stay-{row.employee_id}", row.employee_id, row.office_id, "", 7, "III/a", "pns", _head(row), now.date()
        )
        for row in people
    ]
    ASSIGNMENTS.add(tx, held, "bench", now)


def _head(person: sa.Row[tuple[str, str, str, str]]) -> str | None:
    """The first of each office is above all the others of it."""
    head = person.employee_id.rpartition("-")[0] + "-0"
    return None if head == person.employee_id else head


def _work(tx: Transaction, days: int) -> None:
    """A superior has not looked at the last three days yet."""
    first = many_events.FIRST
    now = dt.datetime.combine(first, dt.time(), dt.UTC)
    ITEMS.add(tx, [Item(f"kerja-{n}", f"Pekerjaan {n}", "berkas", first, None) for n in range(WORKS)], "bench", now)
    weights = [Weight(f"bobot-{n}", f"kerja-{n}", first, None, Decimal(20 + n)) for n in range(WORKS)]
    WEIGHTS.add(tx, weights, "bench", now)
    words = {"offices": many_events.OFFICES, "people": PEOPLE, "everybody": many_events.OFFICES * PEOPLE}
    words |= {"works": WORKS, "first": first, "days": days, "each": ACTIVITIES}
    last = first + dt.timedelta(days=days)
    tx.exec_driver_sql(_ENTERED.format(**words).replace("%", "%%"))
    tx.exec_driver_sql(_STEPPED.format(verified=0, step="submitted", by="recorded_by", hours=1, until=last))
    until = last - dt.timedelta(days=3)
    tx.exec_driver_sql(_STEPPED.format(verified=1, step="verified", by=_HEAD, hours=20, until=until))
    for table in ("entries", "entry_steps"):
        tx.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'fact_no'), max(fact_no)) FROM {table}")
