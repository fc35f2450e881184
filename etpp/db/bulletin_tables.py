"""The tables of what terminals are told besides faces and hours: officers, notices, NIP and PIN, and what was told."""

from __future__ import annotations

import sqlalchemy as sa

from etpp.db.pay_tables import facts_table
from etpp.db.tables import Utc, metadata

officers = sa.Table(
    "officers",
    metadata,
    sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), primary_key=True),
    sa.Column("officer_id", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    # Who it is in the roster, where it is somebody of it.
    sa.Column("employee_id", sa.String(64)),
    sa.Column("may_enrol", sa.Boolean, nullable=False),
    sa.Column("may_maintain", sa.Boolean, nullable=False),
    # Gone once the officer is revoked.
    sa.Column("pin_hash", sa.String(200)),
    sa.Column("made_utc", Utc, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
    sa.Column("revoked_utc", Utc),
    sa.Column("revoked_by", sa.String(64)),
)
person_pins = sa.Table(
    "person_pins",
    metadata,
    # One a person: a new one takes the place of the last.
    sa.Column("employee_id", sa.String(64), primary_key=True),
    sa.Column("pin_hash", sa.String(200), nullable=False),
    sa.Column("made_utc", Utc, nullable=False),
    sa.Column("made_by", sa.String(64), nullable=False),
)
# Of the regency with "*" for the office.
notices = facts_table(
    "notices",
    sa.Column("notice_id", sa.String(64), nullable=False),
    sa.Column("office_id", sa.String(64), nullable=False),
    sa.Column("text_id", sa.String(200), nullable=False),
    sa.Column("text_en", sa.String(200), nullable=False),
    sa.Column("from_utc", Utc, nullable=False),
    sa.Column("until_utc", Utc, nullable=False),
)
nip_pin_policies = facts_table(
    "nip_pin_policies",
    sa.Column("office_id", sa.String(64), nullable=False),
    sa.Column("policy", sa.String(20), nullable=False),
    sa.Column("per_month", sa.Integer, nullable=False),
)
# Whether a terminal may know whom it has enrolled before BKPP has approved it, for so many days; 0: it may not.
local_uses = facts_table(
    "local_uses",
    sa.Column("office_id", sa.String(64), nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
)
# The middle score of a person's presences in a month: what falls over months deserves a new enrolment.
score_months = sa.Table(
    "score_months",
    metadata,
    sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), primary_key=True),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("model_id", sa.String(64), primary_key=True),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("presences", sa.Integer, nullable=False),
)
bulletins = sa.Table(
    "bulletins",
    metadata,
    sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), primary_key=True),
    # The gallery version that brought it.
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
)
