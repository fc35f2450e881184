"""Facts are only added: the last of one id counts, what was known before stays, and none slips under a closed month."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from etpp.activities.model import Entry
from etpp.base.errors import Conflict
from etpp.calendar.model import Hours, Occasion, WorkPeriod
from etpp.calendar.store import OCCASIONS, PERIODS
from etpp.db import Database, Facts, closing, pay_tables, recording
from etpp.roster.model import Office
from etpp.roster.store import Offices

NOW = dt.datetime(2026, 11, 24, 1, 2, 3, 456000, dt.UTC)
SECOND = dt.timedelta(seconds=1)
CALENDAR = {"timezone": "Asia/Jakarta", "periods": [], "holidays": []}
HOURS = WorkPeriod("w1", "a", dt.date(2026, 1, 1), None, {0: Hours(dt.time(7, 30), dt.time(16))})
ENTRIES = Facts(Entry, pay_tables.entries, "entry_id", once=True)
ENTRY = Entry("e1", "p", dt.date(2026, 11, 3), "letter", Decimal("1.50"), "rapat", NOW)


@pytest.fixture
def store(url: str) -> Iterator[Database]:
    made = Database(url, lock_wait_s=5)
    made.migrate()
    with made.begin() as tx:
        Offices(tx).add(Office("a", "a", CALENDAR, 1), NOW)
    yield made
    made.close()


def close_month(tx: sa.Connection, as_of: dt.datetime) -> None:
    values = {"as_of_utc": as_of, "policy_sha256": "0" * 64, "reports": {}, "total": Decimal(0), "prev_hash": "0" * 64}
    signed = {"hash": "0" * 64, "key_id": "k", "signature": b"", "closed_by": "bkpp"}
    tx.execute(sa.insert(pay_tables.closings).values(office_id="a", month="2026-10", **values, **signed))


def test_what_is_recorded_comes_back_as_it_was(store: Database) -> None:
    flexible = Hours(dt.time(7), dt.time(17), 60, 5, 0, (dt.time(9), dt.time(15)), 450)
    period = replace(HOURS, days={0: flexible, 6: Hours(dt.time(22), dt.time(6))}, last=dt.date(2026, 12, 31))
    apel = Occasion(
        "apel", None, "Apel", dt.date(2026, 1, 1), None, (dt.time(7), dt.time(8)), frozenset({0, 4}), False, True
    )
    with store.begin() as tx:
        PERIODS.add(tx, [period], "bkpp", NOW)
        OCCASIONS.add(tx, [apel], "bkpp", NOW)
        ENTRIES.add(tx, [ENTRY, replace(ENTRY, entry_id="e2", start_utc=NOW, end_utc=NOW + SECOND)], "p", NOW)
    with store.read() as tx:
        assert PERIODS.find(tx) == [period]
        assert OCCASIONS.find(tx) == [apel]
        assert ENTRIES.find(tx) == [ENTRY, replace(ENTRY, entry_id="e2", start_utc=NOW, end_utc=NOW + SECOND)]


def test_the_last_of_one_id_counts_and_what_was_known_before_stays(store: Database) -> None:
    longer = replace(HOURS, days={0: Hours(dt.time(7, 30), dt.time(17))})
    with store.begin() as tx:
        PERIODS.add(tx, [HOURS, replace(HOURS, period_id="w2", scope="b")], "bkpp", NOW)
        PERIODS.add(tx, [longer], "bkpp", NOW + SECOND)
        PERIODS.withdraw(tx, [longer], "bkpp", NOW + 2 * SECOND)
    of_office = pay_tables.work_periods.c.scope == "a"
    with store.read() as tx:
        assert PERIODS.one(tx, "w1") is None
        assert [each.period_id for each in PERIODS.find(tx)] == ["w2"]
        assert PERIODS.find(tx, of_office, known_utc=NOW + SECOND) == [longer]
        assert PERIODS.find(tx, of_office, known_utc=NOW) == [HOURS]
        assert PERIODS.find(tx, of_office, known_utc=NOW - SECOND) == []


def test_a_condition_is_asked_of_what_counts_alone(store: Database) -> None:
    with store.begin() as tx:
        PERIODS.add(tx, [HOURS], "bkpp", NOW)
        PERIODS.add(tx, [replace(HOURS, scope="b")], "bkpp", NOW + SECOND)
    with store.read() as tx:
        assert PERIODS.find(tx, pay_tables.work_periods.c.scope == "a") == []


@pytest.mark.parametrize("again", [[ENTRY], [replace(ENTRY, entry_id="e3"), replace(ENTRY, entry_id="e3")]])
def test_an_id_of_what_is_recorded_once_stands_for_one_row(store: Database, again: list[Entry]) -> None:
    with store.begin() as tx:
        ENTRIES.add(tx, [ENTRY], "p", NOW)
    with pytest.raises(Conflict), store.begin() as tx:
        ENTRIES.add(tx, again, "p", NOW)
    with store.read() as tx:
        assert ENTRIES.find(tx) == [ENTRY]


def test_what_is_recorded_after_a_closing_was_not_known_at_it_whatever_the_clock_says(store: Database) -> None:
    with store.begin() as tx:
        close_month(tx, closing(tx, NOW))
    with store.begin() as tx:
        assert recording(tx, NOW - SECOND) > NOW
        PERIODS.add(tx, [HOURS], "bkpp", NOW - SECOND)  # by a server whose clock is behind
    with store.read() as tx:
        assert PERIODS.find(tx, known_utc=NOW) == []
        assert PERIODS.find(tx) == [HOURS]


def test_a_closing_waits_for_what_is_being_recorded(store: Database) -> None:
    if store.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: nothing is recorded while another transaction writes")
    order: list[str] = []
    waiting = threading.Event()

    def close() -> None:
        with store.begin() as tx:
            waiting.set()
            closing(tx, NOW)
            order.append("closed")
            assert PERIODS.find(tx) == [HOURS]

    closer = threading.Thread(target=close)
    with store.begin() as tx:
        PERIODS.add(tx, [HOURS], "bkpp", NOW)
        closer.start()
        assert waiting.wait(10)
        _until_blocked(store)
        order.append("recorded")
    closer.join(10)
    assert order == ["recorded", "closed"]


def _until_blocked(store: Database) -> None:
    """Until a transaction waits for an advisory lock."""
    blocked = sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with store.engine.connect() as connection:
        while not connection.execute(blocked).scalar_one():
            connection.rollback()
