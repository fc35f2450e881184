"""The store's promises on SQLite and PostgreSQL: all or nothing, keys with the office, failures that say "later"."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from etpp.base.errors import Conflict, StoreUnavailable
from etpp.books.model import ZERO_HASH, ChainHead, EventTime, Link
from etpp.books.store import Books
from etpp.db import Database
from etpp.db.tables import DLIB_RESNET_V1, metadata
from etpp.faces.model import Template
from etpp.faces.store import Templates
from etpp.roster.model import Office, Person
from etpp.roster.store import Offices, People
from etpp.terminals.model import Code, Device
from etpp.terminals.store import Devices
from tests.contract.etpp.db.earlier import tables_of
from tests.contract.etpp.running import Running, running

NOW = dt.datetime(2026, 11, 24, 1, 2, 3, 456000, dt.UTC)
CALENDAR = {"timezone": "Asia/Jakarta", "periods": [], "holidays": []}


@pytest.fixture
def store(url: str) -> Iterator[Database]:
    made = Database(url, lock_wait_s=0.5)
    made.migrate()
    with made.begin() as tx:
        for office_id in ("a", "b"):
            Offices(tx).add(Office(office_id, office_id, CALENDAR, 1), NOW)
    yield made
    made.close()


def link(seq: int, event_id: str = "e1", office_id: str = "a", chain_id: str = "c") -> Link:
    time = EventTime(NOW, NOW, NOW, "trusted")
    return Link(
        office_id, "d", chain_id, seq, event_id, "presence", "f" * 64, ZERO_HASH, "accepted", None, {}, time, "p", NOW
    )


def test_a_key_that_was_replaced_before_it_was_kept_is_known_by_its_code(url: str) -> None:
    store = Database(url)
    store.migrate()
    config = Config()
    config.set_main_option("script_location", "etpp.db:migrations")
    first, second, third = (bytes([n]) * 32 for n in (1, 2, 3))
    with store.begin() as tx:
        Offices(tx).add(Office("a", "a", CALENDAR, 1), NOW)
        for device_id, provisioned_with, now_has in (("d1", first, second), ("d2", third, third)):
            made = Device("a", device_id, provisioned_with, None, 1, 1, NOW, "t", {}, last_seen_utc=NOW)
            Devices(tx).add(made)
            code = Code("a", device_id, NOW)
            Devices(tx).add_code(code, NOW)
            Devices(tx).use_code(code, device_id, provisioned_with, NOW)
            Devices(tx).set_keys(made, now_has, None)
    with store.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0004")
    store.migrate()
    with store.read() as tx:
        keys = [Devices(tx).former_keys(device) for device in Devices(tx).all()]
    assert keys == [{first: NOW}, {}]
    store.close()


def test_migrating_twice_is_harmless_and_gives_the_tables_of_the_code(store: Database) -> None:
    store.migrate()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_tables_of_a_newer_release_are_left_alone(store: Database) -> None:
    with store.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="newer release"):
        store.migrate()


def test_the_tables_of_the_first_release_are_brought_up_to_date_with_what_they_hold(url: str) -> None:
    store = Database(url)
    with tables_of(store, "0001") as (_, connection):
        values = "'a', 'Dinas', '{}', 3, 0, '2026-11-24 01:02:03+00'"
        columns = "office_id, name, calendar, gallery_version, attention, created_utc"
        connection.execute(sa.text(f"INSERT INTO offices ({columns}) VALUES ({values})"))
    store.migrate()
    with store.read() as tx:
        assert [office.gallery_version for office in Offices(tx).all()] == [3]
        assert Offices(tx).cohort_utc() == NOW.replace(microsecond=0)
    store.close()


def test_the_cohort_s_time_is_that_of_the_office_looked_at_longest_ago(store: Database) -> None:
    hours = [NOW + dt.timedelta(hours=n) for n in range(4)]
    with store.begin() as tx:
        assert Offices(tx).cohort_utc() == NOW  # when the offices were made
        Offices(tx).note_cohort("a", hours[3])
        assert Offices(tx).cohort_utc() == NOW
        Offices(tx).note_cohort("b", hours[2])
        assert Offices(tx).cohort_utc() == hours[2]


def test_every_key_begins_with_the_office(store: Database) -> None:
    inspector = sa.inspect(store.engine)
    # Accounts are of people who may have many offices; facts of pay are the regency's, for people move.
    regency = {table.name for table in metadata.sorted_tables if "fact_no" in table.c}
    regency |= {"alembic_version", "numbers", "letter_people", "documents", "policy_texts"}
    regency |= {table.name for table in metadata.sorted_tables if "account_id" in table.c}
    regency |= {"log_in_failures", "audit_log", "phone_codes", "phone_nonces", "person_pins"}
    for table in set(inspector.get_table_names()) - regency:
        keys = [inspector.get_pk_constraint(table)["constrained_columns"]]
        keys += [index["column_names"] for index in inspector.get_indexes(table) if index["unique"]]
        assert [key[0] for key in keys] == ["office_id"] * len(keys), table


@pytest.mark.parametrize(
    ("query", "index"),
    [
        # the page of what does not count, among millions that do
        ("SELECT * FROM events WHERE status = :status ORDER BY received_utc DESC LIMIT 50", "ix_events_status"),
        # one person's history
        ("SELECT * FROM events WHERE office_id = :office AND person_id = :person ORDER BY utc", "ix_events_person"),
        # the same NIP in any office, asked at every approval
        ("SELECT * FROM people WHERE nip = :nip", "ix_people_nip"),
        ("SELECT * FROM enrolments WHERE nip = :nip AND state = 'pending'", "ix_enrolments_nip"),
    ],
)
def test_what_is_asked_of_a_large_table_has_an_index(tmp_path: Path, query: str, index: str) -> None:
    database = Database(tmp_path / "etpp.db")
    database.migrate()
    values = dict.fromkeys(("status", "office", "person", "nip"), "x")
    used = {name: value for name, value in values.items() if f":{name}" in query}
    with database.read() as tx:
        plan = " ".join(str(row) for row in tx.execute(sa.text(f"EXPLAIN QUERY PLAN {query}"), used))
    database.close()
    assert index in plan
    assert "SCAN" not in plan


def test_an_exception_leaves_no_trace(store: Database) -> None:
    def half_done() -> None:
        with store.begin() as tx:
            People(tx).add(Person("a", "p", "p", "1" * 18, "Budi", 1))
            Offices(tx).bump("a", NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_done()
    with store.read() as tx:
        assert People(tx).everyone("a") == []
        assert Offices(tx).marks() == {"a": (1, 0), "b": (1, 0)}


def test_a_reading_transaction_sees_one_moment(store: Database) -> None:
    with store.read() as tx:
        before = Offices(tx).marks()
        with store.begin() as other:
            Offices(other).bump("a", NOW)
        assert Offices(tx).marks() == before
    with store.read() as tx:
        assert Offices(tx).marks()["a"] == (2, 0)


def test_times_and_templates_come_back_as_they_were(store: Database) -> None:
    later = NOW.astimezone(dt.timezone(dt.timedelta(hours=7)))
    template = Template("t", "p", DLIB_RESNET_V1, np.linspace(-1, 1, 128, dtype="<f4").tobytes(), -0.75, 0.0625)
    with store.begin() as tx:
        People(tx).add(Person("a", "p", "p", "1" * 18, "Ünï \u2028 😀", 1))
        Templates(tx).replace("a", "p", [template])
        Offices(tx).bump("a", later)
    with store.read() as tx:
        assert Offices(tx).issued_utc("a", 2) == NOW
        assert Templates(tx).all("a") == [template]
        (person,) = People(tx).everyone("a")
    assert (person.name, person.templates) == ("Ünï \u2028 😀", 1)


def test_a_nip_is_unique_among_an_offices_enrolled_people(store: Database) -> None:
    person = Person("a", "p1", "p1", "1" * 18, "Budi", 1)
    with store.begin() as tx:
        People(tx).add(person)
        People(tx).add(replace(person, office_id="b"))
    with pytest.raises(Conflict), store.begin() as tx:
        People(tx).add(replace(person, person_id="p2"))
    with store.begin() as tx:
        People(tx).erase("a", "p1", 2, forget=False)
        People(tx).add(replace(person, person_id="p2"))
    with pytest.raises(StoreUnavailable, match="somebody else"), store.begin() as tx:
        # The database itself holds to it, whoever asks.
        tx.execute(sa.text("UPDATE people SET erased_version = NULL"))


def test_an_event_id_is_accepted_once_an_office(store: Database) -> None:
    with store.begin() as tx:
        Books(tx).add_links([link(1), replace(link(2), status="rejected"), link(1, office_id="b")])
    with pytest.raises(StoreUnavailable, match="somebody else"), store.begin() as tx:
        Books(tx).add_links([link(3)])
    with store.read() as tx:
        assert Books(tx).accepted_ids("a", ["e1", "e2"]) == {"e1"}
        assert Books(tx).count("a", None, None) == 2


def test_a_chains_head_is_locked_until_the_transaction_ends(store: Database) -> None:
    """Two first batches of one chain: the second must see what the first wrote."""
    order: list[str] = []
    locked, released = threading.Event(), threading.Event()

    def second() -> None:
        locked.wait(10)
        with store.begin() as tx:
            head = Books(tx).lock_chain("a", "d", "c", NOW)
            order.append(f"second sees {head.seq}")

    thread = threading.Thread(target=second)
    thread.start()
    with store.begin() as tx:
        head = Books(tx).lock_chain("a", "d", "c", NOW)
        Books(tx).set_head("a", replace(head, seq=5, hash="f" * 64))
        locked.set()
        # Give the other transaction the chance to do wrong; a right one only waits.
        released.wait(0.2)
        order.append("first commits")
    thread.join(10)
    assert order == ["first commits", "second sees 5"]
    assert head == ChainHead("d", "c", 0, ZERO_HASH)


def test_who_waits_too_long_is_told_to_come_again(store: Database) -> None:
    with store.begin() as tx:
        Books(tx).lock_chain("a", "d", "c", NOW)
        outcome: list[BaseException] = []

        def other() -> None:
            try:
                with store.begin() as inner:
                    Books(inner).lock_chain("a", "d", "c", NOW)
            except StoreUnavailable as error:
                outcome.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
        assert len(outcome) == 1


def test_a_database_that_is_not_there_is_unavailable() -> None:
    for url in ("sqlite:////nowhere/at/all.db", "postgresql+psycopg://etpp@127.0.0.1:1/none"):
        store = Database(url)
        with pytest.raises(StoreUnavailable):
            store.migrate()
        store.close()


def test_errors_do_not_show_what_was_to_be_stored(store: Database) -> None:
    person = Person("a", "p", "p", "1" * 18, "Budi", 1)
    with store.begin() as tx:
        People(tx).add(person)
    with pytest.raises(StoreUnavailable) as caught, store.begin() as tx:
        People(tx).add(replace(person, nip="2" * 18))
    assert "Budi" not in str(caught.value)


# ---------------------------------------------------------------- SQLite's own troubles, over HTTP


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server:
        yield server


def test_a_locked_database_is_503_and_nothing_is_lost(etpp: Running, tmp_path: Path) -> None:
    terminal = etpp.terminal()
    batch = terminal.batch([terminal.attack() for _ in range(3)])
    etpp.database._lock_wait_s = 0.1
    with etpp.database._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    elsewhere = sqlite3.connect(tmp_path / "etpp.db", isolation_level=None)
    elsewhere.execute("BEGIN IMMEDIATE")
    answer = terminal.post("events", batch)
    elsewhere.execute("ROLLBACK")
    elsewhere.close()
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:presensi:problem:unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    assert [r["status"] for r in terminal.post("events", batch).json()["results"]] == ["accepted"] * 3


def test_a_full_disk_is_503_and_leaves_the_books_whole(etpp: Running) -> None:
    """SQLite's own limit on pages gives the same error as the file system's last block."""
    terminal = etpp.terminal()
    with etpp.database._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: sqlite3.Connection, *rest: object) -> None:
        connection.execute(f"PRAGMA max_page_count={maximum}")

    maximum = pages + 2
    sa.event.listen(etpp.database._engine, "checkout", limit)
    events = [terminal.attack() for _ in range(400)]
    answer = terminal.send_events(events)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:presensi:problem:unavailable")
    maximum = 1_000_000
    assert etpp.admin("GET", "events")["count"] == 0
    assert terminal.send_events(events).json()["head"]["seq"] == 400
