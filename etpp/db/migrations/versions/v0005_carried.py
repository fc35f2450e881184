"""Carried events wait apart until their stretch is whole; a terminal's former keys stay known."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_keys",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("until_utc", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name="fk_device_keys_offices"),
        sa.PrimaryKeyConstraint("office_id", "device_id", "public_key", name="pk_device_keys"),
    )
    op.create_table(
        "staged",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("bearer_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("chain_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("item", sa.JSON(), nullable=False),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name="fk_staged_offices"),
        sa.PrimaryKeyConstraint("office_id", "bearer_id", "device_id", "chain_id", "seq", name="pk_staged"),
    )
    op.create_index("ix_staged_received_utc", "staged", ["received_utc"])
    # The key that a terminal was provisioned with, where it has another one now. When it was replaced nobody wrote
    # down; it was no later than the terminal's last request.
    op.execute(
        sa.text(
            "INSERT INTO device_keys (office_id, device_id, public_key, until_utc) "
            "SELECT d.office_id, d.device_id, c.used_key, d.last_seen_utc FROM devices d JOIN codes c "
            "ON c.office_id = d.office_id AND c.device_id = d.device_id "
            "WHERE c.used_key IS NOT NULL AND c.used_key <> d.public_key AND d.last_seen_utc IS NOT NULL"
        )
    )


def downgrade() -> None:
    op.drop_table("staged")
    op.drop_table("device_keys")
