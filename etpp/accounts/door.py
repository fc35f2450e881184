"""The way in: the password, then the second factor where there is one, and what a guesser finds shut.

A wrong name, a wrong password and a disabled account are one answer in one time. Ten failures in a quarter of an hour
shut the door for that name from that network and those that one guesser may have around it, a hundred for that name
from everywhere but where its owner has come in from lately (NIST SP 800-63B, 5.2.2).
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from etpp.accounts import factor, passwords, session
from etpp.accounts.model import Account, LogIn, Stage
from etpp.accounts.secrets import Secrets
from etpp.accounts.service import login_hash
from etpp.accounts.store import Accounts, Factors, Failures, Sessions
from etpp.base.errors import NotFound, Problem
from etpp.base.throttle import around, network_of
from etpp.db import Transaction
from etpp.ledger.model import Said
from etpp.ledger.store import Ledger
from etpp.serving.context import Server

SHUT_FOR = dt.timedelta(minutes=15)
MOST_FROM_ONE = 10
MOST_FROM_AROUND = (MOST_FROM_ONE, MOST_FROM_ONE, 2 * MOST_FROM_ONE)
"""From an address or /64, its /56, its /48: a single /48 is far from shutting the door for all."""
MOST_FROM_ALL = 100
LATELY = dt.timedelta(days=30)
MAX_LOGIN = 100
Refusal = Literal["wrong", "wait"]
Proof = Callable[[Transaction, Account, LogIn], bool]
"""Whether a second factor is the account's; what it uses up is used up in the same transaction."""


@dataclass(frozen=True, slots=True)
class Guest:
    """From where somebody asks."""

    address: str
    agent: str

    @property
    def network(self) -> str:
        return network_of(self.address)


@dataclass(frozen=True, slots=True)
class Let:
    """In, or half: the cookie's token, until when."""

    token: str
    stage: Stage
    lasts: dt.timedelta
    login: str


async def by_password(server: Server, login: str, password: str, guest: Guest) -> Let | Refusal:
    typed = _as_typed(login)
    guess = f"console {guest.network}"
    try:
        server.guesses.reserve(guess)
    except Problem:
        return "wait"
    now = server.now()

    def look(tx: Transaction) -> tuple[bool, Account | None]:
        return _shut(tx, typed, guest, now), Accounts(tx).by_login(typed)

    shut, account = await server.read(look)
    if shut:
        return "wait"
    try:
        server.account_guesses.reserve(typed)  # not before: who is shut out here keeps nobody else waiting
    except Problem:
        if not await server.read(lambda tx: _is_familiar(tx, typed, guest, now)):
            return "wait"
    kept = None if account is None else account.password_hash
    check = asyncio.get_running_loop().run_in_executor
    right = await check(passwords.CHECKERS, passwords.matches, kept, password)

    def enter(tx: Transaction) -> Let | Refusal:
        found = Accounts(tx).by_login(typed)
        if not right or found is None or found.disabled_utc is not None or found.password_hash != kept:
            _fail(tx, "account.log_in_failed", typed, found, guest, now)
            return "wrong"
        return _let(tx, found, "second" if found.has_factor else "full", guest, now)

    let = await server.write(enter)
    if isinstance(let, Let):
        server.guesses.forgive(guess)
        server.account_guesses.forgive(typed)
    return let


def _as_typed(login: str) -> str:
    """As it is looked up and counted. What no user name has is a question mark, which none has either: a database
    refuses some of it, and that would be another answer than "wrong"."""
    return login[:MAX_LOGIN].strip().lower().encode("ascii", "replace").decode().replace("\0", "?")


async def by_second(server: Server, token: str, proof: Proof, guest: Guest) -> Let | Refusal:
    """Raises NotFound when the first step is too long ago."""
    guess = f"console {guest.network}"
    try:
        server.guesses.reserve(guess)
    except Problem:
        return "wait"
    now = server.now()

    def enter(tx: Transaction) -> Let | Refusal:
        half = Sessions(tx).get(session.hashed(token), now)
        if half is None or half.stage != "second":
            raise NotFound("the log-in has to begin anew", key="log_in_late")
        account = Accounts(tx).lock(half.account_id)
        if _shut(tx, account.login, guest, now):
            return "wait"
        if account.disabled_utc is not None or not proof(tx, account, half):
            _fail(tx, "account.second_failed", account.login, account, guest, now)
            return "wrong"
        # Another token than the half one: who may have seen that one has nothing.
        Sessions(tx).end(account.account_id, half.session_id)
        return _let(tx, account, "full", guest, now)

    let = await server.write(enter)
    if isinstance(let, Let):
        server.guesses.forgive(guess)
    return let


