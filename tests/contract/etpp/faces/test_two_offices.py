"""Whose face two offices' terminals have, because of a move or as a guest: the same person, in everything."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from etpp.__main__ import cli
from etpp.faces.cohort import MIN_PEOPLE, overdue_since, refresh
from etpp.faces.moving import move
from etpp.faces.store import Templates
from etpp.roster.store import Roster
from kiosk.scores.cohort import cohort_numbers
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.faces.recogniser_kit import approve, dlib, regency, send
from tests.contract.etpp.running import NIP, Running, wib

OTHER_OFFICE = "smpn-1-wates"
MONDAY = dt.date(2026, 11, 30)


@pytest.fixture
def there(etpp: Running) -> Terminal:
    """The other office's terminal."""
    etpp.admin("POST", "offices", {"office_id": OTHER_OFFICE, "name": "SMP Negeri 1 Wates"})
    return etpp.terminal(OTHER_OFFICE)


def moved(etpp: Running, first: dt.date = MONDAY, nip: str = NIP) -> None:
    with etpp.database.begin() as tx:
        move(tx, Roster(tx).who(nip), OTHER_OFFICE, first, "bkpp", etpp.clock.now)


def command(etpp: Running, *words: str) -> Any:
    url = etpp.database.engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(cli, [*words, "--state", str(etpp.state.folder), "--db", url, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def assert_numbers(terminal: Terminal, others: np.ndarray) -> None:
    """That every template in a gallery has the numbers against `others`, and nobody else's."""
    templates = [each for person in terminal.gallery().json()["payload"]["people"] for each in person["templates"]]
    assert templates
    for each in templates:
        descriptor = np.frombuffer(base64.b64decode(each["descriptor"]), "<f4")
        assert (each["cohort_mean"], each["cohort_sd"]) == pytest.approx(cohort_numbers(descriptor, others), abs=1e-4)


def test_whoever_two_offices_know_is_none_of_the_others(etpp: Running, there: Terminal) -> None:
    here, others = etpp.terminal(), regency(etpp, MIN_PEOPLE)
    approve(etpp, send(here, NIP, dlib(1)))
    moved(etpp)
    assert_numbers(here, others)
    assert_numbers(there, others)
    refresh(etpp.database, MODEL_ID, etpp.clock.now)
    assert_numbers(here, others)
    assert_numbers(there, others)


def test_a_guest_who_is_enrolled_again_is_none_of_the_others_either(etpp: Running, there: Terminal) -> None:
    here, others = etpp.terminal(), regency(etpp, MIN_PEOPLE)
    approve(etpp, send(here, NIP, dlib(1)))
    approve(etpp, send(there, NIP, dlib(1, sitting=1)), OTHER_OFFICE, answer=True)
    assert_numbers(there, others)


def test_a_face_in_two_offices_is_one_person_to_how_many_there_are(etpp: Running, there: Terminal) -> None:
    regency(etpp, MIN_PEOPLE - 1)
    here = etpp.terminal()
    approve(etpp, send(here, NIP, dlib(1)))
    moved(etpp)
    # With the copy there would be one more than make a cohort.
    assert refresh(etpp.database, MODEL_ID, etpp.clock.now) == 0
    with etpp.database.read() as tx:
        assert Templates(tx).count_people() == MIN_PEOPLE
        assert overdue_since(tx, etpp.clock.now + dt.timedelta(days=30)) is None


def test_the_nightly_run_of_the_first_day_reckons_without_the_old_office(
    etpp: Running, there: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = etpp.terminal()
    approve(etpp, send(here, NIP, dlib(1)))
    moved(etpp)
    others = regency(etpp, MIN_PEOPLE)
    monkeypatch.setattr("etpp.commands.cohort.utc_now", lambda: wib("2026-11-30 02:10"))
    assert command(etpp, "cohort") == {"people_changed": MIN_PEOPLE + 1, "faces_settled": 1}
    assert_numbers(there, others)
    assert here.gallery().json()["payload"]["people"] == []


def test_the_face_moves_also_where_the_new_office_has_added_the_person_before(etpp: Running, there: Terminal) -> None:
    here = etpp.terminal()
    approve(etpp, send(here, NIP, dlib(1)))
    added = etpp.person(NIP, office_id=OTHER_OFFICE)
    version = there.gallery().json()["manifest"]["version"]
    moved(etpp)
    (person,) = there.gallery(version).json()["payload"]["people"]
    assert (person["person_id"], len(person["templates"])) == (added, 3)


def test_a_face_that_the_new_office_has_itself_stays_as_it_is(etpp: Running, there: Terminal) -> None:
    here = etpp.terminal()
    approve(etpp, send(here, NIP, dlib(1)))
    approve(etpp, send(there, NIP, dlib(1, sitting=1)), OTHER_OFFICE, answer=True)
    (before,) = there.gallery().json()["payload"]["people"]
    moved(etpp)
    (after,) = there.gallery().json()["payload"]["people"]
    assert (after["person_id"], after["templates"]) == (before["person_id"], before["templates"])
