"""Who waits for whom on PostgreSQL: a change of an office's gallery and the events of its terminals never do, and two
who pay one month do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from etpp.allowance import month as months
from etpp.base.errors import Conflict, StoreUnavailable
from etpp.bulletin import store as bulletin
from etpp.db import Database, Transaction
from etpp.faces import approval, erasure
from etpp.faces.approval import Review
from etpp.roster.store import Offices
from etpp.terminals.store import Devices
from tests.contract.etpp.allowance.scene import NOVEMBER, november
from tests.contract.etpp.running import NIP, OFFICE, Running, fresh_database, running

REVIEWED = Review(alike=None, numbers=None)


@pytest.fixture
def etpp(postgres: str, tmp_path: Path) -> Iterator[Running]:
    with fresh_database(postgres) as url, running(url, tmp_path / "state") as server:
        yield server


@pytest.fixture
def impatient(etpp: Running) -> Iterator[Database]:
    """The same database for whoever does not wait: a lock that another holds is StoreUnavailable at once."""
    with closing(Database(etpp.database.engine.url.render_as_string(False), lock_wait_s=0.001)) as database:
        yield database


@contextmanager
def meanwhile(database: Database, work: Callable[[Transaction], Any]) -> Iterator[None]:
    """Another connection that has done `work` and has not committed it."""
    with database.begin() as tx:
        work(tx)
        yield


def test_events_go_on_while_a_change_of_the_gallery_is_open(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = etpp.person()
    with meanwhile(etpp.database, lambda tx: Offices(tx).bump(OFFICE, etpp.clock())):
        answer = terminal.send_events([terminal.presence(person), terminal.enrolment(NIP, "Ani")], timeout_s=5)
        assert answer.status_code == 200
        assert etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
        assert etpp.terminal().device_id


def test_the_gallery_can_be_changed_while_events_come_in(etpp: Running, impatient: Database) -> None:
    terminal = etpp.terminal()

    def event(tx: Transaction) -> None:
        tx.execute(
            sa.text(
                "INSERT INTO chains (office_id, device_id, chain_id, seq, hash, begun_utc)"
                " VALUES (:office, :device, 'c', 0, '', now())"
            ),
            {"office": OFFICE, "device": terminal.device_id},
        )

    with meanwhile(etpp.database, event), impatient.begin() as tx:
        Offices(tx).bump(OFFICE, etpp.clock())


def test_two_changes_of_one_gallery_follow_each_other(etpp: Running, impatient: Database) -> None:
    def bump(tx: Transaction) -> None:
        Offices(tx).bump(OFFICE, etpp.clock())

    with meanwhile(etpp.database, bump), pytest.raises(StoreUnavailable), impatient.begin() as tx:
        bump(tx)


def test_two_requests_of_one_terminal_follow_each_other(etpp: Running, impatient: Database) -> None:
    terminal = etpp.terminal()

    def lock(tx: Transaction) -> None:
        Devices(tx).get(terminal.device_id, lock=True)

    with meanwhile(etpp.database, lock), pytest.raises(StoreUnavailable), impatient.begin() as tx:
        lock(tx)


def test_an_approval_and_an_erasure_of_one_office_do_not_deadlock(etpp: Running) -> None:
    """Both take the office first. The other way round the one holds the enrolment and waits for the office, which the
    other holds while it waits for the enrolment."""
    terminal = etpp.terminal()
    person = etpp.person()
    event = terminal.enrolment(NIP, "Sri Lestari")
    terminal.send_events([event])
    first = threading.Event()

    def approve() -> None:
        with etpp.database.begin() as tx:
            first.set()
            approval.approve(tx, OFFICE, event["event_id"], REVIEWED, "test", etpp.clock())

    with ThreadPoolExecutor(1) as pool:
        with etpp.database.begin() as tx:
            Offices(tx).lock(OFFICE)
            waiting: Future[None] = pool.submit(approve)
            first.wait(10)
            wait_until_blocked(etpp)
            erasure.erase_person(tx, OFFICE, person, etpp.clock())
        error = waiting.exception(20)
    assert str(error) == "the enrolment was rejected already"


def wait_until_blocked(etpp: Running) -> None:
    """Until PostgreSQL says that a connection waits for a lock; asked again and again, as it tells nobody by itself."""
    query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    while True:
        with etpp.database.read() as tx:
            if tx.execute(query).scalar_one():
                return


def test_a_month_is_paid_once(etpp: Running, impatient: Database) -> None:
    november(etpp)
    etpp.clock.local("2026-12-03 08:00")
    now, signer = etpp.clock.now, etpp.state.keys.now().signer
    with etpp.database.begin() as tx:
        months.check(tx, OFFICE, NOVEMBER, "kepala", now)
    with etpp.database.begin() as tx:
        months.close(tx, signer, OFFICE, NOVEMBER, "bkpp", now)

    def pay(tx: Transaction) -> None:
        months.pay(tx, OFFICE, NOVEMBER, "bendahara", now)

    with meanwhile(etpp.database, pay), pytest.raises(StoreUnavailable), impatient.begin() as tx:
        pay(tx)
    with pytest.raises(Conflict, match="paid once"), etpp.database.begin() as tx:
        pay(tx)


def test_of_two_pins_for_one_person_at_once_the_later_one_holds(etpp: Running) -> None:
    """The second waits for the first, and neither clerk is told that something failed."""

    def later() -> None:
        with etpp.database.begin() as tx:
            bulletin.set_pin(tx, "somebody", "second", "tu", etpp.clock())

    with ThreadPoolExecutor() as pool:
        with meanwhile(etpp.database, lambda tx: bulletin.set_pin(tx, "somebody", "first", "bkpp", etpp.clock())):
            second = pool.submit(later)
            wait_until_blocked(etpp)
        second.result(timeout=30)
    with etpp.database.read() as tx:
        assert bulletin.pins_of(tx, ["somebody"]) == {"somebody": "second"}
