"""Pictures of every report: `python -m tests.integration.etpp.report_pictures FOLDER [id|en]`. Needs pdftoppm.

With `seconds` in place of a folder it prints how long each report takes of 200 people.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

from etpp.console.texts import Language
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry
from etpp.presence.store import CORRECTION_DECISIONS, CORRECTIONS, MANUAL_ENTRIES
from etpp.reports.make import Asked, make
from etpp.reports.model import FORMATS, KINDS
from tests.contract.etpp.allowance.scene import NOVEMBER, Scene, november
from tests.contract.etpp.reports.crowd import crowd
from tests.contract.etpp.running import OFFICE, running, wib

RESOLUTION = 80
"""Dots an inch: a page of F4 is 1,040 wide."""


def silent(stage: str, done: int, of: int) -> None:
    """Nobody listens."""


def fill(scene: Scene) -> None:
    """A letter, a correction and a presence that two people wrote down."""
    now = scene.etpp.clock.now
    with scene.etpp.database.begin() as tx:
        scene.letter(tx, scene.sri, "2026-11-26 07:30", "2026-11-27 00:00")
        at = wib("2026-11-25 07:35")
        asked = Correction("c1", scene.budi, dt.date(2026, 11, 25), "arrival", at, "Antre di terminal", "Rini", now)
        CORRECTIONS.add(tx, [asked], "Rini", now)
        CORRECTION_DECISIONS.add(tx, [CorrectionDecision("d1", "c1", True, "Kepala Dinas", now)], "Kepala Dinas", now)
        at = wib("2026-11-27 16:40")
        entry = ManualEntry("m1", scene.sri, at, OFFICE, "Listrik padam", "Rini", now, "Kepala Dinas")
        MANUAL_ENTRIES.add(tx, [entry], "Rini", now)


def pictures(folder: Path, language: Language) -> None:
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/etpp.db", Path(name) / "state") as etpp:
        scene = november(etpp)
        fill(scene)
        crowd(scene, 18)
        for kind in KINDS:
            path = Path(name) / f"{kind}.pdf"
            person = scene.budi if kind == "statement" else None
            asked = Asked(kind, OFFICE, NOVEMBER, "pdf", language, "F4", person)
            make(etpp.database, asked, path, etpp.clock.now, silent)
            target = folder / f"report-{kind}"
            picture = ["pdftoppm", "-r", str(RESOLUTION), "-png", "-singlefile", "-f", "1", str(path), str(target)]
            subprocess.run(picture, check=True)


def seconds() -> None:
    with tempfile.TemporaryDirectory() as name, running(f"sqlite:///{name}/etpp.db", Path(name) / "state") as etpp:
        crowd(november(etpp), 198)
        for kind in KINDS:
            for form in FORMATS:
                began = time.monotonic()
                path = Path(name) / f"{kind}.{form}"
                make(etpp.database, Asked(kind, OFFICE, NOVEMBER, form), path, etpp.clock.now, silent)
                print(f"{kind}.{form}: {time.monotonic() - began:.1f} s, {path.stat().st_size // 1024} KB, 200 people")


if __name__ == "__main__":
    if sys.argv[1:] == ["seconds"]:
        seconds()
    else:
        pictures(Path(sys.argv[1]), cast(Language, sys.argv[2] if len(sys.argv) > 2 else "id"))
