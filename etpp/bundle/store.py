"""A bundle's rows out of the database, and into an empty one in memory.

What is taken is what the audit of the closed month reads, and no more (docs/audit.md has each table with its reason).
The rows are those of the tables, so that the same code judges them with and without the server.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from etpp.allowance import gather
from etpp.allowance.closing import Closing
from etpp.allowance.model import Month
from etpp.allowance.owed import Due
from etpp.base.clock import midnight_utc
from etpp.base.errors import Conflict, StoreUnavailable
from etpp.books import resting
from etpp.books.store import Books
from etpp.bundle.rows import Row, decoder, encoder, read
from etpp.db import Database, Transaction, pay_tables, tables
from etpp.terminals.store import SignedLinks

Chain = tuple[str, str, str]
"""Office, terminal, chain."""

_WHOLE = (
    "office_places",
    "work_periods",
    "special_days",
    "occasions",
    "shifts",
    "kind_catalogues",
    "activity_items",
    "activity_weights",
    "office_scores",
    "policy_uses",
)
_OF_PEOPLE = ("assignments", "actings", "by_roster", "roster_days", "sanctions", "manual_entries", "enrolment_words")
_ACTORS = ("by", "recorded_by", "proposed_by", "submitted_by", "entered_by", "confirmed_by", "closed_by", "superior_id")
ORDER = (
    "offices",
    "closings",
    "closed_statements",
    "adjustments",
    "month_steps",
    "policy_texts",
    *_WHOLE,
    *_OF_PEOPLE,
    "letters",
    "letter_people",
    "letter_decisions",
    "letter_revocations",
    "corrections",
    "correction_decisions",
    "time_decisions",
    "entries",
    "entry_steps",
    "people",
    "devices",
    "device_keys",
    "vouched_keys",
    "chains",
    "signed_heads",
    "events",
    "employees",
)
"""A bundle's tables, in the order in which they can be put into a database; employees last, who act in all others."""
# What is nobody's business outside: how a terminal is doing, and what only its requests need.
_NEUTRAL: Mapping[str, Row] = {
    "offices": {"gallery_version": 1, "attention": 0, "cohort_utc": None},
    "people": {"nip": None, "name": None, "changed_version": 1, "erased_version": None},
    "devices": {
        "highest_nonce": 0,
        "nonce_window": "0" * 16,
        "software": "",
        "hardware": {},
        "last_seen_utc": None,
        "heartbeat": None,
        "gallery_version": 0,
        "erased_through": 0,
    },
}
_PAGE = 500


@dataclass
class _Stretch:
    """Numbers of one chain: from the first presence to the signature that reaches the last."""

    first: int
    last: int


