"""Two decisions at once on PostgreSQL, each of which would be right without the other: the second waits for the first,
and is tried with what that one has left."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from etpp.absence import kinds, letters
from etpp.absence.asked import NewLetter
from etpp.absence.catalogue import delivered_text
from etpp.accounts import service as accounts
from etpp.accounts import session
from etpp.accounts.door import SHUT_FOR
from etpp.accounts.store import Accounts, Failures, Sessions
from etpp.activities import importing, sheet
from etpp.allowance import desk
from etpp.allowance import month as months
from etpp.allowance.asked import NewPolicyUse, NewSanction
from etpp.allowance.policy import DELIVERED
from etpp.allowance.policy import delivered_text as policy_text
from etpp.base import sheets
from etpp.base.errors import Conflict
from etpp.db import Transaction
from etpp.pairing.rules import REMEMBERED
from etpp.pairing.store import Codes
from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import NOVEMBER, Scene, november
from tests.contract.etpp.db.test_locks import wait_until_blocked
from tests.contract.etpp.running import OFFICE, fresh_database, running

LATE = "izin-terlambat"
Act = Callable[[Scene, Transaction], object]


@pytest.fixture
def scene(postgres: str, tmp_path: Path) -> Iterator[Scene]:
    with fresh_database(postgres) as url, running(url, tmp_path / "state") as etpp:
        made = november(etpp)
        etpp.clock.local("2026-12-03 08:00")
        with etpp.database.begin() as tx:
            months.check(tx, OFFICE, NOVEMBER, "kepala", etpp.clock.now)
            for login in ("satu", "dua"):
                Accounts(tx).add(accounts.made(login, login, [Grant("bkpp")], "", etpp.clock.now, unlisted=True))
        yield made


def weighed(first: str) -> Act:
    """The catalogue's item, with a weight from a day on."""
    rows = sheets.asked(f"item,name,unit,points,first\nrapat,Rapat,kali,10,{first}\n".encode(), sheet.COLUMNS)
    return lambda scene, tx: importing.take(tx, rows, "bkpp", scene.etpp.clock.now)


def without_its_kind(scene: Scene, tx: Transaction) -> object:
    parts = [part for part in delivered_text().split("[[kind]]") if f'id = "{LATE}"' not in part]
    return kinds.set_kinds(tx, "[[kind]]".join(parts), "bkpp", scene.etpp.clock.now)


def letter(scene: Scene, tx: Transaction) -> object:
    asked = NewLetter(
        kind_id=LATE,
        number="1",
        date=dt.date(2026, 11, 25),
        issuer="Kepala Dinas",
        people=[scene.budi],
        first_utc=dt.datetime(2026, 11, 25, 0, 30, tzinfo=dt.UTC),
        until_utc=dt.datetime(2026, 11, 25, 3, 30, tzinfo=dt.UTC),
        submitted_by="tu",
        office_id=OFFICE,
    )
    return letters.submit(tx, asked, scene.etpp.clock.now)


def disabled(login: str) -> Act:
    def act(scene: Scene, tx: Transaction) -> object:
        account = Accounts(tx).by_login(login)
        assert account is not None
        return accounts.set_disabled(tx, account.account_id, True, scene.etpp.clock.now)

    return act


def close(scene: Scene, tx: Transaction) -> object:
    return months.close(tx, scene.etpp.state.keys.now().signer, OFFICE, NOVEMBER, "bkpp", scene.etpp.clock.now)


def policy(scene: Scene, tx: Transaction) -> object:
    text = policy_text(DELIVERED[0]).replace(f'id = "{DELIVERED[0]}"', 'id = "other"')
    return desk.use_policy(tx, NewPolicyUse(text=text, first=NOVEMBER.first, by="bkpp"), scene.etpp.clock.now)


def sanction(scene: Scene, tx: Transaction) -> object:
    asked = NewSanction(
        person_id=scene.budi,
        percent=Decimal(25),
        first=NOVEMBER.first,
        last=NOVEMBER.last,
        document="SK 800/1/2026",
        by="bkpp",
    )
    return desk.sanction(tx, asked, scene.etpp.clock.now)


