"""`etpp init`, `etpp account` and `etpp audit verify`, as an operator at the server uses them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from etpp.accounts import passwords
from etpp.accounts.store import Accounts
from etpp.db import Database
from etpp.ledger.store import Ledger
from tests.integration.etpp.test_process import etpp


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    etpp(folder, "init")
    return folder


def accounts(state: Path) -> dict[str, dict[str, object]]:
    return {each["login"]: each for each in json.loads(etpp(state, "account", "list", "--json"))}


def test_init_makes_the_first_administrator_once(state: Path) -> None:
    password = (state / "console-password").read_text(encoding="ascii").strip()
    etpp(state, "init")
    assert (state / "console-password").read_text(encoding="ascii").strip() == password
    assert accounts(state)["bkpp"]["roles"] == [{"role": "bkpp", "office_id": None}]
    database = Database(state / "etpp.db")
    with database.read() as tx:
        account = Accounts(tx).by_login("bkpp")
        log = Ledger(tx).search()
    database.close()
    assert account is not None
    assert account.password_hash.startswith("$argon2id$")
    assert passwords.matches(account.password_hash, password)
    assert [each.said.action for each in log] == ["account.first"]
    assert password not in str(log)


def test_accounts_are_made_disabled_and_reset(state: Path) -> None:
    etpp(state, "office", "add", "dinas", "Dinas")
    made = json.loads(
        etpp(state, "account", "add", "sri", "--name", "Sri", "--role", "operator@dinas", "--no-employee", "--json")
    )
    assert len(made["password"]) == 16
    assert accounts(state)["sri"]["roles"] == [{"role": "operator", "office_id": "dinas"}]
    etpp(state, "account", "disable", "sri")
    assert accounts(state)["sri"]["disabled"] is True
    assert "so already" in etpp(state, "account", "disable", "sri", expect=65)
    etpp(state, "account", "enable", "sri")
    again = json.loads(etpp(state, "account", "reset", "sri", "--json"))
    assert again["password"] != made["password"]
    assert "last account of BKPP" in etpp(state, "account", "disable", "bkpp", expect=65)
    assert "no such account" in etpp(state, "account", "reset", "nobody", expect=66)
    database = Database(state / "etpp.db")
    with database.read() as tx:
        done = [each.said.action for each in Ledger(tx).search()][::-1]
    database.close()
    assert [each.removeprefix("etpp ") for each in done[2:]] == [
        "account add",
        "account disable",
        "account enable",
        "account reset",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("SRI", "--role", "bkpp"), "user name"),
        (("198503152010011007", "--role", "bkpp"), "no NIP"),
        (("token", "--role", "bkpp"), "user name"),
        (("bkpp", "--role", "bkpp", "--no-employee"), "taken"),
        (("sri", "--role", "bkpp@dinas"), "whole regency"),
        (("sri", "--role", "head"), "role at an office"),
        (("sri", "--role", "employee"), "name the employee"),
        (("sri", "--role", "bkpp"), "or say that it is none"),
        (("sri", "--role", "inspector", "--role", "operator@dinas"), "or say that it is none"),
        (("sri", "--role", "employee", "--no-employee"), "name the employee"),
    ],
)
def test_an_account_that_could_not_be_is_refused(state: Path, words: tuple[str, ...], said: str) -> None:
    assert said in etpp(state, "account", "add", *words, "--name", "Sri", expect=65)
    assert set(accounts(state)) == {"bkpp"}


def test_an_office_or_an_employee_that_is_none_is_refused(state: Path) -> None:
    etpp(state, "account", "add", "sri", "--name", "Sri", "--role", "head@nowhere", "--no-employee", expect=66)
    etpp(state, "account", "add", "sri", "--name", "Sri", "--role", "employee", "--employee", "nobody", expect=66)
    etpp(state, "account", "add", "sri", "--name", "Sri", "--role", "chief", expect=2)


def test_audit_verify_follows_the_log_and_finds_what_was_done_to_it(state: Path) -> None:
    etpp(state, "office", "add", "dinas", "Dinas")
    etpp(state, "office", "add", "badan", "Badan")
    found = json.loads(etpp(state, "audit", "verify", "--json"))
    assert found["whole"]
    head = found["log"]["head"]
    assert head.startswith("3:")
    exported = [json.loads(line) for line in etpp(state, "audit", "export").splitlines()]
    assert f"{exported[-1]['seq']}:{exported[-1]['hash']}" == head
    etpp(state, "audit", "verify", "--head", head)
    connection = sqlite3.connect(state / "etpp.db")
    connection.execute("DROP TRIGGER audit_log_no_delete")
    connection.execute("DELETE FROM audit_log WHERE seq = 3")
    connection.commit()
    connection.close()
    assert "audit log: whole" in etpp(state, "audit", "verify")
    etpp(state, "audit", "verify", "--head", head, expect=65)
    etpp(state, "audit", "verify", "--head", "nonsense", expect=2)


def test_it_is_said_whose_an_account_is(state: Path) -> None:
    """The first one is nobody's until then, and decides nothing."""
    etpp(state, "office", "add", "dinas", "Dinas")
    etpp(state, "person", "add", "dinas", "198503152010011007", "Budi")
    assert [each["login"] for each in json.loads(etpp(state, "account", "list", "--unlinked", "--json"))] == ["bkpp"]
    assert "give --employee" in etpp(state, "account", "bind", "bkpp", expect=2)
    etpp(state, "account", "bind", "bkpp", "--employee", "198503152010011007")
    assert accounts(state)["bkpp"]["person_id"] is not None
    assert "so already" not in json.dumps(json.loads(etpp(state, "account", "list", "--unlinked", "--json")))
    assert "known whose" in etpp(state, "account", "bind", "bkpp", "--no-employee", expect=65)
    etpp(state, "account", "add", "tu", "--name", "TU", "--role", "operator@dinas", "--no-employee")
    assert (accounts(state)["tu"]["unlisted"], accounts(state)["tu"]["unlinked"]) == (True, False)


def test_who_says_so_is_checked_before_it_is_recorded(state: Path) -> None:
    """PostgreSQL would refuse what no column holds, and SQLite keep it."""
    etpp(state, "office", "add", "dinas", "Dinas")
    for by in ("x" * 65, "Kepala Dinas", ""):
        assert "--by" in etpp(state, "score", "set", "dinas", "2026-10", "90", "--by", by, expect=2)
