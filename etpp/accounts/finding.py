"""Which accounts a list shows, chosen and cut to a page by the database: each of 8,000 phones has an account too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from etpp.accounts.model import DECIDING_ROLES, FACTOR_ROLES, Account
from etpp.accounts.store import Accounts
from etpp.db import Transaction
from etpp.db.account_tables import account_roles, accounts, passkeys
from etpp.serving.acting import Role

Standing = Literal["disabled", "unlinked", "no_factor", "must_change", "active"]
"""What of an account calls for a look first (`standing`)."""
By = Literal["name", "login", "state"]


@dataclass(frozen=True, slots=True)
class Word:
    """A part of a name or login; and what it is a part of in the reader's language: roles, offices."""

    text: str
    roles: Collection[Role] = ()
    offices: Collection[str] = ()


def standing(account: Account) -> Standing:
    """As the database reckons it below."""
    if account.disabled_utc is not None:
        return "disabled"
    if account.unlinked:
        return "unlinked"
    if account.needs_factor and not account.has_factor:
        return "no_factor"
    return "must_change" if account.must_change else "active"


def find(
    tx: Transaction,
    words: Sequence[Word] = (),
    state: str | None = None,
    by: By = "login",
    descending: bool = False,
    first: int = 0,
    count: int = 50,
) -> tuple[list[Account], int]:
    """Those that have every word, from a place in the order on; and how many there are. `state`: a standing, or None.

    No index finds the middle of a word in both databases; ten thousand names take milliseconds (decision 94)."""
    held = _standing()
    asked = [_has(word) for word in words] + ([] if state is None else [held == state])
    keys = {"name": sa.func.lower(accounts.c.name), "login": accounts.c.login, "state": held}
    key = keys[by].desc() if descending else keys[by].asc()
    query = sa.select(accounts.c.account_id, sa.func.count().over().label("total")).where(*asked)
    rows = tx.execute(query.order_by(key, accounts.c.login).offset(first).limit(count)).all()
    found = Accounts(tx).those([row.account_id for row in rows])
    return [found[row.account_id] for row in rows], rows[0].total if rows else 0


def _has(word: Word) -> sa.ColumnElement[bool]:
    of = account_roles.c
    there = of.role.in_(sorted(word.roles)) | of.office_id.in_(sorted(word.offices))
    texts = (column.icontains(word.text, autoescape=True) for column in (accounts.c.name, accounts.c.login))
    return sa.or_(*texts, sa.exists().where(of.account_id == accounts.c.account_id, there))


def _standing() -> sa.ColumnElement[str]:
    c = accounts.c

    def has_one_of(roles: Collection[Role]) -> sa.ColumnElement[bool]:
        return sa.exists().where(account_roles.c.account_id == c.account_id, account_roles.c.role.in_(sorted(roles)))

    nobody_said = c.person_id.is_(None) & ~c.unlisted
    no_factor = c.totp_sealed.is_(None) & ~sa.exists().where(passkeys.c.account_id == c.account_id)
    return sa.case(
        (c.disabled_utc.is_not(None), "disabled"),
        (nobody_said & has_one_of(DECIDING_ROLES), "unlinked"),
        (has_one_of(FACTOR_ROLES) & no_factor, "no_factor"),
        (c.must_change, "must_change"),
        else_="active",
    )