@dataclass(frozen=True)
class Pair:
    first: Act
    second: Act
    refused: str | None


PAIRS = {
    # Both would hold from February on, and nothing could be reckoned any more.
    "two catalogues": Pair(weighed("2026-01-01"), weighed("2026-02-01"), None),
    # The letter would silently excuse nothing.
    "a kind is taken away under a letter": Pair(letter, without_its_kind, "there are letters"),
    "a letter is written of a kind that goes": Pair(without_its_kind, letter, "kind"),
    # November would be closed by one policy, and offices that close later would be paid by another.
    "a policy for a month that is being closed": Pair(close, policy, "closed already"),
    # It would be taken off twice.
    "one sanction by two clerks": Pair(sanction, sanction, "entered already"),
    # Nobody could look after accounts any more.
    "two administrators disable each other": Pair(disabled("dua"), disabled("satu"), "last account of BKPP"),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_the_second_waits_and_knows_of_the_first(scene: Scene, pair: Pair) -> None:
    etpp = scene.etpp

    def second() -> None:
        with etpp.database.begin() as tx:
            pair.second(scene, tx)

    with ThreadPoolExecutor(1) as pool:
        with etpp.database.begin() as tx:
            pair.first(scene, tx)
            waiting = pool.submit(second)
            wait_until_blocked(etpp)
        error = waiting.exception(30)
    if pair.refused is None:
        assert error is None
    else:
        assert isinstance(error, Conflict)
        assert pair.refused in str(error)
    with etpp.database.read() as tx:
        assert months.reckon(tx, OFFICE, NOVEMBER, etpp.clock.now).statements


def logged_in(tx: Transaction, now: dt.datetime) -> object:
    account = Accounts(tx).by_login("satu")
    assert account is not None
    return Sessions(tx).add(session.begin(account.account_id, "full", now, "10.0.0.1", "")[1])


FORGETFUL: dict[str, Callable[[Transaction, dt.datetime], object]] = {
    "log-ins": logged_in,
    "failures": lambda tx, now: Failures(tx).add(uuid.uuid4().hex, "10.0.0.1", now, now - SHUT_FOR),
    "codes for phones": lambda tx, now: Codes(tx).give(uuid.uuid4().hex, uuid.uuid4().hex, now, now),
    "used codes": lambda tx, now: Codes(tx).use("terminal", uuid.uuid4().hex[:18], now, now - REMEMBERED),
}


def test_nobody_waits_for_another_who_forgets_what_has_expired(scene: Scene) -> None:
    """Who let a phone in held the audit log, waited for an expired log-in, and its holder waited for the audit log."""
    etpp = scene.etpp
    now = etpp.clock.now
    with etpp.database.begin() as tx:
        for act in FORGETFUL.values():
            act(tx, now - dt.timedelta(days=30))
    with etpp.database.begin() as first:
        for act in FORGETFUL.values():
            act(first, now)
        with etpp.database.begin() as second:
            second.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
            for act in FORGETFUL.values():
                act(second, now)


@pytest.mark.parametrize("before", ["nothing", "an old one", "a new one"])
def test_two_failures_at_once_are_two(scene: Scene, before: str) -> None:
    """The second was refused for the first one's row: it was no failure then, and the guess was free."""
    etpp, now = scene.etpp, scene.etpp.clock.now
    login, since = uuid.uuid4().hex, now - SHUT_FOR

    def fails() -> int:
        with etpp.database.begin() as tx:
            return Failures(tx).add(login, "10.0.0.1", now, since)

    if before != "nothing":
        at = now - SHUT_FOR - dt.timedelta(days=1) if before == "an old one" else now
        with etpp.database.begin() as tx:
            Failures(tx).add(login, "10.0.0.1", at, at - SHUT_FOR)
    held = 1 if before == "a new one" else 0
    with ThreadPoolExecutor(1) as pool:
        with etpp.database.begin() as tx:
            assert Failures(tx).add(login, "10.0.0.1", now, since) == held + 1
            second = pool.submit(fails)
            wait_until_blocked(etpp)
        assert second.result(30) == held + 2
    with etpp.database.read() as tx:
        assert Failures(tx).since(login, since) == {"10.0.0.1": held + 2}
