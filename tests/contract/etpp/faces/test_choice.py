"""Which recogniser counts: said of an office or of the regency, and nobody is left unrecognised unaware."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from etpp.__main__ import cli
from tests.contract.etpp.client import MODEL_ID
from tests.contract.etpp.faces.recogniser_kit import FP, approve, dlib, marks, other, send
from tests.contract.etpp.running import NIP, OFFICE, Running

OTHER_OFFICE = "smpn-1-wates"
OTHER_NIP = NIP[:-1] + "8"


@pytest.fixture
def two(etpp: Running) -> Running:
    etpp.admin("POST", "offices", {"office_id": OTHER_OFFICE, "name": "SMP Negeri 1 Wates"})
    return etpp


def choose(etpp: Running, model_id: str | None, office_id: str | None = OFFICE, expect: int = 200, **more: Any) -> Any:
    path = "recogniser" if office_id is None else f"offices/{office_id}/recogniser"
    return etpp.admin("PUT", path, {"by": "bkpp", "model_id": model_id, **more}, expect=expect)


def standings(etpp: Running) -> dict[str, tuple[str, str | None]]:
    return {
        each["office_id"]: (each["recogniser"], each["own"]) for each in etpp.admin("GET", "recognisers")["offices"]
    }


def version(etpp: Running, office_id: str) -> int:
    (found,) = [each for each in etpp.admin("GET", "offices")["offices"] if each["office_id"] == office_id]
    return int(found["gallery_version"])


def test_nothing_said_is_dlibs(two: Running) -> None:
    assert standings(two) == {OFFICE: (MODEL_ID, None), OTHER_OFFICE: (MODEL_ID, None)}


def test_an_offices_own_word_goes_before_the_regencys(two: Running) -> None:
    choose(two, FP, None)
    choose(two, MODEL_ID, OTHER_OFFICE)
    assert standings(two) == {OFFICE: (FP, None), OTHER_OFFICE: (MODEL_ID, MODEL_ID)}
    changed = choose(two, None, OTHER_OFFICE)["changed"]
    assert changed == [{"office_id": OTHER_OFFICE, "recogniser": FP, "own": None}]
    choose(two, None, None)
    assert standings(two) == {OFFICE: (MODEL_ID, None), OTHER_OFFICE: (MODEL_ID, None)}
    said = [(each["office_id"], each["model_id"], each["by"]) for each in two.admin("GET", "recognisers")["decisions"]]
    assert said == [
        (None, FP, "bkpp"),
        (OTHER_OFFICE, MODEL_ID, "bkpp"),
        (OTHER_OFFICE, None, "bkpp"),
        (None, None, "bkpp"),
    ]


def test_only_terminals_for_whom_it_changed_download_anything(two: Running) -> None:
    choose(two, MODEL_ID, OTHER_OFFICE)  # as it was
    before = version(two, OFFICE), version(two, OTHER_OFFICE)
    choose(two, FP, None)
    choose(two, FP, None)  # said again
    assert (version(two, OFFICE), version(two, OTHER_OFFICE)) == (before[0] + 1, before[1])


def test_whoever_would_not_be_recognised_any_more_keeps_it_from_being_said(two: Running) -> None:
    here, there = two.terminal(), two.terminal(OTHER_OFFICE)
    approve(two, send(here, NIP, dlib(1), other(1)))
    choose(two, FP)
    approve(two, send(there, OTHER_NIP, dlib(2)), OTHER_OFFICE)
    refusal = choose(two, FP, OTHER_OFFICE, expect=409)
    assert refusal["detail"].startswith(f"1 of 1 people of the office {OTHER_OFFICE} have no templates of {FP}")
    choose(two, FP, None, expect=409)
    assert standings(two) == {OFFICE: (FP, FP), OTHER_OFFICE: (MODEL_ID, None)}
    choose(two, FP, None, despite=True)
    assert standings(two)[OTHER_OFFICE] == (FP, None)
    (_, report) = two.admin("GET", "recognisers")["offices"]
    assert (report["faces"], report["people"]) == (1, {MODEL_ID: 1})


def test_a_face_that_the_office_would_not_recognise_is_approved_knowingly(two: Running) -> None:
    choose(two, FP)
    terminal = two.terminal()
    event = send(terminal, NIP, dlib(1))
    assert [mark["key"] for mark in marks(two, event)] == [f"recogniser_missing:{FP}"]
    two.admin("POST", f"offices/{OFFICE}/enrolments/{event}/approve", expect=409)
    approve(two, event, answer=True)
    assert marks(two, send(terminal, OTHER_NIP, dlib(2), other(2))) == []
    # And of whom there are templates on file, those stay.
    approve(two, send(terminal, NIP, dlib(1, sitting=1), other(1)))
    assert marks(two, send(terminal, NIP, dlib(1, sitting=2))) == []


@pytest.mark.parametrize("body", [{"by": "bkpp"}, {"model_id": FP}, {"by": "bkpp", "model_id": FP, "for": 1}])
def test_what_is_asked_is_asked_whole(two: Running, body: dict[str, Any]) -> None:
    two.admin("PUT", f"offices/{OFFICE}/recogniser", body, expect=400)


def test_what_there_is_not_is_refused(two: Running) -> None:
    choose(two, "one-of-tomorrow", expect=409)
    choose(two, FP, "nowhere", expect=404)
    choose(two, FP, "*", expect=404)


def run(etpp: Running, *words: str) -> Result:
    url = etpp.database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(cli, [*words, "--state", str(etpp.state.folder), "--db", url])


def told(etpp: Running, *words: str) -> Any:
    done = run(etpp, *words, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def test_it_is_said_and_reported_at_the_command_line(two: Running) -> None:
    said = told(two, "office", "recogniser", OFFICE, "--model", FP, "--by", "bkpp")
    assert said == [{"office_id": OFFICE, "recogniser": FP, "own": FP}]
    assert standings(two)[OFFICE] == (FP, FP)
    assert told(two, "recognisers", "report") == two.admin("GET", "recognisers")
    assert told(two, "office", "recogniser", OFFICE, "--withdraw", "--by", "bkpp")[0]["recogniser"] == MODEL_ID
    for words in ((), ("--decisions",)):
        assert OFFICE in run(two, "recognisers", "report", *words).stdout
    for wrong in ((), ("--model", FP, "--withdraw")):
        assert run(two, "office", "recogniser", OFFICE, "--by", "bkpp", *wrong).exit_code == 2
