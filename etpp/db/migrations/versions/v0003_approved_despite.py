"""Which other person's face BKPP knew of when it approved an enrolment."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrolments", sa.Column("despite", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("enrolments", "despite")
