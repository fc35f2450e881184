"""An office's November: two people, a terminal since the 24th, presences of five days, activities and a score."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import DECISIONS, add_letters
from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.activities.store import ENTRIES, ITEMS, STEPS, WEIGHTS
from etpp.allowance.model import Month, OfficeScore
from etpp.allowance.store import SCORES
from etpp.db import Transaction
from etpp.roster.store import ASSIGNMENTS, People, Roster
from tests.contract.etpp.client import Terminal, text_of
from tests.contract.etpp.running import OFFICE, Running, wib

NOVEMBER = Month(2026, 11)
DECEMBER = Month(2026, 12)
DAYS = ("2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30")
ONE = dt.timedelta(days=1)


@dataclass
class Scene:
    etpp: Running
    terminal: Terminal
    sri: str
    budi: str
    faces: dict[str, str]
    """employee -> the office's own id of the person"""

    def seen(self, who: str, *local: str) -> None:
        """Presences at local times, sent at once."""
        for text in local:
            at = wib(text)
            self.etpp.clock.now = max(self.etpp.clock.now, at)
            self.terminal.send_events([self.terminal.presence(self.faces[who], wall_utc=text_of(at))], at=at)

    def reported(self, local: str) -> None:
        self.etpp.clock.now = max(self.etpp.clock.now, wib(local))
        self.terminal.send_events([], at=wib(local))

    def letter(self, tx: Transaction, who: str, first: str, until: str, letter_id: str = "l1") -> None:
        now = self.etpp.clock.now
        letter = Letter(
            letter_id,
            "dinas-luar",
            "094/1",
            wib(first).date(),
            "Kepala",
            (who,),
            wib(first),
            wib(until),
            "tu",
            now,
            "ab" * 32,
        )
        add_letters(tx, [letter], "tu", now)
        DECISIONS.add(tx, [LetterDecision(f"d-{letter_id}", letter_id, True, "kepala", now)], "kepala", now)

    def score(self, month: Month, percent: str = "100") -> None:
        now = self.etpp.clock.now
        with self.etpp.database.begin() as tx:
            SCORES.add(tx, [OfficeScore(f"s-{month}-{percent}", OFFICE, month, Decimal(percent), now)], "bkpp", now)


def november(etpp: Running, signs: bool = False) -> Scene:
    """Sri is in time on all five days; Budi is late by twelve minutes on the 25th. Both have 300 points a day.

    `signs`: whether the terminal signs its chain."""
    sri_face = etpp.person("198503152010012007", "Sri Lestari")
    budi_face = etpp.person("199001012015031001", "Budi Santosa")
    terminal = etpp.terminal()
    terminal.signs = signs
    now = etpp.clock.now
    with etpp.database.begin() as tx:
        faces = {}
        for face in (sri_face, budi_face):
            person = People(tx).get(OFFICE, face)
            assert person is not None
            faces[person.employee_id] = face
            (stay,) = Roster(tx).career(person.employee_id).all
            post = replace(stay, post_id="pranata", job_class=7, rank="III/c", first=dt.date(2026, 1, 5), entitled=True)
            ASSIGNMENTS.add(tx, [post], "bkpp", now)
        sri, budi = faces
        since = dt.date(2026, 1, 1)
        ITEMS.add(tx, [Item("laporan", "Menyusun laporan", "dokumen", since, None)], "bkpp", now)
        WEIGHTS.add(tx, [Weight("w1", "laporan", since, None, Decimal(300))], "bkpp", now)
    scene = Scene(etpp, terminal, sri, budi, faces)
    for day in DAYS:
        scene.seen(sri, f"{day} 07:20")
        scene.seen(budi, f"{day} 07:42" if day == "2026-11-25" else f"{day} 07:25")
        scene.seen(sri, f"{day} 16:35")
        scene.seen(budi, f"{day} 16:36")
    work(scene, NOVEMBER)
    scene.score(NOVEMBER)
    scene.reported("2026-12-01 08:00")
    return scene


def work(scene: Scene, month: Month) -> None:
    """A report of 300 points on each weekday of the month, submitted and verified."""
    now = scene.etpp.clock.now
    days = [day for day in month.dates() if day.weekday() < 5]
    with scene.etpp.database.begin() as tx:
        for who in (scene.sri, scene.budi):
            made = [Entry(f"{who}-{day}", who, day, "laporan", Decimal(1), "laporan harian", now) for day in days]
            ENTRIES.add(tx, made, who, now)
            for step, by in (("submitted", who), ("verified", "kepala")):
                STEPS.add(tx, [EntryStep(f"{e.entry_id}-{step}", e.entry_id, step, by, now) for e in made], by, now)  # type: ignore[arg-type]
