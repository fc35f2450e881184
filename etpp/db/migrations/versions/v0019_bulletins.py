"""Officers, notices, NIP and PIN, and what an office's terminals were told of them."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)


def _facts(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("fact_no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        *columns,
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("recorded_utc", UTC, nullable=False),
        sa.Column("recorded_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("fact_no", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_{columns[0].name}", name, [columns[0].name, "fact_no"])
    op.create_index(f"ix_{name}_recorded_utc", name, ["recorded_utc"])


def upgrade() -> None:
    op.create_table(
        "officers",
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("officer_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("employee_id", sa.String(64)),
        sa.Column("may_enrol", sa.Boolean(), nullable=False),
        sa.Column("may_maintain", sa.Boolean(), nullable=False),
        sa.Column("pin_hash", sa.String(200)),
        sa.Column("made_utc", UTC, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("revoked_utc", UTC),
        sa.Column("revoked_by", sa.String(64)),
        sa.PrimaryKeyConstraint("office_id", "officer_id", name="pk_officers"),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name="fk_officers_offices"),
    )
    op.create_table(
        "person_pins",
        sa.Column("employee_id", sa.String(64), nullable=False),
        sa.Column("pin_hash", sa.String(200), nullable=False),
        sa.Column("made_utc", UTC, nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("employee_id", name="pk_person_pins"),
    )
    _facts(
        "notices",
        sa.Column("notice_id", sa.String(64), nullable=False),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("text_id", sa.String(200), nullable=False),
        sa.Column("text_en", sa.String(200), nullable=False),
        sa.Column("from_utc", UTC, nullable=False),
        sa.Column("until_utc", UTC, nullable=False),
    )
    _facts(
        "nip_pin_policies",
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("policy", sa.String(20), nullable=False),
        sa.Column("per_month", sa.Integer(), nullable=False),
    )
    op.create_table(
        "bulletins",
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("office_id", name="pk_bulletins"),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name="fk_bulletins_offices"),
    )


def downgrade() -> None:
    for name in ("bulletins", "nip_pin_policies", "notices", "person_pins", "officers"):
        op.drop_table(name)
