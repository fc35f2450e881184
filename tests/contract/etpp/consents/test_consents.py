"""A consent that is taken back at a terminal, or not given, is a task for BKPP until somebody has answered it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from alembic import command

from etpp.consents import rules, service
from etpp.consents.model import Standing
from etpp.db import Database
from etpp.db.tables import events
from etpp.erasures import reading
from etpp.faces.store import Enrolments
from etpp.roster.store import People
from etpp.serving.acting import Grant
from tests.contract.etpp.client import Terminal
from tests.contract.etpp.db.earlier import tables_of
from tests.contract.etpp.faces.recogniser_kit import approve
from tests.contract.etpp.running import NIP, OFFICE, Running, csrf_of, running_on

SCHOOL = "sd-negeri-1"


@pytest.fixture(scope="module")
def scene(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_on(database, tmp_path_factory.mktemp("consents"), approve="auto") as etpp:
        etpp.admin("POST", "offices", {"office_id": SCHOOL, "name": "SDN 1"})
        yield etpp


@pytest.fixture(scope="module")
def terminal(scene: Running) -> Terminal:
    return scene.terminal()


@pytest.fixture(scope="module")
def browser(scene: Running) -> requests.Session:
    return scene.log_in(scene.bkpp)


_numbers = iter(range(100, 900))


def known(scene: Running, terminal: Terminal, name: str) -> tuple[str, str]:
    """(person, NIP) of somebody with a face."""
    number = next(_numbers)
    nip = f"{NIP[:15]}{number}"
    person = scene.person(nip, name)
    terminal.send_events([terminal.enrolment(nip, name, number)])
    assert faces(scene, person)
    return person, nip


def faces(scene: Running, person: str, office_id: str = OFFICE) -> int:
    with scene.database.read() as tx:
        found = People(tx).get(office_id, person)
    assert found is not None
    return found.templates


def did(terminal: Terminal, what: str, *person_ids: str, **more: Any) -> str:
    said = {"what": "officer-did", "detail": what, "officer": "Bu Ratna", **more}
    event = terminal.event("occurrence", said | ({"person_ids": list(person_ids)} if person_ids else {}))
    (result,) = terminal.send_events([event]).json()["results"]
    assert result["status"] == "accepted"
    return str(event["event_id"])


def standing(scene: Running, event_id: str) -> Standing:
    with scene.database.read() as tx:
        return service.standing(tx, OFFICE, event_id)


def state(scene: Running, event_id: str) -> str:
    return rules.state(standing(scene, event_id))


def page(scene: Running, browser: requests.Session, path: str) -> str:
    answer = browser.get(f"{scene.url}/console/{path}", timeout=60)
    assert answer.status_code == 200
    return answer.text


def answer(
    scene: Running, browser: requests.Session, event_id: str, how: str, expect: int = 200, **form: str
) -> requests.Response:
    url = f"{scene.url}/console/consents/{OFFICE}/{event_id}"
    token = csrf_of(page(scene, browser, "account"))
    found = browser.post(f"{url}/{how}", data={"csrf": token, **form}, timeout=60)
    assert found.status_code == expect, found.text
    return found


def test_a_withdrawn_consent_waits_until_the_face_is_erased_everywhere(
    scene: Running, terminal: Terminal, browser: requests.Session
) -> None:
    person, nip = known(scene, terminal, "Sri Rahayu")
    elsewhere = scene.terminal(SCHOOL)
    enrolment = elsewhere.enrolment(nip, "Sri Rahayu", int(nip[-3:]))
    elsewhere.send_events([enrolment])
    guest = approve(scene, enrolment["event_id"], SCHOOL, answer=True)
    waits = elsewhere.enrolment(nip, "Sri Rahayu", int(nip[-3:]))
    elsewhere.send_events([waits])
    event_id = did(terminal, "consent-withdrawn", person)
    listed = page(scene, browser, "consents")
    assert "Sri Rahayu" in listed
    assert f"/console/consents/{OFFICE}/{event_id}" in listed
    assert "Bu Ratna" in listed
    assert "1 pencabutan atau penolakan persetujuan menunggu jawaban" in page(scene, browser, "")
    one = page(scene, browser, f"consents/{OFFICE}/{event_id}")
    assert "SDN 1: 1 templat" in one
    assert "Hapus wajahnya di semua kantor" in one

    proof = answer(scene, browser, event_id, "erase")
    assert proof.url == f"{scene.url}/console/erasures/{OFFICE}/{person}"
    assert f"Persetujuan dicabut di terminal {terminal.device_id[:8]}" in proof.text
    assert "Sri" not in standing(scene, event_id).answer.reason  # type: ignore[union-attr]
    assert (faces(scene, person), faces(scene, guest, SCHOOL)) == (0, 0)
    with scene.database.read() as tx:
        assert [reading.proof(tx, *each).templates for each in ((OFFICE, person), (SCHOOL, guest))] == [0, 0]
    assert state(scene, event_id) == "erased"
    with scene.database.read() as tx:
        refused = Enrolments(tx).get(SCHOOL, waits["event_id"])
    assert refused is not None
    assert (refused.state, refused.decided_by, dict(refused.faces)) == ("rejected", "erasure", {})
    assert "menunggu jawaban" not in page(scene, browser, "")
    assert "Hal ini sudah selesai" in answer(scene, browser, event_id, "erase", 409).text


def test_another_answer_needs_its_reason_and_answers_what_was_said_twice(
    scene: Running, terminal: Terminal, browser: requests.Session
) -> None:
    person, _ = known(scene, terminal, "Dwi Hartono")
    first, second = (did(terminal, "consent-withdrawn", person) for _ in range(2))
    for wrong in ("", "  ", "x" * 501, "a\u0007b"):
        assert 'name="reason"' in answer(scene, browser, first, "otherwise", 409, reason=wrong).text
    assert [state(scene, each) for each in (first, second)] == ["open", "open"]
    kept = answer(scene, browser, first, "otherwise", reason="Menariknya kembali, surat 12/2026")
    assert "Jawaban tersimpan." in kept.text
    assert "surat 12/2026" in kept.text
    assert [state(scene, each) for each in (first, second)] == ["otherwise", "otherwise"]
    assert faces(scene, person) == 1


def test_who_did_not_consent_is_recorded_in_another_way(
    scene: Running, terminal: Terminal, browser: requests.Session
) -> None:
    unknown = did(terminal, "consent-refused")
    nip = f"{NIP[:15]}{next(_numbers)}"
    person = scene.person(nip, "Tri Wahyuni")
    refused = did(terminal, "consent-refused", person)
    listed = page(scene, browser, "consents")
    assert "Orang yang belum dikenal kantor ini" in listed
    assert "Tri Wahyuni" in listed
    for event_id in (unknown, refused):
        assert "Hapus wajahnya" not in page(scene, browser, f"consents/{OFFICE}/{event_id}")
        answer(scene, browser, event_id, "erase", 409)
        assert state(scene, event_id) == "open"
        answer(scene, browser, event_id, "otherwise", reason="dicatat dengan NIP dan PIN")
        assert state(scene, event_id) == "otherwise"


def test_what_was_settled_on_another_way_waits_no_more(
    scene: Running, terminal: Terminal, browser: requests.Session
) -> None:
    erased, _ = known(scene, terminal, "Catur")
    agreed, nip = known(scene, terminal, "Panca")
    of_erased, of_agreed = (did(terminal, "consent-withdrawn", each) for each in (erased, agreed))
    assert (state(scene, of_erased), state(scene, of_agreed)) == ("open", "open")
    scene.admin("DELETE", f"offices/{OFFICE}/people/{erased}?asked_by=surat")
    assert state(scene, of_erased) == "gone"
    consent = {"given_utc": "2200-01-01T00:00:00.000Z", "text_id": "consent-id-1", "officer": "petugas"}
    terminal.send_events([terminal.enrolment(nip, "Panca", int(nip[-3:]), consent=consent)])
    assert state(scene, of_agreed) == "anew"
    for event_id in (of_erased, of_agreed):
        answer(scene, browser, event_id, "otherwise", 409, reason="terlambat")


def test_only_bkpp_answers_and_nobody_of_an_office_sees_it(scene: Running, terminal: Terminal) -> None:
    person, _ = known(scene, terminal, "Sapta")
    event_id = did(terminal, "consent-withdrawn", person)
    inspector = scene.log_in(scene.member("pemeriksa", Grant("inspector")))
    shown = page(scene, inspector, f"consents/{OFFICE}/{event_id}")
    assert "Sapta" in shown
    assert "Hapus wajahnya di semua kantor" not in shown
    operator = scene.log_in(scene.member("tu", Grant("operator", OFFICE)))
    assert operator.get(f"{scene.url}/console/consents", timeout=60).status_code == 403
    assert "/console/consents" not in page(scene, operator, "")
    for session in (inspector, operator):
        for how in ("erase", "otherwise"):
            answer(scene, session, event_id, how, 403, reason="tidak boleh")
    assert state(scene, event_id) == "open"


def test_it_is_no_signal_and_an_unknown_one_is_not_found(
    scene: Running, terminal: Terminal, browser: requests.Session
) -> None:
    person, _ = known(scene, terminal, "Astuti Hasta")
    did(terminal, "consent-withdrawn", person)
    did(terminal, "people", person)
    assert "Astuti Hasta" not in page(scene, browser, "signals")
    assert page(scene, browser, "consents?q=astuti").count("Astuti Hasta") == 1
    for path in (f"consents/{OFFICE}/nothing", "consents/nowhere/nothing"):
        assert browser.get(f"{scene.url}/console/{path}", timeout=60).status_code == 404


def test_the_same_of_a_chain_that_broke_is_one_task(scene: Running, terminal: Terminal) -> None:
    person, _ = known(scene, terminal, "Nawa")
    event_id = did(terminal, "consent-withdrawn", person)
    with scene.database.begin() as tx:
        row = tx.execute(sa.select(events).where(events.c.event_id == event_id)).one()._asdict()
        again = {"chain_id": "later", "seq": 1, "status": "rejected", "problem": {"reissued": True}}
        tx.execute(sa.insert(events).values({**row, **again}))
    with scene.database.read() as tx:
        assert [each.wish.event_id for each in service.waiting(tx)].count(event_id) == 1


def test_what_an_earlier_release_took_in_is_a_task_too(url: str) -> None:
    store = Database(url)
    at = "2026-11-24 01:00:00+00"
    with tables_of(store, "0024") as (config, connection):
        connection.execute(
            sa.text(
                "INSERT INTO offices (office_id, name, calendar, gallery_version, attention, created_utc) "
                f"VALUES ('a', 'A', '{{}}', 1, 0, '{at}')"
            )
        )
        for seq, detail in enumerate(("consent-withdrawn", "people", "consent-refused")):
            body = json.dumps({"occurrence": {"what": "officer-did", "detail": detail}})
            connection.execute(
                sa.text(
                    "INSERT INTO events (office_id, device_id, chain_id, seq, event_id, kind, hash, prev_hash, status, "
                    f"body, received_utc) VALUES ('a', 'd', 'c', {seq}, 'e{seq}', 'occurrence', '', '', 'accepted', "
                    f":body, '{at}')"
                ),
                {"body": body},
            )
        command.upgrade(config, "head")
    with store.read() as tx:
        assert [(each.wish.event_id, each.wish.kind) for each in service.waiting(tx)] == [
            ("e0", "withdrawn"),
            ("e2", "refused"),
        ]
    store.close()
