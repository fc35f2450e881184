"""A database that a test left is the next one's, and cannot be told from a new one: it broke once without a word."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from etpp.db.account_tables import log_in_failures
from tests.contract.etpp.running import NIP, Running, fresh_database, running


def left(base: str, folder: Path) -> tuple[str, str, int, int]:
    """The database, whom it knows as the first person, its last audit entry, and how many rows it has now."""
    with fresh_database(base) as url, running(url, folder / "state") as etpp:
        with etpp.database.read() as tx:
            before = tx.execute(sa.text("SELECT count(*) FROM people")).scalar_one()
        return url, etpp.person(NIP), last_entry(etpp), before


def last_entry(etpp: Running) -> int:
    with etpp.database.read() as tx:
        return int(tx.execute(sa.text("SELECT max(seq) FROM audit_log")).scalar_one())


def test_it_is_used_again_and_is_as_new(postgres: str, tmp_path: Path) -> None:
    first, second = left(postgres, tmp_path / "1"), left(postgres, tmp_path / "2")
    assert second[0] == first[0]
    assert second[2:] == first[2:] == (first[2], 0)


def test_one_whose_tables_were_changed_is_not(postgres: str, tmp_path: Path) -> None:
    with fresh_database(postgres) as url, running(url, tmp_path / "state") as etpp, etpp.database.begin() as tx:
        tx.execute(sa.text("CREATE INDEX of_a_test ON people (name)"))
    assert left(postgres, tmp_path / "next")[0] != url


def test_nor_is_a_large_one(postgres: str, tmp_path: Path) -> None:
    with fresh_database(postgres) as url, running(url, tmp_path / "state") as etpp:
        now = etpp.clock.now
        rows = [{"login_hash": f"{n:064}", "network": "10.0.0.1", "failures": 1, "last_utc": now} for n in range(9000)]
        with etpp.database.begin() as tx:
            tx.execute(sa.insert(log_in_failures), rows)
    assert left(postgres, tmp_path / "next")[0] != url
