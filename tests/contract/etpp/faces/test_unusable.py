"""Templates that no terminal can use: refused at the door, and of earlier releases left out of galleries, and said."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from click.testing import CliRunner

from etpp.__main__ import cli
from etpp.base.encoding import LONGEST_DESCRIPTOR, SHORTEST_DESCRIPTOR
from etpp.db import Database, tables
from etpp.faces import approval
from etpp.faces.recognisers import RECOGNISERS, is_usable
from etpp.faces.store import Enrolments, Templates
from kiosk.matcher import Matcher
from kiosk.model import ModelId
from kiosk.wire.gallery import parse_person
from tests.contract.etpp.client import MODEL_ID
from tests.contract.etpp.db.earlier import tables_of
from tests.contract.etpp.faces.recogniser_kit import FP, approve, dlib, encoded, marks, other, send
from tests.contract.etpp.running import NIP, OFFICE, Running
from tests.unit.kiosk.scores.gallery_kit import template

OTHER_NIP = NIP[:-1] + "8"
EVEN = np.ones(512) / np.sqrt(512)
NOW = "2026-11-24 01:00:00+00"


def faulty(vectors: list[np.ndarray]) -> list[str]:
    return [encoded(each) for each in vectors]


DLIBS = {
    "of no length": [np.zeros(128)],
    "of next to no length": [np.full(128, 1e-3)],
    "of the smallest numbers": [np.full(128, 1e-40)],
    "too long": [np.full(128, 9.0)],
    "no number": [np.full(128, np.nan)],
    "each the other's opposite": [np.eye(128)[0], -np.eye(128)[0]],
}
FPS = {
    "that a terminal takes for none": [0.02 * EVEN],  # 0.0009 each, and longer than 0.01
    "of the smallest numbers": [np.full(512, 1e-40)],
    "each the other's opposite": [EVEN, -EVEN],
}


@pytest.mark.parametrize("case", DLIBS)
def test_dlibs_are_faces_or_are_refused(etpp: Running, case: str) -> None:
    terminal = etpp.terminal()
    sent = terminal.enrolment(NIP, "Sri", templates=faulty(DLIBS[case]))
    (result,) = terminal.send_events([sent]).json()["results"]
    assert (result["status"], result["problem"]["type"]) == ("rejected", "urn:presensi:problem:event-invalid")


@pytest.mark.parametrize("case", FPS)
def test_and_so_are_those_of_another_recogniser(etpp: Running, case: str) -> None:
    terminal, wrong = etpp.terminal(), faulty(FPS[case])
    more = [{"model_id": FP, "templates": wrong}]
    sent = terminal.enrolment(NIP, "Sri", templates=dlib(1, count=len(wrong)), more_templates=more)
    (result,) = terminal.send_events([sent]).json()["results"]
    assert result["status"] == "rejected"
    assert etpp.admin("GET", "enrolments")["enrolments"] == []


@pytest.mark.parametrize("model_id", RECOGNISERS)
@pytest.mark.parametrize("norm", [SHORTEST_DESCRIPTOR * 1.001, 1.0, LONGEST_DESCRIPTOR * 0.999])
def test_what_the_server_takes_a_terminal_compares(model_id: str, norm: float) -> None:
    length = RECOGNISERS[model_id].length
    for vector in (np.ones(length) / np.sqrt(length), np.eye(length)[0]):
        made = np.asarray(norm * vector, dtype="<f4")
        assert is_usable(model_id, made.tobytes())
        Matcher([template("a", made, model_id=ModelId(model_id))], model_id=ModelId(model_id))


def spoil(etpp: Running, person: str, vector: np.ndarray, model_id: str) -> None:
    """As an earlier release let it in; what the upgrade finds is marked (below)."""
    with etpp.database.begin() as tx:
        row = {"office_id": OFFICE, "template_id": "bad", "person_id": person, "model_id": model_id}
        face = vector.astype("<f4").tobytes()
        tx.execute(sa.insert(tables.templates).values(**row, descriptor=face, usable=is_usable(model_id, face)))


def test_one_in_the_books_is_left_out_of_the_gallery_and_named(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = approve(etpp, send(terminal, NIP, dlib(1), other(1)))
    spoil(etpp, person, 0.02 * EVEN, FP)
    (told,) = terminal.gallery().json()["payload"]["people"]
    _, taken = parse_person(told)
    for model_id in (MODEL_ID, FP):
        assert Matcher([each for each in taken if each.model_id == model_id], model_id=ModelId(model_id)).people
    assert "bad" not in {each.template_id for each in taken}
    # Nothing is compared with it either, and whoever is enrolled anew is rid of it.
    assert marks(etpp, send(terminal, OTHER_NIP, dlib(2), other(2))) == []
    (fault,) = checked(etpp)
    assert (fault["office_id"], fault["person_id"], fault["member"]) == (OFFICE, person, "face")
    approve(etpp, send(terminal, NIP, dlib(1, sitting=1), other(1, sitting=1)))
    assert checked(etpp) == []


def test_whose_templates_are_all_of_no_use_is_without_a_face(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = etpp.person(NIP)
    spoil(etpp, person, np.zeros(128), MODEL_ID)
    assert terminal.gallery().json()["payload"]["people"][0]["templates"] == []
    browser = etpp.log_in(etpp.bkpp)
    text = browser.get(f"{etpp.url}/console/offices/{OFFICE}/people", timeout=60).text
    assert "wajah tidak dapat dipakai" in text
    # It is face data all the same, and goes with an erasure.
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
    with etpp.database.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tables.templates)).scalar_one() == 0


def test_one_that_waits_since_an_earlier_release_is_not_approved(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = send(terminal, NIP, dlib(1), other(1))
    with etpp.database.begin() as tx:
        tx.execute(sa.update(tables.enrolments).values(descriptors=np.zeros(128, "<f4").tobytes() * 3))
    with etpp.database.read() as tx:
        found = Enrolments(tx).get(OFFICE, event)
        assert found is not None
        assert dict(found.faces) == {}
        assert approval.marks(tx, [found]) == {}
    assert etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event}/approve", expect=409)["detail"]


def checked(etpp: Running) -> list[dict[str, str]]:
    url = etpp.database.engine.url.render_as_string(hide_password=False)
    done = CliRunner().invoke(cli, ["check", "--json", "--state", str(etpp.state.folder), "--db", url])
    found: list[dict[str, str]] = json.loads(done.stdout)
    assert done.exit_code == (65 if found else 0)
    return found


@pytest.fixture
def before(url: str) -> Iterator[tuple[Config, sa.Connection]]:
    """The tables of the release before."""
    store = Database(url)
    with tables_of(store, "0026") as at_that_release:
        yield at_that_release
    store.close()


def test_the_upgrade_marks_what_there_is_with_a_version_of_the_gallery(before: tuple[Config, sa.Connection]) -> None:
    config, connection = before
    good, tiny = np.eye(128, dtype="<f4")[0].tobytes(), (0.02 * EVEN).astype("<f4").tobytes()

    def row(table: str, **values: object) -> None:
        names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
        connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)

    for office_id in ("a", "b"):
        row(
            "offices",
            office_id=office_id,
            name="A",
            calendar="{}",
            gallery_version=4,
            attention=0,
            created_utc=NOW,
            told_form=0,
        )
        for person_id in ("p", "q"):
            row("people", office_id=office_id, person_id=person_id, employee_id=person_id, changed_version=2)
        face = {"office_id": office_id, "person_id": "p"}
        row("templates", **face, template_id=f"{office_id}-1", model_id=MODEL_ID, descriptor=good)
    row("templates", office_id="a", person_id="p", template_id="a-2", model_id=FP, descriptor=tiny)
    row("templates", office_id="a", person_id="p", template_id="a-3", model_id=MODEL_ID, descriptor=good[:-4])
    command.upgrade(config, "head")
    assert [each.template_id for each in Templates(connection).all("a")] == ["a-1"]
    assert Templates(connection).unusable() == [("a", "p")]
    versions = connection.execute(sa.text("SELECT office_id, gallery_version FROM offices ORDER BY office_id")).all()
    assert [tuple(each) for each in versions] == [("a", 5), ("b", 4)]
    changed = connection.execute(sa.text("SELECT person_id FROM people WHERE changed_version = 5")).scalars().all()
    assert list(changed) == ["p"]
    assert connection.execute(sa.text("SELECT version FROM gallery_versions")).scalars().all() == [5]
    command.downgrade(config, "0026")
    assert connection.execute(sa.text("SELECT count(*) FROM templates")).scalar_one() == 4
