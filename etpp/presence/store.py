"""Corrections, decisions on uncertain times and manual entries, in SQL."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from etpp.db import Facts, Transaction, pay_tables, tables
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry, TimeDecision
from etpp.roster.serving import local_days, serving
from etpp.roster.store import ever_assigned

CORRECTIONS = Facts(Correction, pay_tables.corrections, "correction_id", once=True)
CORRECTION_DECISIONS = Facts(CorrectionDecision, pay_tables.correction_decisions, "decision_id", once=True)
TIME_DECISIONS = Facts(TimeDecision, pay_tables.time_decisions, "decision_id", once=True)
MANUAL_ENTRIES = Facts(ManualEntry, pay_tables.manual_entries, "entry_id")

_PAGE = 500


def pulse_of(tx: Transaction) -> str:
    """What is another whenever an office's day or a terminal's state may be: one small question to the database."""
    offices, chains, devices = tables.offices.c, tables.chains.c, tables.devices.c

    def of(*columns: sa.ColumnElement[Any]) -> list[Any]:
        return [sa.select(column).scalar_subquery() for column in columns]

    row = tx.execute(
        sa.select(
            *of(
                sa.func.sum(offices.gallery_version + offices.attention),
                sa.func.sum(chains.seq),
                sa.func.count(chains.chain_id),
                sa.func.max(chains.reported_utc),
                sa.func.max(devices.last_seen_utc),
                sa.func.count(devices.device_id),
                sa.func.max(devices.revoked_utc),
                sa.func.max(devices.written_off_utc),
            )
        )
    ).one()
    return hashlib.sha256(repr(tuple(str(each) for each in row)).encode()).hexdigest()[:16]


def locked_correction(tx: Transaction, correction_id: str) -> Correction | None:
    """Of two who decide at once on corrections of one person's day one waits for the other."""
    table = pay_tables.corrections
    mine = table.alias("mine")
    day = sa.and_(table.c.person_id == mine.c.person_id, table.c.date == mine.c.date)
    same_day = sa.select(table.c.fact_no).join(mine, day).where(mine.c.correction_id == correction_id)
    tx.execute(same_day.order_by(table.c.fact_no).with_for_update(of=table))
    return CORRECTIONS.one(tx, correction_id)


def decisions_on(tx: Transaction, correction_ids: Sequence[str]) -> list[CorrectionDecision]:
    column = pay_tables.correction_decisions.c.correction_id
    pages = (correction_ids[start : start + _PAGE] for start in range(0, len(correction_ids), _PAGE))
    return [each for page in pages for each in CORRECTION_DECISIONS.find(tx, column.in_(page))]


def undecided_of(tx: Transaction, person_id: str) -> int:
    """How many corrections of a person's days nobody has decided on."""
    table, decisions = pay_tables.corrections, pay_tables.correction_decisions
    decided = sa.select(decisions.c.fact_no).where(decisions.c.correction_id == table.c.correction_id).exists()
    mine = sa.select(sa.func.count()).select_from(table).where(table.c.person_id == person_id, ~decided)
    return tx.execute(mine).scalar_one()


def decided_for(tx: Transaction, person_id: str, date: dt.date) -> list[dt.datetime]:
    """When corrections of a person's day were decided on."""
    table = pay_tables.corrections
    of_day = sa.select(table.c.correction_id).where(table.c.person_id == person_id, table.c.date == date)
    found = CORRECTION_DECISIONS.find(tx, pay_tables.correction_decisions.c.correction_id.in_(of_day))
    return [each.decided_utc for each in found]


def last_deciders(tx: Transaction, corrections: Sequence[Correction]) -> dict[str, str]:
    """correction -> who decided on it last, and counts."""
    concerned = {each.correction_id: (each.person_id, each.proposed_by) for each in corrections}
    decisions = decisions_on(tx, list(concerned))
    ordered = sorted(decisions, key=lambda d: (d.decided_utc, d.decision_id))
    return {each.correction_id: each.by for each in ordered if each.by not in concerned[each.correction_id]}


