"""What the housekeeper finds in gallery, journal, disk and status, and whom it tells."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import pytest

from kiosk.errors import DiskFull, GalleryError, OutboxError
from kiosk.machine.state import SyncStatus
from kiosk.model import (
    DLIB_RESNET_V1,
    EMPTY_GALLERY,
    Draft,
    Event,
    Fault,
    GallerySnapshot,
    Moment,
    QueueState,
)
from kiosk.terminal.clerk import Clerk
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.housekeeping import PROBE_EVERY, Housekeeper
from kiosk.terminal.running import Terminal
from kiosk.terminal.trace import Trace
from tests.unit.kiosk.factories import SETTINGS, person, template
from tests.unit.kiosk.journal.fake_outbox import FakeOutbox
from tests.unit.kiosk.machine.fake_clock import FakeClock

PEOPLE = {p.person_id: p for p in (person("p-1"),)}
SNAPSHOT = GallerySnapshot(3, None, PEOPLE, (template("p-1"),))


class FakeGallery:
    """`ports.Gallery`, whose file the test writes."""

    def __init__(self) -> None:
        self.damaged = False
        self.next: GallerySnapshot | GalleryError | None = None

    def write(self, what: GallerySnapshot | GalleryError) -> None:
        self.next = what

    def changed(self) -> bool:
        return self.next is not None

    def load(self) -> GallerySnapshot:
        found, self.next = self.next, None
        if isinstance(found, GalleryError):
            raise found
        return found or EMPTY_GALLERY


class Journal(FakeOutbox):
    """One whose disk and repair shop the test owns."""

    def __init__(self) -> None:
        super().__init__()
        self.damaged = False
        self.unreadable: OutboxError | None = None

    def queue_state(self) -> QueueState:
        if self.unreadable is not None:
            raise self.unreadable
        return super().queue_state()

    def append(self, draft: Draft, moment: Moment) -> Event:
        raise NotImplementedError("nothing is recorded here")

    def faults(self) -> frozenset[Fault]:
        return frozenset({Fault.JOURNAL_DAMAGED}) if self.damaged else frozenset()


class Rig:
    """A housekeeper with its whole house."""

    def __init__(self) -> None:
        self.clock, self.faults, self.gallery, self.journal = FakeClock(), FaultBoard(), FakeGallery(), Journal()
        self.status = SyncStatus()
        self.revoked = False
        self.reports = 0
        self.used: list[int] = []
        self.refuses: GalleryError | None = None
        self.terminal = Terminal(
            settings=SETTINGS,
            clock=self.clock,
            faults=self.faults,
            trace=Trace(None),
            restart_recognition=lambda: None,
        )
        self.clerk = Clerk(self.journal, self.clock, self.faults, DLIB_RESNET_V1, self.terminal.reply)
        self.terminal.employ(self.clerk)
        self.housekeeper = Housekeeper(
            self.terminal,
            self.clerk,
            self.gallery,
            self.journal,
            self.faults,
            self.clock,
            use_gallery=self.use,
            sync_status=lambda _moment: self.status,
            revoked=lambda: self.revoked,
            report=self.report,
            gallery_max_age_days=30,
        )

    def use(self, snapshot: GallerySnapshot) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.used.append(snapshot.version)

    def report(self) -> None:
        self.reports += 1

    def look(self) -> frozenset[Fault]:
        self.housekeeper.look()
        return self.faults.current()


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_terminal_without_a_gallery_says_so_from_the_start(rig: Rig) -> None:
    rig.housekeeper.load_gallery()
    assert rig.faults.current() == {Fault.GALLERY_EMPTY}
    assert rig.used == [0]


def test_a_new_gallery_is_used_before_the_screen_speaks_of_it(rig: Rig) -> None:
    rig.gallery.write(SNAPSHOT)
    assert rig.look() == set()
    assert rig.used == [3]
    assert rig.terminal.status().people == 1


def test_a_damaged_file_leaves_the_former_gallery_in_use(rig: Rig) -> None:
    rig.gallery.write(SNAPSHOT)
    rig.look()
    rig.gallery.write(GalleryError("damaged"))
    assert rig.look() == {Fault.GALLERY_DAMAGED}  # it still records: it is not empty
    assert rig.clerk.office.snapshot.people == SNAPSHOT.people


def test_a_gallery_that_the_search_refuses_is_not_told_to_the_clerk(rig: Rig) -> None:
    rig.gallery.write(SNAPSHOT)
    rig.refuses = GalleryError("templates of another model")
    assert rig.look() == {Fault.GALLERY_DAMAGED, Fault.GALLERY_EMPTY}
    assert not rig.clerk.office.snapshot.people


def test_what_a_former_file_still_gives_is_used_with_a_warning(rig: Rig) -> None:
    rig.gallery.damaged = True
    rig.gallery.write(SNAPSHOT)
    assert rig.look() == {Fault.GALLERY_DAMAGED}
    assert rig.used == [3]


@pytest.mark.parametrize(
    ("status", "connected"),
    [
        (SyncStatus(), None),  # sync has said nothing yet
        (SyncStatus(connected=True, boot_id="boot-1"), True),
        (SyncStatus(connected=False, boot_id="boot-1"), False),
    ],
)
def test_the_screen_knows_whether_there_is_a_connection(rig: Rig, status: SyncStatus, connected: bool | None) -> None:
    rig.status = status
    rig.look()
    assert rig.terminal.status().connected is connected


def test_a_gallery_too_old_is_told_from_what_the_server_last_confirmed(rig: Rig) -> None:
    now = rig.clock.now().wall_utc
    rig.gallery.write(replace(SNAPSHOT, fetched_utc=now - dt.timedelta(days=31)))
    assert rig.look() == {Fault.GALLERY_STALE}
    rig.status = SyncStatus(gallery_confirmed_utc=now)
    assert rig.look() == set()


def test_the_mark_in_the_identity_stops_the_terminal_when_the_status_is_lost(rig: Rig) -> None:
    rig.gallery.write(SNAPSHOT)
    rig.status = SyncStatus(revoked=True)
    assert rig.look() == {Fault.DEVICE_REVOKED}
    rig.status, rig.revoked = SyncStatus(), True
    assert rig.look() == {Fault.DEVICE_REVOKED}


def test_a_journal_set_aside_and_one_that_cannot_be_read(rig: Rig) -> None:
    rig.gallery.write(SNAPSHOT)
    rig.journal.damaged = True
    assert rig.look() == {Fault.JOURNAL_DAMAGED}
    rig.journal.damaged = False
    rig.journal.unreadable = DiskFull("full")
    assert rig.look() == {Fault.JOURNAL_DAMAGED, Fault.DISK_FULL}  # what was known stays known


def test_a_disk_that_refused_is_tried_once_in_ten_rounds(rig: Rig) -> None:
    rig.gallery.write(SNAPSHOT)
    rig.faults.set(Fault.DISK_READ_ONLY, True)
    for _ in range(PROBE_EVERY - 1):
        rig.look()
    rig.clerk.stop()
    rig.clerk.run()
    assert rig.journal.counters == {}
    rig.look()
    rig.clerk.stop()
    rig.clerk.run()
    assert rig.journal.counters == {"disk_probe": 1}
    assert rig.faults.current() == set()  # it took the counter


def test_every_round_reports_and_says_that_it_is_alive(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.terminal.housekeeping.PERIOD_S", 0.0)
    stop, rounds = threading.Event(), list[int]()

    def alive() -> None:
        rounds.append(rig.reports)
        if len(rounds) == 3:
            stop.set()

    rig.housekeeper.run(stop, alive)
    assert rounds == [1, 2, 3]
