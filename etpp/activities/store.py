"""The catalogue of activities, entries and their steps, in SQL."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.db import Facts, Transaction, hold_each, pay_tables

ITEMS = Facts(Item, pay_tables.activity_items, "item_id", "first")
WEIGHTS = Facts(Weight, pay_tables.activity_weights, "weight_id")
ENTRIES = Facts(Entry, pay_tables.entries, "entry_id", once=True)
STEPS = Facts(EntryStep, pay_tables.entry_steps, "step_id", once=True)

People = Sequence[str] | sa.Select[tuple[str]]
"""Ids, or a question whose answer they are."""


def entries_of(
    tx: Transaction, people: People, first: dt.date, last: dt.date, known_utc: dt.datetime | None = None
) -> list[Entry]:
    """Those people's entries between two dates, in no order; an office's hundred thousand as well as one's."""
    return ENTRIES.find(tx, *_entered(tx, people, first, last), known_utc=known_utc, order="any")


def steps_of(
    tx: Transaction, people: People, first: dt.date, last: dt.date, known_utc: dt.datetime | None = None
) -> list[EntryStep]:
    """What was done with those people's entries between two dates, whenever; in no order."""
    entries, steps = pay_tables.entries, pay_tables.entry_steps
    ids = sa.select(entries.c.entry_id).where(*_entered(tx, people, first, last))
    return STEPS.find(tx, steps.c.entry_id.in_(ids), known_utc=known_utc, order="any")


def entries_with(tx: Transaction, entry_ids: Sequence[str]) -> dict[str, Entry]:
    """By id, those that there are."""
    where = pay_tables.entries.c.entry_id.in_(_ids(tx, entry_ids))
    return {entry.entry_id: entry for entry in ENTRIES.find(tx, where)}


def steps_with(tx: Transaction, entry_ids: Sequence[str]) -> dict[str, list[EntryStep]]:
    """By entry, in the order in which they were recorded."""
    found: dict[str, list[EntryStep]] = {entry_id: [] for entry_id in entry_ids}
    where = pay_tables.entry_steps.c.entry_id.in_(_ids(tx, entry_ids))
    for step in STEPS.find(tx, where, order="recorded"):
        found[step.entry_id].append(step)
    return found


def people_under(tx: Transaction, superior_ids: Sequence[str], first: dt.date, last: dt.date) -> list[str]:
    """Whose superior one of these was on a day between two."""
    table = pay_tables.assignments
    holds = table.c.first <= last, sa.or_(table.c.last.is_(None), table.c.last >= first)
    query = sa.select(table.c.person_id).where(table.c.superior_id.in_(superior_ids), *holds).distinct()
    return sorted(tx.execute(query).scalars())


def entered_on(tx: Transaction, person_id: str, dates: Iterable[dt.date]) -> dict[dt.date, int]:
    """How many activities of a person there are of each of these dates, whatever became of them."""
    table = pay_tables.entries
    asked = table.c.person_id == person_id, table.c.date.in_(sorted(set(dates)))
    rows = tx.execute(sa.select(table.c.date, sa.func.count()).where(*asked).group_by(table.c.date))
    return {row[0]: row[1] for row in rows}


def entered_since(tx: Transaction, person_id: str, since: dt.datetime) -> int:
    """How many activities of a person were written down after a moment."""
    table = pay_tables.entries
    asked = table.c.person_id == person_id, table.c.entered_utc > since
    return tx.execute(sa.select(sa.func.count()).select_from(table).where(*asked)).scalar_one()


def hold_authors(tx: Transaction, person_ids: Iterable[str]) -> None:
    """Of two changes of one author's entries one waits for the other: neither sees half of what overlaps it."""
    hold_each(tx, "entries of", person_ids)


def _entered(tx: Transaction, people: People, first: dt.date, last: dt.date) -> tuple[sa.ColumnElement[bool], ...]:
    entries = pay_tables.entries
    asked = people if isinstance(people, sa.Select) else _ids(tx, people)
    return entries.c.person_id.in_(asked), entries.c.date.between(first, last)


def _ids(tx: Transaction, ids: Sequence[str]) -> sa.Select[Any]:
    """The ids as one parameter: a database takes some ten thousand of them, and plans anew for each number."""
    if tx.dialect.name == "postgresql":
        return sa.select(sa.func.unnest(sa.cast(list(ids), sa.ARRAY(sa.String))))
    each = sa.func.json_each(json.dumps(list(ids))).table_valued("value")
    return sa.select(each.c.value)
