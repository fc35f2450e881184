"""Every view of the phone page, on two telephones, light and dark: nobody is shut out, and nothing is cut off."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.phone.phones import SIZES, opened, phone, shown
from tests.browser.phone.pictures import QUEUED, VIEWS, filled
from tests.contract.etpp.phone.scene import Phones

WIDER = """() => [...document.querySelectorAll("body *")]
  .filter((each) => each.getClientRects().length && each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => `${each.tagName}.${each.className}`)"""
SMALL = """() => [...document.querySelectorAll("main button, main a.button, main a.choice, nav a")]
  .filter((each) => each.getClientRects().length && each.getBoundingClientRect().height < 44)
  .map((each) => each.textContent)"""


def faults(page: Page, what: str) -> list[str]:
    found = Axe().run(page).response["violations"]
    wrong = [f"{what}: {each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
    wrong += [f"{what}: wider than the screen: {each}" for each in page.evaluate(WIDER)]
    return wrong + [f"{what}: too small for a thumb: {each}" for each in page.evaluate(SMALL)]


@pytest.mark.parametrize(("size", "scheme"), [("small", "light"), ("large", "dark")])
def test_each_view_can_be_read_and_touched_by_everybody(
    browser: Browser, office: Phones, size: str, scheme: str
) -> None:
    assert set(SIZES) == {"small", "large"}
    wrong = []
    with phone(browser, office, office.budi, size, color_scheme=scheme) as context:
        page = opened(context, office)
        for what, path in VIEWS.items():
            shown(page, path)
            page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            wrong += faults(page, f"{what} {size} {scheme}")
        context.set_offline(True)
        shown(page, "enter/arsip")
        page.tap("#save")
        page.wait_for_selector("#waiting")
        filled(page, office.scene.budi)
        for what, path in QUEUED.items():
            shown(page, path)
            wrong += faults(page, f"{what} {size} {scheme}")
    with phone(browser, office, office.boss, size, color_scheme=scheme) as context:
        page = opened(context, office, "verify")
        shown(page, "verify")
        page.evaluate("() => document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        wrong += faults(page, f"verify {size} {scheme}")
    assert not wrong, "\n".join(wrong)
