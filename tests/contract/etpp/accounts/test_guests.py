"""An office says of those who serve there how they are called and sees what they are paid; of its guests neither."""

from __future__ import annotations

import datetime as dt
import urllib.parse
from dataclasses import replace

import pytest
import requests

from etpp.db import pay_tables
from etpp.ledger.store import Ledger
from etpp.roster.store import ASSIGNMENTS, Roster
from etpp.serving.acting import Grant
from tests.contract.etpp.running import NIP, OFFICE, Running, csrf_of

ELSEWHERE = "dinas-lain"
FALSE = "Nama Palsu"


@pytest.fixture
def asked(etpp: Running) -> requests.Session:
    """The operator of the office, with the token of the log-in in its headers."""
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    browser = etpp.log_in(etpp.member("tu", Grant("operator", OFFICE)))
    browser.headers["X-CSRF-Token"] = csrf_of(browser.get(f"{etpp.url}/console/account", timeout=60).text)
    return browser


def roster_name(etpp: Running) -> tuple[str, str]:
    """The official name, and who said it."""
    with etpp.database.read() as tx:
        employee = Roster(tx).employee(Roster(tx).who(NIP))
        assert employee is not None
        rows = tx.execute(pay_tables.employees.select().order_by(pay_tables.employees.c.fact_no)).all()
    return employee.name, rows[-1].recorded_by


def test_an_operator_neither_adds_nor_renames_whom_another_office_has(etpp: Running, asked: requests.Session) -> None:
    people = f"{etpp.url}/v1/admin/offices/{OFFICE}/people"
    etpp.person(office_id=ELSEWHERE)
    answer = asked.post(people, json={"nip": NIP, "name": FALSE}, timeout=60)
    assert answer.status_code == 409, answer.text
    guest = etpp.person()  # by BKPP
    for rename in (
        lambda: asked.put(f"{people}/{guest}", json={"name": FALSE}, timeout=60),
        lambda: asked.post(
            f"{etpp.url}/console/offices/{OFFICE}/people/{guest}/rename",
            data={"csrf": asked.headers["X-CSRF-Token"], "name": FALSE},
            timeout=60,
        ),
    ):
        assert rename().status_code == 200
        assert roster_name(etpp)[0] == "Sri Lestari"
        (here,) = etpp.admin("GET", f"offices/{OFFICE}/people")["people"]
        assert here["name"] == FALSE, "the own terminals greet as the office says"
    etpp.admin("PUT", f"offices/{OFFICE}/people/{guest}", {"name": "Sri Lestari, S.E."})
    assert roster_name(etpp) == ("Sri Lestari, S.E.", "operator"), "BKPP may"


def test_an_operator_adds_and_renames_the_own_people_in_their_own_name(etpp: Running, asked: requests.Session) -> None:
    people = f"{etpp.url}/v1/admin/offices/{OFFICE}/people"
    face = asked.post(people, json={"nip": NIP, "name": "Sri"}, timeout=60).json()["person_id"]
    assert roster_name(etpp) == ("Sri", "account:tu")
    assert asked.put(f"{people}/{face}", json={"name": "Sri Lestari"}, timeout=60).status_code == 200
    assert roster_name(etpp) == ("Sri Lestari", "account:tu")
    with etpp.database.read() as tx:
        assert Ledger(tx).search(limit=1)[0].said.actor == "tu"


def known_as_a_guest(etpp: Running) -> None:
    """The office's terminals know the face."""
    terminal = etpp.terminal()
    terminal.send_events([terminal.enrolment(NIP, "Sri Lestari", 1)], at=etpp.clock.now)
    (waiting,) = etpp.admin("GET", "enrolments")["enrolments"]
    accept = urllib.parse.urlencode({"accept": waiting["marks"][0]["key"]})
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{waiting['event_id']}/approve?" + accept)


def test_a_head_sees_what_the_own_people_are_paid_and_nothing_of_a_guests_pay(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    etpp.person(office_id=ELSEWHERE)
    known_as_a_guest(etpp)
    with etpp.database.read() as tx:
        person = Roster(tx).who(NIP)
    seen = {}
    for office in (OFFICE, ELSEWHERE):
        browser = etpp.log_in(etpp.member(f"kepala-{office}", Grant("head", office)))
        statement = f"{etpp.url}/v1/admin/employees/{person}/statements/2026-11"
        page = browser.get(f"{etpp.url}/console/people/{person}", timeout=60)
        assert page.status_code == 200, "whose face the terminals know is looked up"
        tu = etpp.log_in(etpp.member(f"tu-{office}", Grant("operator", office)))
        csrf = csrf_of(tu.get(f"{etpp.url}/console/account", timeout=60).text)
        pin = tu.post(f"{etpp.url}/console/nip-pin/give", data={"csrf": csrf, "person": NIP}, timeout=60)
        seen[office] = (browser.get(statement, timeout=60).status_code, 'id="pay"' in page.text, pin.status_code)
    assert seen == {OFFICE: (403, False, 403), ELSEWHERE: (200, True, 200)}


def test_whoever_will_have_a_post_sees_no_pay_before(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    etpp.person(office_id=ELSEWHERE)
    with etpp.database.begin() as tx:
        person = Roster(tx).who(NIP)
        (post,) = Roster(tx).career(person).all
        begins = etpp.clock.now.date() + dt.timedelta(days=30)
        ends = replace(post, last=begins - dt.timedelta(days=1))
        ASSIGNMENTS.add(
            tx, [ends, replace(post, assignment_id="next", office_id=OFFICE, first=begins)], "bkpp", etpp.clock.now
        )
    known_as_a_guest(etpp)
    browser = etpp.log_in(etpp.member("kepala", Grant("head", OFFICE)))
    page = browser.get(f"{etpp.url}/console/people/{person}", timeout=60)
    assert (page.status_code, 'id="pay"' in page.text) == (200, False)
