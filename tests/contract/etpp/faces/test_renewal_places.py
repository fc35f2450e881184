"""A renewal of somebody whom two offices know: consent, offer and approval are the person's, not an office's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from etpp.faces import renewal
from etpp.faces.model import Enrolment, RenewalConsent, RenewalOffer
from etpp.faces.moving import move, settle
from etpp.faces.store import CONSENTS, OFFERS, Enrolments
from etpp.roster.store import Roster
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.faces.recogniser_kit import FP, Json, approve, dlib, models, other, send
from tests.contract.etpp.running import NIP, OFFICE, Running, wib

THERE = "smpn-1-wates"
CONSENT = {"given_utc": "2026-11-20T01:00:00.000Z", "text_id": "consent-renewal-1", "officer": "Petugas Contoh"}


@pytest.fixture
def here(etpp: Running) -> Terminal:
    terminal = etpp.terminal()
    approve(etpp, send(terminal, NIP, dlib(1)))
    return terminal


@pytest.fixture
def there(etpp: Running, here: Terminal) -> Terminal:
    """Of another office, to which she is lent. Both renew."""
    etpp.admin("POST", "offices", {"office_id": THERE, "name": "SMP Negeri 1 Wates"})
    for office_id in (OFFICE, THERE):
        etpp.admin("PUT", f"offices/{office_id}/renewal", {"by": "bkpp", "model_id": FP})
    return etpp.terminal(THERE)


def lent(etpp: Running, there: Terminal, face: int = 1) -> str:
    return approve(etpp, send(there, NIP, dlib(face, sitting=2)), THERE, answer=True)


def consent(etpp: Running, office_id: str = OFFICE, given: str = CONSENT["given_utc"]) -> None:
    said = {"by": "bkpp", "model_id": FP, "people": [NIP], **CONSENT, "given_utc": given}
    etpp.admin("POST", f"offices/{office_id}/renewal/consents", said)


def person_of(terminal: Terminal) -> Json:
    (found,) = terminal.gallery().json()["payload"]["people"]
    return dict(found)


def told(terminal: Terminal, since: int) -> list[bool]:
    """Of the people whom a delta brings, whether they are asked for; nothing where there is no newer gallery."""
    answer = terminal.gallery(since)
    return [] if answer.status_code == 204 else ["renewal" in each for each in answer.json()["payload"]["people"]]


def version(terminal: Terminal) -> int:
    return int(terminal.gallery().json()["manifest"]["version"])


def offer(terminal: Terminal) -> str:
    """As a terminal makes it of a presence; the state of its enrolment is what the server made of it."""
    person = person_of(terminal)["person_id"]
    presence = terminal.presence(person)
    said: dict[str, Any] = {
        "model_id": FP,
        "person_id": person,
        "presence": presence["event_id"],
        "match": presence["presence"]["match"],
        "liveness": presence["presence"]["liveness"],
    }
    sent = terminal.enrolment(
        NIP,
        "Sri Lestari",
        templates=dlib(1, sitting=1),
        more_templates=[other(1, sitting=1)],
        consent=CONSENT,
        renewal=said,
    )
    results = terminal.send_events([presence, sent]).json()["results"]
    assert [each["status"] for each in results] == ["accepted", "accepted"]
    return str(sent["event_id"])


def states(etpp: Running) -> list[str]:
    found = etpp.admin("GET", "enrolments")["enrolments"]
    return sorted(each["state"] for each in found if each["renewal"] is not None)


def test_every_office_that_knows_her_may_ask_by_one_consent(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    before = version(here), version(there)
    consent(etpp, THERE)  # recorded where she is lent to
    assert (told(here, before[0]), told(there, before[1])) == ([True], [True])


def test_an_office_that_does_not_renew_is_told_nothing(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    etpp.admin("PUT", f"offices/{THERE}/renewal", {"by": "bkpp", "model_id": None})
    before = version(there)
    consent(etpp)
    assert told(there, before) == []


def test_once_she_was_offered_no_office_asks(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    consent(etpp)
    before = version(here), version(there)
    offer(there)
    assert (told(here, before[0]), told(there, before[1])) == ([False], [False])
    offer(here)  # that terminal has not heard of it yet
    assert states(etpp) == ["pending", "rejected"]


def test_what_waits_in_one_office_is_enough_before_it_was_noted(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    consent(etpp)
    event, mine_here = offer(there), person_of(here)["person_id"]
    with etpp.database.begin() as tx:
        held = OFFERS.find(tx)
        OFFERS.withdraw(tx, held, "test", etpp.clock.now)  # as between the batch and the note that follows it
        waits = Enrolments(tx).get(THERE, event)
        assert waits is not None
        mine = replace(waits, office_id=OFFICE, person_id=None, renewal=_of(waits, mine_here))
        assert renewal.received(tx, mine, etpp.clock.now).state == "rejected"


def _of(enrolment: Enrolment, person_id: str) -> Json:
    return {**(enrolment.renewal or {}), "person_id": person_id}


def test_what_is_approved_in_one_office_is_known_in_every_other(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    consent(etpp)
    offer(there)
    before = version(here)
    done = etpp.admin("POST", f"offices/{THERE}/renewal/approve", {"by": "bkpp"})
    assert len(done["approved"]) == 0  # another office has the NIP: looked at one by one
    (waits,) = etpp.admin("GET", "enrolments?state=pending")["enrolments"]
    approve(etpp, waits["event_id"], THERE, answer=True)
    assert models(person_of(there)) == {MODEL_ID: 3, FP: 3}
    assert told(here, before) == [False]
    mine = person_of(here)
    assert models(mine) == {MODEL_ID: 3, FP: 3}
    ids = {each["template_id"] for terminal in (here, there) for each in person_of(terminal)["more_templates"]}
    assert len(ids) == 6


def test_but_not_beside_another_face(etpp: Running, here: Terminal, there: Terminal) -> None:
    """Whoever has her NIP there: BKPP has approved that knowingly, and this was compared with the one face alone."""
    lent(etpp, there, face=5)
    consent(etpp)
    event = offer(here)
    approve(etpp, event, answer=True)
    assert models(person_of(here)) == {MODEL_ID: 3, FP: 3}
    assert models(person_of(there)) == {MODEL_ID: 3}


def test_who_moves_while_the_offer_waits_is_asked_by_the_new_office(
    etpp: Running, here: Terminal, there: Terminal
) -> None:
    consent(etpp)
    offer(here)
    etpp.clock.now = wib("2026-11-25 08:00")
    with etpp.database.begin() as tx:
        move(tx, Roster(tx).who(NIP), THERE, dt.date(2026, 11, 26), "bkpp", etpp.clock.now)
    assert "renewal" not in person_of(there)  # the offer may still be approved
    before = version(there)
    etpp.clock.now = wib("2026-11-26 08:00")
    with etpp.database.begin() as tx:
        assert settle(tx, etpp.clock.now) == 1  # the old office's face goes, and the offer with it
    assert states(etpp) == ["rejected"]
    assert told(there, before) == [True]
    offer(there)
    assert states(etpp) == ["pending", "rejected"]


def test_a_refusal_holds_in_every_office(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    consent(etpp)
    event = offer(there)
    etpp.admin("POST", f"offices/{THERE}/enrolments/{event}/reject")
    assert "renewal" not in person_of(here)
    etpp.clock.now = wib("2026-12-02 08:00")
    consent(etpp, given="2026-12-01T01:00:00.000Z")
    assert "renewal" in person_of(here)


# ---------------------------------------------------------------- what it costs


@contextmanager
def counted(etpp: Running) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    sa.event.listen(etpp.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(etpp.database.engine, "before_cursor_execute", note)


def rows(etpp: Running, asked: list[tuple[str, Any]]) -> int:
    """How many rows these questions bring."""
    with etpp.database.engine.connect() as connection:
        return sum(len(connection.exec_driver_sql(said, given).all()) for said, given in asked)


def crowd(etpp: Running, people: int) -> None:
    """Consents and offers of so many people of other offices."""
    moment = etpp.clock.now
    given = [RenewalConsent(f"x{n:04d}", FP, moment, "text", "Petugas") for n in range(people)]
    with etpp.database.begin() as tx:
        CONSENTS.add(tx, given, "bkpp", moment)
        OFFERS.add(tx, [RenewalOffer(each.employee_id, FP, moment) for each in given], "terminal", moment)


def test_an_offer_reads_its_own_person_alone(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    consent(etpp)
    event, costs = offer(there), []
    with etpp.database.begin() as tx:
        OFFERS.withdraw(tx, OFFERS.find(tx), "test", etpp.clock.now)
    for people in (0, 300):
        crowd(etpp, people)
        with counted(etpp) as asked, etpp.database.read() as tx:
            waits = Enrolments(tx).get(THERE, event)
            assert waits is not None
            renewal.received(tx, waits, etpp.clock.now)
        with counted(etpp) as noting, etpp.database.begin() as tx:
            renewal.note(tx, THERE, [event], etpp.clock.now)
            OFFERS.withdraw(tx, OFFERS.find(tx, OFFERS.table.c.recorded_by == "terminal"), "test", etpp.clock.now)
        noted = [each for each in noting if "recorded_by" not in each[0]]
        costs.append((len(asked), rows(etpp, asked), len(noted), rows(etpp, noted)))
    assert costs[0] == costs[1]


def test_how_far_all_offices_are_is_asked_once_for_all(etpp: Running, here: Terminal, there: Terminal) -> None:
    lent(etpp, there)
    consent(etpp)
    offer(here)
    costs = []
    for offices in (0, 12):
        for number in range(offices):
            etpp.admin("POST", "offices", {"office_id": f"kantor-{number}", "name": f"Kantor {number}"})
            etpp.admin("PUT", f"offices/kantor-{number}/renewal", {"by": "bkpp", "model_id": FP})
        with counted(etpp) as asked, etpp.database.read() as tx:
            found = renewal.progress_of_all(tx)
        costs.append(len(asked))
        assert (found[OFFICE].consented, found[OFFICE].waiting, found[THERE].consented) == (1, 1, 1)
        assert all("descriptor" not in said for said, _ in asked)
    assert costs[0] == costs[1]
