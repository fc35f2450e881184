"""The tables of people who log in, and of the audit log. They are the regency's: an account may have many offices."""

from __future__ import annotations

import sqlalchemy as sa

from etpp.db.tables import Utc, metadata


def _account(primary_key: bool = False) -> sa.Column[str]:
    of = sa.ForeignKey("accounts.account_id")
    return sa.Column("account_id", sa.String(64), of, nullable=False, primary_key=primary_key)


accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account_id", sa.String(64), primary_key=True),
    sa.Column("login", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    # Who it is in the roster; None for somebody who is no employee: a technician, an inspector of the BPK.
    sa.Column("person_id", sa.String(64)),
    # Whether somebody else of BKPP has said that it is of nobody in the roster.
    sa.Column("unlisted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("must_change", sa.Boolean, nullable=False),
    sa.Column("totp_sealed", sa.LargeBinary),
    sa.Column("totp_step", sa.BigInteger, nullable=False),
    sa.Column("created_utc", Utc, nullable=False),
    sa.Column("disabled_utc", Utc),
)
account_roles = sa.Table(
    "account_roles",
    metadata,
    _account(primary_key=True),
    sa.Column("role", sa.String(20), primary_key=True),
    # Empty for the whole regency: a primary key has no NULL.
    sa.Column("office_id", sa.String(64), primary_key=True),
)
recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    _account(primary_key=True),
    sa.Column("code_hash", sa.String(64), primary_key=True),
)
passkeys = sa.Table(
    "passkeys",
    metadata,
    sa.Column("credential_id", sa.String(400), primary_key=True),
    _account(),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("sign_count", sa.BigInteger, nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("created_utc", Utc, nullable=False),
    sa.Index("ix_passkeys_account_id", "account_id"),
)
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.String(64), nullable=False, unique=True),
    _account(),
    # `second`: the password was right and the second factor is still to come; `full`: logged in.
    sa.Column("stage", sa.String(10), nullable=False),
    sa.Column("created_utc", Utc, nullable=False),
    sa.Column("expires_utc", Utc, nullable=False),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("agent", sa.String(100), nullable=False),
    # When it last asked for something, to within some minutes.
    sa.Column("seen_utc", Utc, nullable=False),
    # What the server has asked and waits for: a sealed new secret, the challenge of a passkey.
    sa.Column("pending", sa.LargeBinary),
    sa.Index("ix_sessions_account_id", "account_id"),
    sa.Index("ix_sessions_expires_utc", "expires_utc"),
)
log_in_failures = sa.Table(
    "log_in_failures",
    metadata,
    # Of the name as it was typed, whether there is such an account or not.
    sa.Column("login_hash", sa.String(64), primary_key=True),
    sa.Column("network", sa.String(64), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_utc", Utc, nullable=False),
    sa.Index("ix_log_in_failures_last_utc", "last_utc"),
)
audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_utc", Utc, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("person_id", sa.String(64)),
    sa.Column("action", sa.String(200), nullable=False),
    sa.Column("subject", sa.JSON, nullable=False),
    sa.Column("found", sa.String(1000), nullable=False),
    sa.Column("office_id", sa.String(64)),
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("before", sa.JSON(none_as_null=True)),
    sa.Column("after", sa.JSON(none_as_null=True)),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Index("ix_audit_log_actor", "actor", "seq"),
)
