"""Accounts, their roles, second factors, sessions and failures in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from etpp.accounts.model import Account, LogIn, Passkey
from etpp.base.errors import NotFound
from etpp.db import Transaction, forget
from etpp.db.account_tables import account_roles, accounts, log_in_failures, passkeys, recovery_codes, sessions
from etpp.serving.acting import Grant

_PAGE = 500


class Accounts:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, account: Account) -> None:
        self._tx.execute(sa.insert(accounts).values({each.name: getattr(account, each.name) for each in accounts.c}))
        self.set_grants(account.account_id, account.grants)

    def get(self, account_id: str) -> Account:
        """Raises NotFound."""
        found = self._find(accounts.c.account_id == account_id)
        if not found:
            raise NotFound("there is no such account", key="account_unknown")
        return found[0]

    def by_login(self, login: str) -> Account | None:
        found = self._find(accounts.c.login == login)
        return found[0] if found else None

    def all(self) -> list[Account]:
        return self._find()

    def those(self, account_ids: Sequence[str]) -> dict[str, Account]:
        """By id."""
        pages = (account_ids[start : start + _PAGE] for start in range(0, len(account_ids), _PAGE))
        return {each.account_id: each for page in pages for each in self._find(accounts.c.account_id.in_(page))}

    def administered(self) -> bool:
        """Whether somebody of BKPP can log in."""
        bkpp = (account_roles.c.role == "bkpp", account_roles.c.office_id == "")
        query = sa.select(accounts.c.account_id).join(account_roles).where(*bkpp, accounts.c.disabled_utc.is_(None))
        return self._tx.execute(query.limit(1)).first() is not None

    def any(self) -> bool:
        return self._tx.execute(sa.select(accounts.c.account_id).limit(1)).first() is not None

    def lock(self, account_id: str) -> Account:
        """The account, with which nobody else does anything until the transaction ends. Raises NotFound."""
        query = sa.select(accounts.c.account_id).where(accounts.c.account_id == account_id)
        self._tx.execute(query.with_for_update(key_share=True))
        return self.get(account_id)

    def set(self, account_id: str, **values: Any) -> None:
        self._tx.execute(sa.update(accounts).where(accounts.c.account_id == account_id).values(**values))

    def set_grants(self, account_id: str, grants: Iterable[Grant]) -> None:
        self._tx.execute(sa.delete(account_roles).where(account_roles.c.account_id == account_id))
        rows = [
            {"account_id": account_id, "role": g.role, "office_id": g.office_id or ""} for g in dict.fromkeys(grants)
        ]
        if rows:
            self._tx.execute(sa.insert(account_roles), rows)

    def _find(self, *conditions: sa.ColumnElement[bool]) -> list[Account]:
        keys = sa.select(sa.func.count()).where(passkeys.c.account_id == accounts.c.account_id).scalar_subquery()
        query = sa.select(accounts, keys.label("passkeys")).where(*conditions).order_by(accounts.c.login)
        rows = self._tx.execute(query).all()
        granted: dict[str, list[Grant]] = {row.account_id: [] for row in rows}
        of = sa.select(account_roles).join(accounts).where(*conditions)
        for row in self._tx.execute(of.order_by(account_roles.c.role, account_roles.c.office_id)):
            granted[row.account_id].append(Grant(row.role, row.office_id or None))
        return [Account(**{**row._asdict(), "grants": tuple(granted[row.account_id])}) for row in rows]


class Factors:
    """Recovery codes and passkeys."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def set_codes(self, account_id: str, hashes: Sequence[str]) -> None:
        self._tx.execute(sa.delete(recovery_codes).where(recovery_codes.c.account_id == account_id))
        if hashes:
            rows = [{"account_id": account_id, "code_hash": each} for each in hashes]
            self._tx.execute(sa.insert(recovery_codes), rows)

    def use_code(self, account_id: str, code_hash: str) -> bool:
        """Whether it was one; it is none any more."""
        mine = (recovery_codes.c.account_id == account_id, recovery_codes.c.code_hash == code_hash)
        return self._tx.execute(sa.delete(recovery_codes).where(*mine)).rowcount == 1

    def codes_left(self, account_id: str) -> int:
        query = sa.select(sa.func.count()).select_from(recovery_codes).where(recovery_codes.c.account_id == account_id)
        return int(self._tx.execute(query).scalar_one())

    def add_passkey(self, passkey: Passkey) -> None:
        self._tx.execute(sa.insert(passkeys).values({each.name: getattr(passkey, each.name) for each in passkeys.c}))

    def passkeys(self, account_id: str) -> list[Passkey]:
        query = sa.select(passkeys).where(passkeys.c.account_id == account_id).order_by(passkeys.c.created_utc)
        return [Passkey(**row._asdict()) for row in self._tx.execute(query)]

    def passkey(self, credential_id: str) -> Passkey | None:
        row = self._tx.execute(sa.select(passkeys).where(passkeys.c.credential_id == credential_id)).one_or_none()
        return None if row is None else Passkey(**row._asdict())

    def count_sign(self, credential_id: str, sign_count: int) -> None:
        where = passkeys.c.credential_id == credential_id
        self._tx.execute(sa.update(passkeys).where(where).values(sign_count=sign_count))

    def remove_passkeys(self, account_id: str, credential_id: str | None = None) -> int:
        """One, or all; how many there were."""
        mine = [passkeys.c.account_id == account_id]
        if credential_id is not None:
            mine.append(passkeys.c.credential_id == credential_id)
        return self._tx.execute(sa.delete(passkeys).where(*mine)).rowcount


