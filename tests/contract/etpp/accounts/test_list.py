"""The list of accounts is chosen, ordered and cut by the database, as it would be of all accounts in memory."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import sqlalchemy as sa

from etpp import owners
from etpp.accounts import service
from etpp.accounts.finding import Standing, standing
from etpp.accounts.model import Account, Passkey
from etpp.accounts.store import Accounts, Factors
from etpp.accounts.views import ACCOUNTS, AccountLine, found
from etpp.console.listing import PER_PAGE, Asked
from etpp.console.texts import texts
from etpp.serving.acting import Grant
from tests.contract.etpp.db.test_page_plans import noted
from tests.contract.etpp.running import OFFICE, Running, running_on

SAY = texts("id")


@pytest.fixture(scope="module")
def etpp(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("list")
    with running_on(database, folder) as server:
        now = server.clock.now

        def made(login: str, name: str, *grants: Grant, person: str | None = None) -> Account:
            return service.made(login, name, grants, "", now, person, unlisted=True)

        head, bkpp = Grant("head", OFFICE), Grant("bkpp")
        keyed = made("periksa-2", "Pemeriksa Kunci", Grant("inspector"))
        with server.database.begin() as tx:
            for each in (
                replace(made("zulkifli", "zulkifli", head), disabled_utc=now),
                replace(made("lama", "Akun Lama", head), unlisted=False),
                made("kepala", "Kepala Dinas", head, Grant("employee"), person="kepala"),
                replace(made("baru", "Baru 100%_", bkpp, person="baru"), must_change=True, totp_sealed=b"x"),
                made("tanpa", "Tanpa Faktor", bkpp, Grant("technician")),
                made("periksa-1", "Pemeriksa", Grant("inspector")),
                keyed,
                replace(made("op", "Operator", Grant("operator", OFFICE)), must_change=True),
                *(made(f"hp-{n:02}", f"Pegawai {n:02}", Grant("employee"), person=f"p{n}") for n in range(PER_PAGE)),
            ):
                Accounts(tx).add(each)
            Factors(tx).add_passkey(Passkey("key", keyed.account_id, b"k", 0, "kunci", now))
        yield server


WORDS = ("", "pegawai", "KEPALA", "komunikasi", "kepala dinas", "pemeriksa", "100%", "%", "_", "hp-0 pegawai", "nobody")
SORTS = ("login", "name", "state")


@pytest.mark.parametrize(
    ("state", "sort", "descending"), [*itertools.product(["", *get_args(Standing), "x"], SORTS, [0, 1])]
)
def test_the_database_finds_what_a_look_through_all_of_them_finds(
    etpp: Running, state: str, sort: str, descending: int
) -> None:
    with etpp.database.read() as tx:
        names = owners.office_names(tx)
        # In the order in which equals stand.
        every = [AccountLine.of(each, names, SAY) for each in Accounts(tx).all()]
        for text, page in itertools.product(WORDS, (1, 2)):
            asked = Asked(sort, bool(descending), text, {"state": state} if state else {}, page)
            got = found(tx, asked, names, SAY)
            wanted = ACCOUNTS.chosen_of(asked, every)
            assert {line.account_id for line in got.rows} <= {line.account_id for line in every}
            assert len(got.rows) == len(wanted.rows), (text, page)
            if got.rows:
                assert got.total == wanted.total
            column = {"login": "login", "name": "name", "state": "standing"}[sort]
            assert [str(getattr(line, column)).lower() for line in got.rows] == [
                str(getattr(line, column)).lower() for line in wanted.rows
            ], (text, page)


def test_each_kind_of_standing_is_there(etpp: Running) -> None:
    with etpp.database.read() as tx:
        assert {standing(each) for each in Accounts(tx).all()} == set(get_args(Standing))


def test_the_page_reads_no_more_accounts_than_it_shows(etpp: Running) -> None:
    browser = etpp.log_in(etpp.bkpp)
    with noted(etpp.database) as asked:
        page = browser.get(f"{etpp.url}/console/accounts", timeout=60)
    assert page.text.count("<tr>") == PER_PAGE + 1
    lists = [statement for statement, _ in asked if "FROM accounts" in statement]
    assert lists
    for statement in lists:
        one = "accounts.account_id = " in statement.split("WHERE")[-1]
        assert one or "LIMIT" in statement or "accounts.account_id IN (" in statement, statement
    assert len(browser.get(f"{etpp.url}/console/accounts?export=csv", timeout=60).text.splitlines()) > PER_PAGE + 5


def test_the_last_of_bkpp_is_looked_for_without_reading_all_accounts(etpp: Running) -> None:
    with etpp.database.begin() as tx:
        assert Accounts(tx).administered()
        table = sa.table("account_roles", sa.column("role"))
        tx.execute(sa.delete(table).where(table.c.role == "bkpp"))
        assert not Accounts(tx).administered()
        tx.rollback()
