"""What is left of somebody, counted in SQL."""

from __future__ import annotations

import sqlalchemy as sa

from etpp.db import Transaction, face_tables, pay_tables, phone_tables, tables
from etpp.erasures.model import Remains


def faces_left(tx: Transaction, office_id: str, person_id: str) -> tuple[int, int]:
    """Templates, and enrolments that still hold a face. There should be none."""
    templates, enrolments = tables.templates, tables.enrolments
    held = sa.func.length(enrolments.c.descriptors) > 0
    return (
        _count(tx, templates, templates.c.office_id == office_id, templates.c.person_id == person_id),
        _count(tx, enrolments, enrolments.c.office_id == office_id, enrolments.c.person_id == person_id, held),
    )


def remains(tx: Transaction, office_id: str, person_id: str, employee_id: str) -> dict[Remains, int]:
    """Of the office: presences under the id that its terminals knew. Of the regency: what pay is reckoned from."""
    events = tables.events
    at_office = events.c.office_id == office_id, events.c.person_id == person_id
    kept: dict[Remains, sa.Table] = {
        "manual": pay_tables.manual_entries,
        "corrections": pay_tables.corrections,
        "activities": pay_tables.entries,
        "statements": pay_tables.closed_statements,
        "phones": phone_tables.phones,
    }
    words = face_tables.enrolment_words.c
    named = sa.exists().where(
        words.office_id == events.c.office_id,
        words.event_id == events.c.enrolment_id,
        words.person_id == employee_id,
    )
    rested = _count(tx, events, events.c.office_id == office_id, events.c.enrolment_id.is_not(None), named)
    found: dict[Remains, int] = {"presences": _count(tx, events, *at_office) + rested}
    return found | {what: _count(tx, table, table.c.person_id == employee_id) for what, table in kept.items()}


def _count(tx: Transaction, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
    return int(tx.execute(sa.select(sa.func.count()).select_from(table).where(*conditions)).scalar_one())
