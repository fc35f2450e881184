"""What is asked of all offices is asked at once: the same answers, and no more statements where offices are many."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from etpp.faces.renewal import progress, progress_of_all
from etpp.presence.daybook import office_reports, regency_reports
from etpp.roster.store import Offices
from tests.contract.etpp.running import NIP, OFFICE, Running, running_on

SINCE = dt.date(2026, 11, 1)


@pytest.fixture
def regency(database: str | None, tmp_path: Path):  # type: ignore[no-untyped-def]
    with running_on(database, tmp_path) as etpp:
        yield etpp


def offices(etpp: Running, first: int, last: int) -> None:
    """Each with a terminal that has reported; of every third it was revoked, of every fourth it said nothing."""
    for n in range(first, last):
        etpp.admin("POST", "offices", {"office_id": f"kantor-{n:02d}", "name": f"Kantor {n}"})
        terminal = etpp.terminal(f"kantor-{n:02d}")
        if n % 4:
            terminal.send_events([terminal.attack()], at=etpp.clock.now)
        terminal.send_events([terminal.event("occurrence", {"what": "tamper"})], at=etpp.clock.now)
        if n % 3 == 0:
            etpp.admin("POST", f"devices/{terminal.device_id}/revoke")


def statements(etpp: Running, browser: requests.Session, path: str) -> int:
    asked = 0

    def note(*_: object) -> None:
        nonlocal asked
        asked += 1

    sa.event.listen(etpp.database.engine, "before_cursor_execute", note)
    try:
        assert browser.get(f"{etpp.url}/console{path}", timeout=60).status_code == 200
    finally:
        sa.event.remove(etpp.database.engine, "before_cursor_execute", note)
    return asked


def test_at_once_is_the_same_as_one_by_one(regency: Running) -> None:
    offices(regency, 0, 7)
    with regency.database.read() as tx:
        every = Offices(tx).all()
        for until in (None, regency.clock.now - dt.timedelta(days=1)):
            assert regency_reports(tx, SINCE, until) == [office_reports(tx, each, SINCE, until) for each in every]
        assert len({each.reported_utc for each in regency_reports(tx, SINCE)}) == 2
        assert progress_of_all(tx) == {each.office_id: progress(tx, each.office_id) for each in every}


def test_a_page_asks_no_more_where_offices_are_many(regency: Running) -> None:
    browser = regency.log_in(regency.bkpp)
    face = regency.person(NIP)
    offices(regency, 0, 2)
    with regency.database.read() as tx:
        who = tx.exec_driver_sql(f"SELECT employee_id FROM people WHERE person_id = '{face}'").scalar()
    paths = (f"/people/{who}", "/terminals", "/events", "/erasures", f"/offices/{OFFICE}", "/nip-pin", "/signals")
    before = {path: statements(regency, browser, path) for path in paths}
    offices(regency, 2, 8)
    assert {path: statements(regency, browser, path) for path in paths} == before
