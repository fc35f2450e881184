"""By which form of calendars and rosters an office's terminals were told when people work; 0: by an earlier release's."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offices", sa.Column("told_form", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("offices", "told_form")  # SQLite would else make the table anew, and drop what others refer to
