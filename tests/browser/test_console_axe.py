"""Every page of the console, light and dark, wide and narrow: axe-core finds nobody shut out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser import crowded, inspected
from tests.browser.chromium import HEIGHT_PX, chromium, log_in, page_of
from tests.contract.etpp.running import Running, running

Places = list[tuple[str, str]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=["console", "inspector"])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Running, Places]]:
    folder = tmp_path_factory.mktemp("axe")
    fill = crowded.fill if request.param == "console" else inspected.fill
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        yield etpp, list(fill(etpp))


def faults(page: Page, what: str) -> list[str]:
    """What is unfolded only when asked for is looked at, too."""
    page.evaluate("() => document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
    found = Axe().run(page).response["violations"]
    return [f"{what}: {each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), pytest.param(390, "dark", marks=pytest.mark.long)])
def test_each_page_can_be_read_by_everybody(
    browser: Browser, filled: tuple[Running, Places], width: int, scheme: Literal["light", "dark"]
) -> None:
    etpp, pages = filled
    wrong: list[str] = []
    with browser.new_context(color_scheme=scheme, viewport={"width": width, "height": HEIGHT_PX}) as context:
        page = page_of(context, etpp, "id")
        log_in(page, etpp, lambda: wrong.extend(faults(page, "second step")))
        for what, path in pages:
            page.goto(f"{etpp.url}/console{path}")
            wrong += faults(page, what)
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_what_shuts_somebody_out_is_found(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(
            '<html lang="id"><title>x</title><main><h1>x</h1><input><p style="color: #ccc">pucat</p></main>'
        )
        assert {each.split(": ")[1] for each in faults(page, "x")} >= {"label", "color-contrast"}
