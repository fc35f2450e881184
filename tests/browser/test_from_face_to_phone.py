"""From the terminal's screen to e-TPP on the phone, whole: the picture of the code is read, and what it says is opened
in a phone's browser; then a passkey, or a PIN."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from kiosk.machine.identity import candidate, parse_provisioning
from kiosk.machine.phone import PhoneCodes
from kiosk.model import ClockState, Moment, PersonId
from tests.browser.chromium import chromium, press
from tests.browser.fitting import misfits
from tests.browser.test_passkeys import with_authenticator
from tests.contract.etpp.client import Terminal
from tests.contract.etpp.running import OFFICE, Running, running
from tests.ui.reading import code_on
from tests.ui.screen_process import started

PIN = "482915"
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as launched:
        yield launched


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as server:
        # A passkey is of a name: browsers make none for an address in figures.
        server.url = server.url.replace("127.0.0.1", "localhost")
        yield server


@pytest.fixture
def codes(etpp: Running, tmp_path: Path) -> PhoneCodes:
    """Of a real terminal: provisioned by call 1, its identity on disk."""
    applicant = candidate(tmp_path / "identity")
    answer = Terminal(etpp.url, applicant.key).provision(etpp.admin("POST", f"offices/{OFFICE}/codes")["code"])
    applicant.adopt(parse_provisioning(answer.json(), etpp.url, ""))
    return PhoneCodes(tmp_path / "identity", lambda: Moment(etpp.clock.now, "boot", 1, ClockState.SYNCHRONISED))


def read_off_the_screen(link: str, folder: Path) -> str:
    with started("offscreen", "phone", "--link", link, "--stop-after-pumps", "12", "--screens", str(folder)) as screen:
        assert screen.end() == 0
    return code_on(folder / "phone.png")


def opened(page: Page, link: str) -> None:
    page.goto(link)
    page.wait_for_url("**/console/m/connect")
    assert "#" not in page.url
    assert page.locator("main").inner_text().count("Sri Lestari") == 1


def fits(page: Page) -> None:
    assert misfits(page) == []


def phone(browser: Browser) -> BrowserContext:
    return browser.new_context(**PHONE)  # type: ignore[arg-type]


def test_by_a_passkey_from_the_screen_to_the_own_phones_and_in_again(
    browser: Browser, etpp: Running, codes: PhoneCodes, tmp_path: Path
) -> None:
    link = codes.make(PersonId(etpp.person()))
    assert read_off_the_screen(link, tmp_path / "screens") == link
    with phone(browser) as context:
        page = with_authenticator(context)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        opened(page, link)
        fits(page)
        page.click("form[data-passkey] button.main")
        page.wait_for_url("**/phone/")
        code = link.partition("#")[2]
        assert not [url for url in asked if code in url.partition("#")[0]], "the code is in no address that is sent"
        page.goto(f"{etpp.url}/console/phones")
        fits(page)
        press(page, "form[action$='/logout'] button")
        page.goto(f"{etpp.url}/console/phone")
        page.wait_for_url("**/console/m")
        fits(page)
        page.click("form[data-passkey] button.main")
        page.wait_for_url("**/phone/")


def test_by_a_pin_where_the_phone_has_no_passkeys(
    browser: Browser, etpp: Running, codes: PhoneCodes, tmp_path: Path
) -> None:
    link = codes.make(PersonId(etpp.person()))
    with phone(browser) as context:
        page = with_authenticator(context, isUserVerified=False)
        opened(page, read_off_the_screen(link, tmp_path / "screens"))
        page.click("form[data-passkey] button.main")
        page.wait_for_selector("form[data-passkey] p.error:not([hidden])")
        page.fill("#pin", "123456")
        page.fill("#repeated", "123456")
        page.click("form[action$='/connect/pin'] button")
        page.wait_for_selector("p.error[role=alert]:not([hidden])")
        fits(page)
        for field in ("#pin", "#repeated"):
            page.fill(field, PIN)
        page.click("form[action$='/connect/pin'] button")
        page.wait_for_url("**/phone/")
        page.goto(f"{etpp.url}/console/phones")
        fits(page)
        press(page, "form[action$='/logout'] button")
        page.goto(f"{etpp.url}/console/phone")
        page.wait_for_url("**/console/m")
        page.fill("#pin", "739164")
        page.click("form[action$='/login/pin'] button")
        page.wait_for_selector("p.error[role=alert]:not([hidden])")
        page.fill("#pin", PIN)
        page.click("form[action$='/login/pin'] button")
        page.wait_for_url("**/phone/")


def test_whoever_photographs_the_code_and_comes_second_is_told(
    browser: Browser, etpp: Running, codes: PhoneCodes
) -> None:
    link = codes.make(PersonId(etpp.person()))
    with phone(browser) as first, phone(browser) as second:
        opened(first.new_page(), link)
        page = second.new_page()
        page.goto(link)
        page.wait_for_selector("p.error[role=alert]:not([hidden])")
        assert "sudah dipakai" in page.inner_text("main")
        fits(page)


def test_without_scripts_a_code_of_bkpps_and_a_pin_are_a_way_in(browser: Browser, etpp: Running) -> None:
    from etpp.pairing import service
    from etpp.roster.store import People

    face = etpp.person()
    with etpp.database.begin() as tx:
        person = People(tx).get(OFFICE, face)
        assert person is not None
        code = service.give_code(tx, person.employee_id, etpp.clock.now)
    with browser.new_context(**PHONE, java_script_enabled=False) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{etpp.url}/m/")
        page.fill("#code", code.lower())
        page.click("form:has(#code) button")
        page.wait_for_url("**/console/m/connect")
        for field in ("#pin", "#repeated"):
            page.fill(field, PIN)
        page.click("form[action$='/connect/pin'] button")
        page.wait_for_url("**/phone/")
