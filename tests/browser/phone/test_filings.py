"""Corrections, letters with their photographs and objections: written down on the phone, then sent, each once.

What is sent of activities has its tests in test_phone.py; here is what is filed, and what the server says against it.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.phone.phones import opened, phone, ready, shown
from tests.browser.phone.test_phone import installed, settled
from tests.contract.etpp.phone.scene import TODAY, Phones


def picture(colour: int = 60) -> dict[str, Any]:
    """A photograph as a telephone takes it, larger than what is sent."""
    found = io.BytesIO()
    Image.effect_noise((2400, 1600), colour).convert("RGB").save(found, "PNG")
    return {"name": "surat.png", "mimeType": "image/png", "buffer": found.getvalue()}


def write_letter(page: Page, number: str) -> None:
    page.select_option("#kind", "izin-terlambat")
    page.fill("#number", number)
    page.fill("#issuer", "Kepala Bidang Persandian")
    page.set_input_files("#camera", picture())
    page.wait_for_selector(".photo img")


def send(page: Page) -> None:
    page.tap("form button.main")


def letters(office: Phones, number: str) -> list[dict[str, Any]]:
    return [each for each in office.etpp.admin("GET", "letters?state=submitted")["letters"] if each["number"] == number]


def objections(office: Phones, reason: str) -> list[dict[str, Any]]:
    return [each for each in office.etpp.admin("GET", "objections")["objections"] if each["reason"] == reason]


def corrections(office: Phones, reason: str) -> list[dict[str, Any]]:
    found = office.etpp.admin("GET", "corrections?state=proposed")["corrections"]
    return [each for each in found if each["reason"] == reason]


def test_without_a_network_all_three_are_kept_with_the_photograph_and_sent_when_it_is_back(
    budi: BrowserContext, office: Phones
) -> None:
    page = opened(budi, office)
    installed(page)
    shown(page, "")
    budi.set_offline(True)
    page.reload()
    ready(page)
    shown(page, "file/letter")
    write_letter(page, "800/21")
    send(page)
    expect(page.locator("#queue li")).to_have_count(1)
    shown(page, f"file/correction?date={TODAY}")
    page.fill("#time", "07:26")
    page.fill("#reason", "wajah tidak dikenali")
    send(page)
    expect(page.locator("#queue li")).to_have_count(2)
    shown(page, "file/objection?about=day:2026-11-25")
    page.fill("#reason", "antrean panjang")
    send(page)
    expect(page.locator("#queue li")).to_have_count(3)
    expect(page.locator("#waiting")).to_have_text("3 pengajuan menunggu dikirim.")
    page.reload()  # the tab was closed meanwhile, and nothing is lost
    ready(page)
    expect(page.locator("#queue [data-kind=letter]")).to_contain_text("800/21 · Kepala Bidang Persandian")
    expect(page.locator("#queue [data-kind=letter]")).to_contain_text("foto")
    expect(page.locator("#queue [data-kind=correction]")).to_contain_text("Kedatangan · 07:26")
    page.locator("#queue [data-kind=letter] button", has_text="Ubah").tap()
    page.wait_for_function("() => document.querySelector('.photo img')?.naturalWidth === 1600")
    assert (page.input_value("#number"), page.input_value("#kind")) == ("800/21", "izin-terlambat")
    shown(page, "")
    assert letters(office, "800/21") == []
    budi.set_offline(False)
    settled(page)
    (letter,) = letters(office, "800/21")
    (kept,) = office.etpp.state.folder.glob(f"documents/*/{letter['document_sha256']}")
    with Image.open(kept) as seen:
        assert (seen.format, seen.size) == ("JPEG", (1600, 1067))
    (correction,) = corrections(office, "wajah tidak dikenali")
    assert (correction["person_id"], correction["at_utc"]) == (office.scene.budi, "2026-12-03T00:26:00.000Z")
    assert [each["about"] for each in objections(office, "antrean panjang")] == ["day:2026-11-25"]


def test_what_the_server_refuses_keeps_what_was_typed_and_can_be_sent_again_put_right(
    budi: BrowserContext, office: Phones
) -> None:
    """A day that is still to come, typed without a network: the reason is in the list, the text in the form."""
    page = opened(budi, office, "file/correction?date=2026-12-09")
    budi.set_offline(True)
    page.evaluate("document.querySelector('#date').removeAttribute('max')")
    page.fill("#time", "07:20")
    page.fill("#reason", "dinas luar sejak pagi")
    send(page)
    expect(page.locator("#queue li")).to_have_count(1)
    budi.set_offline(False)
    expect(page.locator("#asked")).to_have_text("1 pengajuan belum diterima: lihat sebabnya.")
    refused = page.locator("#queue li.bad")
    expect(refused).to_contain_text("Tidak diterima:")
    expect(refused).to_contain_text("dinas luar sejak pagi")
    refused.locator("button", has_text="Ubah").tap()
    page.wait_for_selector("form [role=alert]")
    expect(page.locator("form [role=alert]")).to_contain_text("Tidak diterima:")
    assert [page.input_value(f"#{each}") for each in ("date", "time", "reason")] == [
        "2026-12-09",
        "07:20",
        "dinas luar sejak pagi",
    ]
    send(page)  # with a network the form itself says it, and stays
    expect(page.locator("form [role=alert]")).to_contain_text("Tidak diterima:")
    assert page.input_value("#reason") == "dinas luar sejak pagi"
    page.fill("#date", TODAY)
    send(page)
    page.wait_for_function("() => location.hash.startsWith('#/month/')")
    settled(page)
    (made,) = corrections(office, "dinas luar sejak pagi")
    assert made["date"] == TODAY


def test_a_file_that_is_refused_leaves_the_letter_with_what_was_typed(budi: BrowserContext, office: Phones) -> None:
    page = opened(budi, office, "file/letter")
    shown(page, "file/letter")
    page.select_option("#kind", "izin-terlambat")
    page.fill("#number", "800/22")
    page.fill("#issuer", "Kepala Bidang")
    for content, said in ((b"<html>", "bukan PDF"), (b"%PDF-1.4" + b"x" * 3 * 1024 * 1024, "lebih besar dari 3 MB")):
        page.set_input_files("#files", {"name": "surat.pdf", "mimeType": "application/pdf", "buffer": content})
        send(page)
        expect(page.locator("form [role=alert]")).to_contain_text(said)
        assert (page.input_value("#number"), page.input_value("#issuer")) == ("800/22", "Kepala Bidang")
    page.set_input_files("#camera", {"name": "rusak.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff no"})
    send(page)
    expect(page.locator("form [role=alert]")).to_contain_text("tidak dapat dibaca")
    shown(page, "file")  # whoever goes away finds it in the list, and gives it up with two touches
    page.locator("#queue button", has_text="Hapus").tap()
    page.locator("#queue button", has_text="Hapus sungguh?").tap()
    page.wait_for_function("async () => (await (await import('/phone/store.js')).all('outbox')).length === 0")
    assert letters(office, "800/22") == []


def test_the_answer_was_lost_and_the_same_filing_counts_once(budi: BrowserContext, office: Phones) -> None:
    page = opened(budi, office, "file/letter")
    shown(page, "file/letter")
    sent: list[str] = []

    def lose(route: Any) -> None:
        sent.append(json.loads(route.request.post_data)["filing_id"])
        route.fetch()
        route.abort()

    page.route("**/phone/api/letters*", lose, times=1)
    write_letter(page, "800/23")
    with page.expect_event("requestfailed"):
        send(page)
    expect(page.locator("#queue li")).to_have_count(1)
    assert len(letters(office, "800/23")) == 1
    brought: list[str] = []
    page.on("request", lambda each: brought.append(each.url) if "/documents" in each.url else None)
    page.on("request", lambda each: "/api/letters" in each.url and sent.append(json.loads(each.post_data)["filing_id"]))
    page.evaluate("window.dispatchEvent(new Event('online'))")
    settled(page)
    assert len(letters(office, "800/23")) == 1
    assert len(set(sent)) == 1
    assert brought == []  # the server had the photograph


def test_what_was_changed_while_the_answer_was_lost_is_asked_and_filed_anew(
    budi: BrowserContext, office: Phones
) -> None:
    page = opened(budi, office, f"file/correction?date={TODAY}")
    shown(page, f"file/correction?date={TODAY}")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/phone/api/corrections*", lose, times=1)
    page.fill("#time", "07:27")
    page.fill("#reason", "yang pertama")
    with page.expect_event("requestfailed"):
        send(page)
    page.locator("#queue button", has_text="Ubah").tap()
    page.wait_for_selector("#reason")
    page.fill("#reason", "yang kedua")
    send(page)
    expect(page.locator("form [role=alert]")).to_contain_text("Dengan nomor ini sudah diajukan")
    shown(page, "")
    page.locator("#queue button", has_text="pengajuan baru").tap()
    settled(page)
    assert (len(corrections(office, "yang pertama")), len(corrections(office, "yang kedua"))) == (1, 1)


def test_two_tabs_send_each_filing_once(budi: BrowserContext, office: Phones) -> None:
    one, two = opened(budi, office), opened(budi, office)
    installed(one)
    for tab, day in ((one, "2026-11-26"), (two, "2026-11-27")):
        shown(tab, f"file/objection?about=day:{day}")
        tab.fill("#reason", "dua tab")
    budi.set_offline(True)
    send(one)
    expect(one.locator("#queue li")).to_have_count(1)
    send(two)
    expect(one.locator("#queue li")).to_have_count(2)
    sent: list[str] = []
    budi.on("request", lambda each: "/api/objections" in each.url and sent.append(each.post_data))
    budi.set_offline(False)
    settled(one)
    settled(two)
    assert len(sent) == len(objections(office, "dua tab")) == 2


@pytest.mark.long
def test_a_clock_that_is_wrong_files_the_time_that_was_typed_in_the_offices_zone(
    browser: Browser, office: Phones
) -> None:
    wrong = office.etpp.clock.now - dt.timedelta(days=9, hours=5)
    with phone(browser, office, office.sri, clock=wrong, timezone_id="America/Lima") as context:
        page = opened(context, office)
        installed(page)
        shown(page, "")
        context.set_offline(True)
        page.reload()
        ready(page)
        shown(page, "file/correction")
        assert page.input_value("#date") == TODAY
        page.fill("#time", "07:19")
        page.fill("#reason", "jam ponsel salah")
        send(page)
        expect(page.locator("#queue li")).to_have_count(1)
        context.set_offline(False)
        settled(page)
    (made,) = corrections(office, "jam ponsel salah")
    assert (made["date"], made["at_utc"]) == (TODAY, "2026-12-03T00:19:00.000Z")


@pytest.mark.long
def test_a_server_that_is_asked_too_much_is_asked_again_later_and_holds_up_nothing_else(
    budi: BrowserContext, office: Phones
) -> None:
    page = opened(budi, office, "file/letter")
    shown(page, "file/letter")
    busy = {"status": 429, "headers": {"Retry-After": "3600"}, "content_type": "application/json", "body": "{}"}
    page.route("**/phone/api/documents*", lambda route: route.fulfill(**busy))  # type: ignore[arg-type]
    write_letter(page, "800/24")
    send(page)
    expect(page.locator("#queue [data-kind=letter]")).to_contain_text("dikirim lagi nanti")
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if "/documents" in each.url else None)
    shown(page, "file/objection?about=day:2026-11-24")
    page.fill("#reason", "tidak tertahan")
    send(page)
    page.wait_for_function("() => location.hash.startsWith('#/month/')")
    assert len(objections(office, "tidak tertahan")) == 1
    assert asked == []
    page.unroute("**/phone/api/documents*")
    shown(page, "")
    page.locator("#queue button", has_text="Kirim lagi").tap()
    settled(page)
    assert len(letters(office, "800/24")) == 1


@pytest.mark.long
def test_a_phone_keeps_so_many_photographs_and_no_more_and_the_form_stays(budi: BrowserContext, office: Phones) -> None:
    page = opened(budi, office)
    installed(page)
    shown(page, "file/letter")
    budi.set_offline(True)
    person = page.evaluate("async () => (await (await import('/phone/store.js')).get('settings', 'person'))")
    page.evaluate(
        """async (person) => {
          const store = await import('/phone/store.js');
          for (let n = 0; n < 10; n++) {
            const paper = new Blob([String(n)], { type: "image/jpeg" });
            const typed = { number: String(n), issuer: "x", first: "2026-12-03", last: "2026-12-03" };
            const held = { entry_id: `full-${n}`, kind: "letter", person_id: person, made: String(n), edit: "e" };
            await store.put("outbox", { ...held, state: "asked", why: "x", typed, body: {}, paper });
          }
        }""",
        person,
    )
    write_letter(page, "800/25")
    send(page)
    expect(page.locator("form [role=alert]")).to_contain_text("10 foto")
    assert page.input_value("#number") == "800/25"