@dataclass
class Extract:
    """The rows of one closed month, table by table, in one transaction that only reads."""

    tx: Transaction
    closing: Closing
    due: Sequence[Due]
    people: Sequence[str]
    """Whom the office has to do with."""
    _actors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        sealed = self.closing.sealed
        self._office, self._month, self._known = sealed.office_id, sealed.month, self.closing.as_of_utc
        self._made_anew = {(person, each.month) for each in self.due for person in each.people}
        self._asked: list[tuple[str | None, Month, Sequence[str]]] = [(self._office, self._month, self.people)]
        self._asked += [(each.home, each.month, each.people) for each in self.due]
        self._everybody = sorted({*self.people, *(person for each in self.due for person in each.people)})
        self._closed = {
            (each.office_id, each.month)
            for each in _closed_months(self.tx)
            if (each.office_id == self._office and each.month <= str(self._month)) or each.as_of_utc < self._known
        }
        self._punched: dict[tuple[str | None, Month], list[str]] = {}
        self._stretches, self._single = self._chains()

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Each table's name and its rows, as JSON values."""
        for name in ORDER:
            table = tables.metadata.tables[name]
            yield name, self._written(table, self._rows(name, table))

    def _written(self, table: sa.Table, queries: Iterable[sa.Select[Any]]) -> Iterator[Row]:
        columns = [(column.name, encoder(column)) for column in table.columns]
        neutral = _NEUTRAL.get(table.name, {})
        acting = [column.name for column in table.columns if column.name in _ACTORS]
        key = [position for position, column in enumerate(table.columns) if column.primary_key]
        seen: set[tuple[Any, ...]] = set()  # the days around two months overlap, and a letter is for several people
        for query in queries:
            for found in self.tx.execute(query):
                place = tuple(found[position] for position in key)
                if place in seen:
                    continue
                seen.add(place)
                row = {name: encode(value) for (name, encode), value in zip(columns, found, strict=True)} | neutral
                self._actors.update(row[name] for name in acting if row[name])
                yield self._shortened(row) if table.name == "closed_statements" else row

    def _shortened(self, row: Row) -> Row:
        """Statements of other months are kept by their hashes; whole are those that the month's figures need."""
        month = Month.of(row["month"])
        if month == self._month or (row["person_id"], month) in self._made_anew:
            return row
        return row | {"document": {"open": row["document"].get("open", [])}}

    def _rows(self, name: str, table: sa.Table) -> Iterator[sa.Select[Any]]:
        every = sa.select(table).order_by(*table.primary_key.columns)
        c = table.c
        known = every.where(c.recorded_utc <= self._known) if "recorded_utc" in c else every
        if name in _WHOLE:
            yield known
        elif name in _OF_PEOPLE:
            yield from (known.where(c.person_id.in_(page)) for page in _pages(self._everybody))
        elif name in ("offices", "policy_texts"):
            yield every
        elif name == "closings":
            yield from (every.where(c.office_id == at, c.month == of) for at, of in sorted(self._closed))
        elif name in ("closed_statements", "adjustments"):
            yield from self._of_lists(every, c)
        elif name == "month_steps":
            yield every.where(c.office_id == self._office, c.month == str(self._month))
        elif name == "employees":
            yield from (known.where(c.person_id.in_(p)) for p in _pages(sorted({*self._everybody, *self._actors})))
        elif name.startswith("letter"):
            yield from self._letters(name, known, c)
        elif name in ("devices", "device_keys", "vouched_keys", "chains"):
            yield from self._of_terminals(name, every, c)
        elif name in ("signed_heads", "events"):
            yield from self._of_chains(name, every, c)
        elif name == "people":
            yield from (every.where(c.employee_id.in_(page)) for page in _pages(self._everybody))
        else:
            yield from self._of_days(name, known, c)

    def _of_lists(self, every: sa.Select[Any], c: Any) -> Iterator[sa.Select[Any]]:
        """The office's own lists whole; of other offices' those rows that are of its people."""
        for at, of in sorted(self._closed):
            here = every.where(c.office_id == at, c.month == of)
            if at == self._office:
                yield here
            else:
                yield from (here.where(c.person_id.in_(page)) for page in _pages(self._everybody))

    def _letters(self, name: str, known: sa.Select[Any], c: Any) -> Iterator[sa.Select[Any]]:
        """Those of the year before count, too (`gather.office_month`)."""
        letters, named = pay_tables.letters, pay_tables.letter_people
        earliest = min(month.year for _, month, _ in self._asked) - 1
        since = midnight_utc(dt.date(earliest, 1, 1))
        for page in _pages(self._everybody):
            if name == "letter_people":
                recorded = sa.select(letters.c.letter_id).where(letters.c.until_utc > since)
                yield known.where(c.person_id.in_(page), c.letter_id.in_(recorded))
                continue
            ours = sa.select(named.c.letter_id).where(named.c.person_id.in_(page))
            ids = sa.select(letters.c.letter_id).where(letters.c.until_utc > since, letters.c.letter_id.in_(ours))
            yield known.where(c.letter_id.in_(ids))

    def _of_days(self, name: str, known: sa.Select[Any], c: Any) -> Iterator[sa.Select[Any]]:
        entries, corrections = pay_tables.entries, pay_tables.corrections
        for home, month, people in self._asked:
            first, last = month.first - gather.BEFORE, month.last + gather.AFTER
            if name == "time_decisions":
                ids = self._punched.get((home, month), [])
                yield from (known.where(c.event_id.in_(page)) for page in _pages(ids))
                continue
            for page in _pages(people):
                if name in ("corrections", "entries"):
                    yield known.where(c.person_id.in_(page), c.date.between(first, last))
                    continue
                of, key = (entries, "entry_id") if name == "entry_steps" else (corrections, "correction_id")
                ids_of = sa.select(of.c[key]).where(of.c.person_id.in_(page), of.c.date.between(first, last))
                yield known.where(c[key].in_(ids_of))

    def _of_terminals(self, name: str, every: sa.Select[Any], c: Any) -> Iterator[sa.Select[Any]]:
        if name == "chains":
            for office, device, chain in sorted(self._stretches):
                yield every.where(c.office_id == office, c.device_id == device, c.chain_id == chain)
            return
        at = sorted({(office, device) for office, device, _ in (*self._stretches, *self._single)})
        yield from (every.where(c.office_id == office, c.device_id == device) for office, device in at)

    def _of_chains(self, name: str, every: sa.Select[Any], c: Any) -> Iterator[sa.Select[Any]]:
        """The stretches, and single events outside of them."""
        for (office, device, chain), stretch in sorted(self._stretches.items()):
            here = every.where(c.office_id == office, c.device_id == device, c.chain_id == chain)
            lowest = stretch.first - 1 if name == "events" else stretch.first
            yield here.where(c.seq.between(lowest, stretch.last))
        if name == "events":
            for (office, device, chain), seqs in sorted(self._single.items()):
                here = every.where(c.office_id == office, c.device_id == device, c.chain_id == chain)
                yield from (here.where(c.seq.in_(page)) for page in _pages(sorted(seqs)))

    def _chains(self) -> tuple[dict[Chain, _Stretch], dict[Chain, set[int]]]:
        """Of the month's presences the stretches that prove them; of earlier months' the presences alone."""
        stretches: dict[Chain, _Stretch] = {}
        single: dict[Chain, set[int]] = defaultdict(set)
        for home, month, people in self._asked:
            if home is None:
                continue
            only = None if (home, month) == (self._office, self._month) else list(people)
            found = Books(self.tx).punches(home, *gather.window(month), self._known, only)
            # What waited kept the month open: without it that would come out otherwise.
            waits = resting.of_people(self.tx, home, *gather.window(month), self._known, only)
            ids = [each.event_id for of in found.values() for each in of]
            ids += [each.event_id for of in waits.values() for each in of if each.event_id not in ids]
            self._punched[home, month] = ids
            for page in _pages(ids):
                for place in Books(self.tx).places(page):
                    at = place.office_id, place.device_id, place.chain_id
                    if only is None:
                        held = stretches.setdefault(at, _Stretch(place.seq, place.seq))
                        held.first, held.last = min(held.first, place.seq), max(held.last, place.seq)
                    else:
                        single[at].add(place.seq)
        for at, held in stretches.items():
            held.last = self._signed_end(at, held)
            single[at] = {seq for seq in single.get(at, ()) if not held.first - 1 <= seq <= held.last}
        return stretches, {at: seqs for at, seqs in single.items() if seqs}

    def _signed_end(self, at: Chain, held: _Stretch) -> int:
        """The number whose signature reaches down to the last presence: a head, or a statement of carried runs."""
        links = SignedLinks(self.tx, *at)
        last = links.first_from(held.last) or held.last
        for each in links.statements(held.first):
            runs = (each.statement or {}).get("runs") or ()
            if any(held.first <= run["last_seq"] <= last for run in runs):
                last = max(last, each.seq)
        return last


