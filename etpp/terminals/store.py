"""Terminals and provisioning codes in SQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from etpp.base.encoding import Json
from etpp.db import Transaction
from etpp.db.tables import acknowledgements, codes, device_keys, devices, offices, signed_heads, vouched_keys
from etpp.terminals.model import Code, Device, SignedLink, VouchedKey


class Devices:
    """Terminals and provisioning codes."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    def add_code(self, code: Code, now: dt.datetime) -> None:
        self._tx.execute(
            sa.insert(codes).values(
                office_id=code.office_id, code_hash=code.code_hash, created_utc=now, expires_utc=code.expires_utc
            )
        )

    def code(self, code_hash: str) -> Code | None:
        """Locked for this transaction."""
        row = self._tx.execute(
            sa.select(codes).where(codes.c.code_hash == code_hash).with_for_update(key_share=True)
        ).one_or_none()
        if row is None:
            return None
        used_key = None if row.used_key is None else bytes(row.used_key)
        return Code(row.office_id, row.code_hash, row.expires_utc, row.device_id, used_key)

    def open_codes(self, now: dt.datetime) -> list[Code]:
        """Not used and not expired, of all offices; the next to expire first."""
        open_ = (codes.c.device_id.is_(None), codes.c.expires_utc > now)
        query = sa.select(codes).where(*open_).order_by(codes.c.expires_utc, codes.c.office_id)
        return [Code(row.office_id, row.code_hash, row.expires_utc) for row in self._tx.execute(query)]

    def withdraw_codes(self, office_id: str, now: dt.datetime) -> int:
        """They have expired now."""
        open_ = (codes.c.office_id == office_id, codes.c.device_id.is_(None), codes.c.expires_utc > now)
        return self._tx.execute(sa.update(codes).where(*open_).values(expires_utc=now)).rowcount

    def use_code(self, code: Code, device_id: str, public_key: bytes, now: dt.datetime) -> None:
        self._tx.execute(
            sa.update(codes)
            .where(codes.c.office_id == code.office_id, codes.c.code_hash == code.code_hash)
            .values(used_utc=now, device_id=device_id, used_key=public_key)
        )

    def add(self, device: Device) -> None:
        self._tx.execute(
            sa.insert(devices).values(
                office_id=device.office_id,
                device_id=device.device_id,
                public_key=device.public_key,
                highest_nonce=device.highest_nonce,
                nonce_window=f"{device.nonce_window:016x}",
                provisioned_utc=device.provisioned_utc,
                software=device.software,
                hardware=dict(device.hardware),
                last_seen_utc=device.last_seen_utc,
                gallery_version=0,
                erased_through=0,
            )
        )

    def get(self, device_id: str, lock: bool = False) -> Device | None:
        query = sa.select(devices).where(devices.c.device_id == device_id)
        row = self._tx.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
        return None if row is None else _device(row)

    def all(self, office_id: str | None = None) -> list[Device]:
        query = sa.select(devices).order_by(devices.c.office_id, devices.c.provisioned_utc, devices.c.device_id)
        if office_id is not None:
            query = query.where(devices.c.office_id == office_id)
        return [_device(row) for row in self._tx.execute(query)]

    def marks(self) -> Mapping[str, frozenset[tuple[object, ...]]]:
        """office_id -> its terminals, and since when each no longer counts, for all offices in one query."""
        rows = self._tx.execute(
            sa.select(devices.c.office_id, devices.c.device_id, devices.c.revoked_utc, devices.c.written_off_utc)
        )
        found: dict[str, set[tuple[object, ...]]] = {}
        for row in rows:
            found.setdefault(row.office_id, set()).add(tuple(row[1:]))
        return {office_id: frozenset(each) for office_id, each in found.items()}

    def erased_through(self, office_id: str) -> list[int]:
        """Up to which gallery version each of an office's terminals has erased people; without revoked ones."""
        query = sa.select(devices.c.erased_through).where(
            devices.c.office_id == office_id, devices.c.revoked_utc.is_(None)
        )
        return list(self._tx.execute(query).scalars())

    def set_nonce(self, device: Device, highest: int, window: int, now: dt.datetime) -> None:
        """Also notes that the terminal was seen."""
        self._set(device, highest_nonce=highest, nonce_window=f"{window:016x}", last_seen_utc=now)

    def retire_key(self, device: Device, public_key: bytes, now: dt.datetime) -> None:
        """Remember a key that is in force no more; one that came back and goes again counts to the later moment."""
        row = {"office_id": device.office_id, "device_id": device.device_id, "public_key": public_key}
        self._tx.execute(sa.delete(device_keys).where(*(device_keys.c[name] == value for name, value in row.items())))
        self._tx.execute(sa.insert(device_keys).values(**row, until_utc=now))

    def former_keys(self, device: Device) -> dict[bytes, dt.datetime]:
        """Key -> until when it was in force."""
        rows = self._tx.execute(
            sa.select(device_keys).where(
                device_keys.c.office_id == device.office_id, device_keys.c.device_id == device.device_id
            )
        )
        return {bytes(row.public_key): row.until_utc for row in rows}

    def vouched(self, office_id: str, device_id: str) -> list[VouchedKey]:
        """Keys that have signed something of the terminal's chains."""
        query = sa.select(vouched_keys).where(
            vouched_keys.c.office_id == office_id, vouched_keys.c.device_id == device_id
        )
        return [VouchedKey(**row._mapping) for row in self._tx.execute(query)]

    def vouch(self, key: VouchedKey) -> None:
        """Rows are only added: the first word on a key stays."""
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        self._tx.execute(
            insert(vouched_keys).values({name: getattr(key, name) for name in key.__slots__}).on_conflict_do_nothing()
        )

    def set_keys(self, device: Device, public_key: bytes, next_key: bytes | None) -> None:
        self._set(device, public_key=public_key, next_key=next_key)

    def set_heartbeat(
        self, device: Device, heartbeat: Json, software: str, gallery_version: int, erased_through: int
    ) -> None:
        self._set(
            device,
            heartbeat=dict(heartbeat),
            software=software,
            gallery_version=gallery_version,
            erased_through=erased_through,
        )

    def acknowledge(self, device: Device, gallery_version: int, erased_through: int, now: dt.datetime) -> None:
        """What a terminal says of its gallery. Rows are only added: the first word stays."""
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        said = {"gallery_version": gallery_version, "erased_through": erased_through, "reported_utc": now}
        row = {"office_id": device.office_id, "device_id": device.device_id, **said}
        self._tx.execute(insert(acknowledgements).values(row).on_conflict_do_nothing())

    def has_gallery_since(self, office_id: str, version: int) -> dict[str, dt.datetime]:
        """Terminal -> when it first said that it has this gallery version, or a newer one."""
        return self._said_since(office_id, acknowledgements.c.gallery_version >= version)

    def erased_since(self, office_id: str, version: int) -> dict[str, dt.datetime]:
        """Terminal -> when it first said that it has erased everybody whom this version took away."""
        return self._said_since(office_id, acknowledgements.c.erased_through >= version)

    def current_since(self) -> dict[str, dt.datetime]:
        """Terminal -> when it first said that it has its office's newest gallery; of the whole regency."""
        at, said = offices.c.office_id == acknowledgements.c.office_id, acknowledgements.c
        query = sa.select(said.device_id, sa.func.min(said.reported_utc)).select_from(
            acknowledgements.join(offices, at)
        )
        rows = self._tx.execute(query.where(said.gallery_version >= offices.c.gallery_version).group_by(said.device_id))
        return {row[0]: row[1] for row in rows}

    def _said_since(self, office_id: str, reached: sa.ColumnElement[bool]) -> dict[str, dt.datetime]:
        said = acknowledgements.c
        query = sa.select(said.device_id, sa.func.min(said.reported_utc)).where(said.office_id == office_id, reached)
        return {row[0]: row[1] for row in self._tx.execute(query.group_by(said.device_id))}

    def revoke(self, device: Device, now: dt.datetime) -> None:
        self._set(device, revoked_utc=now)

    def write_off(self, device: Device, now: dt.datetime) -> None:
        """BKPP knows that a revoked terminal has nothing more to report."""
        self._set(device, written_off_utc=now)

    def _set(self, device: Device, **values: Any) -> None:
        self._tx.execute(
            sa.update(devices)
            .where(devices.c.office_id == device.office_id, devices.c.device_id == device.device_id)
            .values(**values)
        )


