"""A closed month for an inspector to go through: pictures with `python -m tests.browser.inspected FOLDER`.

`SCHEME=dark` in the environment: as a system that is set to dark shows them. The handbook's pictures are made so.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Literal

from etpp.allowance.seal import Despite
from etpp.bundle.making import Asked
from etpp.presence.model import ManualEntry
from etpp.presence.store import MANUAL_ENTRIES
from etpp.reports.jobs import Jobs
from etpp.roster.store import EMPLOYEES, Roster
from tests.browser.chromium import HEIGHT_PX, chromium, log_in, page_of
from tests.browser.crowded import LONGEST_NAME, ONE_WORD
from tests.contract.etpp.allowance.scene import DAYS, NOVEMBER, Scene, november
from tests.contract.etpp.allowance.test_audit import correct, write_down
from tests.contract.etpp.allowance.test_month import check, close, forget, reckon
from tests.contract.etpp.running import OFFICE, Running, running, wib

Page = tuple[str, str]
TEMPLATES = frozenset(f"inspection/{name}.html" for name in ("start", "month", "statement", "event", "fact", "policy"))
TEMPLATES |= {"inspection/list.html", "inspection/bundle.html"}


def fill(etpp: Running, long: bool = True) -> list[Page]:
    """The pages to be looked at. `long`: with names that strain them."""
    scene = november(etpp, signs=True)
    with etpp.database.begin() as tx:
        for day in ("2026-11-02", "2026-11-03"):
            forget(tx, f"{scene.budi}-{day}")
        scene.letter(tx, scene.sri, "2026-11-10 00:00", "2026-11-11 00:00")
        for who, name in ((scene.budi, LONGEST_NAME), (scene.sri, ONE_WORD)) if long else ():
            known = Roster(tx).employee(who)
            assert known is not None
            EMPLOYEES.add(tx, [replace(known, name=name)], "bkpp", etpp.clock.now)
        for n, day in enumerate(DAYS):
            at = wib(f"{day} 12:0{n}")
            reason = "Listrik padam sejak pagi" * (8 if long else 1)
            entry = ManualEntry(f"noon-{n}", scene.sri, at, OFFICE, reason, "tu", etpp.clock.now, "kepala")
            MANUAL_ENTRIES.add(tx, [entry], "kepala", etpp.clock.now)
    write_down(scene, "m2", confirmed_by=None)
    late = [row["event_id"] for row in etpp.events("status=accepted&limit=500") if row["seq"] == 6]
    correct(scene, "c2") if long else None
    check(scene)
    despite = Despite(reckon(scene).open, ("bkpp", "sekda")) if reckon(scene).open else None
    close(scene, despite=despite)
    etpp.clock.now += dt.timedelta(hours=1)
    job = _bundle(scene)
    policy = _policy(scene)
    base = f"?office_id={OFFICE}&month=2026-11"
    return [
        ("inspection", f"/inspection{base}"),
        ("inspection-month", f"/inspection/months/{OFFICE}/2026-11"),
        ("inspection-open", f"/inspection/months/{OFFICE}/2026-12"),
        ("inspection-statement", f"/inspection/statements/{scene.budi}/2026-11"),
        ("inspection-statement-leave", f"/inspection/statements/{scene.sri}/2026-11"),
        ("inspection-event", f"/inspection/events/{late[0]}"),
        ("inspection-letter", "/inspection/facts/letter/l1"),
        ("inspection-manual", "/inspection/events/noon-0"),
        ("inspection-policy", f"/inspection/policies/{policy}?rule=late"),
        ("inspection-by-hand", f"/inspection/lists/by_hand{base}"),
        ("inspection-afterwards", f"/inspection/lists/afterwards{base}"),
        ("inspection-nothing", f"/inspection/lists/two_places{base}"),
        ("inspection-bundle", f"/inspection/bundles/{job}"),
    ]


def _bundle(scene: Scene) -> str:
    """One that is done."""
    etpp = scene.etpp
    folder = etpp.state.folder / "bundles"
    jobs = Jobs(folder, etpp.database.url, "etpp.bundle.worker", {"keys": str(etpp.state.folder / "gallery-key")})
    job = jobs.start(Asked(OFFICE, NOVEMBER, "inspektur"), etpp.clock.now)
    with (folder / f"{job.job_id}.lock").open("rb+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
    jobs.stop()  # its process is done, and waited for
    return job.job_id


def _policy(scene: Scene) -> str:
    return reckon(scene).policy.sha256


def main() -> None:
    folder, long = Path(sys.argv[1]), "--plain" not in sys.argv
    scheme: Literal["dark", "light"] = "dark" if os.environ.get("SCHEME") == "dark" else "light"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/etpp.db", Path(name) / "state") as etpp:
        pages = fill(etpp, long)
        with chromium() as browser:
            page = page_of(browser.new_context(color_scheme=scheme), etpp, "id")
            log_in(page, etpp)
            for what, path in pages:
                page.goto(f"{etpp.url}/console{path}")
                for width in (390, 1280):
                    page.set_viewport_size({"width": width, "height": HEIGHT_PX})
                    page.screenshot(path=folder / f"{what}-{width}-{scheme}.png", full_page=True)


if __name__ == "__main__":
    main()