class Sessions:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, log_in: LogIn) -> None:
        """Also forgets those that have expired."""
        forget(self._tx, sessions, sessions.c.expires_utc < log_in.created_utc)
        self._tx.execute(sa.insert(sessions).values({each.name: getattr(log_in, each.name) for each in sessions.c}))

    def get(self, token_hash: str, now: dt.datetime) -> LogIn | None:
        where = (sessions.c.token_hash == token_hash, sessions.c.expires_utc >= now)
        row = self._tx.execute(sa.select(sessions).where(*where)).one_or_none()
        return None if row is None else LogIn(**row._asdict())

    def of(self, account_id: str, now: dt.datetime) -> list[LogIn]:
        where = (sessions.c.account_id == account_id, sessions.c.stage == "full", sessions.c.expires_utc >= now)
        query = sa.select(sessions).where(*where).order_by(sessions.c.created_utc.desc())
        return [LogIn(**row._asdict()) for row in self._tx.execute(query)]

    def note_seen(self, token_hash: str, now: dt.datetime) -> None:
        self._tx.execute(sa.update(sessions).where(sessions.c.token_hash == token_hash).values(seen_utc=now))

    def expect(self, session_id: str, pending: bytes | None) -> None:
        self._tx.execute(sa.update(sessions).where(sessions.c.session_id == session_id).values(pending=pending))

    def end(self, account_id: str, session_id: str | None = None, but: str | None = None) -> int:
        """One of an account's, or all, or all `but` one; how many there were."""
        mine = [sessions.c.account_id == account_id]
        if session_id is not None:
            mine.append(sessions.c.session_id == session_id)
        if but is not None:
            mine.append(sessions.c.session_id != but)
        return self._tx.execute(sa.delete(sessions).where(*mine)).rowcount


class Failures:
    """Of log-ins, by the name as it was typed and by network: what no such account has is counted alike."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def since(self, login_hash: str, moment: dt.datetime) -> dict[str, int]:
        where = (log_in_failures.c.login_hash == login_hash, log_in_failures.c.last_utc > moment)
        rows = self._tx.execute(sa.select(log_in_failures.c.network, log_in_failures.c.failures).where(*where))
        return {row.network: row.failures for row in rows}

    def add(self, login_hash: str, network: str, now: dt.datetime, since: dt.datetime) -> int:
        """Count one more, from one again when the last is of `since` or before; how many these are."""
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        row = {"login_hash": login_hash, "network": network, "failures": 1, "last_utc": now}
        counted = sa.case((log_in_failures.c.last_utc <= since, 1), else_=log_in_failures.c.failures + 1)
        # In one statement: of two at once the second counts on, and neither is refused for the other's row.
        made = (
            insert(log_in_failures)
            .values(row)
            .on_conflict_do_update(
                index_elements=[log_in_failures.c.login_hash, log_in_failures.c.network],
                set_={"failures": counted, "last_utc": now},
            )
        )
        count = int(self._tx.execute(made.returning(log_in_failures.c.failures)).scalar_one())
        forget(self._tx, log_in_failures, log_in_failures.c.last_utc <= since)
        return count

    def forgive(self, login_hash: str, network: str | None = None) -> None:
        mine = [log_in_failures.c.login_hash == login_hash]
        if network is not None:
            mine.append(log_in_failures.c.network == network)
        self._tx.execute(sa.delete(log_in_failures).where(*mine))
