"""Of whom BKPP has said that they are in no list of employees. Of accounts that there are nobody has."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("unlisted", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("accounts", "unlisted")  # SQLite would else make the table anew, and drop what others refer to
