"""What people wrote down is found by an index: a day's page, a month's counts and lists are as quick after years."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from etpp.absence.model import Letter
from etpp.absence.store import add_letters, letters_within
from etpp.db import Database, Transaction
from etpp.presence import store
from etpp.presence.model import Correction, ManualEntry
from etpp.roster.assignments import Assignment
from etpp.roster.store import ASSIGNMENTS
from tests.contract.etpp.db.plans import plan

ROWS, PEOPLE, OFFICES = 6000, 600, 40
BEGIN = dt.datetime(2026, 1, 1, 1, tzinfo=dt.UTC)
START, END = dt.datetime(2026, 11, 1, tzinfo=dt.UTC), dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def at(row: int) -> dt.datetime:
    return BEGIN + DAY * (row % 700)


@pytest.fixture
def filled(url: str) -> Iterator[Database]:
    """Nearly two years of a regency, in which people write down ten things a day."""
    database = Database(url)
    database.migrate()
    hour = dt.timedelta(hours=8)
    people = [f"person-{n}" for n in range(PEOPLE)]
    offices = [f"office-{n % OFFICES}" for n in range(PEOPLE)]
    stays = [Assignment(f"a{n}", who, offices[n], "", 7, "", "pns", None, BEGIN.date()) for n, who in enumerate(people)]
    rows = range(ROWS)
    who = [people[row % PEOPLE] for row in rows]
    letters = [
        Letter(f"l{n}", "izin", "1", at(n).date(), "K", (who[n],), at(n), at(n) + hour, "tu", at(n) + hour)
        for n in rows
    ]
    entries = [ManualEntry(f"m{n}", who[n], at(n), offices[n % PEOPLE], "x", "tu", at(n), "kepala") for n in rows]
    made = [Correction(f"c{n}", who[n], at(n).date(), "day", None, "x", "tu", at(n)) for n in rows]
    with database.begin() as tx:
        ASSIGNMENTS.add(tx, stays, "bkpp", BEGIN)
        add_letters(tx, letters, "tu", BEGIN)
        store.MANUAL_ENTRIES.add(tx, entries, "tu", BEGIN)
        store.CORRECTIONS.add(tx, made, "tu", BEGIN)
        tx.execute(sa.text("ANALYZE"))
    yield database
    database.close()


ASKED: list[tuple[Callable[[Transaction], list[Any]], set[str]]] = [
    (  # an office's day
        lambda tx: store.manual_within(
            tx, office_id="office-7", confirmed=True, start=START + 3 * DAY, end=START + 4 * DAY
        ),
        {"ix_manual_entries_at_utc"},
    ),
    (lambda tx: store.manual_within(tx, start=START, end=END), {"ix_manual_entries_at_utc"}),  # counts of a month
    (
        lambda tx: store.corrections_within(tx, first=START.date(), last=END.date() - DAY),
        {"ix_corrections_date"},
    ),
    (  # of an office: by whom it concerns
        lambda tx: store.corrections_within(tx, office_id="office-7", first=START.date(), last=END.date() - DAY),
        {"ix_corrections_person_id_date", "ix_corrections_date"},
    ),
    (
        lambda tx: letters_within(tx, office_id="office-7", start=START, end=END, after_the_fact=True),
        {"ix_letters_letter_id", "ix_letters_until_utc"},
    ),
    (  # a page of the whole regency's: in the order of their ids, until it is full
        lambda tx: letters_within(tx, start=START, end=END, limit=100),
        {"ix_letters_letter_id", "ix_letters_until_utc"},
    ),
]


def test_what_people_wrote_down_is_found_by_an_index(filled: Database) -> None:
    for ask, allowed in ASKED:
        said: list[tuple[str, Any]] = []

        def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            said.append((statement, parameters))  # noqa: B023 - of this round

        sa.event.listen(filled.engine, "before_cursor_execute", note)
        with filled.read() as tx:
            assert ask(tx)
        sa.event.remove(filled.engine, "before_cursor_execute", note)
        plans = "\n".join(plan(filled, *each) for each in said if "SELECT" in each[0])
        used = set(re.findall(r"ix_(?:manual_entries|corrections|letters)_\w+", plans))
        # PostgreSQL hashes the newer rows of a table as small as this one; the rows asked for it must not look for so.
        whole = [
            line
            for line in plans.splitlines()
            if re.search(r"SCAN (manual_entries|corrections|letters)\b(?! USING)", line)
            or re.search(r"Seq Scan on (manual_entries|corrections|letters)\b(?! later)", line)
        ]
        assert used & allowed, plans
        assert not whole, plans
