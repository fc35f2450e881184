"""The rejected ones among millions of events, and one person's."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_events_status", "events", ["status", "received_utc"])
    op.create_index("ix_events_person", "events", ["office_id", "person_id", "utc"])


def downgrade() -> None:
    op.drop_index("ix_events_person", "events")
    op.drop_index("ix_events_status", "events")
