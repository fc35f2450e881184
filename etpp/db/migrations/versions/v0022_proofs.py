"""What a month is judged by in the index itself; when terminals first reported a gallery; erasures, and who asked."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
READ_BY_TIME = ["person_id", "device_id", "event_id", "status", "kind", "time_state", "earliest_utc", "latest_utc"]
WITH_NIP = {
    "postgresql": "CASE WHEN status = 'accepted' AND kind = 'presence' THEN method IS NOT NULL "
    "OR (body #>> '{presence,match,margin}')::double precision < 0.04 END",
    "sqlite": "CASE WHEN status = 'accepted' AND kind = 'presence' THEN method IS NOT NULL "
    "OR json_extract(body, '$.presence.match.margin') < 0.04 END",
}


def upgrade() -> None:
    op.drop_index("ix_events_office_id_utc", "events")
    op.create_index("ix_events_office_id_utc", "events", ["office_id", "utc"], postgresql_include=READ_BY_TIME)
    op.create_index(
        "ix_events_with_nip",
        "events",
        ["office_id", "utc"],
        sqlite_where=sa.text(WITH_NIP["sqlite"]),
        postgresql_where=sa.text(WITH_NIP["postgresql"]),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), nullable=False),
        sa.Column("device_id", sa.String(64), nullable=False),
        sa.Column("gallery_version", sa.BigInteger(), nullable=False),
        sa.Column("erased_through", sa.BigInteger(), nullable=False),
        sa.Column("reported_utc", UTC, nullable=False),
        sa.PrimaryKeyConstraint(
            "office_id", "device_id", "gallery_version", "erased_through", name="pk_acknowledgements"
        ),
    )
    op.create_table(
        "erasures",
        sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), nullable=False),
        sa.Column("person_id", sa.String(64), nullable=False),
        sa.Column("erased_utc", UTC, nullable=False),
        sa.Column("employee_id", sa.String(64), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(200), nullable=False),
        sa.Column("done_by", sa.String(100), nullable=False),
        sa.Column("templates", sa.Integer(), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("office_id", "person_id", "erased_utc", name="pk_erasures"),
    )


def downgrade() -> None:
    op.drop_table("erasures")
    op.drop_table("acknowledgements")
    op.drop_index("ix_events_with_nip", "events")
    op.drop_index("ix_events_office_id_utc", "events")
    op.create_index("ix_events_office_id_utc", "events", ["office_id", "utc"])
