"""The tables of objections: what employees object to, and the answers. Facts, only added to."""

from __future__ import annotations

import sqlalchemy as sa

from etpp.db.pay_tables import facts_table
from etpp.db.tables import Utc

objections = facts_table(
    "objections",
    sa.Column("objection_id", sa.String(64), nullable=False),
    sa.Column("person_id", sa.String(64), nullable=False),
    sa.Column("office_id", sa.String(64), nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("about", sa.String(80), nullable=False),
    sa.Column("reason", sa.String(500), nullable=False),
    sa.Column("filed_utc", Utc, nullable=False),
    sa.Index("ix_objections_person_id_month", "person_id", "month"),
    once=True,
)
objection_answers = facts_table(
    "objection_answers",
    sa.Column("objection_id", sa.String(64), nullable=False),
    sa.Column("upheld", sa.Boolean, nullable=False),
    sa.Column("answer", sa.String(500), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("answered_utc", Utc, nullable=False),
    once=True,
)
