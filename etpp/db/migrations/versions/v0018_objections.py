"""Objections of employees to their own month, and the answers."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
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
    op.create_index(f"ix_{name}_objection_id", name, ["objection_id"], unique=True)
    op.create_index(f"ix_{name}_recorded_utc", name, ["recorded_utc"])


def upgrade() -> None:
    _facts(
        "objections",
        sa.Column("objection_id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("about", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("filed_utc", UTC, nullable=False),
    )
    op.create_index("ix_objections_person_id_month", "objections", ["person_id", "month"])
    _facts(
        "objection_answers",
        sa.Column("objection_id", sa.String(64), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(500), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("answered_utc", UTC, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("objection_answers")
    op.drop_table("objections")