def corrections_within(
    tx: Transaction,
    *,
    office_id: str | None = None,
    ever_at: str | None = None,
    person_id: str | None = None,
    first: dt.date | None = None,
    last: dt.date | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[Correction]:
    """By id, those after one. `office_id`: of people who serve there on the day; `ever_at`: of people who were ever
    assigned to this office, wherever the day was served, for reckoning; `first`, `last`: of these days."""
    table = pay_tables.corrections
    asked = [table.c.correction_id > after] if after else []
    if (office := office_id or ever_at) is not None:
        asked.append(table.c.person_id.in_(ever_assigned(office)))
    if office_id is not None:
        asked.append(serving(office_id, table.c.person_id, table.c.date, table.c.date))
    if person_id is not None:
        asked.append(table.c.person_id == person_id)
    if first is not None:
        asked.append(table.c.date >= first)
    if last is not None:
        asked.append(table.c.date <= last)
    return CORRECTIONS.find(tx, *asked, limit=limit)


def times_of(tx: Transaction, event_ids: Sequence[str]) -> list[TimeDecision]:
    column = pay_tables.time_decisions.c.event_id
    pages = (event_ids[start : start + _PAGE] for start in range(0, len(event_ids), _PAGE))
    return [each for page in pages for each in TIME_DECISIONS.find(tx, column.in_(page))]


def locked_manual(tx: Transaction, entry_id: str) -> ManualEntry | None:
    table = pay_tables.manual_entries
    rows = sa.select(table.c.fact_no).where(table.c.entry_id == entry_id).order_by(table.c.fact_no).limit(1)
    tx.execute(rows.with_for_update())
    return MANUAL_ENTRIES.one(tx, entry_id)


def written_since(tx: Transaction, person_id: str, since: dt.datetime) -> int:
    """How many presences of a person were written down after a moment, whatever became of them."""
    table = pay_tables.manual_entries
    asked = table.c.person_id == person_id, table.c.entered_utc > since
    return tx.execute(sa.select(sa.func.count(table.c.entry_id.distinct())).where(*asked)).scalar_one()


def manual_within(
    tx: Transaction,
    *,
    office_id: str | None = None,
    concerning: str | None = None,
    confirmed: bool | None = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[ManualEntry]:
    """By id, those after one: of presences in [start, end). `office_id`: at this office; `concerning`: also of people
    who serve at this one on the day, whichever office wrote it down."""
    table = pay_tables.manual_entries
    asked = [table.c.entry_id > after] if after else []
    if office_id is not None:
        asked.append(table.c.office_id == office_id)
    if concerning is not None:
        day, _ = local_days(tx, table.c.at_utc, table.c.at_utc, None)
        asked.append(sa.or_(table.c.office_id == concerning, serving(concerning, table.c.person_id, day, day)))
    if confirmed is not None:
        asked.append(table.c.confirmed_by.is_not(None) if confirmed else table.c.confirmed_by.is_(None))
    if start is not None:
        asked.append(table.c.at_utc >= start)
    if end is not None:
        asked.append(table.c.at_utc < end)
    return MANUAL_ENTRIES.find(tx, *asked, limit=limit)


def manual_of(
    tx: Transaction, person_ids: Sequence[str], start: dt.datetime, end: dt.datetime
) -> dict[str, list[ManualEntry]]:
    """person -> manual entries in [start, end)."""
    table = pay_tables.manual_entries
    found: dict[str, list[ManualEntry]] = {}
    for page in (person_ids[at : at + _PAGE] for at in range(0, len(person_ids), _PAGE)):
        for each in MANUAL_ENTRIES.find(tx, table.c.person_id.in_(page), table.c.at_utc >= start, table.c.at_utc < end):
            found.setdefault(each.person_id, []).append(each)
    return found
