"""Every view of the phone page: `python -m tests.browser.phone.pictures FOLDER [SIZE]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.chromium import chromium
from tests.browser.phone.phones import SIZES, opened, phone, shown
from tests.contract.etpp.phone.scene import Phones, phones
from tests.contract.etpp.running import running

VIEWS = {
    "today": "",
    "enter": "enter",
    "form": "enter/surat",
    "again": "enter?again=1",
    "month": "month/2026-11/2026-11-25",
    "pay": "pay/2026-12",
    "closed": "pay/2026-11",
    "file": "file",
    "correction": "file/correction?date=2026-12-03",
    "letter": "file/letter",
    "objection": "file/objection?about=day:2026-11-25",
    "more": "more",
}


def shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path, full_page=True)


def take(folder: Path, sizes: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/e.db", Path(name) / "s") as etpp:
        made: Phones = phones(etpp)
        with chromium() as browser:
            for size in sizes:
                for scheme in ("light", "dark"):
                    for language in ("id", "en"):
                        look = {"color_scheme": scheme}
                        with phone(browser, made, made.budi, size, language=language, **look) as context:
                            page = opened(context, made)
                            for what, path in VIEWS.items():
                                shown(page, path)
                                shoot(page, folder / f"{what}-{size}-{scheme}-{language}.png")
                        with phone(browser, made, made.boss, size, language=language, **look) as context:
                            page = opened(context, made, "verify")
                            shown(page, "verify")
                            shoot(page, folder / f"verify-{size}-{scheme}-{language}.png")


if __name__ == "__main__":
    into = Path(sys.argv[1])
    into.mkdir(parents=True, exist_ok=True)
    take(into, sys.argv[2:] or list(SIZES))
