"""By what a presence was known, and what of an event is for BKPP alone; people's scores month by month."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("method", "flag"):
        op.add_column("events", sa.Column(name, sa.String(20)))
        there = sa.text(f"{name} IS NOT NULL")
        op.create_index(
            f"ix_events_{name}", "events", [name, "received_utc"], sqlite_where=there, postgresql_where=there
        )
    op.create_table(
        "score_months",
        sa.Column("office_id", sa.String(64), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("model_id", sa.String(64), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("presences", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("office_id", "person_id", "month", "model_id", name="pk_score_months"),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name="fk_score_months_offices"),
    )


def downgrade() -> None:
    op.drop_table("score_months")
    for name in ("method", "flag"):
        op.drop_index(f"ix_events_{name}", "events")
        op.drop_column("events", name)  # SQLite would else make the table anew, and drop what others refer to
