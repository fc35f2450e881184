"""The browser is killed in the middle of sending: whatever had happened, each entry is there once afterwards."""

from __future__ import annotations

import io
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Playwright, expect, sync_playwright

from tests.browser.chromium import FLAGS
from tests.browser.phone.phones import log_in, opened, shown
from tests.contract.etpp.phone.scene import Phones, phones
from tests.contract.etpp.running import running


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    folder = tmp_path_factory.mktemp("killed")
    with running(f"sqlite:///{folder}/etpp.db", folder / "state") as etpp:
        yield phones(etpp, closed=False)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed (apt install chromium)")
    with sync_playwright() as started:
        yield started


def started(playwright: Playwright, folder: Path, office: Phones) -> BrowserContext:
    """A browser whose storage is on disk, as a telephone's."""
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=shutil.which("chromium"), headless=True, args=FLAGS, locale="id"
    )
    context.clock.set_system_time(office.etpp.clock.now)
    log_in(context, office, office.sri)
    return context


def kill(folder: Path) -> None:
    """Every process of the browser whose storage this is, at once and without a word."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = each.read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if os.fsencode(folder) in command and b"--user-data-dir" in command:
            os.kill(int(each.parent.name), signal.SIGKILL)


@pytest.mark.parametrize("reached", [False, True], ids=["before-the-server-had-it", "before-its-answer-came"])
def test_an_entry_survives_and_counts_once(
    playwright: Playwright, office: Phones, tmp_path: Path, reached: bool
) -> None:
    before = office.entries(office.scene.sri)
    folder = tmp_path / "browser"
    context = started(playwright, folder, office)
    page = opened(context, office, "enter/arsip")
    shown(page, "enter/arsip")
    held: list[Any] = []

    def hold(route: Any) -> None:
        if reached:
            route.fetch()
        held.append(route)

    page.route("**/activities/entries", hold)
    with page.expect_request("**/activities/entries"):
        page.click("#save")
    expect(page.locator("#queue li")).to_have_count(1)
    while not held:
        page.evaluate("0")  # Playwright calls `hold` while it waits for anything
    assert (office.entries(office.scene.sri) != before) == reached
    with context.expect_event("close"):
        kill(folder)
    context = started(playwright, folder, office)
    try:
        page = opened(context, office)
        expect(page.locator("#waiting")).to_have_count(0)
        expect(page.locator("#queue")).to_have_count(0)
        found = {key: verdict for key, verdict in office.entries(office.scene.sri).items() if key not in before}
        assert list(found.values()) == ["waiting"]
    finally:
        context.close()


def test_a_letter_and_its_photograph_survive_and_are_filed_once(
    playwright: Playwright, office: Phones, tmp_path: Path
) -> None:
    """Killed when the server had the photograph, and the phone had not heard of it."""
    folder = tmp_path / "browser"
    context = started(playwright, folder, office)
    page = opened(context, office, "file/letter")
    shown(page, "file/letter")
    picture = io.BytesIO()
    Image.effect_noise((2000, 1200), 60).convert("RGB").save(picture, "JPEG")
    page.select_option("#kind", "izin-terlambat")
    page.fill("#number", "800/99")
    page.fill("#issuer", "Kepala Bidang")
    page.set_input_files("#camera", {"name": "s.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()})
    page.wait_for_selector(".photo img")
    held: list[Any] = []

    def hold(route: Any) -> None:
        route.fetch()
        held.append(route)

    page.route("**/phone/api/documents*", hold)
    with page.expect_request("**/phone/api/documents*"):
        page.click("form button.main")
    while not held:
        page.evaluate("0")
    with context.expect_event("close"):
        kill(folder)
    context = started(playwright, folder, office)
    try:
        page = opened(context, office)
        expect(page.locator("#waiting")).to_have_count(0)
        expect(page.locator("#queue")).to_have_count(0)
        found = office.etpp.admin("GET", "letters?state=submitted")["letters"]
        (letter,) = [each for each in found if each["number"] == "800/99"]
        (kept,) = office.etpp.state.folder.glob(f"documents/*/{letter['document_sha256']}")
        with Image.open(kept) as seen:
            assert seen.size == (1600, 960)
        assert len(list(office.etpp.state.folder.glob("documents/*/*"))) == 1
    finally:
        context.close()
