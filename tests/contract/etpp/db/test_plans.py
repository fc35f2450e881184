"""Each page that reads events reads them by an index, so that it is as quick after years as on the first day."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests
import sqlalchemy as sa

from tests.contract.etpp.db import many_events
from tests.contract.etpp.db.plans import HISTORY, asked_of_events, plan, without_index
from tests.contract.etpp.running import Running, running_on

ROWS = 5 * many_events.A_DAY
OF_DAY = {"ix_events_office_id_utc", "ix_events_uncertain"}
"""Certain times by themselves, uncertain ones by their ends."""


@pytest.fixture(scope="module")
def filled(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("many")
    with running_on(database, folder, office=False) as etpp:
        many_events.fill(etpp.database, ROWS)
        yield etpp


def log_in(etpp: Running) -> requests.Session:
    return etpp.log_in(etpp.bkpp)


@pytest.mark.parametrize(
    ("path", "shown", "indexes"),
    [
        ("/console/events", "Pegawai tidak dikenal", {"ix_events_status"}),
        ("/console/?date=2026-01-08", "Kantor 39", OF_DAY | {"ix_events_flag"}),  # and what waits for an answer
        ("/console/offices/kantor-7?date=2026-01-08&q=Pegawai+99", "Pegawai 99", OF_DAY),
    ],
)
def test_a_page_reads_events_by_an_index(filled: Running, path: str, shown: str, indexes: set[str]) -> None:
    member = log_in(filled)
    with asked_of_events(filled.database) as asked:
        page = member.get(filled.url + path, timeout=60)
    assert shown in page.text
    assert asked
    assert without_index(filled.database, asked) == []
    plans = "\n".join(plan(filled.database, *each) for each in asked)
    # Those that rest on an enrolment are few: PostgreSQL looks through all of an office's, SQLite through the day's.
    of_day = indexes >= OF_DAY and filled.database.engine.dialect.name == "postgresql"
    few = {"ix_events_enrolment"} if of_day else set()
    assert set(re.findall(r"ix_events_\w+|pk_events|sqlite_autoindex_\w+", plans)) == indexes | few


def test_a_persons_history_has_its_index(filled: Running) -> None:
    asked = [(HISTORY[filled.database.engine.dialect.name], ("kantor-7", "person-3"))]
    assert without_index(filled.database, asked) == []
    assert re.search("ix_events_person", plan(filled.database, *asked[0]))


def test_a_table_that_is_read_whole_is_noticed(filled: Running) -> None:
    with asked_of_events(filled.database) as asked, filled.database.read() as tx:
        tx.execute(sa.text("SELECT count(*) FROM events WHERE hash = 'x'"))
    assert len(without_index(filled.database, asked)) == 1
