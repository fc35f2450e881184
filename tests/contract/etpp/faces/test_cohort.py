"""The cohort numbers of a whole regency, as they reach the terminals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from etpp.base.errors import StoreUnavailable
from etpp.db import Database
from etpp.faces.cohort import MIN_PEOPLE, OVERDUE, Cohort, overdue_since, refresh
from etpp.faces.model import Template
from etpp.faces.store import Templates
from kiosk.scores.cohort import cohort_numbers
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.faces.recogniser_kit import regency, strangers
from tests.contract.etpp.running import NIP, OFFICE, Running, running

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def everyone(people: int, each: int = 2) -> list[tuple[str, str, Template]]:
    found = []
    for person, pair in enumerate(strangers(people * each).reshape(people, each, 128)):
        person_id = f"p{person:04d}"
        for number, vector in enumerate(pair):
            template = Template(f"{person_id}-{number}", person_id, MODEL_ID, vector.tobytes())
            found.append((f"office-{person % 2}", person_id, template))
    return found


def test_numbers_are_those_of_the_terminals_own_formula_against_all_others() -> None:
    rows = everyone(MIN_PEOPLE + 1)
    numbers = Cohort(rows).numbers("p0001", [rows[2][2].descriptor, rows[3][2].descriptor])
    others = np.stack([np.frombuffer(t.descriptor, "<f4") for _, person, t in rows if person != "p0001"])
    expected = [cohort_numbers(np.frombuffer(rows[i][2].descriptor, "<f4"), others) for i in (2, 3)]
    assert numbers is not None
    assert np.allclose(numbers, expected, atol=1e-5)


def test_too_few_people_make_no_cohort() -> None:
    rows = everyone(MIN_PEOPLE)
    assert Cohort(rows).numbers("p0001", [rows[2][2].descriptor]) is None
    assert Cohort(rows).numbers("new", [rows[2][2].descriptor]) is not None
    assert Cohort([]).numbers("b", [rows[0][2].descriptor]) is None


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server:
        yield server


def enrol(etpp: Running, terminal: Terminal) -> None:
    event = terminal.enrolment(NIP, "Sri Lestari", 1)
    terminal.send_events([event])
    etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")


def test_an_approval_sends_the_numbers_and_nobody_elses_face(etpp: Running) -> None:
    regency(etpp, MIN_PEOPLE)
    terminal = etpp.terminal()
    enrol(etpp, terminal)
    (person,) = terminal.gallery().json()["payload"]["people"]
    (template,) = person["templates"]
    assert template["cohort_mean"] < 0 < template["cohort_sd"]


def test_the_nightly_run_reaches_those_who_were_enrolled_when_there_was_no_cohort(etpp: Running) -> None:
    terminal = etpp.terminal()
    enrol(etpp, terminal)
    before = terminal.gallery().json()
    assert before["payload"]["people"][0]["templates"][0]["cohort_mean"] is None
    assert refresh(etpp.database, MODEL_ID, NOW) == 0
    regency(etpp, MIN_PEOPLE)
    assert refresh(etpp.database, MODEL_ID, NOW) == MIN_PEOPLE + 1
    delta = terminal.gallery(before["manifest"]["version"]).json()
    assert delta["payload"]["people"][0]["templates"][0]["cohort_sd"] > 0
    # Nothing moves when nobody has come: no terminal is made to download for it.
    assert refresh(etpp.database, MODEL_ID, NOW) == 0
    assert terminal.gallery(delta["manifest"]["version"]).status_code == 204


def test_a_busy_database_stops_the_nightly_run_and_the_next_one_does_the_rest(etpp: Running, tmp_path: Path) -> None:
    regency(etpp, MIN_PEOPLE + 1)
    job = Database(f"sqlite:///{tmp_path}/etpp.db", lock_wait_s=0.05)
    with sa.create_engine(f"sqlite:///{tmp_path}/etpp.db").connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable):
            refresh(job, MODEL_ID, NOW)
    with etpp.database.read() as tx:
        assert all(template.cohort_mean is None for template in Templates(tx).all("lain"))
    assert refresh(job, MODEL_ID, NOW) == MIN_PEOPLE + 1
    job.close()


def test_nights_without_a_run_are_noticed_once_there_are_people_enough(etpp: Running) -> None:
    later = etpp.clock.now + OVERDUE
    with etpp.database.read() as tx:
        assert overdue_since(tx, later) is None  # nobody would get numbers
    regency(etpp, MIN_PEOPLE + 1)
    with etpp.database.read() as tx:
        assert overdue_since(tx, later - dt.timedelta(seconds=1)) is None
        assert overdue_since(tx, later) == etpp.clock.now
    refresh(etpp.database, MODEL_ID, later)
    with etpp.database.read() as tx:
        assert overdue_since(tx, later) is None
