"""An office on the phone: Sri and Budi with their superior, activities of weeks, one closed month, letters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal

from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import DECISIONS, add_letters
from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.activities.store import ENTRIES, ITEMS, STEPS, WEIGHTS
from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee
from etpp.roster.store import ASSIGNMENTS, Roster
from etpp.serving.acting import Grant
from tests.contract.etpp.allowance.scene import Scene, november
from tests.contract.etpp.running import OFFICE, Member, Running, wib

TODAY = "2026-12-03"
ITEMS_MORE = (
    ("surat", "Membuat surat dinas", "surat", "12.5"),
    ("rapat", "Menghadiri rapat koordinasi", "kali", "50"),
    ("layanan", "Melayani permintaan data masyarakat", "orang", "10"),
    ("telaah", "Menelaah usulan kegiatan", "usulan", "40"),
    ("arsip", "Menata arsip", "berkas", "5"),
    ("kunjungan", "Kunjungan lapangan", "kali", "100"),
)


@dataclass
class Phones:
    """`scene`: the office. The clock stands at a quarter past nine on 3 December; November is closed."""

    etpp: Running
    scene: Scene
    sri: Member
    budi: Member
    boss: Member

    def entries(self, who: str) -> dict[str, str]:
        """entry -> its verdict, of December."""
        found = self.etpp.admin("GET", f"activities/entries?person={who}&month=2026-12")["entries"]
        return {each["entry_id"]: each["verdict"] for each in found}


def member(etpp: Running, login: str, person_id: str, *roles: str) -> Member:
    """An account of a person's own, without a second factor: employees need none."""
    return etpp.member(login, *(Grant(role) for role in roles), person_id=person_id)  # type: ignore[arg-type]


def phones(etpp: Running, closed: bool = True) -> Phones:
    scene = november(etpp)
    now = wib("2026-11-01 08:00")
    since = dt.date(2026, 1, 1)
    with etpp.database.begin() as tx:
        Roster(tx).add(Employee("kepala-bidang", "Rahmat Hidayat, S.T.", None, "KB-1"), "bkpp", now)
        place = Assignment("a-kb", "kepala-bidang", OFFICE, "kabid", 9, "IV/a", "pns", None, since)
        ASSIGNMENTS.add(tx, [place], "bkpp", now)
        for who in (scene.sri, scene.budi):
            (stay,) = Roster(tx).career(who).all
            ASSIGNMENTS.add(tx, [replace(stay, superior_id="kepala-bidang")], "bkpp", now)
        for item_id, name, unit, points in ITEMS_MORE:
            ITEMS.add(tx, [Item(item_id, name, unit, since, None)], "bkpp", now)
            WEIGHTS.add(tx, [Weight(f"w-{item_id}", item_id, since, None, Decimal(points))], "bkpp", now)
    if closed:
        close(scene)
    etpp.clock.local(f"{TODAY} 07:28")
    for day in ("2026-12-01", "2026-12-02"):
        scene.seen("" or scene.sri, f"{day} 07:21")
        scene.seen(scene.sri, f"{day} 16:40")
    scene.seen(scene.sri, f"{TODAY} 07:24")
    scene.seen(scene.budi, f"{TODAY} 07:49")
    etpp.clock.local(f"{TODAY} 09:15")
    with etpp.database.begin() as tx:
        for n, (who, item, quantity, day, entered) in enumerate(
            (
                (scene.sri, "surat", 4, "2026-12-01", "2026-12-01 15:00"),
                (scene.sri, "rapat", 1, "2026-12-02", "2026-12-02 15:10"),
                (scene.sri, "surat", 6, "2026-12-02", "2026-12-02 15:12"),
                (scene.budi, "laporan", 1, "2026-12-01", "2026-12-01 15:00"),
                (scene.budi, "laporan", 9, "2026-12-02", "2026-12-02 15:00"),
                (scene.budi, "kunjungan", 1, "2026-12-02", "2026-12-02 15:01"),
                (scene.budi, "laporan", 1, "2026-11-26", "2026-12-02 15:05"),
            )
        ):
            at = wib(entered)
            made = Entry(f"e{n}", who, dt.date.fromisoformat(day), item, Decimal(quantity), "", at)
            ENTRIES.add(tx, [made], who, at)
            STEPS.add(tx, [EntryStep(f"s{n}", f"e{n}", "submitted", who, at)], who, at)
        leave(tx, scene, "2026-12-01")
    return Phones(
        etpp,
        scene,
        member(etpp, "sri", scene.sri, "employee"),
        member(etpp, "budi", scene.budi, "employee"),
        member(etpp, "rahmat", "kepala-bidang", "employee", "superior"),
    )


def leave(tx, scene: Scene, day: str) -> None:  # type: ignore[no-untyped-def]
    """Budi is ill on a day: the letter came after he had entered an activity."""
    first, now = wib(f"{day} 00:00"), scene.etpp.clock.now
    span = first, first + dt.timedelta(days=1)
    made = Letter("ill", "cuti-sakit", "445/7", first.date(), "RSUD Wates", (scene.budi,), *span, "tu", now, "cd" * 32)
    add_letters(tx, [made], "tu", now)
    DECISIONS.add(tx, [LetterDecision("d-ill", "ill", True, "bkpp", now)], "bkpp", now)


def close(scene: Scene) -> None:
    etpp = scene.etpp
    etpp.admin("POST", f"offices/{OFFICE}/months/2026-11/check", {"by": "kepala"})
    etpp.admin("POST", f"offices/{OFFICE}/months/2026-11/close", {"by": "bkpp"})
