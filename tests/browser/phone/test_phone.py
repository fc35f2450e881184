"""The phone page in a real browser, as a thumb uses it: every main path, with and without a network."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import log_in as log_in_to_the_console
from tests.browser.chromium import page_of
from tests.browser.phone.phones import log_in, opened, phone, ready, shown
from tests.contract.etpp.phone.scene import TODAY, Phones

FIRST_LOAD_BYTES = 150_000


def new_entries(office: Phones, who: str, before: dict[str, str]) -> dict[str, str]:
    return {key: verdict for key, verdict in office.entries(who).items() if key not in before}


def save(page: Page) -> None:
    page.tap("#save")
    page.wait_for_function("() => location.hash === '#/'")


def settled(page: Page) -> None:
    """Nothing of this phone is on its way any more, and the page shows it so."""
    page.wait_for_function("async () => (await (await import('/phone/store.js')).all('outbox')).length === 0")
    expect(page.locator("#waiting")).to_have_count(0)
    expect(page.locator("#queue")).to_have_count(0)


# ---------------------------------------------------------------- today


def test_today_shows_presence_points_and_what_was_entered(browser: Browser, office: Phones) -> None:
    with phone(browser, office, office.sri) as context:
        page = opened(context, office)
        expect(page.locator("h1")).to_have_text("Kamis, 3 Desember 2026")
        expect(page.locator(".times")).to_contain_text("07.24")
        expect(page.locator(".times")).to_contain_text("jam masuk 07.30")
        assert page.locator(".ring svg").get_attribute("aria-label") == "0 dari 300 poin hari ini, 0 sudah diakui"
        expect(page.locator("#clock, #offline, #waiting, #asked")).to_have_count(0)


def test_an_entry_takes_at_most_four_touches_by_each_way(budi: BrowserContext, office: Phones) -> None:
    before = office.entries(office.scene.budi)
    page = opened(budi, office)
    touches: list[str] = []

    def tap(selector: str) -> None:
        page.tap(selector)
        touches.append(selector)

    tap(".chips a >> text=Menyusun laporan")
    tap("#save")
    page.wait_for_function("() => location.hash === '#/'")
    assert len(touches) == 2
    touches.clear()
    tap("#enter")
    page.fill("#search", "rapat koor")
    tap("ul.list a")
    tap("#save")
    page.wait_for_function("() => location.hash === '#/'")
    assert len(touches) == 3
    touches.clear()
    tap("#again")
    tap("form button.main")
    page.wait_for_function("() => location.hash === '#/'")
    assert len(touches) == 2
    settled(page)
    found = new_entries(office, office.scene.budi, before)
    assert len(found) == 4  # one, one, and both of yesterday's
    assert set(found.values()) == {"waiting"}
    expect(page.locator("#entered li")).to_have_count(4)
    page.locator("#entered button").first.tap()
    expect(page.locator("#entered li")).to_have_count(3)
    assert list(office.entries(office.scene.budi).values()).count("withdrawn") == 1


def test_what_cannot_be_entered_is_said_before_it_is_sent(budi: BrowserContext, office: Phones) -> None:
    page = opened(budi, office, "enter/arsip")
    page.fill("#quantity", "0")
    page.tap("#save")
    expect(page.locator("form [role=alert]")).to_contain_text("lebih dari nol")
    page.fill("#quantity", "2,5")
    expect(page.locator("output")).to_have_text("12,5 poin")


# ---------------------------------------------------------------- without a network


def installed(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_without_a_network_it_opens_and_keeps_entries_and_sends_them_when_it_is_back(
    budi: BrowserContext, office: Phones
) -> None:
    before = office.entries(office.scene.budi)
    page = opened(budi, office)
    installed(page)
    shown(page, "")
    budi.set_offline(True)
    page.reload()
    ready(page)
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator(".times")).to_contain_text("07.49")
    page.tap(".chips a >> text=Menyusun laporan")
    save(page)
    page.tap("#again")
    page.wait_for_selector("form input[type=checkbox]")
    queued = 1 + page.locator("form input[type=checkbox]").count()
    page.tap("form button.main")
    expect(page.locator("#queue li")).to_have_count(queued)
    expect(page.locator("#waiting")).to_contain_text(f"{queued} kegiatan menunggu dikirim")
    assert new_entries(office, office.scene.budi, before) == {}
    page.reload()  # the tab was closed meanwhile, and nothing is lost
    ready(page)
    expect(page.locator("#queue li")).to_have_count(queued)
    budi.set_offline(False)
    settled(page)
    expect(page.locator("#offline")).to_have_count(0)
    assert len(new_entries(office, office.scene.budi, before)) == queued


def test_two_tabs_send_each_entry_once(budi: BrowserContext, office: Phones) -> None:
    before = office.entries(office.scene.budi)
    one, two = opened(budi, office), opened(budi, office)
    installed(one)
    sent: list[str] = []

    def note(request: Any) -> None:
        if request.url.endswith("/activities/entries"):
            sent.extend(each["entry_id"] for each in json.loads(request.post_data)["entries"])

    shown(two, "enter/rapat")
    shown(one, "enter/arsip")
    budi.set_offline(True)
    save(one)
    save(two)
    expect(one.locator("#queue li")).to_have_count(2)
    expect(two.locator("#queue li")).to_have_count(2)
    budi.on("request", note)
    budi.set_offline(False)
    settled(one)
    settled(two)
    found = new_entries(office, office.scene.budi, before)
    assert sorted(sent) == sorted(found)
    assert len(found) == 2


def test_a_clock_that_is_wrong_enters_on_the_servers_day_and_a_chosen_date_stays(
    browser: Browser, office: Phones
) -> None:
    before = office.entries(office.scene.sri)
    wrong = office.etpp.clock.now + dt.timedelta(days=4, hours=3)
    with phone(browser, office, office.sri, clock=wrong, timezone_id="America/Lima") as context:
        page = opened(context, office)
        installed(page)
        expect(page.locator("#clock")).to_contain_text(str((4 * 24 + 3) * 60))
        expect(page.locator("h1")).to_have_text("Kamis, 3 Desember 2026")
        context.set_offline(True)
        page.reload()
        ready(page)
        expect(page.locator("h1")).to_have_text("Kamis, 3 Desember 2026")
        shown(page, "enter/arsip")
        assert page.input_value("#date") == TODAY
        save(page)
        shown(page, "enter/arsip")
        page.tap("text=Rab, 2 Des")
        save(page)
        context.set_offline(False)
        settled(page)
    found = office.etpp.admin("GET", f"activities/entries?person={office.scene.sri}&month=2026-12")["entries"]
    assert sorted(each["date"] for each in found if each["entry_id"] not in before) == ["2026-12-02", TODAY]


# ---------------------------------------------------------------- what has to be decided


def test_what_the_server_has_otherwise_is_asked_and_both_can_be_kept(budi: BrowserContext, office: Phones) -> None:
    """The answer was lost, and the entry was changed on the phone before it was sent again."""
    before = office.entries(office.scene.budi)
    page = opened(budi, office, "enter/arsip")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/activities/entries", lose, times=1)
    with page.expect_event("requestfailed"):
        page.tap("#save")
    expect(page.locator("#queue li")).to_have_count(1)
    page.locator("#queue button", has_text="Ubah").tap()
    page.fill("#quantity", "7")
    save(page)
    expect(page.locator("#asked")).to_contain_text("perlu Anda putuskan")
    expect(page.locator("#queue")).to_contain_text("isi yang lain")
    page.locator("#queue button", has_text="kegiatan lain").tap()
    settled(page)
    assert len(new_entries(office, office.scene.budi, before)) == 2


def test_what_the_server_refuses_is_asked_with_its_reason(budi: BrowserContext, office: Phones) -> None:
    before = office.entries(office.scene.budi)
    page = opened(budi, office, "enter/arsip")
    page.tap("text=Sel, 1 Des")  # he was ill on that day
    save(page)
    expect(page.locator("#queue")).to_contain_text("surat cuti")
    page.locator("#queue button", has_text="Ubah").tap()
    page.tap("text=Rab, 2 Des")
    save(page)
    settled(page)
    assert len(new_entries(office, office.scene.budi, before)) == 1


# ---------------------------------------------------------------- month, allowance, filing


def test_the_month_says_of_each_day_why_and_the_allowance_unfolds_down_to_it(
    budi: BrowserContext, office: Phones
) -> None:
    page = opened(budi, office, "month/2026-11")
    shown(page, "month/2026-11")
    page.tap("[data-date='2026-11-25']")
    expect(page.locator("#day")).to_contain_text("Terlambat 12 menit (terekam pukul 07.42 WIB; jam masuk 07.30 WIB)")
    shown(page, "pay/2026-11")
    expect(page.locator("#percent")).to_contain_text("Terlambat 12 menit, 25 November")
    expect(page.locator(".stamp")).to_have_text("Sudah ditutup dan ditandatangani")
    page.locator("details.line summary", has_text="Prestasi perorangan").tap()
    page.locator("details.line[open] details summary").first.tap()
    expect(page.locator("details.line[open]")).to_contain_text("Terlambat 12 menit pada Rabu, 25 November 2026")
    shown(page, "pay/2026-12")
    expect(page.locator(".stamp")).to_have_text("Perkiraan menurut data saat ini")
    expect(page.locator(".months")).to_contain_text("November 2026")


def test_a_correction_a_letter_with_its_photograph_and_an_objection_are_filed_and_answered(
    browser: Browser, budi: BrowserContext, office: Phones
) -> None:
    page = opened(budi, office, f"file/correction?date={TODAY}")
    page.fill("#time", "07:25")
    page.fill("#reason", "terminal tidak mengenali saya")
    page.tap("form button.main")
    page.wait_for_function("() => location.hash.startsWith('#/month/')")
    expect(page.locator("#filed")).to_contain_text("menunggu keputusan")

    shown(page, "file/letter")
    picture = io.BytesIO()
    Image.effect_noise((3000, 2000), 60).convert("RGB").save(picture, "PNG")
    page.select_option("#kind", "izin-terlambat")
    page.fill("#number", "800/12")
    page.fill("#issuer", "Kepala Bidang")
    page.set_input_files("#camera", {"name": "surat.png", "mimeType": "image/png", "buffer": picture.getvalue()})
    page.wait_for_selector(".photo img")
    page.tap("form button.main")
    page.wait_for_function("() => location.hash.startsWith('#/month/')")
    expect(page.locator("#filed")).to_contain_text("800/12")
    (letter,) = [
        each for each in office.etpp.admin("GET", "letters?state=submitted")["letters"] if each["number"] == "800/12"
    ]
    assert letter["person_ids"] == [office.scene.budi]
    (kept,) = office.etpp.state.folder.glob(f"documents/*/{letter['document_sha256']}")
    with Image.open(kept) as seen:
        assert (seen.format, seen.size) == ("JPEG", (1600, 1067))

    shown(page, "file/objection?about=day:2026-11-25")
    page.fill("#reason", "antrean di terminal panjang sejak 07.20")
    page.tap("form button.main")
    page.wait_for_function("() => location.hash.startsWith('#/month/')")
    expect(page.locator("#filed")).to_contain_text("menunggu jawaban")
    with browser.new_context() as desk:
        console = page_of(desk, office.etpp, "id")
        log_in_to_the_console(console, office.etpp)
        console.goto(f"{office.etpp.url}/console/objections")
        expect(console.locator(".objection")).to_contain_text("antrean di terminal")
        console.fill(".objection input[name=answer]", "Benar, antrean tercatat. Akan dikoreksi.")
        console.click("button[value=yes]")
        expect(console.locator(".objection")).to_have_count(0)
    page.reload()
    ready(page)
    shown(page, "month/2026-11/2026-11-25")
    expect(page.locator("#filed")).to_contain_text("Akan dikoreksi")
    expect(page.locator("#filed")).to_contain_text("diterima")


# ---------------------------------------------------------------- superiors


def test_a_superior_sees_the_unusual_first_and_verifies_singly_and_all_at_once(
    browser: Browser, office: Phones
) -> None:
    with phone(browser, office, office.boss) as context:
        page = opened(context, office, "verify")
        shown(page, "verify")
        first = page.locator("#unusual")
        for reason in ("dicatat terlambat", "jauh di atas biasanya", "surat cuti", "belum pernah"):
            expect(first).to_contain_text(reason)
        assert first.bounding_box()["y"] < page.locator("#usual").bounding_box()["y"]  # type: ignore[index]
        back = first.locator("li", has_text="Rab, 2 Des · Menyusun laporan · 9 dokumen")
        back.locator("summary").tap()
        back.locator("input").fill("mustahil dalam sehari")
        back.locator("button", has_text="Kembalikan sekarang").tap()
        expect(back).to_have_count(0)
        single = first.locator("li", has_text="dicatat terlambat")
        single.locator("button", has_text="Verifikasi").tap()
        expect(first.locator("li", has_text="dicatat terlambat")).to_have_count(0)
        page.locator("#usual button.main").tap()
        expect(page.locator("#usual")).to_have_count(0)
        page.locator("button.main", has_text="semuanya").tap()
        expect(page.locator("#none")).to_be_visible()
    found = office.entries(office.scene.budi)
    assert (found["e4"], found["e3"]) == ("returned", "recognised")
    assert "waiting" not in found.values()
    with phone(browser, office, office.budi) as context:
        page = opened(context, office, "month/2026-12/2026-12-02")
        shown(page, "month/2026-12/2026-12-02")
        expect(page.locator("#day")).to_contain_text("dikembalikan")


# ---------------------------------------------------------------- whose phone it is


def test_who_is_not_logged_in_is_sent_to_the_log_in_and_comes_back(browser: Browser, office: Phones) -> None:
    with phone(browser, office, None) as context:
        page = context.new_page()
        page.goto(f"{office.etpp.url}/phone/")
        page.wait_for_url("**/console/login?next=%2Fphone")
        page.fill("#user", office.sri.login)
        page.fill("#password", office.sri.password)
        page.click("main button")
        page.wait_for_url("**/login/second*")
        page.fill("#code", office.sri.code(office.etpp.clock.now))
        page.click("main button")
        page.wait_for_url("**/phone/")
        ready(page)
        expect(page.locator("#who")).to_have_text("Sri Lestari")


def test_the_next_person_on_a_phone_sees_and_sends_nothing_of_the_one_before(browser: Browser, office: Phones) -> None:
    before = office.entries(office.scene.sri)
    with phone(browser, office, office.sri) as context:
        page = opened(context, office, "enter/arsip")
        page.route("**/activities/entries", lambda route: route.abort())
        save(page)
        expect(page.locator("#queue li")).to_have_count(1)
        shown(page, "more")
        page.locator("button.danger").tap()
        page.wait_for_url("**/console/login*")
        page.unroute("**/activities/entries")
        log_in(context, office, office.budi)
        page.goto(f"{office.etpp.url}/phone/")
        ready(page)
        expect(page.locator("#who")).to_have_text("Budi Santosa")
        expect(page.locator("#notices")).to_contain_text("milik orang lain")
        expect(page.locator("#queue")).to_have_count(0)
        names = page.evaluate(
            """async () => {
              const open = indexedDB.open("presensi");
              const db = await new Promise((done) => (open.onsuccess = () => done(open.result)));
              const all = db.transaction("answers").objectStore("answers").getAll();
              return JSON.stringify(await new Promise((done) => (all.onsuccess = () => done(all.result))));
            }"""
        )
        assert "Sri Lestari" not in names
        assert office.entries(office.scene.sri) == before
        log_in(context, office, office.sri)
        page.goto(f"{office.etpp.url}/phone/#/more")
        page.reload()
        ready(page)
        shown(page, "")
        settled(page)
    assert len(new_entries(office, office.scene.sri, before)) == 1


def test_a_page_sends_nothing_as_another_who_has_logged_in_beside_it(browser: Browser, office: Phones) -> None:
    people = (office.scene.sri, office.scene.budi)
    before = [office.entries(each) for each in people]
    with phone(browser, office, office.sri) as context:
        page = opened(context, office, "enter/arsip")
        log_in(context, office, office.budi)
        page.tap("#save")
        expect(page.locator("#who")).to_have_text("Budi Santosa")
        expect(page.locator("#notices")).to_contain_text("milik orang lain")
    assert [office.entries(each) for each in people] == before


# ---------------------------------------------------------------- what it costs


def test_the_first_load_is_small_and_wholly_of_this_origin(browser: Browser, office: Phones) -> None:
    with phone(browser, office, office.budi) as context:
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        sizes: list[int] = []
        wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{office.etpp.url}/phone/")
        ready(page)
        installed(page)
        shown(page, "")
        assert errors == []
        assert {url.startswith((office.etpp.url + "/", "blob:")) for url in asked} == {True}
        assert 20_000 < sum(sizes) < FIRST_LOAD_BYTES, sum(sizes)
        print(f"first load: {sum(sizes)} bytes in {len(sizes)} answers")


def test_an_answer_that_has_not_changed_is_not_sent_again(budi: BrowserContext, office: Phones) -> None:
    page = opened(budi, office, "month/2026-11")
    shown(page, "month/2026-11")
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status) if "/phone/api/months" in answer.url else None)
    shown(page, "more")
    shown(page, "month/2026-11")
    assert statuses == [304]


def test_the_program_can_be_installed(budi: BrowserContext, office: Phones, tmp_path: Path) -> None:
    page = opened(budi, office)
    installed(page)
    wire = budi.new_cdp_session(page)
    found = wire.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert (manifest["start_url"], manifest["display"]) == ("/phone/", "standalone")
    for icon in manifest["icons"]:
        answer = page.request.get(office.etpp.url + icon["src"])
        assert answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            with Image.open(io.BytesIO(answer.body())) as picture:
                assert "x".join(map(str, picture.size)) == icon["sizes"]
