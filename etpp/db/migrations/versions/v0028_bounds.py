"""What one person has brought and connected lately is asked for with each file and phone."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_documents_stored_by", "documents", ["stored_by", "stored_utc"])
    op.create_index("ix_phones_person_id", "phones", ["person_id", "created_utc"])


def downgrade() -> None:
    op.drop_index("ix_phones_person_id", "phones")
    op.drop_index("ix_documents_stored_by", "documents")
