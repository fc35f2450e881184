"""When the cohort numbers of an office's templates were last looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offices", sa.Column("cohort_utc", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("offices", "cohort_utc")
