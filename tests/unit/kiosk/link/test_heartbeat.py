"""What the heartbeat says of the terminal, member by member."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiosk import wire
from kiosk.gallery import TinyGallery
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.link.heartbeat import Reporter
from kiosk.model import ClockState, DeviceId
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import FakeClock


@pytest.fixture
def outbox(tmp_path: Path) -> Any:
    journal = SqliteOutbox(tmp_path / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open()
    yield journal
    journal.close()


def report(tmp_path: Path, outbox: SqliteOutbox, clock: FakeClock, zone: Path, **terminal: Any) -> dict[str, Any]:
    cache = TinyGallery(tmp_path / "gallery.tinydb", bytes(32))
    said = (terminal.get("camera", "ok"), terminal.get("faults", ()))
    reporter = Reporter(JournalQueue(outbox), cache, clock, tmp_path, lambda: said, zone)
    return dict(reporter.report(gallery_version=7, faults=["clock_untrusted"]))


def test_it_says_how_the_terminal_does(tmp_path: Path, outbox: SqliteOutbox) -> None:
    clock = FakeClock()
    zone = tmp_path / "temp"
    zone.write_text("51538\n", encoding="ascii")
    for _ in range(3):
        outbox.append(records.presence(), clock.now())
    outbox.count("unknown")
    queue = JournalQueue(outbox)
    claim = queue.claim(limit=1, max_bytes=10**6)
    assert claim is not None
    problem = {"type": "urn:presensi:problem:person-unknown", "status": 422}
    queue.acknowledge(claim.chain_id, 1, clock.now().wall_utc, {1: problem})
    said = report(tmp_path, outbox, clock, zone, camera="lost", faults=["camera_lost", "clock_untrusted"])
    now = clock.now()
    free = said.pop("disk_free_bytes")
    (parked,) = said.pop("parked")
    assert 0 < free < 2**60
    assert parked["problem"] == problem
    assert said.pop("software").startswith("presensi-kiosk ")
    assert said == {
        "wall_utc": wire.format_utc(now.wall_utc),
        "boot_id": now.boot_id,
        "monotonic_ms": now.monotonic_ms,
        "clock_state": now.clock_state.value,
        "queue": {"waiting": 2, "parked": 1},
        "gallery_version": 7,
        "erased_through": 0,
        "camera": "lost",
        "temperature_c": 51.5,
        "faults": ["camera_lost", "clock_untrusted"],
        "counters": {"unknown": 1},
    }


def test_a_disk_that_cannot_be_asked_is_unknown_and_all_else_is_said(tmp_path: Path, outbox: SqliteOutbox) -> None:
    reporter = Reporter(
        JournalQueue(outbox),
        TinyGallery(tmp_path / "gallery.tinydb", bytes(32)),
        FakeClock(),
        tmp_path / "pulled" / "card",
        lambda: ("ok", ()),
        tmp_path / "none",
    )
    said = reporter.report(gallery_version=7, faults=[])
    assert (said["disk_free_bytes"], said["gallery_version"], said["camera"]) == (None, 7, "ok")


@pytest.mark.parametrize(
    ("name", "value"), [("unknown", -5), ("unknown", 2**53), ("unkno\x01wn", 1), ("", 1), ("u" * 101, 1), ("\u202e", 1)]
)
def test_a_damaged_counter_is_left_out_and_counts_anew(
    tmp_path: Path, outbox: SqliteOutbox, name: str, value: int
) -> None:
    """The server refuses the whole heartbeat for it."""
    outbox.count("not_in_time")
    outbox.db.transact(lambda connection: connection.execute("INSERT INTO counters VALUES (?, ?)", (name, value)))
    assert report(tmp_path, outbox, FakeClock(), tmp_path / "none")["counters"] == {"not_in_time": 1}
    outbox.count("unknown")
    assert report(tmp_path, outbox, FakeClock(), tmp_path / "none")["counters"] == {"not_in_time": 1, "unknown": 1}


@pytest.mark.parametrize("damage", [b"{", b'{"event_id":"a\x7f"}', b'{"event_id":"' + b"a" * 65 + b'"}'])
def test_a_refused_event_whose_id_is_damaged_is_told_without_it(
    tmp_path: Path, outbox: SqliteOutbox, damage: bytes
) -> None:
    event = outbox.append(records.presence(), FakeClock().now())
    JournalQueue(outbox).acknowledge(event.chain_id, 1, FakeClock().now().wall_utc, {1: {"type": "x"}})
    outbox.db.transact(lambda connection: connection.execute("UPDATE events SET body = ?", (damage,)))
    said = report(tmp_path, outbox, FakeClock(), tmp_path / "none")["parked"]
    assert said == [{"event_id": "damaged", "problem": {"type": "x"}}]


@pytest.mark.parametrize("state", list(ClockState))
def test_the_clocks_state_is_told(tmp_path: Path, outbox: SqliteOutbox, state: ClockState) -> None:
    clock = FakeClock(state=state)
    assert report(tmp_path, outbox, clock, tmp_path / "none")["clock_state"] == state.value


@pytest.mark.parametrize("content", [None, b"", b"hot", b"\xff\xfe"])
def test_a_machine_without_a_thermometer_says_so(tmp_path: Path, outbox: SqliteOutbox, content: bytes | None) -> None:
    zone = tmp_path / "temp"
    if content is not None:
        zone.write_bytes(content)
    assert report(tmp_path, outbox, FakeClock(), zone)["temperature_c"] is None
