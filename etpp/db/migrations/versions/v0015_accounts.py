"""People who log in: accounts, roles, sessions in place of signed cookies; the audit log, which is only added to."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)


def _account() -> sa.Column[Any]:
    return sa.Column("account_id", sa.String(64), nullable=False)


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=f"fk_{table}_accounts")


def upgrade() -> None:
    op.create_table(
        "accounts",
        _account(),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("person_id", sa.String(64)),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary()),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("created_utc", UTC, nullable=False),
        sa.Column("disabled_utc", UTC),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
        sa.UniqueConstraint("login", name="uq_accounts_login"),
    )
    op.create_table(
        "account_roles",
        _account(),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "role", "office_id", name="pk_account_roles"),
        _of_account("account_roles"),
    )
    op.create_table(
        "recovery_codes",
        _account(),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "code_hash", name="pk_recovery_codes"),
        _of_account("recovery_codes"),
    )
    op.create_table(
        "passkeys",
        sa.Column("credential_id", sa.String(400), nullable=False),
        _account(),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("created_utc", UTC, nullable=False),
        sa.PrimaryKeyConstraint("credential_id", name="pk_passkeys"),
        _of_account("passkeys"),
    )
    op.create_index("ix_passkeys_account_id", "passkeys", ["account_id"])
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        _account(),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("created_utc", UTC, nullable=False),
        sa.Column("expires_utc", UTC, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("pending", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.UniqueConstraint("session_id", name="uq_sessions_session_id"),
        _of_account("sessions"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_expires_utc", "sessions", ["expires_utc"])
    op.create_table(
        "log_in_failures",
        sa.Column("login_hash", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_utc", UTC, nullable=False),
        sa.PrimaryKeyConstraint("login_hash", "network", name="pk_log_in_failures"),
    )
    op.create_index("ix_log_in_failures_last_utc", "log_in_failures", ["last_utc"])
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("at_utc", UTC, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(64)),
        sa.Column("action", sa.String(200), nullable=False),
        sa.Column("subject", sa.JSON(), nullable=False),
        sa.Column("found", sa.String(1000), nullable=False),
        sa.Column("office_id", sa.String(64)),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("before", sa.JSON()),
        sa.Column("after", sa.JSON()),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
    )
    op.create_index("ix_audit_log_actor", "audit_log", ["actor", "seq"])
    _only_added_to()
    op.drop_table("ended_sessions")


def _only_added_to() -> None:
    """Whoever changes the log must first take this away, which no code of the server's does."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_log_no_{what.lower()} BEFORE {what} ON audit_log "
                "BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_log_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is only added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_added_to()"
    )


def downgrade() -> None:
    op.create_table(
        "ended_sessions",
        sa.Column("session_id", sa.String(32), nullable=False),
        sa.Column("expires_utc", UTC, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_ended_sessions"),
    )
    tables = ("audit_log", "log_in_failures", "sessions", "passkeys", "recovery_codes", "account_roles", "accounts")
    for table in tables:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_only_added_to()")
