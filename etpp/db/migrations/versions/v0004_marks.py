"""What did not fit when an enrolment was approved: several marks instead of one likeness."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrolments", sa.Column("marks", sa.JSON(), nullable=True))
    op.create_index("ix_enrolments_nip", "enrolments", ["nip"])
    op.create_index("ix_people_nip", "people", ["nip"])
    known = op.get_bind().execute(sa.text("SELECT office_id, event_id, despite FROM enrolments WHERE despite IS NOT NULL"))
    for office_id, event_id, despite in known.all():
        # Whose office it was is not kept: the reference alone was.
        marks = json.dumps([{"kind": "face_known", "reference": despite, "office_id": None}])
        op.get_bind().execute(
            sa.text("UPDATE enrolments SET marks = :marks WHERE office_id = :office AND event_id = :event"),
            {"marks": marks, "office": office_id, "event": event_id},
        )
    op.drop_column("enrolments", "despite")


def downgrade() -> None:
    op.add_column("enrolments", sa.Column("despite", sa.String(length=64), nullable=True))
    op.drop_index("ix_people_nip", "people")
    op.drop_index("ix_enrolments_nip", "enrolments")
    op.drop_column("enrolments", "marks")
