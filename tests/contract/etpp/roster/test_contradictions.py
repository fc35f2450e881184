"""An office of whose people the roster says what cannot be: it is told which row of whose it is, of which day, and what
mends it; the calendar, which is sound, is not blamed. Such rows only a database that was changed by hand has."""

from __future__ import annotations

import datetime as dt
import json
import shlex
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from etpp.__main__ import cli
from etpp.calendar.model import RosterDay, WorkPeriod
from etpp.calendar.store import PERIODS, ROSTER_DAYS
from etpp.roster.store import ASSIGNMENTS, People, Roster
from tests.contract.etpp.client import check_gallery
from tests.contract.etpp.running import OFFICE, Running, wib

DAY = "2026-11-24"


def command(etpp: Running, *arguments: str) -> Result:
    options = ["--state", str(etpp.state.folder), "--db", str(etpp.database.engine.url)]
    return CliRunner().invoke(cli, [*options, *arguments])


def refusal(etpp: Running) -> str:
    answer: dict[str, Any] = etpp.admin("GET", f"presence?office_id={OFFICE}&date={DAY}", expect=409)
    return str(answer["detail"])


@pytest.fixture
def sri(etpp: Running) -> str:
    """Of an office with a terminal, beside another office."""
    etpp.clock.now = wib(f"{DAY} 09:00")
    etpp.admin("POST", "offices", {"office_id": "other", "name": "Dinas Kesehatan"})
    face = etpp.person()
    with etpp.database.read() as tx:
        person = People(tx).get(OFFICE, face)
    assert person is not None
    return person.employee_id


def test_a_roster_without_its_shift_is_named_by_person_and_date(etpp: Running, sri: str) -> None:
    terminal = etpp.terminal()
    with etpp.database.begin() as tx:
        row = RosterDay(f"{sri}:{DAY}", sri, dt.date.fromisoformat(DAY), "subuh", etpp.clock.now)
        ROSTER_DAYS.add(tx, [row], "operator", etpp.clock.now)
    said = refusal(etpp)
    assert f"the roster of person {sri} has on {DAY} the shift subuh, which there is not" in said
    assert "office change" not in said
    browser = etpp.log_in(etpp.bkpp)
    overview = browser.get(f"{etpp.url}/console/", timeout=60).text
    assert f"etpp calendar roster set {sri} {DAY}" in overview
    assert "Dinas Kesehatan" in overview
    listed = command(etpp, "presence", "list", "--date", DAY)
    assert (listed.exit_code, said in listed.output) == (0, True)
    (fault,) = json.loads(command(etpp, "check", "--json").stdout)
    assert (fault["office_id"], fault["person_id"], fault["member"]) == (OFFICE, sri, "roster")
    month = etpp.admin("GET", f"offices/{OFFICE}/months/2026-11", expect=409)["detail"]
    assert f"roster {sri}:{DAY}: there is no shift subuh" in month
    check_gallery(terminal.gallery().json(), terminal)  # the others' hours still come to the terminal

    remedy = fault["remedy"].partition(", or")[0].replace("SHIFT", "off")
    assert command(etpp, *shlex.split(remedy)[1:]).exit_code == 0
    etpp.presence(DAY)
    assert command(etpp, "check").exit_code == 0


def test_a_shift_that_is_missing_can_be_decided_too(etpp: Running, sri: str) -> None:
    with etpp.database.begin() as tx:
        row = RosterDay("odd", sri, dt.date.fromisoformat(DAY), "subuh", etpp.clock.now)
        ROSTER_DAYS.add(tx, [row], "operator", etpp.clock.now)
    (fault,) = json.loads(command(etpp, "check", "--json").stdout)
    remedy = fault["remedy"].partition("decide the shift: ")[2].replace("HOURS", "04:00-11:00")
    assert command(etpp, *shlex.split(remedy)[1:]).exit_code == 0
    etpp.presence(DAY)


def test_two_posts_at_once_are_named_by_person_and_date(etpp: Running, sri: str) -> None:
    with etpp.database.begin() as tx:
        (held,) = Roster(tx).career(sri).all
        second = replace(held, assignment_id="second", first=dt.date.fromisoformat(DAY))
        ASSIGNMENTS.add(tx, [second], "operator", etpp.clock.now)
        row = RosterDay(f"{sri}:{DAY}", sri, dt.date.fromisoformat(DAY), None, etpp.clock.now)
        ROSTER_DAYS.add(tx, [row], "operator", etpp.clock.now)
    said = refusal(etpp)
    assert f"person {sri} in posts that contradict one another, from {DAY}" in said
    assert "etpp roster import FILE" in said
    (fault,) = json.loads(command(etpp, "check", "--json").stdout)
    assert (fault["office_id"], fault["person_id"], fault["member"]) == (OFFICE, sri, "roster")
    overview = etpp.log_in(etpp.bkpp).get(f"{etpp.url}/console/", timeout=60).text
    assert f"jabatan yang bertentangan sejak {DAY}" in overview
    statement = etpp.admin("GET", f"employees/{sri}/statements/2026-11", expect=409)["detail"]
    assert f"second and {held.assignment_id} overlap" in statement or f"{held.assignment_id} and second" in statement


def test_decided_hours_that_overlap_are_named_by_their_ids(etpp: Running) -> None:
    with etpp.database.begin() as tx:
        PERIODS.add(tx, [WorkPeriod("more", OFFICE, dt.date(2030, 1, 1), None, {})], "operator", etpp.clock.now)
    assert "and more of one scope overlap. Put it right: etpp calendar withdraw KIND ID" in refusal(etpp)
    assert command(etpp, "calendar", "withdraw", "periods", "more").exit_code == 0
    etpp.presence(DAY)
