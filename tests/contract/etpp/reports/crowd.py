"""An office's November with more people than fit on a page, and one whose name has 120 characters."""

from __future__ import annotations

import datetime as dt

from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee
from etpp.roster.store import ASSIGNMENTS, Roster
from tests.contract.etpp.allowance.scene import Scene
from tests.contract.etpp.running import OFFICE

LONG = ("Raden Mas Haji " + "Panji Kusumadiningrat " * 6)[:110].strip() + ", M.Si."
RANKS = ("II/c", "III/a", "III/b", "III/d", "IV/a")


def crowd(scene: Scene, people: int, name: str = "Pegawai") -> list[str]:
    """Their ids; nobody was seen, and each has a post and a class."""
    now = scene.etpp.clock.now
    ids = []
    with scene.etpp.database.begin() as tx:
        for n in range(people):
            person_id = f"crowd-{n:04d}"
            ids.append(person_id)
            called = LONG if n == 7 else f"{name} {n:03d}, S.Kom."
            Roster(tx).add(Employee(person_id, called, f"19800101200501{n:04d}"), "bkpp", now)
            post = Assignment(
                f"post-{n:04d}",
                person_id,
                OFFICE,
                "analis-kebijakan-ahli-muda" if n % 3 else "pengadministrasi-umum",
                5 + n % 6,
                RANKS[n % len(RANKS)],
                "pns",
                None,
                dt.date(2026, 1, 5),
            )
            ASSIGNMENTS.add(tx, [post], "bkpp", now)
    return ids
