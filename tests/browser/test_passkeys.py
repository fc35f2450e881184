"""Passkeys in a real browser, with Chromium's virtual authenticator: registered, used, and useless to others."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page

from etpp.accounts.store import Factors
from tests.browser.chromium import chromium, press
from tests.contract.etpp.running import Running, csrf_of, running

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def etpp(tmp_path: Path) -> Iterator[Running]:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state") as started:
        # A passkey is of a name: browsers make none for an address in figures.
        started.url = started.url.replace("127.0.0.1", "localhost")
        yield started


def with_authenticator(context: BrowserContext, **options: bool) -> Page:
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | options})
    return page


def password_step(page: Page, etpp: Running) -> None:
    page.goto(f"{etpp.url}/console/login")
    page.fill("#user", etpp.bkpp.login)
    page.fill("#password", etpp.bkpp.password)
    page.click("main button")
    page.wait_for_url("**/login/second")


def test_a_passkey_is_registered_and_lets_in_and_its_answer_only_once(browser: Browser, etpp: Running) -> None:
    with browser.new_context() as context:
        page = with_authenticator(context)
        blocked: list[str] = []
        page.on("console", lambda said: blocked.append(said.text) if "Content Security Policy" in said.text else None)
        password_step(page, etpp)
        page.fill("#code", etpp.bkpp.code(etpp.clock.now))
        page.click("form[action$='/login/second'] button")
        page.wait_for_url("**/console/")
        page.goto(f"{etpp.url}/console/account/passkey")
        page.fill("#label", "laptop kantor")
        page.fill("#current", etpp.bkpp.password)
        page.click("form[data-passkey] button.main")
        page.wait_for_url("**/console/account")
        assert "laptop kantor" in page.inner_text("main")
        press(page, "form[action$='/logout'] button")
        password_step(page, etpp)
        with page.expect_request("**/login/passkey") as sent:
            page.click("form[data-passkey] button.main")
        page.wait_for_url("**/console/")
        assert page.locator("nav a").count() > 3
        assert blocked == []
    answer = urllib.parse.parse_qs(sent.value.post_data or "")["answer"][0]
    assert "clientDataJSON" in answer
    with etpp.database.read() as tx:
        (passkey,) = Factors(tx).passkeys(etpp.bkpp.account_id)
    assert passkey.sign_count >= 1
    thief = requests.Session()
    values = {"user": etpp.bkpp.login, "password": etpp.bkpp.password}
    half = thief.post(f"{etpp.url}/console/login", data=values, timeout=60).text
    replayed = {"csrf": csrf_of(half), "answer": answer}
    assert thief.post(f"{etpp.url}/console/login/passkey", data=replayed, timeout=60).status_code == 403
    assert "/login" in thief.get(f"{etpp.url}/console/", timeout=60).url


def test_the_script_is_the_only_one_and_pages_without_it_allow_none(browser: Browser, etpp: Running) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        answer = page.goto(f"{etpp.url}/console/login")
        assert answer is not None
        assert "script-src" not in answer.headers["content-security-policy"]
        page.fill("#user", etpp.bkpp.login)
        page.fill("#password", etpp.bkpp.password)
        page.click("main button")
        page.fill("#code", etpp.bkpp.code(etpp.clock.now))
        page.click("main button")
        page.wait_for_url("**/console/")
        answer = page.goto(f"{etpp.url}/console/account/passkey")
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        # What somebody might have written into a page does not run.
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
        assert page.title() != "1"


def test_without_a_passkey_at_hand_it_is_said_and_the_code_still_lets_in(browser: Browser, etpp: Running) -> None:
    with browser.new_context() as context:
        page = with_authenticator(context)
        password_step(page, etpp)
        page.fill("#code", etpp.bkpp.code(etpp.clock.now))
        page.click("form[action$='/login/second'] button")
        page.wait_for_url("**/console/")
        page.goto(f"{etpp.url}/console/account/passkey")
        page.fill("#label", "laptop kantor")
        page.fill("#current", etpp.bkpp.password)
        page.click("form[data-passkey] button.main")
        page.wait_for_url("**/console/account")
    with browser.new_context() as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, "isUserVerified": False}})
        password_step(page, etpp)
        page.click("form[data-passkey] button.main")
        page.wait_for_selector("form[data-passkey] p.error:not([hidden])")
        page.fill("#code", etpp.bkpp.code(etpp.clock.now))
        page.click("form[action$='/login/second'] button")
        page.wait_for_url("**/console/")
