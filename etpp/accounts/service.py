"""What is done with accounts: made, given roles, disabled, reset. Each step tells what was before and what is after."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from etpp.accounts import passwords
from etpp.accounts.model import DECIDING_ROLES, Account
from etpp.accounts.secrets import Secrets
from etpp.accounts.store import Accounts, Factors, Failures, Sessions
from etpp.base import texts
from etpp.base.errors import Conflict
from etpp.db import Database, Transaction
from etpp.db.locks import Lock, hold
from etpp.ledger.model import Said
from etpp.ledger.store import Ledger
from etpp.serving.acting import LOGIN_LONGEST, Grant, Role

OfficeKnown = Callable[[Transaction, str], object]
"""Raises NotFound for an office that is none; offices lie in a room above this one."""
FIRST_LOGIN = "bkpp"
_LOGIN = re.compile(rf"[a-z0-9][a-z0-9._-]{{1,{LOGIN_LONGEST - 1}}}")
_OTHERS = frozenset({"token", "command", "operator", "migration"})
"""Names under which others stand in the records."""
_REGENCY: frozenset[Role] = frozenset({"bkpp", "inspector", "superior", "employee"})
_AT_OFFICE: frozenset[Role] = frozenset({"operator", "head"})


def first_administrator(database: Database, secrets: Secrets, now: dt.datetime) -> None:
    """On a server without any account: `bkpp`, whose generated password is in the state folder for its owner alone."""
    with database.read() as tx:
        if Accounts(tx).any():
            return
    password = passwords.generated()
    made_first = made(FIRST_LOGIN, "BKPP", [Grant("bkpp")], passwords.hashed(password), now, unlisted=True)
    account = replace(made_first, unlisted=False)  # nobody has said so: it begins by being told who it is
    with database.begin() as tx:
        if Accounts(tx).any():
            return
        Accounts(tx).add(account)
        subject = {"account_id": account.account_id, "login": account.login}
        Ledger(tx).append(Said("command", "account.first", subject, after=account_json(account)), now)
        secrets.keep_first_password(password)


def made(
    login: str,
    name: str,
    grants: Sequence[Grant],
    password_hash: str,
    now: dt.datetime,
    person_id: str | None = None,
    must_change: bool = False,
    unlisted: bool = False,
) -> Account:
    """A new account, not kept yet. `unlisted`: somebody says that it is of nobody in the roster. Raises Conflict."""
    if _LOGIN.fullmatch(login) is None or login in _OTHERS or re.fullmatch(r"\d{18}", login):
        text = f"a user name is 2 to {LOGIN_LONGEST} small letters, digits, dots, dashes; no NIP, which others see too"
        raise Conflict(text, key="login_wrong", most=LOGIN_LONGEST)
    try:
        shown = texts.plain(name.strip())
    except ValueError as error:
        raise Conflict(str(error), key="account_name_wrong") from error
    if not 1 <= len(shown) <= 200:
        raise Conflict("the name has 1 to 200 characters", key="account_name_wrong")
    check_grants(grants, person_id, unlisted=unlisted)
    return Account(
        str(uuid.uuid4()),
        login,
        shown,
        person_id,
        password_hash,
        must_change,
        None,
        0,
        now,
        None,
        tuple(grants),
        unlisted=unlisted and person_id is None,
    )


def check_grants(
    grants: Iterable[Grant], person_id: str | None, held: Iterable[Grant] = (), *, unlisted: bool = False
) -> None:
    """Raises Conflict for a role where it cannot be: BKPP at one office, an operator without an office; and for a new
    one (not `held`) that decides, of whom nobody says who it is: it could approve what the same person began."""
    for grant in grants:
        if grant.role in _REGENCY and grant.office_id is not None:
            raise Conflict(f"{grant.role} is a role of the whole regency", key="role_regency")
        if grant.role in _AT_OFFICE and grant.office_id is None:
            raise Conflict(f"{grant.role} is a role at an office: name it", key="role_office")
        if grant.role in ("superior", "employee") and person_id is None:
            raise Conflict(f"{grant.role} is somebody of the roster: name the employee", key="role_person")
        if grant.role in DECIDING_ROLES and person_id is None and not unlisted and grant not in held:
            text = f"whoever is {grant.role} decides on others: name the employee, or say that it is none"
            raise Conflict(text, key="role_unlisted")


def add(tx: Transaction, account: Account, offices: OfficeKnown) -> None:
    """Raises Conflict, NotFound."""
    if Accounts(tx).by_login(account.login) is not None:
        raise Conflict("this user name is taken", key="login_taken")
    _refuse_unknown(tx, account.grants, offices)
    Accounts(tx).add(account)


def set_grants(
    tx: Transaction,
    account_id: str,
    grants: Sequence[Grant],
    offices: OfficeKnown,
    person_id: str | None = None,
    *,
    unlisted: bool = False,
) -> tuple[Any, Any]:
    """Before and after. Every session of the account ends. `person_id`: who it is, where nobody has said so yet.
    Raises Conflict, NotFound."""
    hold(tx, Lock.ADMINISTRATORS)
    account = Accounts(tx).lock(account_id)
    person_id = account.person_id or person_id
    check_grants(grants, person_id, account.grants, unlisted=unlisted)
    _refuse_unknown(tx, grants, offices)
    Accounts(tx).set(account_id, person_id=person_id, unlisted=person_id is None and (account.unlisted or unlisted))
    Accounts(tx).set_grants(account_id, grants)
    Sessions(tx).end(account_id)
    _keep_an_administrator(tx, account)
    return account_json(account), account_json(Accounts(tx).get(account_id))


def bind(tx: Transaction, account_id: str, person_id: str | None) -> tuple[Any, Any]:
    """Say whose it is, None for nobody of the roster; its roles stay. Before and after. Raises Conflict, NotFound."""
    account = Accounts(tx).get(account_id)
    if account.person_id is not None:
        raise Conflict("it is known whose account this is", key="account_so_already")
    grants = account.grants
    return set_grants(tx, account_id, grants, lambda _tx, _office: None, person_id, unlisted=person_id is None)


def set_disabled(tx: Transaction, account_id: str, disabled: bool, now: dt.datetime) -> tuple[Any, Any]:
    """Before and after. Raises Conflict, NotFound."""
    hold(tx, Lock.ADMINISTRATORS)
    account = Accounts(tx).lock(account_id)
    if (account.disabled_utc is not None) == disabled:
        raise Conflict("it is so already", key="account_so_already")
    Accounts(tx).set(account_id, disabled_utc=now if disabled else None)
    Sessions(tx).end(account_id)
    _keep_an_administrator(tx, account)
    return account_json(account), account_json(Accounts(tx).get(account_id))


def reset(tx: Transaction, account_id: str, password_hash: str) -> tuple[Any, Any]:
    """A new password that its owner has to change, and no second factor any more: for who has lost both.

    Before and after. Raises NotFound.
    """
    account = Accounts(tx).lock(account_id)
    Accounts(tx).set(account_id, password_hash=password_hash, must_change=True, totp_sealed=None)
    Factors(tx).set_codes(account_id, [])
    Factors(tx).remove_passkeys(account_id)
    Sessions(tx).end(account_id)
    Failures(tx).forgive(login_hash(account.login))
    return account_json(account), account_json(Accounts(tx).get(account_id))


def choose_password(tx: Transaction, account_id: str, password_hash: str, keep_session: str | None = None) -> None:
    """By its owner: every other session ends."""
    Accounts(tx).lock(account_id)
    Accounts(tx).set(account_id, password_hash=password_hash, must_change=False)
    Sessions(tx).end(account_id, but=keep_session)


def account_json(account: Account) -> dict[str, Any]:
    """As it stands in lists and in the log: ids, and no name of a person."""
    return {
        "account_id": account.account_id,
        "login": account.login,
        "person_id": account.person_id,
        "unlinked": account.unlinked,
        "unlisted": account.unlisted,
        "roles": [{"role": grant.role, "office_id": grant.office_id} for grant in account.grants],
        "disabled": account.disabled_utc is not None,
        "totp": account.totp_sealed is not None,
        "passkeys": account.passkeys,
    }


def login_hash(login: str) -> str:
    """By what failures are counted: a name that somebody typed, which may be a password typed into the wrong field."""
    return hashlib.sha256(f"login\0{login}".encode("utf-8", "replace")).hexdigest()


def _refuse_unknown(tx: Transaction, grants: Iterable[Grant], offices: OfficeKnown) -> None:
    for grant in grants:
        if grant.office_id is not None:
            offices(tx, grant.office_id)


def _keep_an_administrator(tx: Transaction, before: Account) -> None:
    """A server whose last administrator is gone could be helped at the command line only. Under the lock of who changes
    accounts: two administrators who disable each other at once would each see the other one still there."""
    if Grant("bkpp") in before.grants and not Accounts(tx).administered():
        raise Conflict("this is the last account of BKPP", key="account_last")
