"""How far a role reaches: a superior to whom they lead, an office's role to those below; and how long a log-in."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import requests

from etpp.accounts import session
from etpp.accounts.store import Sessions
from etpp.base.errors import StoreUnavailable
from etpp.db import Transaction
from etpp.roster.assignments import Deputy
from etpp.roster.store import ASSIGNMENTS, DEPUTIES, PLACES, People, Roster
from etpp.serving.acting import Grant
from tests.contract.etpp.running import OFFICE, Member, Running

ELSEWHERE, BELOW, DEEPER = "dinas-lain", "upt-satu", "upt-satu-cabang"


def employee(etpp: Running, nip: str, office_id: str = OFFICE) -> str:
    face = etpp.person(nip, office_id=office_id)
    with etpp.database.read() as tx:
        person = People(tx).get(office_id, face)
    assert person is not None
    return person.employee_id


def led_by(tx: Transaction, person_id: str, superior_id: str, now: dt.datetime) -> None:
    (post,) = Roster(tx).career(person_id).all
    ASSIGNMENTS.add(tx, [replace(post, superior_id=superior_id)], "bkpp", now)


def status(etpp: Running, browser: requests.Session, path: str) -> int:
    return browser.get(f"{etpp.url}/{path}", timeout=60).status_code


def member(etpp: Running, login: str, *grants: Grant, person_id: str | None = None) -> tuple[requests.Session, Member]:
    made = etpp.member(login, *grants, person_id=person_id)
    return etpp.log_in(made), made


def test_a_superior_sees_the_month_of_whom_they_lead_and_of_nobody_else(etpp: Running) -> None:
    head, deputy, led, other = (employee(etpp, f"19850315201001100{n}") for n in range(1, 5))
    now = etpp.clock.now
    with etpp.database.begin() as tx:
        led_by(tx, led, head, now)
    browser, _ = member(etpp, "atasan", Grant("employee"), Grant("superior"), person_id=head)
    acting, _ = member(etpp, "pengganti", Grant("employee"), Grant("superior"), person_id=deputy)
    plain, _ = member(etpp, "pegawai", Grant("employee"), person_id=head)
    for path in (
        "v1/admin/employees/{}/statements/2026-11",
        "v1/admin/employees/{}",
        "v1/admin/activities/entries?month=2026-11&person={}",
        "v1/admin/calendar/roster?first=2026-11-01&last=2026-11-30&person={}",
    ):
        assert status(etpp, browser, path.format(led)) == 200, path
        assert status(etpp, browser, path.format(head)) == 200, path
        assert status(etpp, browser, path.format(other)) == 403, path
        assert status(etpp, plain, path.format(led)) == 403, path
        assert status(etpp, acting, path.format(led)) == 403, path
    today = now.date()
    with etpp.database.begin() as tx:
        DEPUTIES.add(tx, [Deputy("d-1", head, deputy, today, today)], "bkpp", now)
    assert status(etpp, acting, f"v1/admin/employees/{led}/statements/2026-11") == 200
    etpp.clock.now += dt.timedelta(days=1)
    acting = etpp.log_in(etpp.member("pengganti-2", Grant("superior"), person_id=deputy))
    assert status(etpp, acting, f"v1/admin/employees/{led}/statements/2026-11") == 403, "the deputising is over"


def test_a_role_at_an_office_covers_those_below_it_and_none_beside_or_above(etpp: Running) -> None:
    for office_id in (ELSEWHERE, BELOW, DEEPER):
        etpp.admin("POST", "offices", {"office_id": office_id, "name": f"Kantor {office_id}"})
    with etpp.database.begin() as tx:
        for office_id, parent in ((BELOW, OFFICE), (DEEPER, BELOW)):
            place = PLACES.one(tx, office_id)
            assert place is not None
            PLACES.add(tx, [replace(place, parent_id=parent)], "bkpp", etpp.clock.now)
    browser, _ = member(etpp, "kepala", Grant("head", OFFICE))
    lower, _ = member(etpp, "kepala-upt", Grant("head", BELOW))

    def reached(who: requests.Session) -> set[str]:
        return {at for at in (OFFICE, BELOW, DEEPER, ELSEWHERE) if status(etpp, who, f"console/offices/{at}") == 200}

    assert reached(browser) == {OFFICE, BELOW, DEEPER}
    assert reached(lower) == {BELOW, DEEPER}
    overview = browser.get(f"{etpp.url}/console/", timeout=60).text
    assert all(f"/console/offices/{each}" in overview for each in (OFFICE, BELOW, DEEPER))
    assert f"/console/offices/{ELSEWHERE}" not in overview


@pytest.mark.parametrize(("role", "over"), [("head", True), ("employee", False)])
def test_a_log_in_that_nobody_uses_is_over_where_it_opens_more_than_ones_own(
    etpp: Running, role: str, over: bool
) -> None:
    grant = Grant("head", OFFICE) if role == "head" else Grant("employee")
    browser, _ = member(etpp, "orang", grant, person_id=employee(etpp, "198503152010011009"))
    for _ in range(3):
        etpp.clock.now += session.IDLE - dt.timedelta(minutes=1)
        assert browser.get(f"{etpp.url}/console/account", timeout=60).url.endswith("/account"), "used all the time"
    etpp.clock.now += session.IDLE + session.SEEN_EVERY
    assert browser.get(f"{etpp.url}/console/account", timeout=60).url.endswith("/account") is not over


def test_where_it_cannot_be_noted_that_somebody_is_there_they_still_read(
    etpp: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = member(etpp, "orang", Grant("head", OFFICE))
    tried: list[str] = []

    def locked(_sessions: Sessions, token_hash: str, _now: dt.datetime) -> None:
        tried.append(token_hash)
        raise StoreUnavailable("the database is locked")

    monkeypatch.setattr(Sessions, "note_seen", locked)
    etpp.clock.now += session.SEEN_EVERY
    assert status(etpp, browser, f"console/offices/{OFFICE}") == 200
    assert tried
