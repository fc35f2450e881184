"""Whose things are: a person is of the office where they serve today, and of those whose terminals know the face; what
happened on a day is of the office of that day."""

from __future__ import annotations

import datetime as dt

from etpp import owners
from etpp.absence.model import Letter
from etpp.absence.store import add_letters
from etpp.accounts.rules import Whose
from etpp.db import Transaction
from etpp.faces import moving
from etpp.presence.model import Correction
from etpp.presence.store import CORRECTIONS
from etpp.reports.jobs import Jobs
from etpp.roster.store import People
from tests.contract.etpp.running import NIP, OFFICE, Running

ELSEWHERE = "dinas-lain"
NOBODYS = Whose()


def test_who_has_moved_is_the_new_offices_and_no_more_the_old_ones(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    face = etpp.person()
    now = etpp.clock.now

    def offices(tx: Transaction) -> frozenset[str]:
        return owners.of_person(tx, NIP, now).offices

    with etpp.database.begin() as tx:
        person = People(tx).get(OFFICE, face)
        assert person is not None
        assert offices(tx) == {OFFICE}
        assert owners.of_person(tx, person.employee_id, now) == Whose(frozenset({OFFICE}), person.employee_id)
        moving.move(tx, person.employee_id, ELSEWHERE, now.date() + dt.timedelta(days=1), "bkpp", now)
        assert offices(tx) == {OFFICE}
    now += dt.timedelta(days=2)
    with etpp.database.read() as tx:
        assert offices(tx) == {ELSEWHERE}


def test_what_was_before_a_move_is_the_old_offices_and_what_comes_after_the_new_ones(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    face = etpp.person()
    now, zone = etpp.clock.now, dt.timezone(dt.timedelta(hours=7))
    moved = now.date() + dt.timedelta(days=3)
    before, after = moved - dt.timedelta(days=1), moved + dt.timedelta(days=1)

    def letter(name: str, first: dt.date, last: dt.date) -> Letter:
        begins, ends = (dt.datetime.combine(each, dt.time(7), zone) for each in (first, last))
        return Letter(name, "cuti-tahunan", "1", first, "Kepala", (person_id,), begins, ends, "tu", now)

    with etpp.database.begin() as tx:
        found = People(tx).get(OFFICE, face)
        assert found is not None
        person_id = found.employee_id
        moving.move(tx, person_id, ELSEWHERE, moved, "bkpp", now)
        for name, date in (("then", before), ("now", after)):
            CORRECTIONS.add(tx, [Correction(name, person_id, date, "day", None, "lupa", "tu", now)], "tu", now)
        add_letters(tx, [letter("then", before, before + dt.timedelta(days=1)), letter("now", moved, after)], "tu", now)
        add_letters(tx, [letter("both", before, after)], "tu", now)
    etpp.clock.now += dt.timedelta(days=10)
    scopes = owners.scopes(Jobs(etpp.state.folder / "reports", etpp.database.url), etpp.clock)
    with etpp.database.read() as tx:
        for what in ("correction_id", "letter_id"):
            assert scopes[what](tx, "now").offices == {ELSEWHERE}
        assert scopes["correction_id"](tx, "then").offices == {OFFICE}
        assert scopes["letter_id"](tx, "then").offices == {OFFICE, ELSEWHERE}  # until seven in the morning of the move
        assert scopes["letter_id"](tx, "both").offices == {OFFICE, ELSEWHERE}


def test_a_face_that_terminals_know_is_of_their_office_too_until_it_is_erased(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": ELSEWHERE, "name": "Dinas Lain"})
    etpp.person(office_id=ELSEWHERE)
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Sri Lestari", 1)
    terminal.send_events([event])

    def offices() -> frozenset[str]:
        with etpp.database.read() as tx:
            return owners.of_person(tx, NIP, etpp.clock.now).offices

    assert offices() == {ELSEWHERE}
    marks = etpp.admin("GET", "enrolments?state=pending")["enrolments"][0]["marks"]
    accepted = "&".join(f"accept={mark['key']}" for mark in marks)
    approve = f"offices/{OFFICE}/enrolments/{event['event_id']}/approve?{accepted}"
    face = etpp.admin("POST", approve)["person_id"]
    assert offices() == {OFFICE, ELSEWHERE}
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{face}")
    assert offices() == {ELSEWHERE}


def test_what_is_not_there_is_nobodys(etpp: Running) -> None:
    scopes = owners.scopes(Jobs(etpp.state.folder / "reports", etpp.database.url), etpp.clock)
    with etpp.database.read() as tx:
        found = {name: look(tx, "nothing") for name, look in scopes.items() if name != "office_id"}
        assert found == dict.fromkeys(found, NOBODYS)
        assert scopes["office_id"](tx, "nothing") == Whose(frozenset({"nothing"}))  # where nobody has a role
