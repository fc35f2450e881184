"""Templates of several recognisers on the server: taken, compared, approved, handed out, moved and erased together."""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from etpp.faces.moving import move
from etpp.faces.recognisers import RECOGNISERS
from etpp.faces.store import Enrolments, Templates
from etpp.roster.store import Roster
from kiosk.model.recognisers import RECOGNISERS as TERMINALS
from kiosk.wire.gallery import parse_office, parse_person
from tests.contract.etpp.client import MODEL_ID
from tests.contract.etpp.faces.recogniser_kit import FP, Json, approve, dlib, encoded, marks, models, other, send
from tests.contract.etpp.running import NIP, OFFICE, Running

OTHER_OFFICE = "smpn-1-wates"
OTHER_NIP = NIP[:-1] + "8"
GOLDEN = Path(__file__).parents[3] / "golden"


def test_server_and_terminals_mean_the_same_by_each_model() -> None:
    assert {name: (each.length, each.numbered) for name, each in RECOGNISERS.items()} == {
        name: (each.length, each.score == "distance") for name, each in TERMINALS.items()
    }


def test_what_an_enrolment_brings_reaches_the_terminals_side_by_side(etpp: Running) -> None:
    terminal = etpp.terminal()
    tomorrow = {"model_id": "one-of-tomorrow", "templates": ["AAAA"]}  # of no length or number that is known here
    event = send(terminal, NIP, dlib(1), other(1), tomorrow)
    assert etpp.admin("GET", "enrolments")["enrolments"][0]["models"] == [MODEL_ID, FP]
    approve(etpp, event)
    (person,) = terminal.gallery().json()["payload"]["people"]
    assert models(person) == {MODEL_ID: 3, FP: 3}
    assert {each["model_id"] for each in person["templates"]} == {MODEL_ID}  # a released terminal takes nothing else
    assert {each["cohort_mean"] for each in person["more_templates"]} == {None}
    _, taken = parse_person(person)  # as the terminal does
    assert {each.model_id for each in taken} == {MODEL_ID, FP}
    assert etpp.admin("GET", f"offices/{OFFICE}/people")["people"][0]["templates"] == 3  # so many pictures


def test_the_golden_enrolment_is_taken(etpp: Running) -> None:
    event = json.loads((GOLDEN / "event_enrolment_more.json").read_text(encoding="utf-8"))["enrolment"]
    terminal = etpp.terminal()
    terminal.office_id = event["office_id"]
    sent = terminal.event("enrolment", event)
    assert terminal.send_events([sent]).json()["results"][0]["status"] == "accepted"
    with etpp.database.read() as tx:
        kept = Enrolments(tx).get(OFFICE, sent["event_id"])
    assert kept is not None
    assert kept.more == {FP: [base64.b64decode(each) for each in event["more_templates"][0]["templates"]]}


def changed(change: Callable[[Json], None]) -> Json:
    more = other(1)
    change(more)
    return more


