"""Erasure with proof: who asked and who did it, what each terminal said and when, what remains; in a signed file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from etpp.bundle.model import NotABundle
from etpp.commands.audit_bundle import check_file
from etpp.erasures import reading
from etpp.erasures.model import Proof
from etpp.erasures.sealing import check
from etpp.serving.acting import Grant
from tests.contract.etpp.client import Terminal
from tests.contract.etpp.running import NIP, OFFICE, Running, csrf_of, running_on

WISH = "Sri Lestari, surat 12/2026"


@pytest.fixture(scope="module")
def scene(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_on(database, tmp_path_factory.mktemp("erasures"), approve="auto") as etpp:
        yield etpp


@pytest.fixture(scope="module")
def browser(scene: Running) -> requests.Session:
    return scene.log_in(scene.bkpp)


@pytest.fixture
def terminals(scene: Running) -> Iterator[list[Terminal]]:
    """Two of the office, which no other test uses."""
    scene.clock.local("2026-11-24 07:00")
    made = [scene.terminal(), scene.terminal()]
    yield made
    for each in made:
        scene.admin("POST", f"devices/{each.device_id}/revoke", expect=(200, 409))
        scene.admin("POST", f"devices/{each.device_id}/write-off")


_nips = iter(range(100, 900))


def known(scene: Running, terminal: Terminal) -> str:
    """Somebody with a face, who was recorded once."""
    nip = f"{NIP[:15]}{next(_nips)}"
    person = scene.person(nip)
    terminal.send_events([terminal.enrolment(nip, "Sri Lestari", int(nip[-3:])), terminal.presence(person)])
    return person


def erase(scene: Running, browser: requests.Session, person: str, **form: str) -> requests.Response:
    url = f"{scene.url}/console/offices/{OFFICE}/people/{person}/erase"
    return browser.post(url, data={"csrf": csrf_of(browser.get(url, timeout=60).text), **form}, timeout=60)


def proof(scene: Running, person: str) -> Proof:
    with scene.database.read() as tx:
        return reading.proof(tx, OFFICE, person)


def says(terminal: Terminal, version: int) -> None:
    assert terminal.heartbeat(gallery_version=version, erased_through=version).status_code == 200


def word(found: Proof, terminal: Terminal) -> tuple[str, Any]:
    (each,) = [each for each in found.terminals if each.device_id == terminal.device_id]
    return each.state, each.said_utc


def test_a_proof_says_who_asked_who_did_it_and_when(
    scene: Running, browser: requests.Session, terminals: list[Terminal]
) -> None:
    person = known(scene, terminals[0])
    at = scene.clock.local("2026-11-24 07:05")
    page = erase(scene, browser, person, asked_by=WISH)
    assert page.url == f"{scene.url}/console/erasures/{OFFICE}/{person}"
    assert WISH in page.text
    (made,) = proof(scene, person).erasures
    assert (made.asked_by, made.done_by, made.erased_utc, made.forgotten) == (WISH, "bkpp", at, False)
    assert made.templates == 1
    listed = browser.get(f"{scene.url}/console/erasures", timeout=60).text
    assert WISH in listed
    assert f"/console/erasures/{OFFICE}/{person}" in listed


def test_nothing_is_erased_at_nobodys_wish(
    scene: Running, browser: requests.Session, terminals: list[Terminal]
) -> None:
    person = known(scene, terminals[0])
    for wish in ("", " ", "a\u0007b"):
        answer = erase(scene, browser, person, asked_by=wish)
        assert answer.status_code == 409
        assert 'name="asked_by"' in answer.text
    assert browser.get(f"{scene.url}/console/erasures/{OFFICE}/{person}", timeout=60).status_code == 404


def test_each_terminals_word_and_the_first_time_it_was_given(
    scene: Running, browser: requests.Session, terminals: list[Terminal]
) -> None:
    first, second = terminals
    person = known(scene, first)
    scene.clock.local("2026-11-24 07:05")
    erase(scene, browser, person, asked_by=WISH)
    version = proof(scene, person).version
    says(first, version - 1)
    assert [word(proof(scene, person), each)[0] for each in terminals] == ["waiting", "waiting"]
    at = scene.clock.local("2026-11-24 07:14")
    says(first, version)
    scene.clock.local("2026-11-24 07:16")
    says(first, version)  # again: the first word stays
    says(first, version + 3)
    assert word(proof(scene, person), first) == ("erased", at)
    assert word(proof(scene, person), second) == ("waiting", None)
    assert not proof(scene, person).complete
    late = scene.terminal()
    assert word(proof(scene, person), late) == ("never_had", None)
    says(late, 0)
    assert word(proof(scene, person), late) == ("never_had", None)
    scene.admin("POST", f"devices/{second.device_id}/revoke")
    assert word(proof(scene, person), second)[0] == "revoked"
    assert not proof(scene, person).complete
    scene.admin("POST", f"devices/{late.device_id}/revoke")
    scene.admin("POST", f"devices/{late.device_id}/write-off")


def test_what_remains_is_counted_and_of_the_face_nothing(
    scene: Running, browser: requests.Session, terminals: list[Terminal]
) -> None:
    person = known(scene, terminals[0])
    erase(scene, browser, person, asked_by=WISH)
    found = proof(scene, person)
    assert (found.templates, found.enrolments) == (0, 0)
    assert (found.remains["presences"], found.remains["name"]) == (1, 1)
    scene.clock.local("2026-11-24 07:06")
    scene.admin("DELETE", f"offices/{OFFICE}/people/{person}?forget=true&asked_by=surat 13")
    found = proof(scene, person)
    assert (found.name, found.nip, found.remains["name"]) == (None, None, 0)
    assert [each.asked_by for each in found.erasures] == [WISH, "surat 13"]
    assert [each.forgotten for each in found.erasures] == [False, True]


def test_the_file_holds_without_the_server_and_not_when_it_was_changed(
    scene: Running, browser: requests.Session, terminals: list[Terminal]
) -> None:
    person = known(scene, terminals[0])
    erase(scene, browser, person, asked_by=WISH)
    answer = browser.get(f"{scene.url}/console/erasures/{OFFICE}/{person}/file", timeout=60)
    assert "attachment" in answer.headers["Content-Disposition"]
    root = scene.state.keys.now().root
    found = check(answer.content, (root,))
    assert (found.signed, found.root, found.document["erasures"][0]["asked_by"]) == (True, root, WISH)
    changed = answer.content.replace(WISH.encode(), b"somebody else")
    assert changed != answer.content
    assert not check(changed, (root,)).signed
    assert not check(answer.content, ("0" * 16,)).signed
    document = json.loads(answer.content)
    for broken in (b"", b"{}", b"[]", b"{" * 20_000, json.dumps(document | {"format": "other"}).encode()):
        with pytest.raises(NotABundle):
            check(broken, ())


def test_the_command_reads_it_without_the_server(
    scene: Running, browser: requests.Session, terminals: list[Terminal], tmp_path: Path
) -> None:
    person = known(scene, terminals[0])
    erase(scene, browser, person, asked_by=WISH)
    content = browser.get(f"{scene.url}/console/erasures/{OFFICE}/{person}/file", timeout=60).content
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(content)
    bad.write_bytes(content.replace(b'"complete": false', b'"complete": true'))
    root = scene.state.keys.now().root
    said = CliRunner().invoke(check_file, [str(good), "--key", root])
    assert (said.exit_code, WISH in said.output, "HOLDS" in said.output) == (0, True, True)
    told = CliRunner().invoke(check_file, [str(bad), "--key", root, "--json"])
    assert (told.exit_code, json.loads(told.output)["holds"]) == (65, False)


def test_the_pages_say_since_when_a_gallery_is_on_the_terminals(
    scene: Running, browser: requests.Session, terminals: list[Terminal]
) -> None:
    person = known(scene, terminals[0])
    with scene.database.read() as tx:
        version = tx.exec_driver_sql(f"SELECT gallery_version FROM offices WHERE office_id = '{OFFICE}'").scalar()
        of = tx.exec_driver_sql(f"SELECT employee_id FROM people WHERE person_id = '{person}'").scalar()
    scene.clock.local("2026-11-24 07:14")
    says(terminals[0], int(str(version)))
    faces = re.sub(r"\s+", " ", browser.get(f"{scene.url}/console/people/{of}", timeout=60).text)
    assert re.search(r"di 1 dari 2 terminal sejak [^<]*07\.14", faces)
    assert re.search(r"sejak [^<]*07\.14", browser.get(f"{scene.url}/console/terminals", timeout=60).text)
    overview = browser.get(f"{scene.url}/console/", timeout=60).text
    assert all(each.device_id[:8] in overview for each in terminals)


def test_an_operator_sees_no_proof(scene: Running) -> None:
    operator = scene.log_in(scene.member("tata-usaha", Grant("operator", OFFICE)))
    assert operator.get(f"{scene.url}/console/erasures", timeout=60).status_code == 403
