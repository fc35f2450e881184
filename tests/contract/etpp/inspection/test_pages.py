"""An inspector's way from an amount down to the event, over HTTP; nothing on it writes."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from etpp.bundle.check import check
from etpp.ledger.store import Ledger
from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.allowance.test_audit import correct, write_down
from tests.contract.etpp.allowance.test_month import check as check_list
from tests.contract.etpp.allowance.test_month import close, forget
from tests.contract.etpp.running import OFFICE, csrf_of, running_on

pytestmark = pytest.mark.long_on_postgresql


@pytest.fixture(scope="module")
def scene(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("inspection")
    with running_on(database, folder) as etpp:
        yield closed(november(etpp, signs=True))


def closed(scene: Scene) -> Scene:
    """Budi is late on the 25th, which costs him; a correction of that was refused, and Sri had a letter."""
    with scene.etpp.database.begin() as tx:
        for day in ("2026-11-02", "2026-11-03"):
            forget(tx, f"{scene.budi}-{day}")
        scene.letter(tx, scene.sri, "2026-11-10 00:00", "2026-11-11 00:00")
    correct(scene)
    write_down(scene)
    check_list(scene)
    close(scene)
    return scene


@pytest.fixture(scope="module")
def browser(scene: Scene) -> requests.Session:
    return scene.etpp.log_in(scene.etpp.member("inspektur", Grant("inspector")))


def ask(scene: Scene, browser: requests.Session, path: str) -> str:
    answer = browser.get(scene.etpp.url + path, timeout=60)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return answer.text


def links(page: str) -> list[str]:
    return [each.replace("&amp;", "&") for each in re.findall(r'href="(/console/inspection[^"]*)"', page)]


def test_from_the_list_of_a_month_to_the_signed_event(scene: Scene, browser: requests.Session) -> None:
    page = ask(scene, browser, f"/console/inspection/months/{OFFICE}/2026-11")
    assert "Budi Santosa" in page
    statement = ask(scene, browser, f"/console/inspection/statements/{scene.budi}/2026-11")
    assert "Seperti saat ditutup" in statement
    assert "terlambat" not in statement or "25" in statement
    assert any("/inspection/policies/" in each for each in links(statement))
    corrections = [each for each in links(statement) if "/facts/correction/c1" in each]
    events = [each for each in links(statement) if "/events/" in each]
    assert corrections or events
    fact = ask(scene, browser, "/console/inspection/facts/correction/c1")
    assert "antre" in fact
    assert "kepala" in fact
    assert "tu" in fact
    (event,) = [row["event_id"] for row in scene.etpp.events("status=accepted&limit=500") if row["seq"] == 9]
    shown = ask(scene, browser, f"/console/inspection/events/{event}")
    assert scene.terminal.device_id in shown
    assert scene.terminal.chain_id in shown
    assert "terminal telah menandatanganinya" in shown
    assert scene.etpp.state.keys.now().signer.key_id in shown, "whose word it is that the key is the terminal's"


def test_a_manual_entry_is_shown_as_what_it_is(scene: Scene, browser: requests.Session) -> None:
    shown = ask(scene, browser, "/console/inspection/events/m1")
    assert "Catatan manual" in shown
    assert "listrik padam" in shown


def test_every_link_below_the_start_leads_somewhere_and_nothing_is_written(
    scene: Scene, browser: requests.Session
) -> None:
    with scene.etpp.database.read() as tx:
        before = Ledger(tx).head()
    waiting = [f"/console/inspection?office_id={OFFICE}&month=2026-11"]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen or "sort=" in path or len(seen) > 150:
            continue
        seen.add(path)
        waiting += links(ask(scene, browser, path))
    kinds = {each.split("?")[0].split("/")[3] for each in seen if each.count("/") > 2}
    assert kinds >= {"months", "statements", "facts", "policies", "lists"}
    with scene.etpp.database.read() as tx:
        assert Ledger(tx).head() == before


def test_the_button_makes_a_file_that_holds_and_its_taking_is_recorded(
    scene: Scene, browser: requests.Session, tmp_path: Path
) -> None:
    page = ask(scene, browser, f"/console/inspection/months/{OFFICE}/2026-11")
    form = {"csrf": csrf_of(page), "office_id": OFFICE, "month": "2026-11"}
    answer = browser.post(f"{scene.etpp.url}/console/inspection/bundles", data=form, timeout=60)
    assert "/inspection/bundles/" in answer.url, answer.text
    folder = scene.etpp.state.folder / "bundles"
    job = answer.url.rpartition("/")[2]
    with (folder / f"{job}.lock").open("rb+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # until its process has ended
    assert "Unduh berkas" in ask(scene, browser, f"/console/inspection/bundles/{job}")
    file = browser.get(f"{answer.url}/file", timeout=60)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["Cache-Control"] == "no-store"
    (tmp_path / "b.zip").write_bytes(file.content)
    found = check(tmp_path / "b.zip")
    assert found.faults == ()
    assert found.manifest.made_by == "inspektur"
    with scene.etpp.database.read() as tx:
        entry = Ledger(tx).search("bundles", "inspektur", None, 1)[0]
    assert (entry.said.action, entry.said.office_id) == ("POST /console/inspection/bundles", OFFICE)


def test_an_open_month_is_said_to_be_open_and_makes_no_file(scene: Scene, browser: requests.Session) -> None:
    page = ask(scene, browser, f"/console/inspection/months/{OFFICE}/2026-12")
    assert "belum ditutup" in page
    form = {"csrf": csrf_of(page), "office_id": OFFICE, "month": "2026-12"}
    answer = browser.post(f"{scene.etpp.url}/console/inspection/bundles", data=form, timeout=60)
    assert answer.status_code == 404
    assert "belum ditutup" in answer.text


def test_what_is_open_is_said_in_words_and_leads_to_what_it_is(scene: Scene, browser: requests.Session) -> None:
    page = ask(scene, browser, f"/console/inspection/statements/{scene.budi}/2026-12")
    (said,) = re.findall(r"Belum selesai: (.*?)</p>", page)
    assert "Hari yang terminalnya belum melapor: Selasa, 1 Desember 2026" in said
    assert not re.search(r"\b(waiting|review|letter|correction|manual|entry|score|face):", said)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("lists/none?office_id=dinas-kominfo", 404),
        ("lists/pairs?office_id=nowhere&month=2026-11", 404),
        ("lists/pairs?office_id=dinas-kominfo&month=11-2026", 400),
        ("lists/pairs?office_id=dinas-kominfo&month=2026-13", 400),
        ("months/dinas-kominfo/x", 400),
        ("statements/nobody/2026-11", 404),
        ("events/none", 404),
        ("facts/nothing/x", 404),
        ("facts/letter/none", 404),
        ("policies/none", 404),
        ("bundles/00000000-0000-4000-8000-000000000000", 404),
    ],
)
def test_what_is_not_there_is_said(scene: Scene, browser: requests.Session, path: str, status: int) -> None:
    assert browser.get(f"{scene.etpp.url}/console/inspection/{path}", timeout=60).status_code == status


def test_a_direction_that_the_person_chose_says_so(scene: Scene, browser: requests.Session) -> None:
    """Of a presence in the books, and of one that is not."""
    terminal, says = scene.etpp.terminal(), "arah dipilih sendiri"
    known = scene.etpp.person("199706062020121006")
    plain = scene.etpp.terminal().presence(known)["presence"]
    chosen = terminal.presence(known, presence={**plain, "chosen": True})
    usual = terminal.presence(known)
    unknown = terminal.presence("", presence={**plain, "person_id": "of-nobody", "chosen": True})
    answer = terminal.send_events([chosen, usual, unknown])
    assert [each["status"] for each in answer.json()["results"]] == ["accepted", "accepted", "rejected"]
    assert says in ask(scene, browser, f"/console/inspection/events/{chosen['event_id']}")
    assert says not in ask(scene, browser, f"/console/inspection/events/{usual['event_id']}")
    assert ask(scene, browser, "/console/events").count(says) == 1
