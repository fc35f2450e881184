"""What the officer's area orders of other parts: each says whether it was done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from kiosk.journal import export_file, stick
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.model import OccurrenceDraft
from kiosk.terminal.desk import Carried
from kiosk.terminal.orders import orders
from tests.unit.enrollment.kit import provisioned
from tests.unit.kiosk.machine.fake_clock import FakeClock


class Rig:
    def __init__(self, folder: Path) -> None:
        self.state, self.stop = StateFolder(folder / "state").open(), threading.Event()
        self.identity: Identity = provisioned(self.state.identity_dir)
        self.outbox = SqliteOutbox(
            self.state.outbox_path, self.identity.device_id, key=self.identity.storage_key
        ).open()
        self.clock = FakeClock()
        self.orders: Mapping[str, Callable[[], Carried]] = orders(
            self.state, self.outbox, self.identity, self.clock, self.stop
        )


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.outbox.close()


def test_a_request_to_send_is_seen_by_the_process_that_sends(rig: Rig) -> None:
    before = rig.state.asked_to_send()
    assert rig.orders["sync"]() == (True, "officer.done.sync", {})
    assert rig.state.asked_to_send() != before


def test_a_restart_stops_the_threads(rig: Rig) -> None:
    assert rig.orders["restart"]()[0]
    assert rig.stop.is_set()


def test_without_a_stick_nothing_is_exported_and_that_is_said(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stick, "find_stick", lambda: None)
    assert rig.orders["export"]() == (False, "officer.done.no_stick", {})


def test_unsent_events_go_to_the_stick_under_the_code_that_is_shown(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rig.outbox.append(OccurrenceDraft("officer-in", "o-1"), rig.clock.now())
    monkeypatch.setattr(stick, "find_stick", lambda: tmp_path)
    good, key, fields = rig.orders["export"]()
    assert (good, key, fields["count"]) == (True, "officer.done.export", 1)
    (written,) = tmp_path.glob("presensi-*.bin")
    lines = list(export_file.read(written, str(fields["code"])))
    assert sum("event" in line for line in lines) == 1


def test_a_stick_is_what_is_mounted_below_media_and_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "media" / "my stick"
    place.mkdir(parents=True)
    monkeypatch.setattr(stick, "PLACES", (f"{tmp_path}/media/",))
    mounts = tmp_path / "mounts"
    escaped = str(place).replace(" ", "\\040")
    mounts.write_text(
        f"/dev/root / ext4 rw 0 0\n/dev/sda1 {escaped} vfat rw 0 0\n/dev/sdb1 {tmp_path}/media/gone vfat rw 0 0\n"
    )
    assert stick.find_stick(mounts) == place
    mounts.write_text("/dev/root / ext4 rw 0 0\n")
    assert stick.find_stick(mounts) is None
