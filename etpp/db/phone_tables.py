"""The tables of people's phones: which are let in, the codes that BKPP gives out, the codes that were used."""

from __future__ import annotations

import sqlalchemy as sa

from etpp.db.tables import Utc, metadata

phones = sa.Table(
    "phones",
    metadata,
    sa.Column("phone_id", sa.String(32), primary_key=True),
    sa.Column("account_id", sa.String(64), sa.ForeignKey("accounts.account_id"), nullable=False),
    # Who it is in the roster.
    sa.Column("person_id", sa.String(64), nullable=False),
    # Of the secret that the phone alone has.
    sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
    # One of these two: a PIN that is worth nothing without the secret, or a passkey.
    sa.Column("pin_hash", sa.String(200)),
    sa.Column("credential_id", sa.String(400)),
    sa.Column("agent", sa.String(100), nullable=False),
    # The terminal whose code connected it; None: a code of BKPP's.
    sa.Column("device_id", sa.String(64)),
    sa.Column("created_utc", Utc, nullable=False),
    sa.Column("used_utc", Utc, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("wait_until_utc", Utc),
    # The challenge that a passkey is to answer.
    sa.Column("pending", sa.LargeBinary),
    sa.Column("ended_utc", Utc),
    # `person`, `another` (a phone that was connected later), `bkpp`, `guesses`.
    sa.Column("ended_by", sa.String(20)),
    sa.Index("ix_phones_account_id", "account_id"),
    sa.Index("ix_phones_person_id", "person_id", "created_utc"),
    sa.Index("ix_phones_device_id", "device_id"),
)
phone_codes = sa.Table(
    "phone_codes",
    metadata,
    # One a person: a new one takes the place of the last.
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("expires_utc", Utc, nullable=False),
)
phone_nonces = sa.Table(
    "phone_nonces",
    metadata,
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("nonce", sa.String(18), primary_key=True),
    sa.Column("used_utc", Utc, nullable=False),
    sa.Index("ix_phone_nonces_used_utc", "used_utc"),
)
