"""What terminals have signed of their chains, and the server's word for the keys that did."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vouched_keys",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signs", sa.String(length=16), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("since_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("server_key_id", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name="fk_vouched_keys_offices"),
        sa.PrimaryKeyConstraint("office_id", "device_id", "key_id", "signs", name="pk_vouched_keys"),
    )
    op.create_table(
        "signed_heads",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("chain_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.JSON(), nullable=True),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name="fk_signed_heads_offices"),
        sa.PrimaryKeyConstraint("office_id", "device_id", "chain_id", "seq", name="pk_signed_heads"),
    )
    carried = sa.text("statement IS NOT NULL")
    op.create_index(
        "ix_signed_heads_statement",
        "signed_heads",
        ["office_id", "device_id", "chain_id", "seq"],
        sqlite_where=carried,
        postgresql_where=carried,
    )


def downgrade() -> None:
    op.drop_table("signed_heads")
    op.drop_table("vouched_keys")
