"""The pictures of docs/handbook-bkpp.md: `python -m tests.browser.handbook_bkpp docs/images`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.browser.chromium import chromium, log_in, page_of, press
from tests.contract.etpp.allowance.scene import november
from tests.contract.etpp.running import OFFICE, Running, running

WIDTH_PX, HEIGHT_PX = 1120, 640
COLOURS = 48
"""Of a picture of text: a third of the bytes, and nobody sees it."""
MONTH = f"/offices/{OFFICE}/months/2026-11"


def _letter(people: list[str], number: str, day: int) -> dict[str, object]:
    return {
        "kind_id": "izin-terlambat",
        "number": number,
        "date": "2026-11-20",
        "issuer": "Kepala Dinas",
        "people": people,
        "first_utc": f"2026-11-{day}T00:30:00.000Z",
        "until_utc": f"2026-11-{day}T09:00:00.000Z",
        "submitted_by": "tu",
        "office_id": OFFICE,
    }


def scene(etpp: Running) -> str:
    """A November with a letter that waits, one that was approved, and a correction; the letter that waits."""
    regency = november(etpp)
    etpp.clock.local("2026-12-03 08:00")
    approved = etpp.admin("POST", "letters", _letter([regency.sri], "094/118", 24))["letter_id"]
    etpp.admin("POST", f"letters/{approved}/approve", {"by": "kepala"})
    waiting = etpp.admin("POST", "letters", _letter([regency.budi], "094/121", 25))["letter_id"]
    correction = {"person": regency.budi, "date": "2026-11-26", "part": "arrival", "at_utc": "2026-11-26T00:10:00.000Z"}
    etpp.admin("POST", "corrections", {**correction, "reason": "terminal mati", "proposed_by": "tu"})
    return str(waiting)


def main() -> None:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/etpp.db", Path(name) / "state") as etpp:
        waiting = scene(etpp)
        with chromium() as browser:
            page = page_of(browser.new_context(), etpp, "id")
            page.set_viewport_size({"width": WIDTH_PX, "height": HEIGHT_PX})
            log_in(page, etpp)
            for what, path in (
                ("letters", "/letters?month=2026-11"),
                ("letter", f"/letters/{waiting}"),
                ("corrections", "/corrections?month=2026-11"),
                ("month", MONTH),
            ):
                page.goto(f"{etpp.url}/console{path}")
                take(page, folder / f"bkpp-{what}.png")
            page.goto(f"{etpp.url}/console/policies")
            page.select_option("#office_id", OFFICE)
            page.fill("#month", "2026-11")
            page.fill("#text", page.input_value("#text").replace("7  = 2000000", "7  = 1800000"))
            press(page, "form.fields button.main")
            page.wait_for_selector("ul.figures")
            take(page, folder / "bkpp-trial.png")


def take(page: Page, path: Path) -> None:
    page.screenshot(path=path)
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS).save(path, optimize=True)


if __name__ == "__main__":
    main()
