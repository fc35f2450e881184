"""The whole regency's month out of PostgreSQL: read office by office, reckoned, and what a late fact makes anew.

    make bench-allowance, or python -m tests.bench.bench_regency [--people 10000]

Fills a PostgreSQL of its own with 40 offices, two presences a working day and a hundred activities a person with two
steps each (10,000 people: 440,000 presences, 1,000,000 entries, 2,000,000 steps), analyses the tables, and prints by
the clock and in processor seconds of this process: reading, reckoning, both together; and how many of a closed month's
statements one late letter makes anew.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import time
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import DECISIONS, add_letters
from etpp.allowance import gather
from etpp.allowance import month as months
from etpp.allowance.model import Month
from etpp.allowance.policy import DELIVERED, delivered
from etpp.allowance.statement import statement
from etpp.allowance.store import touched
from etpp.base import process
from etpp.db import Database, pay_tables, tables
from etpp.terminals.signing import GallerySigner
from tests.contract.etpp.running import fresh_database, postgresql

MONTH = Month(2026, 10)
OFFICES = 40
ITEMS = 200
RECORDED = dt.datetime(2026, 10, 31, tzinfo=dt.UTC)
AS_OF = dt.datetime(2026, 11, 10, tzinfo=dt.UTC)
SAID = (False, RECORDED, "bench")
JAKARTA = dt.timezone(dt.timedelta(hours=7))


def copy(connection: psycopg.Connection[Any], table: sa.Table, names: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """Rows into a table; names without those that every fact has."""
    columns = names.split() + (["withdrawn", "recorded_utc", "recorded_by"] if "fact_no" in table.c else [])
    count = 0
    quoted = ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({quoted}) FROM STDIN") as into:
        for row in rows:
            into.write_row(row)
            count += 1
    return count


def fill(url: str, people: int) -> dict[str, int]:
    chance = random.Random(20261001)
    days = [day for day in MONTH.dates() if day.weekday() < 5]
    employees = [(f"e{n:05}", f"office-{n % OFFICES:02}") for n in range(people)]
    t = pay_tables
    hours = {"start": "07:30:00", "end": "16:00:00", "break_minutes": 0, "grace_late_minutes": 0}
    hours |= {"grace_early_minutes": 0, "core": None, "need_minutes": None}
    week = json.dumps({str(day): hours for day in range(5)})
    calendar = json.dumps({"timezone": "Asia/Jakarta", "periods": [], "holidays": []})
    offices = [f"office-{n:02}" for n in range(OFFICES)]
    long_ago = dt.date(2020, 1, 1)

    def presences() -> Iterator[tuple[Any, ...]]:
        seq = dict.fromkeys(offices, 0)
        for who, office in employees:
            for day in days:
                for minute in (chance.gauss(437, 9), chance.gauss(968, 9)):
                    seq[office] += 1
                    at = dt.datetime.combine(day, dt.time(), JAKARTA) + dt.timedelta(minutes=minute)
                    place = (office, f"d-{office}", "c", seq[office], str(uuid.UUID(int=chance.getrandbits(128))))
                    yield (*place, "presence", "0" * 64, "0" * 64, "accepted", "{}", at, at, at, "trusted", who, at)

    def entries() -> Iterator[tuple[Any, ...]]:
        for who, _ in employees:
            for n in range(100):
                day = days[n % len(days)]
                at = dt.datetime.combine(day, dt.time(8, n % 60), dt.UTC)
                quantity, item = str(chance.randint(1, 2)), f"item-{chance.randrange(ITEMS):03}"
                yield (f"{who}-{n}", who, day, item, quantity, "rapat", at, *SAID)

    def steps() -> Iterator[tuple[Any, ...]]:
        for who, _ in employees:
            for n in range(100):
                at = dt.datetime.combine(days[n % len(days)], dt.time(9, n % 60), dt.UTC)
                yield (f"{who}-{n}-s", f"{who}-{n}", "submitted", who, at, "", *SAID)
                yield (f"{who}-{n}-v", f"{who}-{n}", "verified", "boss", at, "", *SAID)

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as c:
        copy(
            c,
            tables.offices,
            "office_id name calendar gallery_version attention created_utc",
            [(office, office, calendar, 1, 0, RECORDED) for office in offices],
        )
        copy(
            c,
            tables.people,
            "office_id person_id nip name changed_version employee_id",
            [(office, who, None, None, 1, who) for who, office in employees],
        )
        device = "office_id device_id public_key highest_nonce nonce_window provisioned_utc software hardware"
        begun = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        copy(
            c,
            tables.devices,
            device + " gallery_version erased_through",
            [(office, f"d-{office}", b"\0" * 32, 0, "0" * 16, begun, "bench", "{}", 0, 0) for office in offices],
        )
        copy(
            c,
            tables.chains,
            "office_id device_id chain_id seq hash begun_utc reported_utc",
            [(office, f"d-{office}", "c", 0, "0" * 64, begun, AS_OF) for office in offices],
        )
        copy(
            c,
            t.office_places,
            "office_id parent_id kind timezone",
            [(office, None, "opd", "Asia/Jakarta", *SAID) for office in offices],
        )
        copy(
            c,
            t.work_periods,
            "period_id scope first last days season",
            [("hours", None, long_ago, None, week, "usual", *SAID)],
        )
        copy(
            c,
            t.assignments,
            "assignment_id person_id office_id post_id job_class rank status superior_id first last entitled",
            [
                (f"a-{who}", who, office, "clerk", 5 + n % 8, "III/b", "pns", "boss", long_ago, None, True, *SAID)
                for n, (who, office) in enumerate(employees)
            ],
        )
        item_ids = [f"item-{n:03}" for n in range(ITEMS)]
        copy(
            c,
            t.activity_items,
            "item_id name unit first last most_a_day",
            [(item, item, "kali", long_ago, None, None, *SAID) for item in item_ids],
        )
        copy(
            c,
            t.activity_weights,
            "weight_id item_id first last points",
            [(f"w-{item}", item, long_ago, None, str(40 + n % 60), *SAID) for n, item in enumerate(item_ids)],
        )
        month = json.dumps({"year": MONTH.year, "number": MONTH.number})
        copy(
            c,
            t.office_scores,
            "score_id office_id month percent decided_utc",
            [(f"s-{office}", office, month, "96.5", RECORDED, *SAID) for office in offices],
        )
        event = "office_id device_id chain_id seq event_id kind hash prev_hash status body utc earliest_utc latest_utc"
        counts = {
            "presences": copy(c, tables.events, event + " time_state person_id received_utc", presences()),
            "entries": copy(c, t.entries, "entry_id person_id date item_id quantity note entered_utc", entries()),
            "steps": copy(c, t.entry_steps, "step_id entry_id step by at_utc reason", steps()),
        }
        c.execute("ANALYZE")
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=10_000)
    options = parser.parse_args()
    process.begin()  # as every process of the server does
    with postgresql() as base, fresh_database(base) as url:
        database = Database(url)
        database.migrate()
        counts = fill(url, options.people)
        print(
            f"{options.people} people, " + ", ".join(f"{count:,} {name}" for name, count in counts.items()), flush=True
        )
        policy = delivered(DELIVERED[0])
        began, cpu = time.perf_counter(), time.process_time()
        reading = reckoning = 0.0
        made, total = 0, 0
        with database.read() as tx:
            shared = gather.regency(tx, MONTH, AS_OF)
            for number in range(OFFICES):
                start = time.perf_counter()
                facts = gather.office_month(tx, f"office-{number:02}", MONTH, shared)
                reading += time.perf_counter() - start
                start = time.perf_counter()
                found = [each for one in facts if (each := statement(one, policy)) is not None]
                reckoning += time.perf_counter() - start
                made += len(found)
                total += sum(int(each.net) for each in found)
        took, used = time.perf_counter() - began, time.process_time() - cpu
        parts = f"read {reading:.1f}, made {reckoning:.1f}"
        print(f"{made} statements in {took:.1f} s ({used:.1f} s of this process): {parts}")
        print(f"{made / took:,.0f} statements/s with PostgreSQL; total {total:,} rupiah")
        print(late_letter(database))
        database.close()


def late_letter(database: Database) -> str:
    """Close one office's month, let a letter for one of its people come in, and reckon what it changes."""
    signer = GallerySigner(Ed25519PrivateKey.generate())
    with database.begin() as tx:
        months.check(tx, "office-00", MONTH, "kepala", AS_OF)
        closed = months.close(tx, signer, "office-00", MONTH, "bkpp", AS_OF)
    late = AS_OF + dt.timedelta(days=1)
    first = dt.datetime(2026, 9, 30, 17, 0, tzinfo=dt.UTC)
    with database.begin() as tx:
        until = first + dt.timedelta(days=31)
        letter = Letter("late", "dinas-luar", "094", first.date(), "Kepala", ("e00000",), first, until, "tu", late)
        add_letters(tx, [letter], "tu", late)
        DECISIONS.add(tx, [LetterDecision("d", "late", True, "kepala", late)], "kepala", late)
    began = time.perf_counter()
    with database.read() as tx:
        named = {each.person_id for each in touched(tx, closed.as_of_utc)}
        found = months.reckon(tx, "office-00", MONTH.following, late)
    took = time.perf_counter() - began
    people = {each.person_id for each in found.adjustments}
    return (
        f"a late letter: {len(named)} of {len(closed.sealed.statements)} closed statements made anew, "
        f"{len(people)} changed; with the office's next list {took:.2f} s"
    )


if __name__ == "__main__":
    main()
