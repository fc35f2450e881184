"""Months of presences of a regency of forty offices, made by the database itself."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from etpp.db import Database, Transaction
from etpp.roster.model import Person
from etpp.roster.register import add_office, first_calendar
from etpp.roster.store import People

OFFICES, PEOPLE = 40, 100
A_DAY = OFFICES * PEOPLE * 2
FIRST = dt.date(2026, 1, 5)
BEGIN = "2026-01-05 00:20:00"
"""07.20 of the first day in Western Indonesia."""

_EVENTS = """INSERT INTO events (office_id, device_id, chain_id, seq, event_id, kind, hash, prev_hash, status, problem,
  body, utc, earliest_utc, latest_utc, time_state, person_id, received_utc)
SELECT office, 'device-of-' || office, 'chain-of-' || office, seq, 'event-' || n, 'presence', '{hash}', '{hash}',
  CASE WHEN n % 1009 = 0 THEN 'rejected' ELSE 'accepted' END,
  CASE WHEN n % 1009 = 0 THEN {problem} END, {body},
  {moment}, {earlier}, {later}, CASE WHEN n % 997 = 0 THEN 'uncertain' ELSE 'trusted' END,
  'person-' || person, {moment}
FROM (SELECT n, 'kantor-' || (n % {offices}) AS office, n / {offices} + 1 AS seq, n / {offices} % {people} AS person,
  n / {a_day} * 86400 + n / {offices} / {people} % 2 * 30600 + n / {offices} % {people} * 10 AS s
  FROM {series}) AS made"""

_DIALECTS = {
    "sqlite": {
        "series": "(WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :rows) "
        "SELECT n FROM numbers)",
        "moment": f"strftime('%Y-%m-%d %H:%M:%S.000000', '{BEGIN}', s || ' seconds')",
        "earlier": f"strftime('%Y-%m-%d %H:%M:%S.000000', '{BEGIN}', (s - 3600) || ' seconds')",
        "later": f"strftime('%Y-%m-%d %H:%M:%S.000000', '{BEGIN}', s || ' seconds')",
        "problem": """'{"type": "urn:presensi:problem:person-unknown", "detail": "no such person"}'""",
        "body": """'{"presence": {"direction": "arrival"}}'""",
    },
    "postgresql": {
        "series": "generate_series(0, :rows - 1) AS numbers(n)",
        "moment": f"timestamptz '{BEGIN}+00' + s * interval '1 second'",
        "earlier": f"timestamptz '{BEGIN}+00' + (s - 3600) * interval '1 second'",
        "later": f"timestamptz '{BEGIN}+00' + s * interval '1 second'",
        "problem": """'{"type": "urn:presensi:problem:person-unknown", "detail": "no such person"}'::json""",
        "body": """'{"presence": {"direction": "arrival"}}'::json""",
    },
}


def fill(database: Database, rows: int) -> dt.date:
    """The last whole day. One terminal an office; of a thousand events about one is rejected and one uncertain."""
    with database.begin() as tx:
        insert(tx, rows)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return FIRST + dt.timedelta(days=max(0, rows // A_DAY - 1))


def insert(tx: Transaction, rows: int, body: str | None = None) -> None:
    """`body`: an expression of SQL, with `n` and `person`; a short one by default."""
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    dialect = tx.dialect.name
    for number in range(OFFICES):
        office_id = f"kantor-{number}"
        add_office(tx, office_id, f"Kantor {number}", first_calendar("Asia/Jakarta", FIRST), now)
        for person in range(PEOPLE):
            nip = f"{number:09d}{person:09d}"
            employee = f"employee-{number}-{person}"
            People(tx).add(Person(office_id, f"person-{person}", employee, nip, f"Pegawai {person}", 1))
    words = {"hash": "ab" * 32, "offices": OFFICES, "people": PEOPLE, "a_day": A_DAY, **_DIALECTS[dialect]}
    words |= {} if body is None else {"body": f"({body})::json"}
    # The only colons that are not the parameter's stand in texts.
    statement = _EVENTS.format(**words)
    tx.exec_driver_sql(statement.replace(":rows", str(rows)).replace("%", "%%" if dialect == "postgresql" else "%"))
    tx.execute(
        sa.text(
            "INSERT INTO chains (office_id, device_id, chain_id, seq, hash, begun_utc, reported_utc) "
            "SELECT office_id, device_id, chain_id, max(seq), max(hash), max(utc), max(utc) FROM events "
            "GROUP BY office_id, device_id, chain_id"
        )
    )