def _closed_months(tx: Transaction) -> Sequence[Any]:
    """Office, month and moment of every closed month."""
    table = pay_tables.closings
    return tx.execute(sa.select(table.c.office_id, table.c.month, table.c.as_of_utc)).all()


class Scratch:
    """An empty database in memory, of one thread, into which a bundle's rows are put."""

    def __init__(self) -> None:
        self.database = Database("sqlite://")
        self.database.make_tables()

    def put(self, name: str, rows: Iterable[Row]) -> int:
        """How many there were. Raises ValueError, which names the row and what is wrong with it."""
        table = tables.metadata.tables[name]
        decoders = {column.name: decoder(column) for column in table.columns}
        count, page = 0, []
        try:
            with self.database.begin() as tx:
                for count, row in enumerate(rows, 1):
                    page.append(read(row, decoders, count))
                    if len(page) == _PAGE:
                        tx.execute(table.insert(), page)
                        page = []
                if page:
                    tx.execute(table.insert(), page)
        except (Conflict, StoreUnavailable, OverflowError) as error:
            first = count - len(page) + 1
            raise ValueError(
                f"of rows {first} to {count} one stands twice, or is none that a database takes"
            ) from error
        return count

    def close(self) -> None:
        self.database.close()


def _pages(ids: Sequence[str] | Sequence[int]) -> list[Sequence[Any]]:
    return [ids[start : start + _PAGE] for start in range(0, len(ids), _PAGE)]
