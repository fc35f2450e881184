"""The console over HTTP, as a browser without scripts uses it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from etpp.accounts import service
from etpp.accounts.passwords import hashed
from etpp.accounts.session import LIFETIME
from etpp.faces.cohort import refresh
from tests.contract.etpp.client import MODEL_ID, Terminal, problem_of, time_of
from tests.contract.etpp.faces.recogniser_kit import approve, dlib, other, send
from tests.contract.etpp.running import NIP, OFFICE, Running, wib
from tests.integration.etpp.browser import Browser

DAY = "2026-11-24"


def row_of(text: str, name: str) -> str:
    return text.split(name, 1)[1]


def test_nobody_gets_in_without_the_password(etpp: Running) -> None:
    stranger = Browser(etpp)
    for path in ("/", "/terminals", "/enrolments", "/events", f"/offices/{OFFICE}", f"/offices/{OFFICE}/people"):
        stranger.visit(path)
        assert stranger.url.split("?")[0].endswith("/console/login")
    assert "salah" in stranger.log_in(password="wrong")
    assert "salah" in stranger.log_in(replace(etpp.bkpp, login="admin"))
    stranger.http.cookies.set("etpp_session", "e30.e30", path="/")
    stranger.visit("/")
    assert stranger.url.endswith("/console/login")


def test_guessing_the_password_is_slowed_down(etpp: Running) -> None:
    for _ in range(20):
        etpp.server.guesses.reserve("console 127.0.0.1")
    stranger = Browser(etpp)
    assert "Tunggu" in stranger.log_in()
    assert stranger.status == 429


def test_a_session_ends_by_log_out_time_or_a_new_password(etpp: Running) -> None:
    browser = Browser(etpp)
    browser.log_in()
    browser.submit("/logout")
    browser.visit("/")
    assert browser.url.endswith("/login")
    browser.log_in()
    etpp.clock.now += LIFETIME + dt.timedelta(minutes=1)
    browser.visit("/")
    assert browser.url.endswith("/login")
    browser.log_in()
    with etpp.database.begin() as tx:
        service.choose_password(tx, etpp.bkpp.account_id, hashed("another password"))
    browser.visit("/")
    assert browser.url.endswith("/login")


def test_pages_allow_no_scripts_and_no_frames(browser: Browser) -> None:
    browser.visit("/")
    policy = browser.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert browser.headers["Cache-Control"] == "no-store"
    cookie = next(iter(browser.http.cookies))
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "strict"


def test_a_form_without_its_token_does_nothing(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    for values in ({}, {"csrf": "wrong"}):
        answer = browser.http.post(f"{etpp.url}/console/terminals/{terminal.device_id}/revoke", data=values, timeout=30)
        assert answer.status_code == 400
    assert terminal.heartbeat().status_code == 200


def test_the_day_is_shown_with_minutes_terminals_and_certainty(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    budi, siti, wati = (
        etpp.person(NIP, "Budi"),
        etpp.person(NIP[:-1] + "8", "Siti"),
        etpp.person(NIP[:-1] + "9", "Wati"),
    )
    etpp.clock.local(f"{DAY} 15:40")
    batch = terminal.batch([terminal.presence(p) for p in (budi, budi, siti)], etpp.clock.now)
    times = (time_of(wib(f"{DAY} 07:42")), time_of(wib(f"{DAY} 15:30")), time_of(wib(f"{DAY} 07:20"), 600, "uncertain"))
    for sent, time in zip(batch["events"], times, strict=True):
        sent["time"] = time
    terminal.post("events", batch)
    browser.log_in()
    text = browser.visit(f"/offices/{OFFICE}?date={DAY}")
    assert "Selasa, 24 November 2026 · Jam kerja 07.30–16.00 WIB" in text
    short = terminal.device_id[:8]
    assert row_of(text, "Budi").startswith(
        f" ••••••••  201001 1 007 Hadir 07.42 12 menit 15.30 30 menit {short} pasti".replace("  ", " ")
    )
    assert f"07.20 tepat – {short} tidak pasti (07.10–07.30)" in row_of(text, "Siti")
    assert "Belum datang – –" in row_of(text, "Wati")
    terminal.send_events([], at=etpp.clock.local(f"{DAY} 16:30"))
    text = browser.visit(f"/offices/{OFFICE}?date={DAY}")
    assert "Tidak hadir – –" in row_of(text, "Wati")
    overview = browser.visit(f"/?date={DAY}")
    assert "Informatika 3 2 1 0 0 0 1 0 24 Nov 2026 16.30 WIB Lengkap" in overview
    assert NIP not in browser.page
    assert wati not in overview


@pytest.mark.parametrize("date", ["gestern", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_a_date_that_is_none_is_said(browser: Browser, date: str) -> None:
    assert "Tanggal itu tidak ada" in browser.visit(f"/?date={date}")
    assert browser.status == 400


def reject(browser: Browser, event_id: str, office_id: str = OFFICE) -> None:
    browser.visit(f"/enrolments/{office_id}/{event_id}/reject")
    browser.submit("")


def test_an_enrolment_is_approved_or_rejected(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    first, second = terminal.enrolment(NIP, "Budi", 1), terminal.enrolment(NIP[:-1] + "8", "Siti", 2)
    terminal.send_events([first, second])
    text = browser.visit("/enrolments")
    assert "Budi 19850315 201001 1 007 Dinas Komunikasi dan Informatika pegawai baru 1 consent-id-1" in text
    browser.submit(f"{first['event_id']}/approve")
    reject(browser, second["event_id"])
    assert "Disetujui bkpp" in row_of(browser.text, "Budi")
    assert "Ditolak bkpp" in row_of(browser.text, "Siti")
    (person,) = terminal.gallery().json()["payload"]["people"]
    assert person["name"] == "Budi"
    again = terminal.enrolment(NIP, "Budi Santoso", 3)
    terminal.send_events([again])
    assert "mengganti wajah lama" in browser.visit("/enrolments")


def test_another_face_and_another_name_under_an_approved_nip_are_two_questions(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    first = terminal.enrolment(NIP, "Budi", 1)
    terminal.send_events([first])
    person = etpp.admin("POST", f"offices/{OFFICE}/enrolments/{first['event_id']}/approve")["person_id"]
    swap = terminal.enrolment(NIP, "Orang Lain", 9)
    terminal.send_events([swap])
    text = browser.visit("/enrolments")
    assert "Bukan wajah yang tercatat atas nama Budi" in text
    assert "Nama resmi pada NIP ini: Budi" in text
    browser.visit(f"/enrolments/{OFFICE}/{swap['event_id']}/approve")
    browser.submit("", **{f"accept:face_differs:{person}": "yes"})
    assert "Setujui wajah Orang Lain?" in browser.text  # the other one is open
    browser.submit("", **{f"accept:{kind}:{person}": "yes" for kind in ("face_differs", "name_differs")})
    assert "Disetujui walau wajahnya lain walau namanya lain bkpp" in browser.text
    assert [p["name"] for p in terminal.gallery().json()["payload"]["people"]] == ["Budi"]


def test_rejecting_asks_because_the_face_is_gone_then(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Budi", 1)
    terminal.send_events([event])
    browser.visit(f"/enrolments/{OFFICE}/{event['event_id']}/reject")
    assert "Tolak perekaman wajah Budi?" in browser.text
    assert etpp.admin("GET", "enrolments")["enrolments"][0]["state"] == "pending"
    browser.submit("")
    assert etpp.admin("GET", "enrolments")["enrolments"][0]["state"] == "rejected"
    browser.visit(f"/enrolments/{OFFICE}/{event['event_id']}/reject")
    assert browser.status == 409


def test_an_enrolment_like_another_is_marked_and_approved_knowingly_only(etpp: Running, browser: Browser) -> None:
    etpp.admin("POST", "offices", {"office_id": "smpn-1-wates", "name": "SMP Negeri 1 Wates"})
    here, there = etpp.terminal(), etpp.terminal("smpn-1-wates")
    event = here.enrolment(NIP, "Budi", 1)
    here.send_events([event])
    browser.visit("/enrolments")
    assert "mirip" not in browser.text
    loaded_before = browser.page
    other = there.enrolment(NIP[:-1] + "8", "Siti", 1)
    there.send_events([other])
    text = browser.visit("/enrolments")
    assert "Budi 19850315 201001 1 007 Wajah mirip dengan Siti 19850315 201001 1 008 SMP Negeri 1 Wates" in text
    assert "juga menunggu persetujuan" in text
    # A page from before the other came does not approve unaware.
    browser.page = loaded_before
    browser.submit(f"{event['event_id']}/approve")
    assert browser.url.endswith(f"/enrolments/{OFFICE}/{event['event_id']}/approve")
    assert "Setujui wajah Budi?" in browser.text
    assert "Wajah mirip dengan Siti 19850315 201001 1 008 SMP Negeri 1 Wates" in browser.text
    browser.submit("")  # unanswered: it is asked again
    assert "Setujui wajah Budi?" in browser.text
    browser.submit("", **{f"accept:face_known:{other['event_id']}": "yes"})
    assert "Budi 19850315 201001 1 007 Dinas Komunikasi dan Informatika" in row_of(browser.text, "Sudah diputuskan")
    assert "Disetujui walau mirip pegawai lain bkpp" in browser.text
    assert [p["name"] for p in here.gallery().json()["payload"]["people"]] == ["Budi"]
    reject(browser, other["event_id"], "smpn-1-wates")
    assert "Ditolak bkpp" in row_of(browser.text, "Siti")


def test_the_question_whether_to_approve_is_put_for_a_likeness_only(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    event = terminal.enrolment(NIP, "Budi", 1)
    terminal.send_events([event])
    browser.visit(f"/enrolments/{OFFICE}/{event['event_id']}/approve")
    assert browser.url.endswith("/enrolments")
    browser.submit(f"{event['event_id']}/approve")
    browser.visit(f"/enrolments/{OFFICE}/{event['event_id']}/approve")
    assert browser.status == 409


def test_a_person_is_erased_and_each_terminal_acknowledges(etpp: Running, browser: Browser) -> None:
    first, second = etpp.terminal(), etpp.terminal()
    event = first.enrolment(NIP, "Budi", 1)
    first.send_events([event])
    person = etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")["person_id"]
    browser.visit(f"/offices/{OFFICE}/people/{person}/erase")
    assert "Hapus Budi dari terminal?" in browser.text
    browser.submit("", forget="yes", asked_by="Budi, surat 12/2026")
    assert browser.url.endswith(f"/erasures/{OFFICE}/{person}")
    assert "Budi, surat 12/2026" in browser.text
    browser.visit(f"/offices/{OFFICE}/people")
    assert "(nama dihapus)" in browser.text
    assert "terhapus di 0 dari 2 terminal" in browser.text
    version = first.gallery().json()["manifest"]["version"]
    first.heartbeat(erased_through=version)
    assert "terhapus di 1 dari 2 terminal" in browser.visit(f"/offices/{OFFICE}/people")
    second.heartbeat(erased_through=version)
    assert "terhapus di semua terminal" in browser.visit(f"/offices/{OFFICE}/people")
    assert NIP not in browser.page


def test_a_code_from_the_console_provisions_a_terminal(etpp: Running, browser: Browser) -> None:
    browser.visit("/terminals")
    browser.submit("/codes", office_id=OFFICE)
    code = re.findall(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", browser.text)[0]
    assert etpp.url in browser.text
    assert 'src="data:image/svg+xml' in browser.page
    assert Terminal(etpp.url).provision(code).status_code == 201


def test_terminals_show_how_they_do_and_are_revoked(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    terminal.heartbeat(
        queue={"waiting": 37, "parked": 1},
        faults=["camera_lost", "something_new"],
        wall_utc="1970-01-01T00:00:00.000Z",
        camera="lost",
        counters={"unknown": 12, "attack_refused": 3, "refused_by_person": 0, "already_recorded": 40},
    )
    text = browser.visit("/terminals")
    assert "bukan saya" not in text
    for expected in (
        "12 tidak dikenali",
        "3 diduga foto",
        "37 menunggu",
        "1 ditolak",
        "kamera terputus",
        "something_new",
        "meleset −",
        "Aktif",
    ):
        assert expected in text
    etpp.clock.now += dt.timedelta(minutes=16)
    assert "Tidak ada kabar" in browser.visit("/terminals")
    browser.visit(f"/terminals/{terminal.device_id}/revoke")
    browser.submit("")
    assert "Dicabut" in browser.text
    browser.visit(f"/terminals/{terminal.device_id}/write-off")
    browser.submit("")
    assert "Selesai" in browser.text


def test_it_is_said_when_the_nightly_job_has_not_run(
    etpp: Running, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etpp.faces.cohort.MIN_PEOPLE", 2)
    terminal = etpp.terminal()
    for seed, nip in enumerate((NIP, NIP[:-1] + "8", NIP[:-1] + "9"), start=1):
        event = terminal.enrolment(nip, "Budi", seed)
        terminal.send_events([event])
        etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event['event_id']}/approve")
    assert "etpp-cohort.timer" not in browser.visit("/terminals")
    etpp.clock.now += dt.timedelta(days=4)
    browser.log_in()
    assert "terakhir diperbarui 4 hari lalu" in browser.visit("/terminals")
    assert "etpp-cohort.timer" in browser.text
    refresh(etpp.database, MODEL_ID, etpp.clock.now)
    assert "etpp-cohort.timer" not in browser.visit("/terminals")


def test_rejected_parked_and_broken_are_shown_with_reasons(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    ghost = terminal.presence("018f2c5e-0000-7000-8000-0000000000ff")
    terminal.send_events([ghost])
    problem = {"type": "urn:presensi:problem:person-unknown", "detail": "no such person"}
    terminal.heartbeat(parked=[{"event_id": ghost["event_id"], "problem": problem}])
    terminal.last_hash = "ab" * 32
    terminal.send_events([terminal.attack()])
    text = browser.visit("/events")
    assert text.count("Pegawai tidak dikenal di kantor ini") == 2
    assert ghost["event_id"] in text
    assert f"{terminal.chain_id} · 1" in text
    browser.submit(f"{ghost['event_id']}/accept")
    assert browser.status == 409
    assert "masih belum dikenal di kantor ini" in browser.text


def test_the_language_is_a_choice_that_leads_nowhere_else(etpp: Running, browser: Browser) -> None:
    browser.visit("/language?to=en&back=/console/terminals")
    assert browser.url == f"{etpp.url}/console/terminals"
    assert "New provisioning code" in browser.text
    for back in ("//evil.example/", "/\\evil.example/", "https://evil.example/", "/console//evil.example"):
        answer = browser.http.get(
            f"{etpp.url}/console/language", params={"to": "id", "back": back}, allow_redirects=False, timeout=30
        )
        assert answer.headers["Location"] == "/console/"
    assert "Kode penyediaan" in browser.visit("/terminals")


@pytest.mark.parametrize("path", ["/nothing", "/offices/none", "/offices/none/people", "/codes"])
def test_what_is_not_there_is_said_on_a_page(browser: Browser, path: str) -> None:
    browser.visit(path)
    assert browser.status in (404, 405)
    assert browser.headers["Content-Type"].startswith("text/html")


def test_a_copied_cookie_is_dead_after_the_log_out(etpp: Running, browser: Browser) -> None:
    browser.visit("/")
    copied = dict(browser.http.cookies)
    thief = Browser(etpp)
    thief.http.cookies.update(copied)
    assert not thief.visit("/").startswith("Masuk")
    assert thief.url.endswith("/console/")
    browser.submit("/logout")
    thief.visit("/")
    assert thief.url.endswith("/console/login")


def test_codes_that_are_good_are_listed_and_withdrawn(etpp: Running, browser: Browser) -> None:
    code = etpp.admin("POST", f"offices/{OFFICE}/codes")["code"]
    text = browser.visit("/terminals")
    assert "Kode yang masih berlaku" in text
    assert code not in text
    browser.visit(f"/offices/{OFFICE}/codes/withdraw")
    assert "Batalkan kode untuk Dinas Komunikasi dan Informatika?" in browser.text
    browser.submit("")
    assert "Kode yang masih berlaku" not in browser.text
    assert problem_of(Terminal(etpp.url).provision(code)) == "code-unknown"


def test_a_chain_that_is_broken_from_its_first_link_is_shown(etpp: Running, browser: Browser) -> None:
    terminal = etpp.terminal()
    event = terminal.event("attack", terminal.attack()["attack"], seq=1, prev_hash="ab" * 32)
    assert problem_of(terminal.send_events([event])) == "chain-broken"
    assert "Rantai" in browser.visit("/events")
    assert terminal.device_id[:8] in browser.text


def test_a_request_without_what_it_needs_is_told_in_the_pages_language(browser: Browser) -> None:
    assert "Permintaan ini tidak dapat dipenuhi" in browser.visit("/language")
    assert browser.status == 400


def test_how_far_the_offices_are_with_another_recogniser_is_shown_once_there_is_one(
    etpp: Running, browser: Browser
) -> None:
    terminal = etpp.terminal()
    browser.visit("/language?to=en&back=/console/terminals")
    assert "People with templates" not in browser.text
    event = send(terminal, NIP, dlib(1), other(1))
    person = approve(etpp, event)
    etpp.admin("PUT", f"offices/{OFFICE}/renewal", {"by": "bkpp", "model_id": "w600k-112"})
    browser.visit("/terminals")
    assert "dlib-resnet-v1: 1" in browser.text
    assert "fp-112: 1" in browser.text
    assert "w600k-112" in browser.text
    consent = {"given_utc": "2026-11-20T01:00:00.000Z", "text_id": "consent-renewal-1", "officer": "Petugas Contoh"}
    said = {"by": "bkpp", "model_id": "w600k-112", "people": [person], **consent}
    etpp.admin("POST", f"offices/{OFFICE}/renewal/consents", said)
    presence = terminal.presence(person)
    claim = {"model_id": "w600k-112", "person_id": person, "presence": presence["event_id"]}
    claim |= {name: presence["presence"][name] for name in ("match", "liveness")}
    more = [other(1, model_id="w600k-112")]
    offered = terminal.enrolment(NIP, "Sri Lestari", templates=dlib(1), more_templates=more, renewal=claim)
    terminal.send_events([presence, offered])
    browser.visit("/enrolments")
    assert "adds templates of w600k-112" in browser.text
