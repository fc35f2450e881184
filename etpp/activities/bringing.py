"""Entries out of a spreadsheet, one row an activity of one person: they come as drafts, whole or not at all.

An activity is its author's own word, which the author alone can submit: whoever brings a list types it in the people's
place and no more. The same row has the same id, so that a table may be brought again.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from etpp.activities.desk import Desk, Terms, in_order
from etpp.activities.model import Entry, EntryFault, EntryStep, Item
from etpp.activities.rules import MOST_DECIMALS, MOST_QUANTITY
from etpp.activities.store import ENTRIES, ITEMS, entries_of, hold_authors, steps_of
from etpp.base import bounds, sheets
from etpp.base.reader import Reader, date, text, whose
from etpp.base.sheets import Column, Fault, Row
from etpp.base.texts import bare
from etpp.db import Transaction
from etpp.roster.store import Roster

COLUMNS = (
    Column("NIP", ("Pegawai", "NIP pegawai", "ID", "ID lain", "Employee")),
    Column("Nama", ("Nama pegawai", "Name"), required=False),
    Column("Tanggal", ("Hari", "Date")),
    Column("Kegiatan", ("Kode kegiatan", "Kode", "Nama kegiatan", "Item", "Activity")),
    Column("Jumlah", ("Banyaknya", "Volume", "Kuantitas", "Quantity")),
    Column("Uraian", ("Keterangan", "Catatan", "Note"), required=False),
    Column("Jam mulai", ("Dari jam", "Pukul mulai", "Start time"), required=False),
    Column("Jam selesai", ("Sampai jam", "Pukul selesai", "End time"), required=False),
)
MOST_ROWS = 20_000
"""Of a table: a month's activities of two hundred people. Each is judged by its day's letters, posts and catalogue."""

_NAMESPACE = uuid.UUID("5d3a2a4e-52b8-4f0e-8d0f-3f0f6d1f5a77")
_LONGEST = 500
_DAY = dt.timedelta(days=1)
_SAYS: Mapping[EntryFault, str] = {
    "quantity": f"Jumlah: must be more than 0 and at most {MOST_QUANTITY}, with at most {MOST_DECIMALS} decimals",
    "future": "Tanggal: the day has not come yet",
    "day_closed": "Tanggal: a letter of the person covers the day: nothing can be entered for it",
    "item_unknown": "Kegiatan: the catalogue has no such activity on that day",
    "no_weight": "Kegiatan: it has no points for the person's post on that day",
    "times": "Jam selesai: the hours stand both or neither, and the work ends after it begins",
    "overlap": "Jam mulai: another activity of the person is in that time",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """What one line comes to. `known`: it is entered already."""

    line: int
    entry: Entry
    item: str
    known: bool


@dataclass(frozen=True, slots=True)
class Brought:
    """`recorded`: whether it was done, rather than shown only."""

    lines: tuple[Planned, ...]
    faults: tuple[Fault, ...]
    recorded: bool


@dataclass(frozen=True, slots=True)
class _Said:
    line: int
    person: str
    date: dt.date
    item: str
    quantity: Decimal
    note: str
    start: dt.time | None
    end: dt.time | None


def take(
    tx: Transaction,
    rows: Sequence[Row],
    by: str,
    terms: Terms,
    now: dt.datetime,
    *,
    dry_run: bool = False,
    partial: bool = False,
) -> Brought:
    """With faults nothing is entered, but for `partial`: then the rows without one. Raises Conflict."""
    faults: list[Fault] = []
    said = []
    for row in rows:
        found = _understood(row)
        if isinstance(found, _Said):
            said.append(found)
        else:
            faults += found
    roster = Roster(tx)
    who = roster.who_each([each.person for each in said])
    if not dry_run:
        hold_authors(tx, who.values())
    lines: list[Planned] = []
    if said:
        with in_order():
            lines = _Planning(tx, sorted(set(who.values())), said, terms, now).lines(said, who, faults)
    found_faults = tuple(sorted(faults, key=lambda each: each.line))
    if dry_run or (faults and not partial):
        return Brought(tuple(lines), found_faults, recorded=False)
    ENTRIES.add(tx, [each.entry for each in lines if not each.known], roster.actor(by), now)
    return Brought(tuple(lines), found_faults, recorded=True)


class _Planning:
    """One table on what is entered now, read once for all of its people."""

    def __init__(
        self, tx: Transaction, people: Sequence[str], said: Iterable[_Said], terms: Terms, now: dt.datetime
    ) -> None:
        self._now = now
        self._desk = Desk(tx, people, terms, now)
        dates = [each.date for each in said]
        first, last = min(dates) - _DAY, max(dates) + _DAY
        steps: dict[str, list[EntryStep]] = {}
        for step in steps_of(tx, people, first, last):
            steps.setdefault(step.entry_id, []).append(step)
        self._ids: set[str] = set()
        self._held: dict[tuple[str, dt.date], list[Entry]] = {}
        for entry in entries_of(tx, people, first, last):
            self._ids.add(entry.entry_id)
            taken = sorted(steps.get(entry.entry_id, ()), key=lambda step: (step.at_utc, step.step_id))
            if self._desk.verdict(entry, taken) not in ("returned", "withdrawn"):
                self._held.setdefault((entry.person_id, entry.date), []).append(entry)
        self._items = ITEMS.find(tx)

    def lines(self, said: Iterable[_Said], who: Mapping[str, str], faults: list[Fault]) -> list[Planned]:
        """What is wrong with one is added to `faults`; it takes up no time of the others."""
        found: list[Planned] = []
        at: dict[str, int] = {}
        for each in said:
            person_id = who.get(each.person)
            if person_id is None:
                faults.append(Fault(each.line, "NIP: nobody in the roster has this number or id"))
                continue
            item = self._item(each.item, each.date)
            entry = self._entry(each, person_id, each.item if item is None else item.item_id)
            if entry.entry_id in at:
                faults.append(Fault(each.line, f"line {at[entry.entry_id]} says the same"))
                continue
            at[entry.entry_id] = each.line
            name = each.item if item is None else item.name
            mine = self._held.setdefault((person_id, each.date), [])
            if entry.entry_id in self._ids or any(_content(other) == _content(entry) for other in mine):
                found.append(Planned(each.line, entry, name, known=True))
                continue
            says = self._wrong(each, entry)
            faults += [Fault(each.line, one) for one in says]
            if not says:
                mine.append(entry)
                found.append(Planned(each.line, entry, name, known=False))
        return found

    def _wrong(self, said: _Said, entry: Entry) -> list[str]:
        if (said.start is None) is not (said.end is None):
            return [_SAYS["times"]]
        near = [
            other
            for day in (entry.date - _DAY, entry.date, entry.date + _DAY)
            for other in self._held.get((entry.person_id, day), ())
            if other.start_utc is not None
        ]
        terms = self._desk.terms(entry.date)
        says = []
        if len(self._held.get((entry.person_id, entry.date), ())) >= bounds.ENTRIES_A_DAY:
            says.append(f"Tanggal: the person has {bounds.ENTRIES_A_DAY} activities of the day already")
        for fault in self._desk.faults(entry, near):
            if fault == "note_short":
                says.append(f"Uraian: must have at least {terms.note_characters} characters")
            elif fault in _SAYS:
                says.append(_SAYS[fault])
        submitted = EntryStep("", entry.entry_id, "submitted", entry.person_id, self._now)
        if not says and self._desk.verdict(entry, [submitted]) == "late":
            says.append("Tanggal: the time in which it could be entered has passed")
        return says

    def _item(self, said: str, date: dt.date) -> Item | None:
        """By its id, or by its name where one alone is called so on that day."""
        held = [each for each in self._items if each.first <= date and (each.last is None or date <= each.last)]
        by_id = next((each for each in held if each.item_id == said), None)
        named = [each for each in held if bare(each.name) == bare(said)]
        return by_id or (named[0] if len(named) == 1 else None)

    def _entry(self, said: _Said, person_id: str, item_id: str) -> Entry:
        start = end = None
        if said.start is not None and said.end is not None and self._desk.placed(person_id):
            zone = self._desk.zone(person_id, said.date)
            start, end = (
                dt.datetime.combine(said.date, each, zone).astimezone(dt.UTC) for each in (said.start, said.end)
            )
        entry = Entry("", person_id, said.date, item_id, said.quantity, said.note, self._now, start, end)
        what = [person_id, said.date.isoformat(), item_id, *map(str, _content(entry)[1:])]
        return replace(entry, entry_id=str(uuid.uuid5(_NAMESPACE, json.dumps(what))))


def _understood(row: Row) -> _Said | list[Fault]:
    if row.fault:
        return [Fault(row.line, row.fault)]
    reader = Reader(row)
    said = _Said(
        row.line,
        reader.need("NIP", whose, ""),
        reader.need("Tanggal", date, dt.date.min),
        reader.need("Kegiatan", text(_LONGEST), ""),
        reader.need("Jumlah", sheets.number, Decimal(0)),
        reader.take("Uraian", text(_LONGEST), ""),
        reader.take("Jam mulai", sheets.time, None),
        reader.take("Jam selesai", sheets.time, None),
    )
    return reader.faults or said


def _content(entry: Entry) -> tuple[object, ...]:
    """What makes two entries of a person's day the same."""
    return entry.item_id, entry.quantity.normalize(), entry.note, entry.start_utc, entry.end_utc
