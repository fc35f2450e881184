"""What became of an enrolment as facts, presences that rest on one, and where terminals may use it while it waits."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
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
    _facts(
        "enrolment_words",
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
    )
    op.create_index("ix_enrolment_words_person_id", "enrolment_words", ["person_id"])
    _facts(
        "local_uses",
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
    )
    op.add_column("events", sa.Column("enrolment_id", sa.String(64)))
    there = sa.text("enrolment_id IS NOT NULL")
    op.create_index(
        "ix_events_enrolment", "events", ["office_id", "enrolment_id"], sqlite_where=there, postgresql_where=there
    )


def downgrade() -> None:
    op.drop_index("ix_events_enrolment", "events")
    op.drop_column("events", "enrolment_id")
    for name in ("local_uses", "enrolment_words"):
        op.drop_table(name)
