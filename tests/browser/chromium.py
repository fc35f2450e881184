"""Debian's Chromium, driven by Playwright: no other browser is fetched."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.contract.etpp.running import Running

HEIGHT_PX = 900
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips where there is none: a distribution without the package `chromium`."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, headless=True, args=FLAGS)
        yield browser
        browser.close()


def page_of(context: BrowserContext, etpp: Running, language: str) -> Page:
    """A page in the language, at the log-in, nobody logged in."""
    page = context.new_page()
    page.goto(f"{etpp.url}/console/language?to={language}&back=/login")
    return page


def press(page: Page, control: str) -> None:
    """What brings another page, until that page is there: a click alone returns while the old one is going."""
    with page.expect_navigation():
        page.click(control)


def log_in(page: Page, etpp: Running, between: Callable[[], None] = lambda: None) -> None:
    """In both steps; `between` sees the second one's page."""
    page.fill("#user", etpp.bkpp.login)
    page.fill("#password", etpp.bkpp.password)
    page.click("main button")
    page.wait_for_url("**/login/second")
    between()
    page.fill("#code", etpp.bkpp.code(etpp.clock.now))
    page.click("main button")
    page.wait_for_url("**/console/")
