"""Offices, people, terminals and the books of events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "offices",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("calendar", sa.JSON(), nullable=False),
        sa.Column("gallery_version", sa.BigInteger(), nullable=False),
        sa.Column("attention", sa.BigInteger(), nullable=False),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("office_id", name=op.f("pk_offices")),
    )
    op.create_table(
        "chains",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("chain_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("begun_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("broken_utc", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_chains_offices")),
        sa.PrimaryKeyConstraint("office_id", "device_id", "chain_id", name=op.f("pk_chains")),
    )
    op.create_table(
        "codes",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("device_id", sa.String(length=64), nullable=True),
        sa.Column("used_key", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_codes_offices")),
        sa.PrimaryKeyConstraint("office_id", "code_hash", name=op.f("pk_codes")),
    )
    op.create_index("ix_codes_code_hash", "codes", ["code_hash"], unique=False)
    op.create_table(
        "devices",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("next_key", sa.LargeBinary(), nullable=True),
        sa.Column("highest_nonce", sa.BigInteger(), nullable=False),
        sa.Column("nonce_window", sa.String(length=16), nullable=False),
        sa.Column("provisioned_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("software", sa.String(length=100), nullable=False),
        sa.Column("hardware", sa.JSON(), nullable=False),
        sa.Column("last_seen_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("heartbeat", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("gallery_version", sa.BigInteger(), nullable=False),
        sa.Column("erased_through", sa.BigInteger(), nullable=False),
        sa.Column("revoked_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("written_off_utc", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_devices_offices")),
        sa.PrimaryKeyConstraint("office_id", "device_id", name=op.f("pk_devices")),
    )
    op.create_index("ix_devices_device_id", "devices", ["device_id"], unique=False)
    op.create_table(
        "enrolments",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("nip", sa.String(length=18), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("descriptors", sa.LargeBinary(), nullable=False),
        sa.Column("qualities", sa.JSON(), nullable=False),
        sa.Column("consent", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("person_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_enrolments_offices")),
        sa.PrimaryKeyConstraint("office_id", "event_id", name=op.f("pk_enrolments")),
    )
    op.create_index("ix_enrolments_state", "enrolments", ["state", "received_utc"], unique=False)
    op.create_table(
        "events",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=64), nullable=False),
        sa.Column("chain_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("earliest_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("time_state", sa.String(length=16), nullable=True),
        sa.Column("person_id", sa.String(length=64), nullable=True),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_events_offices")),
        sa.PrimaryKeyConstraint("office_id", "device_id", "chain_id", "seq", name=op.f("pk_events")),
    )
    op.create_index("ix_events_office_id_event_id", "events", ["office_id", "event_id"], unique=False)
    op.create_index("ix_events_office_id_utc", "events", ["office_id", "utc"], unique=False)
    op.create_index("ix_events_received_utc", "events", ["received_utc"], unique=False)
    op.create_index(
        "ix_events_uncertain",
        "events",
        ["office_id", "latest_utc"],
        unique=False,
        sqlite_where=sa.text("time_state = 'uncertain'"),
        postgresql_where=sa.text("time_state = 'uncertain'"),
    )
    op.create_index(
        "uq_events_accepted",
        "events",
        ["office_id", "event_id"],
        unique=True,
        sqlite_where=sa.text("status = 'accepted'"),
        postgresql_where=sa.text("status = 'accepted'"),
    )
    op.create_table(
        "gallery_versions",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("issued_utc", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_gallery_versions_offices")),
        sa.PrimaryKeyConstraint("office_id", "version", name=op.f("pk_gallery_versions")),
    )
    op.create_table(
        "people",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("nip", sa.String(length=18), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("changed_version", sa.BigInteger(), nullable=False),
        sa.Column("erased_version", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_people_offices")),
        sa.PrimaryKeyConstraint("office_id", "person_id", name=op.f("pk_people")),
    )
    op.create_index(
        "uq_people_office_id_nip",
        "people",
        ["office_id", "nip"],
        unique=True,
        sqlite_where=sa.text("erased_version IS NULL"),
        postgresql_where=sa.text("erased_version IS NULL"),
    )
    op.create_table(
        "templates",
        sa.Column("office_id", sa.String(length=64), nullable=False),
        sa.Column("template_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("descriptor", sa.LargeBinary(), nullable=False),
        sa.Column("cohort_mean", sa.Float(), nullable=True),
        sa.Column("cohort_sd", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["office_id", "person_id"], ["people.office_id", "people.person_id"], name=op.f("fk_templates_people")
        ),
        sa.ForeignKeyConstraint(["office_id"], ["offices.office_id"], name=op.f("fk_templates_offices")),
        sa.PrimaryKeyConstraint("office_id", "template_id", name=op.f("pk_templates")),
    )
    op.create_index("ix_templates_office_id_person_id", "templates", ["office_id", "person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("templates")
    op.drop_table("people")
    op.drop_table("gallery_versions")
    op.drop_table("events")
    op.drop_table("enrolments")
    op.drop_table("devices")
    op.drop_table("codes")
    op.drop_table("chains")
    op.drop_table("offices")
