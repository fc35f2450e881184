"""Every page of the console at every width, in both languages: `python -m tests.browser.pictures FOLDER [PAGE …]`.

`SCHEME=dark` in the environment: as a system that is set to dark shows them.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Literal

from tests.browser.chromium import HEIGHT_PX, chromium, log_in, page_of, press
from tests.browser.crowded import fill
from tests.browser.fitting import WIDTHS_PX
from tests.contract.etpp.running import running


def main() -> None:
    folder, wanted = Path(sys.argv[1]), sys.argv[2:]
    scheme: Literal["dark", "light"] = "dark" if os.environ.get("SCHEME") == "dark" else "light"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/etpp.db", Path(name) / "state") as etpp:
        pages = fill(etpp)
        with chromium() as browser:
            for language in ("id", "en"):
                page = page_of(browser.new_context(color_scheme=scheme), etpp, language)

                def take(what: str, page=page, language: str = language) -> None:  # type: ignore[no-untyped-def]
                    for width in WIDTHS_PX:
                        page.set_viewport_size({"width": width, "height": HEIGHT_PX})
                        page.screenshot(path=folder / f"{what}-{language}-{width}.png", full_page=True)

                take("login")
                log_in(page, etpp)
                for what, path in pages:
                    if not wanted or what in wanted:
                        page.goto(f"{etpp.url}/console{path}")
                        take(what)
                page.goto(f"{etpp.url}/console/terminals")
                page.select_option("#office", "upt-puskesmas")
                press(page, "form[action$='/codes'] button")
                take("code")


if __name__ == "__main__":
    main()
