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
QUEUED = {
    "queue": "",
    "queue-file": "file",
    "queue-refused": "file/correction?edit=q2",
    "queue-letter": "file/letter?edit=q1",
}


QUEUE = """async (person) => {
  const store = await import("/phone/store.js");
  const paper = new Blob([new Uint8Array(412000)], { type: "image/jpeg" });
  const held = { person_id: person, edit: "e", body: {} };
  const letter = { number: "800/1234/2026", issuer: "Kepala Bidang Persandian dan Statistik", first: "2026-12-03", last: "2026-12-05", whole: true };
  const correction = { date: "2026-11-03", part: "arrival", time: "07:26", reason: "Terminal tidak mengenali wajah saya pagi itu" };
  const why = "Waktu untuk mengoreksi hari ini sudah lewat; kebijakan yang mengaturnya.";
  await store.put("outbox", { ...held, entry_id: "q1", kind: "letter", made: "1", state: "waiting", typed: letter, paper });
  await store.put("outbox", { ...held, entry_id: "q2", kind: "correction", made: "2", state: "asked", why, typed: correction });
  await store.put("outbox", { ...held, entry_id: "q3", kind: "objection", made: "3", state: "waiting", typed: { name: "Prestasi perorangan: Rp 1.234.567 · November 2026", reason: "Poin saya lebih banyak" }, until: Date.now() + 3600000 });
}"""  # noqa: E501
"""What waits on a phone: a letter with its photograph, a refused correction, an objection that is sent later."""


def filled(page: Page, person: str) -> None:
    """Without a network, or it would be sent."""
    page.context.set_offline(True)
    page.evaluate(QUEUE, person)
    shown(page, "more")


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
                            filled(page, made.scene.budi)
                            for what, path in QUEUED.items():
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
