"""The handbooks' pictures: `python -m tests.browser.phone.handbook [FOLDER]`, into docs/images where none is named."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.browser.chromium import chromium
from tests.browser.phone.phones import opened, phone, shown
from tests.contract.etpp.phone.scene import phones
from tests.contract.etpp.running import running

HEIGHT_PX = 760
OF_AN_EMPLOYEE = {
    "phone-today": "",
    "phone-enter": "enter/laporan",
    "phone-month": "month/2026-11/2026-11-25",
    "phone-pay": "pay/2026-11",
    "phone-letter": "file/letter",
}


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/e.db", Path(name) / "s") as etpp:
        made = phones(etpp)
        with chromium() as browser:
            with phone(browser, made, made.budi) as context:
                page = opened(context, made)
                page.set_viewport_size({"width": 360, "height": HEIGHT_PX})
                for what, path in OF_AN_EMPLOYEE.items():
                    shown(page, path)
                    page.evaluate("() => document.querySelector('details.line')?.setAttribute('open', '')")
                    _small(page.screenshot(), folder / f"{what}.png")
            with phone(browser, made, made.boss) as context:
                page = opened(context, made, "verify")
                page.set_viewport_size({"width": 360, "height": HEIGHT_PX})
                shown(page, "verify")
                _small(page.screenshot(), folder / "phone-verify.png")


def _small(png: bytes, path: Path) -> None:
    """A few colours are enough for a page, and a quarter of the bytes."""
    with Image.open(io.BytesIO(png)) as picture:
        picture.convert("RGB").quantize(48).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images"))
