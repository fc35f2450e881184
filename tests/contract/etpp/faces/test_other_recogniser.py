"""Who comes to an office that counts another recogniser than that of her templates: known to nobody there, and said."""

from __future__ import annotations

import datetime as dt

import pytest

from etpp.bulletin.telling import tell
from etpp.faces.moving import move
from etpp.roster.store import Roster
from tests.contract.etpp.client import MODEL_ID, Terminal
from tests.contract.etpp.faces.recogniser_kit import FP, Json, approve, dlib, models, other, send
from tests.contract.etpp.running import NIP, OFFICE, Running, wib

THERE = "smpn-1-wates"
OTHER_NIP = NIP[:-1] + "8"


@pytest.fixture
def there(etpp: Running) -> Terminal:
    """Of an office that recognises by the other one, and has somebody's templates of it."""
    etpp.admin("POST", "offices", {"office_id": THERE, "name": "SMP Negeri 1 Wates"})
    etpp.admin("PUT", f"offices/{THERE}/recogniser", {"by": "bkpp", "model_id": FP})
    terminal = etpp.terminal(THERE)
    approve(etpp, send(terminal, OTHER_NIP, dlib(2), other(2), name="Budi Santosa"), THERE)
    return terminal


def moved(etpp: Running, on: str = "2026-11-25") -> str:
    etpp.clock.now = wib(f"{on} 08:00")
    with etpp.database.begin() as tx:
        employee = Roster(tx).who(NIP)
        move(tx, employee, THERE, dt.date.fromisoformat(on), "bkpp", etpp.clock.now)
    return employee


def awaited(etpp: Running, terminal: Terminal, office_id: str = THERE) -> list[Json]:
    with etpp.database.begin() as tx:
        tell(tx, office_id, etpp.clock.now)
    bulletin: Json = terminal.gallery().json()["payload"].get("bulletin", {"awaiting": []})
    return list(bulletin["awaiting"])


def test_the_bulletin_names_her_among_whom_to_enrol_and_says_why(etpp: Running, there: Terminal) -> None:
    approve(etpp, send(etpp.terminal(), NIP, dlib(1)))
    moved(etpp)
    said = {"nip": NIP, "name": "Sri Lestari", "state": "other-recogniser"}
    assert awaited(etpp, there) == [said]
    # An enrolment that waits says more; once it is approved she is known.
    event = send(there, NIP, dlib(1, sitting=1), other(1))
    assert awaited(etpp, there) == [said | {"state": "waiting"}]
    approve(etpp, event, THERE, answer=True)
    assert awaited(etpp, there) == []


def test_an_office_in_which_nobody_has_such_templates_recognises_by_dlibs(etpp: Running) -> None:
    terminal = etpp.terminal()
    approve(etpp, send(terminal, NIP, dlib(1)))
    etpp.admin("PUT", f"offices/{OFFICE}/recogniser", {"by": "bkpp", "model_id": FP, "despite": True})
    assert awaited(etpp, terminal, OFFICE) == []
    assert etpp.admin("GET", "recognisers")["offices"][0]["unrecognised"] == 0


def test_the_pages_say_it_too(etpp: Running, there: Terminal) -> None:
    approve(etpp, send(etpp.terminal(), NIP, dlib(1)))
    employee, browser = moved(etpp), etpp.log_in(etpp.bkpp)

    def page(path: str) -> str:
        return browser.get(f"{etpp.url}/console{path}", timeout=60).text

    assert "wajah untuk pengenal lain" in page(f"/offices/{THERE}/people")
    assert "wajah untuk pengenal lain" not in page(f"/offices/{OFFICE}/people")
    assert "Wajah untuk pengenal lain" in page(f"/people/{employee}")
    assert "1 wajah untuk pengenal lain" in page("/terminals")
    counts = {each["office_id"]: each["unrecognised"] for each in etpp.admin("GET", "recognisers")["offices"]}
    assert counts == {OFFICE: 0, THERE: 1}


def test_of_the_faces_that_offices_have_the_one_that_counts_there_moves(etpp: Running, there: Terminal) -> None:
    """And not the newest, by which she would be unknown."""
    etpp.admin("POST", "offices", {"office_id": "lama", "name": "Dinas Lama"})
    before = etpp.terminal("lama")
    approve(etpp, send(before, NIP, dlib(1), other(1)), "lama")
    terminal = etpp.terminal()
    for sitting in (1, 2):
        approve(etpp, send(terminal, NIP, dlib(1, sitting)), answer=True)
    moved(etpp)
    (mine,) = [each for each in there.gallery().json()["payload"]["people"] if each["nip"] == NIP]
    assert models(mine) == {MODEL_ID: 3, FP: 3}
    assert awaited(etpp, there) == []
