"""One face under two NIPs of the regency: the server finds it, and nobody approves it unaware."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from etpp.base.errors import StoreUnavailable
from etpp.faces import approval
from etpp.faces.model import Template
from etpp.faces.store import Templates
from etpp.roster.model import Person
from etpp.roster.store import Offices, People
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.running import NIP, OFFICE, Running, running
from tests.unit.enrollment.kit import descriptor

OTHER_OFFICE = "smpn-1-wates"
OTHER_NIP = NIP[:-1] + "8"
THIRD_NIP = NIP[:-1] + "9"


def face(person: int, sitting: int = 0, **kind: float) -> list[str]:
    """Three templates of person number `person`."""
    vectors = [descriptor(person, 3 * sitting + n, **kind) for n in range(3)]
    return [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]


def start(url: str, folder: Path, **settings: Any) -> Iterator[Running]:
    with running(url, folder, **settings) as server:
        server.admin("POST", "offices", {"office_id": OTHER_OFFICE, "name": "SMP Negeri 1 Wates"})
        yield server


@pytest.fixture
def etpp(url: str, tmp_path: Path) -> Iterator[Running]:
    yield from start(url, tmp_path / "state")


@pytest.fixture
def automatic(url: str, tmp_path: Path) -> Iterator[Running]:
    yield from start(url, tmp_path / "state", approve="auto")


def send(terminal: Terminal, nip: str, templates: list[str], name: str = "Sri Lestari") -> str:
    event = terminal.enrolment(nip, name, templates=templates)
    answer = terminal.send_events([event])
    assert answer.json()["results"][0]["status"] == "accepted"
    return str(event["event_id"])


def path(event_id: str, office_id: str = OFFICE) -> str:
    return f"offices/{office_id}/enrolments/{event_id}/approve"


def alike(etpp: Running, event_id: str) -> Any:
    (found,) = [e for e in etpp.admin("GET", "enrolments")["enrolments"] if e["event_id"] == event_id]
    return found["alike"]


def test_a_face_that_another_office_has_under_another_nip_is_found(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first = etpp.admin("POST", path(send(there, OTHER_NIP, face(1), "Dwi Rahayu"), OTHER_OFFICE))["person_id"]
    event = send(here, NIP, face(1, sitting=1))
    assert alike(etpp, event) == {
        "office_id": OTHER_OFFICE,
        "reference": first,
        "waits": False,
        "nip": OTHER_NIP,
        "name": "Dwi Rahayu",
    }
    other = send(here, THIRD_NIP, face(2))
    assert alike(etpp, other) is None
    etpp.admin("POST", path(other))


def test_such_a_one_is_approved_only_by_who_names_the_other(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first = etpp.admin("POST", path(send(there, OTHER_NIP, face(1), "Dwi Rahayu"), OTHER_OFFICE))["person_id"]
    event = send(here, NIP, face(1, sitting=1))
    for despite in ("", "?despite=yes", f"?despite={event}"):
        refusal = etpp.admin("POST", path(event) + despite, expect=409)
        assert f"despite={first}" in refusal["detail"]
        assert not {OTHER_NIP, "Dwi Rahayu"} & set(refusal["detail"].split())
    assert here.gallery().json()["payload"]["people"] == []
    etpp.admin("POST", f"{path(event)}?despite={first}")
    assert len(here.gallery().json()["payload"]["people"]) == 1
    (kept,) = [e for e in etpp.admin("GET", "enrolments?state=approved")["enrolments"] if e["event_id"] == event]
    assert (kept["despite"], kept["alike"]) == (first, None)


def test_what_nobody_resembles_needs_no_name_and_leaves_none(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = send(terminal, NIP, face(1))
    etpp.admin("POST", f"{path(event)}?despite=somebody")
    assert etpp.admin("GET", "enrolments")["enrolments"][0]["despite"] is None


def test_the_same_nip_in_two_offices_is_one_person(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    etpp.admin("POST", path(send(there, NIP, face(1)), OTHER_OFFICE))
    event = send(here, NIP, face(1, sitting=1))
    assert alike(etpp, event) is None
    etpp.admin("POST", path(event))
    again = send(here, NIP, face(1, sitting=2))
    assert alike(etpp, again) is None


def test_two_that_wait_see_each_other_and_then_the_person(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first, second = send(here, NIP, face(1)), send(there, OTHER_NIP, face(1, sitting=1))
    assert alike(etpp, first) | {"name": ""} == {
        "office_id": OTHER_OFFICE,
        "reference": second,
        "waits": True,
        "nip": OTHER_NIP,
        "name": "",
    }
    assert alike(etpp, second)["reference"] == first
    person = etpp.admin("POST", f"{path(first)}?despite={second}")["person_id"]
    # Whoever saw the enrolment has not seen that it was approved meanwhile.
    etpp.admin("POST", f"{path(second, OTHER_OFFICE)}?despite={first}", expect=409)
    assert alike(etpp, second)["reference"] == person


def test_who_was_refused_or_erased_resembles_nobody(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    refused = send(there, OTHER_NIP, face(1))
    erased = etpp.admin("POST", path(send(here, THIRD_NIP, face(1)), OFFICE) + f"?despite={refused}")["person_id"]
    etpp.admin("POST", f"offices/{OTHER_OFFICE}/enrolments/{refused}/reject")
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{erased}")
    event = send(here, NIP, face(1, sitting=1))
    assert alike(etpp, event) is None


def crowd(etpp: Running, people: int, apart: float) -> None:
    """A regency of people who look alike to the network."""
    with etpp.database.begin() as tx:
        for number in range(people):
            person_id = f"p{number:03d}"
            People(tx).add(Person(OTHER_OFFICE, person_id, f"{number:018d}", f"Pegawai {number}", 1))
            vectors = [descriptor(number, n, apart=apart).astype("<f4") for n in range(3)]
            templates = [Template(f"{person_id}-{n}", person_id, MODEL_ID, v.tobytes()) for n, v in enumerate(vectors)]
            Templates(tx).replace(OTHER_OFFICE, person_id, templates)


def test_where_all_look_alike_a_newcomer_resembles_nobody_and_the_same_person_does(etpp: Running) -> None:
    crowd(etpp, 40, apart=0.36)
    terminal = etpp.terminal()
    assert alike(etpp, send(terminal, NIP, face(50, apart=0.36))) is None
    assert alike(etpp, send(terminal, OTHER_NIP, face(7, sitting=1, apart=0.36)))["reference"] == "p007"


def test_looking_waits_for_no_writer(etpp: Running) -> None:
    crowd(etpp, 3, apart=0.75)
    event = send(etpp.terminal(), NIP, face(2, sitting=1))
    with etpp.database.begin() as writer:
        Offices(writer).bump(OFFICE, etpp.clock.now)
        Offices(writer).bump(OTHER_OFFICE, etpp.clock.now)
        assert alike(etpp, event)["reference"] == "p002"
        with etpp.database.read() as tx:
            assert approval.review(tx, OFFICE, event).alike is not None


# ---------------------------------------------------------------- --approve auto


def test_automatic_approval_leaves_a_known_face_to_bkpp(automatic: Running) -> None:
    here, there = automatic.terminal(), automatic.terminal(OTHER_OFFICE)
    send(there, OTHER_NIP, face(1))
    event = send(here, NIP, face(1, sitting=1))
    fine = send(here, THIRD_NIP, face(2))
    states = {e["event_id"]: e["state"] for e in automatic.admin("GET", "enrolments")["enrolments"]}
    assert (states[event], states[fine]) == ("pending", "approved")
    assert [p["nip"] for p in here.gallery().json()["payload"]["people"]] == [THIRD_NIP]
    automatic.admin("POST", f"{path(event)}?despite={alike(automatic, event)['reference']}")


def test_two_with_one_face_in_one_batch_both_wait(automatic: Running) -> None:
    terminal = automatic.terminal()
    names = (NIP, face(1)), (OTHER_NIP, face(1, sitting=1)), (THIRD_NIP, face(2))
    terminal.send_events([terminal.enrolment(nip, "Sri", templates=templates) for nip, templates in names])
    states = {e["nip"]: e["state"] for e in automatic.admin("GET", "enrolments")["enrolments"]}
    assert states == {NIP: "pending", OTHER_NIP: "pending", THIRD_NIP: "approved"}


def test_an_approval_that_failed_is_made_when_the_batch_comes_again(
    automatic: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = automatic.terminal()
    batch = [terminal.enrolment(NIP, "Sri", templates=face(1))]

    def busy(*_: object) -> None:
        raise StoreUnavailable("the database is busy")

    with monkeypatch.context() as patch:
        patch.setattr(approval, "approve_all", busy)
        assert terminal.send_events(batch).status_code == 503
    assert automatic.admin("GET", "enrolments")["enrolments"][0]["state"] == "pending"
    assert terminal.send_events(batch).json()["results"][0]["status"] == "duplicate"
    assert automatic.admin("GET", "enrolments")["enrolments"][0]["state"] == "approved"
    # And once more: what is decided stays so.
    assert terminal.send_events(batch).status_code == 200


def test_what_bkpp_refused_is_not_approved_when_the_batch_comes_again(automatic: Running) -> None:
    terminal = automatic.terminal()
    send(automatic.terminal(OTHER_OFFICE), OTHER_NIP, face(1))
    batch = [terminal.enrolment(NIP, "Sri", templates=face(1, sitting=1))]
    terminal.send_events(batch)
    automatic.admin("POST", f"offices/{OFFICE}/enrolments/{batch[0]['event_id']}/reject")
    terminal.send_events(batch)
    states = {e["nip"]: e["state"] for e in automatic.admin("GET", "enrolments")["enrolments"]}
    assert states == {NIP: "rejected", OTHER_NIP: "approved"}
