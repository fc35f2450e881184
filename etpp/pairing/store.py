"""Phones, BKPP's codes and the terminals' used ones in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from etpp.db import Transaction, forget
from etpp.db.phone_tables import phone_codes, phone_nonces, phones
from etpp.pairing.model import EndedBy, Phone


class Phones:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add(self, phone: Phone) -> None:
        self._tx.execute(sa.insert(phones).values({each.name: getattr(phone, each.name) for each in phones.c}))

    def with_secret(self, secret_hash: str, lock: bool = False) -> Phone | None:
        query = sa.select(phones).where(phones.c.secret_hash == secret_hash)
        row = self._tx.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else Phone(**row._asdict())

    def of_account(self, account_id: str, ended: bool = False) -> list[Phone]:
        """Newest first; `ended`: those too that are let in no more."""
        return self._where(phones.c.account_id == account_id, *([] if ended else [phones.c.ended_utc.is_(None)]))

    def newest(self, since: dt.datetime) -> dict[str, dt.datetime]:
        """Person -> when the newest phone was connected, of those connected from a moment on and still let in."""
        found = sa.select(phones.c.person_id, sa.func.max(phones.c.created_utc)).group_by(phones.c.person_id)
        rows = self._tx.execute(found.where(phones.c.created_utc >= since, phones.c.ended_utc.is_(None)))
        return {person_id: created for person_id, created in rows}  # noqa: C416

    def connected(self, person_id: str, since: dt.datetime) -> int:
        """How many a person has connected after a moment, whatever became of them."""
        asked = phones.c.person_id == person_id, phones.c.created_utc > since
        return self._tx.execute(sa.select(sa.func.count()).select_from(phones).where(*asked)).scalar_one()

    def mark(self) -> tuple[int, int]:
        """What changes whenever a phone is connected or ended."""
        row = self._tx.execute(sa.select(sa.func.count(), sa.func.count(phones.c.ended_utc)).select_from(phones)).one()
        return row[0], row[1]

    def of_person(self, person_id: str) -> list[Phone]:
        return self._where(phones.c.person_id == person_id)

    def by_terminal(self, device_id: str, since: dt.datetime) -> list[Phone]:
        """Connected by its codes from a moment on, and still let in."""
        return self._where(phones.c.device_id == device_id, phones.c.created_utc >= since, phones.c.ended_utc.is_(None))

    def get(self, phone_id: str) -> Phone | None:
        found = self._where(phones.c.phone_id == phone_id)
        return found[0] if found else None

    def set(self, phone_id: str, **values: Any) -> None:
        self._tx.execute(sa.update(phones).where(phones.c.phone_id == phone_id).values(**values))

    def end(self, ended: Iterable[Phone], by: EndedBy, now: dt.datetime) -> None:
        for each in ended:
            self.set(each.phone_id, ended_utc=now, ended_by=by, pin_hash=None, pending=None)

    def _where(self, *conditions: sa.ColumnElement[bool]) -> list[Phone]:
        query = sa.select(phones).where(*conditions).order_by(phones.c.created_utc.desc(), phones.c.phone_id)
        return [Phone(**row._asdict()) for row in self._tx.execute(query)]


class Codes:
    """Those that BKPP gives out, and the terminals' that were used."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def give(self, person_id: str, code_hash: str, expires_utc: dt.datetime, now: dt.datetime) -> None:
        """In place of the person's last one; those that have expired are forgotten."""
        self._tx.execute(sa.delete(phone_codes).where(phone_codes.c.person_id == person_id))
        forget(self._tx, phone_codes, phone_codes.c.expires_utc < now)
        row = {"person_id": person_id, "code_hash": code_hash, "expires_utc": expires_utc}
        self._tx.execute(sa.insert(phone_codes).values(row))

    def take(self, code_hash: str, now: dt.datetime) -> str | None:
        """Whose it was; it is nobody's any more."""
        good = (phone_codes.c.code_hash == code_hash, phone_codes.c.expires_utc >= now)
        found: str | None = self._tx.execute(sa.select(phone_codes.c.person_id).where(*good)).scalar_one_or_none()
        taken = found is not None and self._tx.execute(sa.delete(phone_codes).where(*good)).rowcount == 1
        return found if taken else None

    def use(self, device_id: str, nonce: str, now: dt.datetime, since: dt.datetime) -> bool:
        """Whether it is the first time; what was used before `since` can be good no more and is forgotten."""
        forget(self._tx, phone_nonces, phone_nonces.c.used_utc < since)
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        row = {"device_id": device_id, "nonce": nonce, "used_utc": now}
        made = insert(phone_nonces).values(row).on_conflict_do_nothing().returning(phone_nonces.c.nonce)
        return self._tx.execute(made).first() is not None