async def by_present_password(server: Server, account_id: str, password: str, guest: Guest) -> Account:
    """Whoever changes what lets people in types the password again: an open screen alone is not enough, and is no place
    to guess it either. What is wrong counts as at the log-in. Raises Problem `forbidden`, `too-many-requests`."""
    now = server.now()

    def look(tx: Transaction) -> tuple[bool, Account]:
        account = Accounts(tx).get(account_id)
        return _shut(tx, account.login, guest, now), account

    shut, account = await server.read(look)
    if shut:
        raise Problem("too-many-requests", "too many wrong passwords; wait", key="password_wait")
    server.account_guesses.reserve(account.login)
    check = asyncio.get_running_loop().run_in_executor
    if not await check(passwords.CHECKERS, passwords.matches, account.password_hash, password):
        # Not as the request's act, which has not happened.
        failing = replace(server, act=None)
        await failing.write(lambda tx: _fail(tx, "account.password_failed", account.login, account, guest, now))
        raise Problem("forbidden", "the present password is another one", key="password_wrong")
    server.account_guesses.forgive(account.login)
    return account


def by_code(secrets: Secrets, code: str, now: dt.datetime) -> Proof:
    """A code of the authenticator app, or one of the codes for when it is gone."""

    def proof(tx: Transaction, account: Account, half: LogIn) -> bool:  # noqa: ARG001
        if account.totp_sealed is not None:
            secret = factor.unseal(secrets.account_key, account.account_id, account.totp_sealed)
            step = factor.step_of(secret, code, now, account.totp_step)
            if step is not None:
                Accounts(tx).set(account.account_id, totp_step=step)
                return True
        return Factors(tx).use_code(account.account_id, factor.code_hash(account.account_id, code))

    return proof


def _let(tx: Transaction, account: Account, stage: Stage, guest: Guest, now: dt.datetime) -> Let:
    token, log_in = session.begin(account.account_id, stage, now, guest.network, guest.agent)
    Sessions(tx).add(log_in)
    if stage == "full":
        Failures(tx).forgive(login_hash(account.login), guest.network)
        _record(tx, "account.log_in", account, guest, now)
    return Let(token, stage, log_in.expires_utc - now, account.login)


def _shut(tx: Transaction, login: str, guest: Guest, now: dt.datetime) -> bool:
    found = Failures(tx).since(login_hash(login), now - SHUT_FOR)
    of_one = Counter[str]()
    for network, failures in found.items():
        for each in around(network):
            of_one[each] += failures
    if any(of_one[each] >= most for each, most in zip(around(guest.network), MOST_FROM_AROUND, strict=False)):
        return True
    return sum(found.values()) >= MOST_FROM_ALL and not _is_familiar(tx, login, guest, now)


def _is_familiar(tx: Transaction, login: str, guest: Guest, now: dt.datetime) -> bool:
    """Whether the account's owner has come in from there lately: whom a guesser somewhere else must not keep out."""
    return Ledger(tx).has(login, "account.log_in", guest.network, now - LATELY)


def _fail(tx: Transaction, action: str, login: str, account: Account | None, guest: Guest, now: dt.datetime) -> None:
    Failures(tx).add(login_hash(login), guest.network, now, now - SHUT_FOR)
    if account is not None:
        shut = _shut(tx, login, guest, now)
        _record(tx, "account.shut" if shut else action, account, guest, now)


def _record(tx: Transaction, action: str, account: Account, guest: Guest, now: dt.datetime) -> None:
    subject = {"account_id": account.account_id, "login": account.login}
    Ledger(tx).append(Said(account.login, action, subject, account.person_id, address=guest.network), now)
