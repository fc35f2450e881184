"""People's phones: which are let in, the codes that BKPP gives out, the terminals' codes that were used."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "phones",
        sa.Column("phone_id", sa.String(32), nullable=False),
        sa.Column("account_id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("pin_hash", sa.String(200)),
        sa.Column("credential_id", sa.String(400)),
        sa.Column("agent", sa.String(100), nullable=False),
        sa.Column("device_id", sa.String(64)),
        sa.Column("created_utc", UTC, nullable=False),
        sa.Column("used_utc", UTC, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wait_until_utc", UTC),
        sa.Column("pending", sa.LargeBinary()),
        sa.Column("ended_utc", UTC),
        sa.Column("ended_by", sa.String(20)),
        sa.PrimaryKeyConstraint("phone_id", name="pk_phones"),
        sa.UniqueConstraint("secret_hash", name="uq_phones_secret_hash"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name="fk_phones_accounts"),
    )
    op.create_index("ix_phones_account_id", "phones", ["account_id"])
    op.create_index("ix_phones_device_id", "phones", ["device_id"])
    op.create_table(
        "phone_codes",
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("expires_utc", UTC, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_phone_codes"),
        sa.UniqueConstraint("code_hash", name="uq_phone_codes_code_hash"),
    )
    op.create_table(
        "phone_nonces",
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(18), nullable=False),
        sa.Column("used_utc", UTC, nullable=False),
        sa.PrimaryKeyConstraint("device_id", "nonce", name="pk_phone_nonces"),
    )
    op.create_index("ix_phone_nonces_used_utc", "phone_nonces", ["used_utc"])
    # Of log-ins from before: seen when they began. Those of more than an hour log in again.
    with op.batch_alter_table("sessions") as sessions:
        sessions.add_column(sa.Column("seen_utc", UTC))
    op.execute("UPDATE sessions SET seen_utc = created_utc")
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("seen_utc", existing_type=UTC, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("seen_utc")
    for table in ("phone_nonces", "phone_codes", "phones"):
        op.drop_table(table)
