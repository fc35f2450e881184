"""Since when a presence counts that was rejected when it came."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events", sa.Column("accepted_utc", sa.DateTime(timezone=True), nullable=True))
    late = sa.text("accepted_utc IS NOT NULL")
    op.create_index("ix_events_accepted_utc", "events", ["accepted_utc"], sqlite_where=late, postgresql_where=late)


def downgrade() -> None:
    op.drop_index("ix_events_accepted_utc", "events")
    op.drop_column("events", "accepted_utc")
