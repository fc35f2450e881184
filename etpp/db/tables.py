"""The tables. Every primary and unique key begins with the office, so that PostgreSQL can partition or distribute them.

Time is kept as aware UTC; JSON as text, because an event's numbers must come back as they were hashed.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)


class Utc(TypeDecorator[dt.datetime]):
    """Aware datetimes in UTC; SQLite, which has no time zones, holds them without one."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is None:
            return None
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Any, coltype: object) -> Any:
        if dialect.name != "sqlite":
            return None  # the connection's time zone is UTC (`engine._engine`), and a month has millions of moments
        read = self.impl_instance.result_processor(dialect, coltype)

        def process(value: Any) -> dt.datetime | None:
            found = value if read is None else read(value)
            return None if found is None else found.replace(tzinfo=dt.UTC)

        return process


def _office(**options: Any) -> sa.Column[str]:
    return sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), nullable=False, **options)


offices = sa.Table(
    "offices",
    metadata,
    sa.Column("office_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("calendar", sa.JSON, nullable=False),
    sa.Column("gallery_version", sa.BigInteger, nullable=False),
    sa.Column("attention", sa.BigInteger, nullable=False),
    sa.Column("created_utc", Utc, nullable=False),
    sa.Column("cohort_utc", Utc),
    sa.Column("told_form", sa.Integer, nullable=False, server_default="0"),
)

gallery_versions = sa.Table(
    "gallery_versions",
    metadata,
    _office(primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("issued_utc", Utc, nullable=False),
)

people = sa.Table(
    "people",
    metadata,
    _office(primary_key=True),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("nip", sa.String(18)),
    sa.Column("name", sa.String(200)),
    sa.Column("changed_version", sa.BigInteger, nullable=False),
    sa.Column("erased_version", sa.BigInteger),
    # Who it is in the whole regency: pay knows people, terminals know the faces of one office.
    sa.Column("employee_id", sa.String(64), nullable=False),
)
sa.Index("ix_people_nip", people.c.nip)
sa.Index("ix_people_employee_id", people.c.employee_id)
sa.Index(
    "uq_people_office_id_nip",
    people.c.office_id,
    people.c.nip,
    unique=True,
    sqlite_where=people.c.erased_version.is_(None),
    postgresql_where=people.c.erased_version.is_(None),
)

DLIB_RESNET_V1 = "dlib-resnet-v1"
"""Of this model every face has templates; of others, in other rows, it may have them too."""

templates = sa.Table(
    "templates",
    metadata,
    _office(primary_key=True),
    sa.Column("template_id", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.String(64), nullable=False),
    sa.Column("model_id", sa.String(64), nullable=False),
    sa.Column("descriptor", sa.LargeBinary, nullable=False),
    sa.Column("cohort_mean", sa.Float),
    sa.Column("cohort_sd", sa.Float),
    # False: an earlier release took it, and one such template would keep a terminal from its whole gallery.
    sa.Column("usable", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.ForeignKeyConstraint(["office_id", "person_id"], ["people.office_id", "people.person_id"]),
    sa.Index("ix_templates_office_id_person_id", "office_id", "person_id"),
)

enrolments = sa.Table(
    "enrolments",
    metadata,
    _office(primary_key=True),
    sa.Column("event_id", sa.String(64), primary_key=True),
    sa.Column("device_id", sa.String(64), nullable=False),
    sa.Column("nip", sa.String(18)),
    sa.Column("name", sa.String(200)),
    sa.Column("model_id", sa.String(64), nullable=False),
    sa.Column("descriptors", sa.LargeBinary, nullable=False),
    # Of further recognisers: by model, all descriptors in base64.
    sa.Column("more", sa.JSON(none_as_null=True)),
    sa.Column("qualities", sa.JSON, nullable=False),
    sa.Column("consent", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("received_utc", Utc, nullable=False),
    sa.Column("decided_utc", Utc),
    sa.Column("decided_by", sa.String(64)),
    sa.Column("person_id", sa.String(64)),
    sa.Column("marks", sa.JSON),
    # Of one that a terminal offers for a further recogniser: whose, and what speaks for it.
    sa.Column("renewal", sa.JSON(none_as_null=True)),
    sa.Index("ix_enrolments_state", "state", "received_utc"),
    sa.Index("ix_enrolments_received_utc", "received_utc", "event_id"),
    sa.Index("ix_enrolments_nip", "nip"),
)

codes = sa.Table(
    "codes",
    metadata,
    _office(primary_key=True),
    sa.Column("code_hash", sa.String(64), primary_key=True),
    sa.Column("created_utc", Utc, nullable=False),
    sa.Column("expires_utc", Utc, nullable=False),
    sa.Column("used_utc", Utc),
    sa.Column("device_id", sa.String(64)),
    sa.Column("used_key", sa.LargeBinary),
    sa.Index("ix_codes_code_hash", "code_hash"),
)

devices = sa.Table(
    "devices",
    metadata,
    _office(primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("next_key", sa.LargeBinary),
    sa.Column("highest_nonce", sa.BigInteger, nullable=False),
    # 64 bits do not fit a signed BIGINT; hexadecimal does everywhere.
    sa.Column("nonce_window", sa.String(16), nullable=False),
    sa.Column("provisioned_utc", Utc, nullable=False),
    sa.Column("software", sa.String(100), nullable=False),
    sa.Column("hardware", sa.JSON, nullable=False),
    sa.Column("last_seen_utc", Utc),
    sa.Column("heartbeat", sa.JSON(none_as_null=True)),
    sa.Column("gallery_version", sa.BigInteger, nullable=False),
    sa.Column("erased_through", sa.BigInteger, nullable=False),
    sa.Column("revoked_utc", Utc),
    sa.Column("written_off_utc", Utc),
    sa.Index("ix_devices_device_id", "device_id"),
)

# What a terminal has said of its gallery, and when it said so first. Rows are only added.
acknowledgements = sa.Table(
    "acknowledgements",
    metadata,
    _office(primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("gallery_version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("erased_through", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reported_utc", Utc, nullable=False),
)

# Whose face was taken away: at whose wish, by whom, with which gallery. Rows are only added.
erasures = sa.Table(
    "erasures",
    metadata,
    _office(primary_key=True),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("erased_utc", Utc, primary_key=True),
    sa.Column("employee_id", sa.String(64), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("asked_by", sa.String(200), nullable=False),
    sa.Column("done_by", sa.String(100), nullable=False),
    sa.Column("templates", sa.Integer, nullable=False),
    sa.Column("forgotten", sa.Boolean, nullable=False),
)

# A terminal's keys that another one has replaced: what it signed with them is still to be known as its own.
device_keys = sa.Table(
    "device_keys",
    metadata,
    _office(primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("public_key", sa.LargeBinary, primary_key=True),
    sa.Column("until_utc", Utc, nullable=False),
)

chains = sa.Table(
    "chains",
    metadata,
    _office(primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("chain_id", sa.String(64), primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("begun_utc", Utc, nullable=False),
    sa.Column("reported_utc", Utc),
    sa.Column("broken_utc", Utc),
)

# Keys of terminals that have signed links of a chain, with this server's word for it: that word no database can make.
vouched_keys = sa.Table(
    "vouched_keys",
    metadata,
    _office(primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("key_id", sa.String(16), primary_key=True),
    sa.Column("signs", sa.String(16), primary_key=True),
    sa.Column("public_key", sa.LargeBinary, nullable=False),
    sa.Column("since_utc", Utc, nullable=False),
    sa.Column("server_key_id", sa.String(64), nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
)

# Links that their terminal has signed. Rows are only added.
signed_heads = sa.Table(
    "signed_heads",
    metadata,
    _office(primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("chain_id", sa.String(64), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("key_id", sa.String(16), nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    # What was signed, where it is the statement under which another terminal brought the events.
    sa.Column("statement", sa.JSON(none_as_null=True)),
    sa.Column("received_utc", Utc, nullable=False),
)
sa.Index(
    "ix_signed_heads_statement",
    *(signed_heads.c[name] for name in ("office_id", "device_id", "chain_id", "seq")),
    sqlite_where=signed_heads.c.statement.is_not(None),
    postgresql_where=signed_heads.c.statement.is_not(None),
)

READ_BY_TIME = (
    "person_id",
    "device_id",
    "event_id",
    "status",
    "kind",
    "time_state",
    "earliest_utc",
    "latest_utc",
)
ASKED_MARGIN = 0.04
"""Below it a terminal asks for the last digits of the NIP (`margin` in kiosk/default.toml)."""
WITH_NIP = {
    "postgresql": "CASE WHEN status = 'accepted' AND kind = 'presence' THEN method IS NOT NULL "
    f"OR (body #>> '{{presence,match,margin}}')::double precision < {ASKED_MARGIN} END",
    "sqlite": "CASE WHEN status = 'accepted' AND kind = 'presence' THEN method IS NOT NULL "
    f"OR json_extract(body, '$.presence.match.margin') < {ASKED_MARGIN} END",
}
"""By dialect: accepted presences for which a NIP was typed, beside the face or in its place. In these words alone the
index answers."""

events = sa.Table(
    "events",
    metadata,
    _office(primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("chain_id", sa.String(64), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("problem", sa.JSON(none_as_null=True)),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("utc", Utc),
    sa.Column("earliest_utc", Utc),
    sa.Column("latest_utc", Utc),
    sa.Column("time_state", sa.String(16)),
    sa.Column("person_id", sa.String(64)),
    sa.Column("received_utc", Utc, nullable=False),
    # Of the body, so that lists need not read it: by what a presence was known where that was not the face, and what
    # somebody has to see.
    sa.Column("method", sa.String(20)),
    sa.Column("flag", sa.String(20)),
    sa.Column("accepted_utc", Utc),  # of one that was rejected when it came: since when it counts
    # Of a presence that rests on an enrolment: on which. Whose it is that enrolment's words say, and not `person_id`.
    sa.Column("enrolment_id", sa.String(64)),
    sa.Index("ix_events_office_id_event_id", "office_id", "event_id"),
    # With what a day and a month are judged by: the rows of one office lie scattered among those of all the others,
    # and a month of them would be a page of the table for each.
    sa.Index("ix_events_office_id_utc", "office_id", "utc", postgresql_include=READ_BY_TIME),
    sa.Index("ix_events_received_utc", "received_utc"),
)
# Carried events whose stretch is not whole yet, as they came. No part of the books: each bearer has its own.
staged = sa.Table(
    "staged",
    metadata,
    _office(primary_key=True),
    sa.Column("bearer_id", sa.String(64), primary_key=True),
    sa.Column("device_id", sa.String(64), primary_key=True),
    sa.Column("chain_id", sa.String(64), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("first_seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("item", sa.JSON, nullable=False),
    sa.Column("received_utc", Utc, nullable=False),
    sa.Index("ix_staged_received_utc", "received_utc"),
)
# What does not count is a page of its own, and there are few of those among millions.
sa.Index("ix_events_status", events.c.status, events.c.received_utc)
for _seldom in ("method", "flag"):
    sa.Index(
        f"ix_events_{_seldom}",
        events.c[_seldom],
        events.c.received_utc,
        sqlite_where=events.c[_seldom].is_not(None),
        postgresql_where=events.c[_seldom].is_not(None),
    )
sa.Index("ix_events_person", events.c.office_id, events.c.person_id, events.c.utc)
sa.Index(
    "ix_events_enrolment",
    events.c.office_id,
    events.c.enrolment_id,
    sqlite_where=events.c.enrolment_id.is_not(None),
    postgresql_where=events.c.enrolment_id.is_not(None),
)
# Few, and each of them would have to be looked for in the bodies of millions.
sa.Index(
    "ix_events_with_nip",
    events.c.office_id,
    events.c.utc,
    sqlite_where=sa.text(WITH_NIP["sqlite"]),
    postgresql_where=sa.text(WITH_NIP["postgresql"]),
)
# Few events have an uncertain time, but their intervals may reach over many days.
sa.Index(
    "ix_events_uncertain",
    events.c.office_id,
    events.c.latest_utc,
    sqlite_where=events.c.time_state == "uncertain",
    postgresql_where=events.c.time_state == "uncertain",
)
# The few that were accepted after all.
sa.Index(
    "ix_events_accepted_utc",
    events.c.accepted_utc,
    sqlite_where=events.c.accepted_utc.is_not(None),
    postgresql_where=events.c.accepted_utc.is_not(None),
)
# The books' promise of "exactly once": an event id is accepted once, whatever is sent again.
sa.Index(
    "uq_events_accepted",
    events.c.office_id,
    events.c.event_id,
    unique=True,
    sqlite_where=events.c.status == "accepted",
    postgresql_where=events.c.status == "accepted",
)
