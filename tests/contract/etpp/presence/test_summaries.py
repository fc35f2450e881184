"""The overview's figures are counted once for all viewers, and are never older than the database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from etpp.presence import daybook
from etpp.presence.summaries import Summaries, Summary
from etpp.roster.store import Offices, People
from tests.contract.etpp.client import time_of
from tests.contract.etpp.running import NIP, OFFICE, Running, wib

DAY = "2026-11-24"
OTHER = "smpn-1-wates"
HOURS = {"mon": ["07:30", "16:00"], "tue": ["09:00", "15:00"]}
CALENDAR: dict[str, Any] = {
    "timezone": "Asia/Jakarta",
    "periods": [{"first": "2026-01-01", "last": None, "days": HOURS, "late_percent": 1.0, "early_percent": 1.0}],
    "holidays": [],
}


class Looking:
    """Every look at the kept figures is held against figures that nobody kept."""

    def __init__(self, etpp: Running) -> None:
        self.etpp, self.kept = etpp, Summaries()
        self.last: list[Summary] = []

    def changed(self) -> bool:
        """Whether the figures are others than at the last look."""
        with self.etpp.database.read() as tx:
            found = self.kept.of(tx, None, self.etpp.clock.now)[0]
            assert found == Summaries().of(tx, None, self.etpp.clock.now)[0]
        before, self.last = self.last, found
        return before != found


def test_each_change_is_seen_at_the_next_look(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": OTHER, "name": "SMP Negeri 1 Wates"})
    look = Looking(etpp)
    assert look.changed()
    assert not look.changed()
    etpp.clock.local(f"{DAY} 08:00")
    terminal = etpp.terminal()
    budi = etpp.person(NIP, "Budi")
    assert look.changed()
    terminal.send_events([], at=etpp.clock.now)
    assert look.changed()  # reported through
    terminal.send_events([terminal.presence(budi)], at=etpp.clock.now)
    assert look.changed()
    assert [(each.counts["present"], each.late) for each in look.last] == [(1, 1), (0, 0)]
    second = etpp.terminal()
    assert look.changed()  # one more that has not reported
    etpp.admin("POST", f"devices/{second.device_id}/revoke")
    look.changed()
    etpp.admin("POST", f"devices/{second.device_id}/write-off")
    assert look.changed()
    siti = etpp.person(NIP[:-1] + "8", "Siti", OTHER)
    look.changed()
    late = terminal.presence(siti)
    assert terminal.send_events([late], at=etpp.clock.now).json()["results"][0]["status"] == "rejected"
    look.changed()
    with etpp.database.begin() as tx:  # the person is of this office now
        known = People(tx).get(OTHER, siti)
        assert known is not None
        People(tx).add(replace(known, office_id=OFFICE))
        Offices(tx).bump(OFFICE, etpp.clock.now)
    look.changed()
    etpp.admin("POST", f"offices/{OFFICE}/events/{late['event_id']}/accept")
    assert look.changed()
    etpp.admin("PUT", f"offices/{OFFICE}", {"name": "Dinas Lain", "calendar": CALENDAR})
    assert look.changed()
    assert look.last[0].name == "Dinas Lain"
    assert look.last[0].late == 0
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{budi}?forget=true")
    look.changed()
    uncertain = terminal.batch([terminal.presence(budi)], etpp.clock.now)
    uncertain["events"][0]["time"] = time_of(wib(f"{DAY} 07:00"), 3600, "uncertain")
    terminal.post("events", uncertain)
    look.changed()
    etpp.clock.local("2026-11-25 00:00")
    assert look.changed()  # another day
    assert not look.changed()


def test_a_roster_of_somebody_without_a_face_is_seen_at_the_next_look(etpp: Running) -> None:
    """No terminal knows the person, so no gallery is another; the day is."""
    etpp.clock.local(f"{DAY} 17:00")
    terminal, person = etpp.terminal(), etpp.person(NIP, "Budi")
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
    terminal.send_events([], at=etpp.clock.now)
    look = Looking(etpp)
    look.changed()
    assert look.last[0].counts["absent"] == 1
    etpp.admin("POST", "calendar", {"by": "bkpp", "roster": [{"person": NIP, "date": DAY}]})
    assert look.changed()
    assert look.last[0].counts["day_off"] == 1


def test_a_look_without_a_change_asks_the_database_three_things(etpp: Running) -> None:
    for number in range(5):
        etpp.admin("POST", "offices", {"office_id": f"kantor-{number}", "name": "Kantor"})
    etpp.terminal()
    summaries, asked = Summaries(), list[str]()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    with etpp.database.read() as tx:
        summaries.of(tx, None, etpp.clock.now)
        sa.event.listen(etpp.database.engine, "before_cursor_execute", note)
        summaries.of(tx, None, etpp.clock.now)
        sa.event.remove(etpp.database.engine, "before_cursor_execute", note)
    assert len(asked) == 3
    assert not [each for each in asked if "events" in each or "people" in each]


def test_an_office_is_counted_once_for_all_who_come_at_once(etpp: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    etpp.admin("POST", "offices", {"office_id": OTHER, "name": "SMP Negeri 1 Wates"})
    counted, together = list[str](), threading.Barrier(8)
    open_day = daybook.open_day

    def counting(tx: Any, office_id: str, *rest: Any) -> daybook.DayBook:
        counted.append(office_id)
        return open_day(tx, office_id, *rest)

    monkeypatch.setattr(daybook, "open_day", counting)
    summaries = Summaries()

    def viewer(_: int) -> list[Summary]:
        together.wait(30)
        with etpp.database.read() as tx:
            return summaries.of(tx, None, etpp.clock.now)[0]

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(viewer, range(8)))
    assert counted == [OFFICE, OTHER]
    assert all(each == seen[0] for each in seen)
    assert len(seen[0]) == 2
