"""The day's page in a real browser: it follows what happens, and leaves alone whoever is at work in it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.chromium import chromium, log_in, page_of
from tests.contract.etpp.running import OFFICE, running

DAY = "2026-11-24"


def test_a_presence_appears_by_itself_and_without_scripts_the_page_asks_again(tmp_path: Path) -> None:
    with running(f"sqlite:///{tmp_path}/etpp.db", tmp_path / "state", poll_s=0.05) as etpp, chromium() as browser:
        terminal, face = etpp.terminal(), etpp.person()
        page = page_of(browser.new_context(), etpp, "id")
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda message: broken.append(message.text) if "Security Policy" in message.text else None)
        log_in(page, etpp)
        with page.expect_response(lambda answer: "/live?seen=" in answer.url):
            page.goto(f"{etpp.url}/console/offices/{OFFICE}")
        row = page.locator("tbody tr")
        expect(row).not_to_contain_text("07.12")
        with page.expect_request(lambda request: "/live?seen=" in request.url and not request.url.endswith("=")):
            pass
        terminal.send_events([terminal.presence(face)], at=etpp.clock.local(f"{DAY} 07:12"))
        expect(row).to_contain_text("07.12", timeout=30_000)
        page.focus("main input[type=search]")
        page.keyboard.type("Sri")
        terminal.send_events([terminal.presence(face)], at=etpp.clock.local(f"{DAY} 07:40"))
        with page.expect_response(lambda answer: "/live?seen=" in answer.url, timeout=60_000):
            pass
        assert page.input_value("main input[type=search]") == "Sri"
        page.evaluate("document.activeElement.blur()")
        expect(row).to_contain_text("07.40", timeout=30_000)
        assert broken == []
        still = page_of(browser.new_context(java_script_enabled=False), etpp, "id")
        still.context.add_cookies(page.context.cookies())
        still.goto(f"{etpp.url}/console/offices/{OFFICE}")
        expect(still.locator("tbody tr")).to_contain_text("07.40")
        expect(still.locator("head noscript meta[http-equiv=refresh], head meta[http-equiv=refresh]")).to_have_count(1)
