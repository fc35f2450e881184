"""The pictures of the handbooks for operators, heads and technicians: `python -m tests.browser.handbook_office FOLDER`.

Each is taken from the log-in of that role, so that it shows what that role sees and no button more.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser

from etpp.serving.acting import Grant, Role
from tests.browser.chromium import chromium, page_of, press
from tests.browser.handbook_bkpp import HEIGHT_PX, MONTH, WIDTH_PX, take
from tests.contract.etpp.allowance.scene import november
from tests.contract.etpp.running import OFFICE, Running, running

DAY = "2026-11-25"
PAGES: Mapping[Role, Mapping[str, str]] = {
    "operator": {
        "day": f"/offices/{OFFICE}?date={DAY}",
        "letter-new": "/letters/new",
        "manual": "/manual-entries?month=2026-11",
        "people": f"/offices/{OFFICE}/people",
    },
    "head": {
        "corrections": "/corrections?month=2026-11",
        "manual": "/manual-entries?month=2026-11",
        "month": MONTH,
    },
    "technician": {"terminals": "/terminals"},
}
"""Role -> picture -> the page."""


def scene(etpp: Running) -> None:
    """A November; a correction and a manual entry that wait; a terminal that is well, one silent, one with a fault."""
    regency = november(etpp)
    etpp.admin("POST", "offices", {"office_id": "kapanewon-wates", "name": "Kapanewon Wates"})
    etpp.clock.local("2026-12-03 07:20")
    silent, faulty = etpp.terminal("kapanewon-wates"), etpp.terminal("kapanewon-wates")
    silent.heartbeat(wall_utc="2026-12-03T00:20:00.000Z")
    etpp.clock.local("2026-12-03 08:00")
    now = "2026-12-03T01:00:00.000Z"
    faulty.heartbeat(wall_utc=now, faults=["clock_untrusted"], queue={"waiting": 12, "parked": 0})
    regency.terminal.heartbeat(wall_utc=now, gallery_version=3)
    correction = {"person": regency.budi, "date": "2026-11-26", "part": "arrival", "at_utc": "2026-11-26T00:10:00.000Z"}
    etpp.admin("POST", "corrections", {**correction, "reason": "terminal mati", "proposed_by": "tu"})
    entry = {
        "person": regency.sri,
        "office_id": OFFICE,
        "at_utc": "2026-11-27T00:20:00.000Z",
        "reason": "listrik padam",
    }
    etpp.admin("POST", "manual-entries", {**entry, "entered_by": "tu"})


def pictures(browser: Browser, etpp: Running, role: Role, folder: Path) -> None:
    """One role's, into `folder`."""
    member = etpp.member(f"{role}-kominfo", Grant(role, None if role == "technician" else OFFICE))
    page = page_of(browser.new_context(), etpp, "id")
    page.set_viewport_size({"width": WIDTH_PX, "height": HEIGHT_PX})
    page.fill("#user", member.login)
    page.fill("#password", member.password)
    press(page, "main button")
    page.fill("#code", member.code(etpp.clock.now))
    press(page, "main button")
    for what, path in PAGES[role].items():
        answer = page.goto(f"{etpp.url}/console{path}")
        if answer is None or answer.status != 200:
            raise SystemExit(f"{role} sees no {path}: {answer and answer.status}")
        take(page, folder / f"{role}-{what}.png")


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/etpp.db", Path(name) / "state") as etpp:
        scene(etpp)
        with chromium() as browser:
            for role in PAGES:
                pictures(browser, etpp, role, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
