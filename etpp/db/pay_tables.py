"""The tables of pay: facts about people and offices that are only ever added, and the months closed over them.

A table of facts has a column for each field of its room's type (`etpp.db.facts`). They are the regency's: people move
from office to office and take them along, so that the keys do not begin with the office (decision 64).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from etpp.base.money import plain
from etpp.db.tables import Utc, metadata


class Exact(TypeDecorator[Decimal]):
    """A decimal as its shortest text: SQLite has no exact numbers, and both databases keep the same."""

    impl = sa.String(64)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else plain(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value)


def _id(name: str, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(64), nullable=nullable)


def _text(name: str, length: int = 200, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=nullable)


def _utc(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Utc, nullable=nullable)


def _period() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return sa.Column("first", sa.Date, nullable=False), sa.Column("last", sa.Date)


def _json(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=nullable)


def facts_table(name: str, *columns: Any, once: bool = False) -> sa.Table:
    """The first column is the fact's id. `once`: it stands for one row, whoever writes at the same moment."""
    of_id = (columns[0].name,) if once else (columns[0].name, "fact_no")
    return sa.Table(
        name,
        metadata,
        sa.Column("fact_no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *columns,
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sa.Column("recorded_utc", Utc, nullable=False),
        sa.Column("recorded_by", sa.String(64), nullable=False),
        sa.Index(f"ix_{name}_{columns[0].name}", *of_id, unique=once),
        sa.Index(f"ix_{name}_recorded_utc", "recorded_utc"),
    )


# ---------------------------------------------------------------- roster

employees = facts_table(
    "employees", _id("person_id"), _text("name"), sa.Column("nip", sa.String(18)), sa.Column("other_id", sa.String(64))
)
# A NIP, or another id, stands for one person in the whole regency, and for ever.
numbers = sa.Table(
    "numbers",
    metadata,
    sa.Column("number", sa.String(64), primary_key=True),
    _id("person_id"),
    sa.Index("ix_numbers_person_id", "person_id"),
)
office_places = facts_table(
    "office_places", _id("office_id"), _id("parent_id", nullable=True), _text("kind", 20), _text("timezone", 64)
)
assignments = facts_table(
    "assignments",
    _id("assignment_id"),
    _id("person_id"),
    _id("office_id"),
    _text("post_id", 120),
    sa.Column("job_class", sa.Integer, nullable=False),
    _text("rank", 20),
    _text("status", 20),
    _id("superior_id", nullable=True),
    *_period(),
    sa.Column("entitled", sa.Boolean, nullable=False),
    sa.Index("ix_assignments_person_id", "person_id"),
    sa.Index("ix_assignments_office_id", "office_id"),
)
actings = facts_table(
    "actings",
    _id("acting_id"),
    _id("person_id"),
    _text("post_id", 120),
    sa.Column("job_class", sa.Integer, nullable=False),
    *_period(),
    sa.Index("ix_actings_person_id", "person_id"),
)
deputies = facts_table("deputies", _id("deputising_id"), _id("superior_id"), _id("deputy_id"), *_period())

# ---------------------------------------------------------------- calendar

work_periods = facts_table(
    "work_periods", _id("period_id"), _id("scope", nullable=True), *_period(), _json("days"), _text("season", 20)
)
special_days = facts_table(
    "special_days",
    _id("special_id"),
    _id("scope", nullable=True),
    sa.Column("date", sa.Date, nullable=False),
    _json("hours", nullable=True),
    _text("name"),
    _utc("decided_utc"),
)
occasions = facts_table(
    "occasions",
    _id("occasion_id"),
    _id("scope", nullable=True),
    _text("name"),
    *_period(),
    _json("window"),
    _json("weekdays", nullable=True),
    sa.Column("on_days_off", sa.Boolean, nullable=False),
    sa.Column("for_shifts", sa.Boolean, nullable=False),
    _json("without_offices"),
)
shifts = facts_table("shifts", _id("shift_id"), _json("hours"))
roster_days = facts_table(
    "roster_days",
    _id("roster_id"),
    _id("person_id"),
    sa.Column("date", sa.Date, nullable=False),
    _id("shift_id", nullable=True),
    _utc("decided_utc"),
    sa.Index("ix_roster_days_date", "date"),
    sa.Index("ix_roster_days_person_id", "person_id"),
)
by_roster = facts_table("by_roster", _id("person_id"), *_period())

# ---------------------------------------------------------------- absence

kind_catalogues = facts_table("kind_catalogues", _id("catalogue_id"), sa.Column("text", sa.Text, nullable=False))
letters = facts_table(
    "letters",
    _id("letter_id"),
    _id("kind_id"),
    _text("number"),
    sa.Column("date", sa.Date, nullable=False),
    _text("issuer"),
    _json("person_ids"),
    _utc("first_utc"),
    _utc("until_utc"),
    _id("submitted_by"),
    _utc("submitted_utc"),
    sa.Column("document_sha256", sa.String(64)),
    sa.Index("ix_letters_until_utc", "until_utc"),
)
# Whom a letter is for, so that one person's are found among the regency's.
letter_people = sa.Table(
    "letter_people",
    metadata,
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("letter_id", sa.String(64), primary_key=True),
    sa.Index("ix_letter_people_letter_id", "letter_id"),
)
letter_decisions = facts_table(
    "letter_decisions",
    _id("decision_id"),
    _id("letter_id"),
    sa.Column("approved", sa.Boolean, nullable=False),
    _id("by"),
    _utc("decided_utc"),
    _text("reason", 500),
    sa.Index("ix_letter_decisions_letter_id", "letter_id"),
    once=True,
)
letter_revocations = facts_table(
    "letter_revocations",
    _id("revocation_id"),
    _id("letter_id"),
    _id("by"),
    _utc("revoked_utc"),
    _text("reason", 500),
    sa.Index("ix_letter_revocations_letter_id", "letter_id"),
    once=True,
)
# The files themselves lie in the state folder, under their hash.
documents = sa.Table(
    "documents",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    _text("media_type", 40),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    _utc("stored_utc"),
    _id("stored_by"),
    sa.Index("ix_documents_stored_by", "stored_by", "stored_utc"),
)

# ---------------------------------------------------------------- activities

activity_items = facts_table(
    "activity_items",
    _id("item_id"),
    _text("name"),
    _text("unit", 40),
    *_period(),
    sa.Column("most_a_day", Exact),
)
activity_weights = facts_table(
    "activity_weights",
    _id("weight_id"),
    _id("item_id"),
    *_period(),
    sa.Column("points", Exact, nullable=False),
    _text("post_id", 120, nullable=True),
    sa.Column("job_class", sa.Integer),
)
entries = facts_table(
    "entries",
    _id("entry_id"),
    _id("person_id"),
    sa.Column("date", sa.Date, nullable=False),
    _id("item_id"),
    sa.Column("quantity", Exact, nullable=False),
    _text("note", 500),
    _utc("entered_utc"),
    _utc("start_utc", nullable=True),
    _utc("end_utc", nullable=True),
    sa.Column("evidence_sha256", sa.String(64)),
    sa.Index("ix_entries_person_id_date", "person_id", "date"),
    sa.Index("ix_entries_date", "date"),
    once=True,
)
entry_steps = facts_table(
    "entry_steps",
    _id("step_id"),
    _id("entry_id"),
    _text("step", 20),
    _id("by"),
    _utc("at_utc"),
    _text("reason", 500),
    sa.Index("ix_entry_steps_entry_id", "entry_id"),
    once=True,
)

# ---------------------------------------------------------------- presence

corrections = facts_table(
    "corrections",
    _id("correction_id"),
    _id("person_id"),
    sa.Column("date", sa.Date, nullable=False),
    _text("part", 20),
    _utc("at_utc", nullable=True),
    _text("reason", 500),
    _id("proposed_by"),
    _utc("proposed_utc"),
    _id("occasion_id"),
    _id("letter_id"),
    sa.Index("ix_corrections_person_id_date", "person_id", "date"),
    sa.Index("ix_corrections_date", "date"),
    once=True,
)
correction_decisions = facts_table(
    "correction_decisions",
    _id("decision_id"),
    _id("correction_id"),
    sa.Column("approved", sa.Boolean, nullable=False),
    _id("by"),
    _utc("decided_utc"),
    sa.Index("ix_correction_decisions_correction_id", "correction_id"),
    once=True,
)
time_decisions = facts_table(
    "time_decisions",
    _id("decision_id"),
    _id("event_id"),
    _utc("utc"),
    _id("by"),
    _utc("decided_utc"),
    sa.Index("ix_time_decisions_event_id", "event_id"),
    once=True,
)
manual_entries = facts_table(
    "manual_entries",
    _id("entry_id"),
    _id("person_id"),
    _utc("at_utc"),
    _id("office_id"),
    _text("reason", 500),
    _id("entered_by"),
    _utc("entered_utc"),
    _id("confirmed_by", nullable=True),
    sa.Index("ix_manual_entries_person_id_at_utc", "person_id", "at_utc"),
    sa.Index("ix_manual_entries_at_utc", "at_utc"),
)

# ---------------------------------------------------------------- allowance

policy_texts = sa.Table(
    "policy_texts",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    _id("policy_id"),
    sa.Column("text", sa.Text, nullable=False),
    _utc("stored_utc"),
)
policy_uses = facts_table("policy_uses", _id("use_id"), sa.Column("sha256", sa.String(64), nullable=False), *_period())
sanctions = facts_table(
    "sanctions",
    _id("sanction_id"),
    _id("person_id"),
    sa.Column("percent", Exact, nullable=False),
    *_period(),
    _text("document"),
    sa.Index("ix_sanctions_person_id", "person_id"),
)
office_scores = facts_table(
    "office_scores",
    _id("score_id"),
    _id("office_id"),
    _json("month"),
    sa.Column("percent", Exact, nullable=False),
    _utc("decided_utc"),
    sa.Index("ix_office_scores_office_id", "office_id"),
    once=True,
)


def _office_month() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("office_id", sa.String(64), sa.ForeignKey("offices.office_id"), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
    )


# What an office and BKPP said of a month on its way: checked, paid. Closing it is a row of `closings`.
month_steps = facts_table(
    "month_steps",
    _id("step_id"),
    _id("office_id"),
    _text("month", 7),
    _text("step", 20),
    sa.Column("hash", sa.String(64), nullable=False),
    _id("by"),
    _utc("at_utc"),
    sa.Index("ix_month_steps_office_id_month", "office_id", "month"),
    once=True,
)
closings = sa.Table(
    "closings",
    metadata,
    *_office_month(),
    _utc("as_of_utc"),
    sa.Column("policy_sha256", sa.String(64), nullable=False),
    _json("reports"),
    _json("earlier", nullable=True),
    _json("despite", nullable=True),
    sa.Column("total", Exact, nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("key_id", sa.String(64), nullable=False),
    sa.Column("signature", sa.LargeBinary, nullable=False),
    _id("closed_by"),
    sa.Index("ix_closings_as_of_utc", "as_of_utc"),
)
closed_statements = sa.Table(
    "closed_statements",
    metadata,
    *_office_month(),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("net", Exact, nullable=False),
    _json("document"),
    sa.Index("ix_closed_statements_person_id_month", "person_id", "month"),
)
# Differences of months that were closed before, paid or taken back with the month that they stand in.
adjustments = sa.Table(
    "adjustments",
    metadata,
    *_office_month(),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("of_month", sa.String(7), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("amount", Exact, nullable=False),
    _text("rule"),
    _json("because"),
    sa.Index("ix_adjustments_person_id_of_month", "person_id", "of_month"),
)