BROKEN: dict[str, Callable[[], list[Any]]] = {
    "too short": lambda: [changed(lambda more: more["templates"].__setitem__(1, dlib(1)[0]))],
    "not base64": lambda: [changed(lambda more: more["templates"].__setitem__(0, "?"))],
    "no number": lambda: [changed(lambda more: more["templates"].__setitem__(0, encoded(np.full(512, np.nan))))],
    "without a direction": lambda: [changed(lambda more: more["templates"].__setitem__(2, encoded(np.zeros(512))))],
    "much too long": lambda: [changed(lambda more: more["templates"].__setitem__(2, encoded(np.full(512, 9.0))))],
    "fewer than pictures": lambda: [other(1, count=2)],
    "more than pictures": lambda: [other(1, count=4)],
    "twice": lambda: [other(1), other(1, sitting=1)],
    "dlib's once more": lambda: [{"model_id": MODEL_ID, "templates": dlib(1)}],
    "no model": lambda: [{"templates": other(1)["templates"]}],
    "no list": lambda: [{"model_id": FP, "templates": "AAAA"}],
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_known_is_taken_strictly(etpp: Running, case: str) -> None:
    terminal = etpp.terminal()
    sent = terminal.enrolment(NIP, "Sri", templates=dlib(1), more_templates=BROKEN[case]())
    (result,) = terminal.send_events([sent]).json()["results"]
    assert (result["status"], result["problem"]["type"]) == ("rejected", "urn:presensi:problem:event-invalid")
    assert result["problem"]["detail"].startswith("enrolment")
    assert etpp.admin("GET", "enrolments")["enrolments"] == []


def test_templates_are_dlibs_and_nothing_else(etpp: Running) -> None:
    """A gallery with others among them is refused whole by every terminal of the office."""
    terminal = etpp.terminal()
    sent = terminal.enrolment(NIP, "Sri", templates=dlib(1), model_id="fp-112")
    assert terminal.send_events([sent]).json()["results"][0]["status"] == "rejected"


def test_a_face_under_two_nips_is_found_by_any_model(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": OTHER_OFFICE, "name": "SMP Negeri 1 Wates"})
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first = approve(etpp, send(there, OTHER_NIP, dlib(1), other(1)), OTHER_OFFICE)
    # dlib takes these for two people, the other recogniser for one.
    event = send(here, NIP, dlib(2), other(1, sitting=1))
    assert [mark["key"] for mark in marks(etpp, event)] == [f"face_known:{first}"]
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event}/approve", expect=409)
    # Both say so: it is one mark all the same.
    both = send(here, NIP[:-1] + "9", dlib(1, sitting=1), other(1, sitting=2))
    assert f"face_known:{first}" in [mark["key"] for mark in marks(etpp, both)]
    assert len({mark["key"] for mark in marks(etpp, both)}) == len(marks(etpp, both))


def test_two_that_wait_see_each_other_by_the_other_model(etpp: Running) -> None:
    terminal = etpp.terminal()
    first, second = send(terminal, NIP, dlib(1), other(1)), send(terminal, OTHER_NIP, dlib(2), other(1, sitting=1))
    assert [mark["reference"] for mark in marks(etpp, first)] == [second]
    assert [mark["reference"] for mark in marks(etpp, second)] == [first]
    third = send(terminal, NIP[:-1] + "9", dlib(3))  # of dlib's alone: compared with what there is
    assert marks(etpp, third) == []


def test_another_face_under_the_nip_is_noticed_by_any_model(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = approve(etpp, send(terminal, NIP, dlib(1), other(1)))
    event = send(terminal, NIP, dlib(1, sitting=1), other(2))
    assert [mark["key"] for mark in marks(etpp, event)] == [f"face_differs:{person}"]


def test_an_enrolment_without_a_model_leaves_what_there_is_of_it(etpp: Running) -> None:
    """A terminal on which the file is not installed must not take the face away from those on which it is."""
    terminal = etpp.terminal()
    approve(etpp, send(terminal, NIP, dlib(1), other(1)))
    approve(etpp, send(terminal, NIP, dlib(1, sitting=1, count=2)))
    (person,) = terminal.gallery().json()["payload"]["people"]
    assert models(person) == {MODEL_ID: 2, FP: 3}
    # But not beside another person's face.
    approve(etpp, send(terminal, NIP, dlib(2)), answer=True)
    (person,) = terminal.gallery().json()["payload"]["people"]
    assert models(person) == {MODEL_ID: 3}


def test_a_decision_and_an_erasure_leave_nothing_of_any_model(etpp: Running) -> None:
    terminal = etpp.terminal()
    refused, taken = send(terminal, OTHER_NIP, dlib(5), other(5)), send(terminal, NIP, dlib(1), other(1))
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{refused}/reject")
    person = approve(etpp, taken)
    waiting = send(terminal, NIP, dlib(1, sitting=1), other(1, sitting=1))
    version = terminal.gallery().json()["manifest"]["version"]
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
    with etpp.database.read() as tx:
        assert Templates(tx).of_person(OFFICE, person) == []
        for event in (refused, taken, waiting):
            kept = Enrolments(tx).get(OFFICE, event)
            assert kept is not None
            assert (kept.descriptors, kept.more) == ([], {})
    assert terminal.gallery(version).json()["payload"]["removed"] == [person]


def test_who_moves_takes_the_templates_of_every_model_along(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": OTHER_OFFICE, "name": "SMP Negeri 1 Wates"})
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    approve(etpp, send(here, NIP, dlib(1), other(1)))
    with etpp.database.begin() as tx:
        move(tx, Roster(tx).who(NIP), OTHER_OFFICE, dt.date(2026, 11, 25), "bkpp", etpp.clock.now)
    (person,) = there.gallery().json()["payload"]["people"]
    assert models(person) == {MODEL_ID: 3, FP: 3}


def test_the_terminals_read_which_recogniser_counts(etpp: Running) -> None:
    terminal = etpp.terminal()
    before = terminal.gallery().json()["payload"]["office"]
    assert "recogniser" not in before  # as earlier servers have it
    assert parse_office(before).recogniser == MODEL_ID
    etpp.admin("PUT", f"offices/{OFFICE}/recogniser", {"by": "bkpp", "model_id": FP})
    assert parse_office(terminal.gallery().json()["payload"]["office"]).recogniser == FP


def test_what_was_signed_on_a_screen_is_kept_with_the_consent_and_shown_to_who_decides(etpp: Running) -> None:
    event = json.loads((GOLDEN / "event_enrolment_signed.json").read_text(encoding="utf-8"))["enrolment"]
    terminal = etpp.terminal()
    terminal.office_id = event["office_id"]
    sent = terminal.event("enrolment", event)
    assert terminal.send_events([sent]).json()["results"][0]["status"] == "accepted"
    (kept,) = etpp.admin("GET", "enrolments")["enrolments"]
    assert kept["consent"]["signature"] == event["consent"]["signature"]
    (link,) = etpp.admin("GET", "events?kind=enrolment")["events"]
    assert "enrolment" not in link["event"]  # what names the person stands in one place
