"""What cannot be done is told in the reader's language, whatever raised it."""

from __future__ import annotations

import pytest

from etpp.roster.store import Offices
from tests.contract.etpp.running import NIP, OFFICE, Running
from tests.integration.etpp.browser import Browser

NOT_THERE = (
    ("/offices/none", "Kantor none tidak ada.", "There is no office none."),
    ("/offices/none/people", "Kantor none tidak ada.", "There is no office none."),
    ("/offices/none/codes/withdraw", "Kantor none tidak ada.", "There is no office none."),
    (f"/offices/{OFFICE}/people/none/rename", "Pegawai itu tidak ada", "no such person"),
    (f"/offices/{OFFICE}/people/none/erase", "Pegawai itu tidak ada", "no such person"),
    (f"/enrolments/{OFFICE}/none/approve", "Perekaman wajah itu tidak ada", "no such enrolment"),
    (f"/enrolments/{OFFICE}/none/reject", "Perekaman wajah itu tidak ada", "no such enrolment"),
    ("/nothing", "Halaman ini tidak ada.", "There is no such page."),
    ("/?date=gestern", "Tanggal itu tidak ada.", "There is no such day."),
)


@pytest.mark.parametrize(("path", "indonesian", "english"), NOT_THERE, ids=[path for path, _, _ in NOT_THERE])
def test_what_is_not_there(browser: Browser, path: str, indonesian: str, english: str) -> None:
    assert indonesian in browser.visit(path)
    assert browser.status in (400, 404)
    browser.visit("/language?to=en")
    assert english in browser.visit(path)


def test_what_was_done_already(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Budi", 1)
    terminal.send_events([event])
    browser.visit(f"/enrolments/{OFFICE}/{event['event_id']}/reject")
    asked = browser.page, browser.url
    browser.submit("")
    browser.page, browser.url = asked
    assert "Perekaman wajah ini sudah diputuskan." in browser.submit("")
    assert browser.status == 409
    browser.visit(f"/terminals/{terminal.device_id}/revoke")
    asked = browser.page, browser.url
    browser.submit("")
    browser.page, browser.url = asked
    assert "Terminal ini sudah dicabut." in browser.submit("")


def test_a_form_of_another_session(etpp: Running, browser: Browser) -> None:
    browser.visit(f"/offices/{OFFICE}/codes/withdraw")
    page, url = browser.page, browser.url
    browser.log_in()
    browser.page, browser.url = page, url
    assert "Isian ini bukan dari sesi Anda yang sekarang." in browser.submit("")
    assert browser.status == 400


def test_a_fault_of_the_servers_own(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Offices) -> None:
        raise RuntimeError("an English text")

    monkeypatch.setattr(Offices, "all", broken)
    assert "Server gagal karena kesalahannya sendiri." in browser.visit("/terminals")
    assert browser.status == 500
    assert "an English text" not in browser.page


def test_events_that_do_not_count_are_explained_without_english(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    terminal.send_events([terminal.presence("018f2c5e-0000-7000-8000-0000000000ff")])
    problem = {"type": "urn:presensi:problem:person-unknown", "detail": "no such person here"}
    terminal.heartbeat(parked=[{"event_id": "x", "problem": problem}])
    text = browser.visit("/events")
    assert text.count("Pegawai tidak dikenal di kantor ini") == 2
    assert "person" not in text


def test_an_official_name_is_changed(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Budi", 1)
    terminal.send_events([event])
    person = etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")["person_id"]
    path = f"/offices/{OFFICE}/people/{person}/rename"
    browser.visit(f"/offices/{OFFICE}/people")
    assert f'href="/console{path}"' in browser.page
    assert "Ubah nama resmi" in browser.text
    browser.visit(path)
    browser.submit("", name="Budi\u202e")
    assert browser.status == 409
    assert "tulis dengan huruf Latin, paling sedikit satu huruf, paling banyak 120 karakter" in browser.text
    browser.submit("", name="  Budi   Santoso, S.T. ")
    assert browser.url.endswith(f"/offices/{OFFICE}/people")
    assert "Budi Santoso, S.T." in browser.text
    assert [p["name"] for p in terminal.gallery().json()["payload"]["people"]] == ["Budi Santoso, S.T."]
    browser.visit("/language?to=en")
    browser.visit(path)
    assert "Change the official name" in browser.text
    browser.submit("", name="...")
    assert "That name cannot be used" in browser.text
    for form in ({}, {"csrf": "wrong"}):
        answer = browser.http.post(f"{etpp.url}/console{path}", data={"name": "Other"} | form, timeout=30)
        assert answer.status_code == 400
    assert [p["name"] for p in etpp.admin("GET", f"offices/{OFFICE}/people")["people"]] == ["Budi Santoso, S.T."]
    stranger = Browser(etpp)
    stranger.visit(path)
    assert stranger.url.split("?")[0].endswith("/console/login")


def test_who_was_erased_has_no_name_to_change(etpp: Running, browser: Browser) -> None:
    person = etpp.person(NIP, "Budi")
    path = f"/offices/{OFFICE}/people/{person}/rename"
    browser.visit(path)
    asked = browser.page, browser.url
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
    browser.page, browser.url = asked
    assert "Pegawai itu tidak ada" in browser.submit("", name="Budi Santoso")
    assert browser.status == 404
    browser.visit(f"/offices/{OFFICE}/people")
    assert "Ubah nama resmi" not in browser.text
