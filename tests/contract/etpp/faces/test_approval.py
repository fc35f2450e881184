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


def marks(etpp: Running, event_id: str) -> list[Any]:
    (found,) = [e for e in etpp.admin("GET", "enrolments")["enrolments"] if e["event_id"] == event_id]
    return list(found["marks"])


def alike(etpp: Running, event_id: str) -> Any:
    """Whose face it is too."""
    found = [mark for mark in marks(etpp, event_id) if mark["kind"] == "face_known"]
    return found[0] if found else None


def accept(*found: dict[str, Any]) -> str:
    return "?" + "&".join(f"accept={mark['key']}" for mark in found)


def test_a_face_that_another_office_has_under_another_nip_is_found(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first = etpp.admin("POST", path(send(there, OTHER_NIP, face(1), "Dwi Rahayu"), OTHER_OFFICE))["person_id"]
    event = send(here, NIP, face(1, sitting=1))
    assert alike(etpp, event) == {
        "kind": "face_known",
        "key": f"face_known:{first}",
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
    for accepted in ("", "?accept=yes", f"?accept=face_known:{event}", f"?accept=other_office:{first}"):
        refusal = etpp.admin("POST", path(event) + accepted, expect=409)
        assert f"accept=face_known:{first}" in refusal["detail"]
        assert not {OTHER_NIP, "Dwi Rahayu"} & set(refusal["detail"].split())
    assert here.gallery().json()["payload"]["people"] == []
    etpp.admin("POST", f"{path(event)}?accept=face_known:{first}")
    assert len(here.gallery().json()["payload"]["people"]) == 1
    (kept,) = [e for e in etpp.admin("GET", "enrolments?state=approved")["enrolments"] if e["event_id"] == event]
    assert kept["marks"] == [{"kind": "face_known", "reference": first, "office_id": OTHER_OFFICE}]


def test_what_nobody_resembles_needs_no_name_and_leaves_none(etpp: Running) -> None:
    terminal = etpp.terminal()
    event = send(terminal, NIP, face(1))
    etpp.admin("POST", f"{path(event)}?accept=face_known:somebody")
    assert etpp.admin("GET", "enrolments")["enrolments"][0]["marks"] == []


def test_the_same_nip_in_two_offices_is_one_person_and_said(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first = etpp.admin("POST", path(send(there, NIP, face(1)), OTHER_OFFICE))["person_id"]
    event = send(here, NIP, face(1, sitting=1))
    assert [mark["key"] for mark in marks(etpp, event)] == [f"other_office:{first}"]
    etpp.admin("POST", path(event), expect=409)
    second = etpp.admin("POST", path(event) + accept(*marks(etpp, event)))["person_id"]
    again = send(here, NIP, face(1, sitting=2))
    assert [mark["key"] for mark in marks(etpp, again)] == [f"other_office:{first}"]
    assert second != first  # a NIP in two offices is two people on file, until people can be moved


def test_a_face_is_not_swapped_under_an_approved_nip(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = etpp.admin("POST", path(send(terminal, NIP, face(1))))["person_id"]
    event = send(terminal, NIP, face(2), "Orang Lain")
    found = marks(etpp, event)
    assert [mark["key"] for mark in found] == [f"face_differs:{person}", f"name_differs:{person}"]
    for some in ((), found[:1], found[1:]):  # each is asked by itself
        refusal = etpp.admin("POST", path(event) + accept(*some), expect=409)
        assert f"accept=face_differs:{person}&accept=name_differs:{person}" in refusal["detail"]
    assert etpp.admin("POST", path(event) + accept(*found))["name"] == "Sri Lestari"
    (kept,) = [e for e in etpp.admin("GET", "enrolments?state=approved")["enrolments"] if e["event_id"] == event]
    assert [mark["kind"] for mark in kept["marks"]] == ["face_differs", "name_differs"]
    assert [p["name"] for p in terminal.gallery().json()["payload"]["people"]] == ["Sri Lestari"]


@pytest.mark.parametrize(
    ("sitting", "name"),
    [
        (1, "Sri Lestari"),  # the same face, another day
        (2, "SRI  LESTARI "),  # capitals and spaces make no other name
    ],
)
def test_the_same_person_again_needs_no_answer(etpp: Running, sitting: int, name: str) -> None:
    terminal = etpp.terminal()
    etpp.admin("POST", path(send(terminal, NIP, face(1))))
    event = send(terminal, NIP, face(1, sitting=sitting), name)
    assert marks(etpp, event) == []
    assert etpp.admin("POST", path(event))["name"] == "Sri Lestari"


def test_a_second_enrolment_of_a_nip_that_waits_marks_both(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first, second = send(here, NIP, face(1)), send(there, NIP, face(1, sitting=1), "Sri Lestari, S.Kom.")
    assert [mark["key"] for mark in marks(etpp, first)] == [f"pending_twice:{second}"]
    assert [mark["key"] for mark in marks(etpp, second)] == [f"pending_twice:{first}"]
    etpp.admin("POST", path(first), expect=409)
    person = etpp.admin("POST", f"{path(first)}?accept=pending_twice:{second}")["person_id"]
    assert [mark["key"] for mark in marks(etpp, second)] == [f"other_office:{person}", f"name_differs:{person}"]


def test_a_name_on_file_without_a_face_is_official_too(etpp: Running) -> None:
    person = etpp.admin("POST", f"offices/{OFFICE}/people", {"nip": NIP, "name": "Sri Lestari"})["person_id"]
    event = send(etpp.terminal(), NIP, face(1), "Sri Rahayu")
    assert [mark["key"] for mark in marks(etpp, event)] == [f"name_differs:{person}"]


def test_the_official_name_is_changed_by_bkpp_alone(etpp: Running) -> None:
    terminal = etpp.terminal()
    person = etpp.admin("POST", path(send(terminal, NIP, face(1))))["person_id"]
    renamed = etpp.admin("PUT", f"offices/{OFFICE}/people/{person}", {"name": "Sri Lestari, S.Kom."})
    assert renamed["name"] == "Sri Lestari, S.Kom."
    assert [p["name"] for p in terminal.gallery().json()["payload"]["people"]] == ["Sri Lestari, S.Kom."]
    etpp.admin("PUT", f"offices/{OFFICE}/people/{person}", {"name": "Sri\x00Lestari"}, expect=409)
    etpp.admin("PUT", f"offices/{OFFICE}/people/nobody", {"name": "Sri"}, expect=404)
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
    etpp.admin("PUT", f"offices/{OFFICE}/people/{person}", {"name": "Sri"}, expect=404)


def test_one_face_under_twelve_nips_at_once_is_marked_on_each(etpp: Running) -> None:
    """The copies are each other's next nearest: they must not say how near other people are."""
    crowd(etpp, 40, apart=0.36)
    terminal = etpp.terminal()
    events = [send(terminal, f"{NIP[:-3]}{100 + n}", face(50, sitting=n, apart=0.36)) for n in range(12)]
    assert [alike(etpp, event) is not None for event in events] == [True] * 12
    owner = send(terminal, OTHER_NIP, face(7, sitting=1, apart=0.36))
    for n in range(12):
        send(terminal, f"{NIP[:-3]}{200 + n}", face(7, sitting=2 + n, apart=0.36))
    assert alike(etpp, owner) is not None


def test_two_that_wait_see_each_other_and_then_the_person(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    first, second = send(here, NIP, face(1)), send(there, OTHER_NIP, face(1, sitting=1))
    assert alike(etpp, first) | {"name": ""} == {
        "kind": "face_known",
        "key": f"face_known:{second}",
        "office_id": OTHER_OFFICE,
        "reference": second,
        "waits": True,
        "nip": OTHER_NIP,
        "name": "",
    }
    assert alike(etpp, second)["reference"] == first
    person = etpp.admin("POST", f"{path(first)}?accept=face_known:{second}")["person_id"]
    # Whoever saw the enrolment has not seen that it was approved meanwhile.
    etpp.admin("POST", f"{path(second, OTHER_OFFICE)}?accept=face_known:{first}", expect=409)
    assert alike(etpp, second)["reference"] == person


def test_who_was_refused_or_erased_resembles_nobody(etpp: Running) -> None:
    here, there = etpp.terminal(), etpp.terminal(OTHER_OFFICE)
    refused = send(there, OTHER_NIP, face(1))
    erased = etpp.admin("POST", path(send(here, THIRD_NIP, face(1)), OFFICE) + f"?accept=face_known:{refused}")[
        "person_id"
    ]
    etpp.admin("POST", f"offices/{OTHER_OFFICE}/enrolments/{refused}/reject")
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{erased}")
    event = send(here, NIP, face(1, sitting=1))
    assert alike(etpp, event) is None


def crowd(etpp: Running, people: int, apart: float) -> None:
    """A regency of people who look alike to the network."""
    with etpp.database.begin() as tx:
        for number in range(people):
            person_id = f"p{number:03d}"
            People(tx).add(Person(OTHER_OFFICE, person_id, person_id, f"{number:018d}", f"Pegawai {number}", 1))
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
    automatic.admin("POST", path(event) + accept(alike(automatic, event)))


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