class SignedLinks:
    """The links of a terminal's chains that it has signed. Rows are only added."""

    def __init__(self, tx: Transaction, office_id: str, device_id: str, chain_id: str) -> None:
        self._tx = tx
        self._of = {"office_id": office_id, "device_id": device_id, "chain_id": chain_id}
        self._here = [signed_heads.c[name] == value for name, value in self._of.items()]

    def add(self, link: SignedLink, now: dt.datetime) -> None:
        """The first signature of a link stays: another one says the same."""
        insert = sqlite.insert if self._tx.dialect.name == "sqlite" else postgresql.insert
        row = {name: getattr(link, name) for name in link.__slots__}
        values = {**self._of, **row, "received_utc": now}
        self._tx.execute(insert(signed_heads).values(values).on_conflict_do_nothing())

    def first_from(self, seq: int) -> int | None:
        """The number of the first one at or after a number."""
        query = sa.select(sa.func.min(signed_heads.c.seq)).where(*self._here, signed_heads.c.seq >= seq)
        found: int | None = self._tx.execute(query).scalar_one()
        return found

    def received_utc(self, seq: int) -> dt.datetime | None:
        """When the signature of a number came."""
        query = sa.select(signed_heads.c.received_utc).where(*self._here, signed_heads.c.seq == seq)
        found: dt.datetime | None = self._tx.execute(query).scalar_one_or_none()
        return found

    def within(self, first: int, last: int) -> list[SignedLink]:
        """Heads from one number to another, and no statements."""
        between = (signed_heads.c.seq.between(first, last), signed_heads.c.statement.is_(None))
        return self._found(*between)

    def statements(self, first: int) -> list[SignedLink]:
        """Those of carried events that reach to a number, or beyond."""
        return self._found(signed_heads.c.seq >= first, signed_heads.c.statement.is_not(None))

    def _found(self, *conditions: sa.ColumnElement[bool]) -> list[SignedLink]:
        columns = [signed_heads.c[name] for name in SignedLink.__slots__]
        rows = self._tx.execute(sa.select(*columns).where(*self._here, *conditions))
        return [SignedLink(*row) for row in rows]


def _device(row: sa.Row[tuple[object, ...]]) -> Device:
    return Device(
        row.office_id,
        row.device_id,
        bytes(row.public_key),
        None if row.next_key is None else bytes(row.next_key),
        row.highest_nonce,
        int(row.nonce_window, 16),
        row.provisioned_utc,
        row.software,
        row.hardware,
        row.last_seen_utc,
        row.heartbeat,
        row.gallery_version,
        row.erased_through,
        row.revoked_utc,
        row.written_off_utc,
    )
