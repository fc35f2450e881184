"""What the window of `enroll gui` is made of, without a window: a camera that looks when asked, the office's people."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from enrollment.station import opened_records
from enrollment.tray import Dropped
from enrollment.window import Looking, Office, WindowOrder, WindowSource
from kiosk import config
from kiosk.errors import CameraError, DiskFull, StateInUse
from kiosk.gallery import TinyGallery
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.model import Awaiting, Fault, Nip
from kiosk.parts import limits_of
from kiosk.ports import FrameSource
from kiosk.terminal.attending import Attending, everybody
from kiosk.terminal.capture import Latest
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.officer import IDLE_S, Act, Page
from kiosk.wire.gallery import Manifest
from tests.unit.enrollment.kit import ANI, OFFICE, SceneCamera, provisioned
from tests.unit.kiosk.machine.fake_clock import FakeClock

GOLDEN = Path(__file__).parents[2] / "golden" / "gallery_bulletin.json"
JOKO = Awaiting(Nip("199105052016051005"), "Somebody else's name", "none")
NEW = Awaiting(Nip(ANI), "Ani Contohwati", "none")


def gallery(state: Path) -> TinyGallery:
    found = TinyGallery(state / "gallery.tinydb", Identity.load(state / "identity").storage_key)
    payload = json.loads(GOLDEN.read_text(encoding="utf-8"))["answer"]["payload"]
    now = dt.datetime.now(dt.UTC)
    found.apply(Manifest(1, None, OFFICE, now), payload, now)
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    provisioned(tmp_path / "identity")
    return tmp_path


# ---------------------------------------------------------------- the camera


def test_a_laptop_without_a_camera_has_pictures_only() -> None:
    def no_camera() -> FrameSource:
        raise CameraError("no webcam was found")

    for opener in (no_camera, None):
        looking = Looking(opener, Latest(), FaultBoard(), 1.0)
        looking.look(True)
        assert not looking.there
        looking.look(False)


class Endless(SceneCamera):
    def read(self) -> Any:
        self.read_frames = 0
        return super().read()


def test_the_camera_is_open_only_while_it_looks() -> None:
    closed: list[int] = []

    class Closing(Endless):
        def close(self) -> None:
            closed.append(1)

    looking = Looking(lambda: Closing([0]), Latest(), FaultBoard(), 1.0)
    assert looking.latest.peek() is None
    looking.look(True)
    assert looking.there
    assert looking.latest.newer_than(-1, 30.0) is not None
    looking.look(False)
    assert looking.latest.peek() is None
    assert closed == [1]
    looking.look(True)  # for the next person
    assert looking.latest.newer_than(-1, 30.0) is not None
    looking.look(False)
    assert closed == [1, 1]


def test_a_camera_that_fails_in_a_way_of_its_own_is_a_lost_one_and_opened_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Strange(SceneCamera):
        def read(self) -> Any:
            raise RuntimeError("the driver says what nobody knows")

    faults = FaultBoard()
    cameras: list[FrameSource] = [Strange([0]), Endless([0])]
    looking = Looking(lambda: cameras.pop(0), Latest(), faults, 1.0)
    looking.look(True)
    thread = looking._thread
    assert thread is not None
    thread.join(30.0)
    assert Fault.CAMERA_LOST in faults.current()
    assert "the camera failed" in caplog.text
    looking.look(False)
    looking.look(True)
    assert looking.latest.newer_than(-1, 30.0) is not None
    looking.look(False)


# ---------------------------------------------------------------- the office


def test_somebody_who_is_not_in_the_list_is_added_and_nobody_is_there_twice(state: Path) -> None:
    names = {each.nip: each.name for each in everybody(Office(gallery(state), NEW).snapshot)}
    assert names[ANI] == "Ani Contohwati"
    names = {each.nip: each.name for each in everybody(Office(gallery(state), JOKO).snapshot)}
    assert names[JOKO.nip] == "Joko Prasetyo", "the office's list knows better"


def test_what_sync_has_fetched_meanwhile_is_taken_in(state: Path) -> None:
    first = gallery(state)
    office = Office(first, NEW)
    before = office.snapshot
    office.renew()
    assert office.snapshot is before
    payload = json.loads(GOLDEN.read_text(encoding="utf-8"))["answer"]["payload"]
    payload["bulletin"]["awaiting"] = []
    now = dt.datetime.now(dt.UTC)
    TinyGallery(state / "gallery.tinydb", Identity.load(state / "identity").storage_key).apply(
        Manifest(2, None, OFFICE, now), payload, now
    )
    office.renew()
    assert [each.nip for each in office.snapshot.bulletin.awaiting] == [ANI]


def test_a_folder_without_a_gallery_has_nobody(state: Path) -> None:
    key = Identity.load(state / "identity").storage_key
    assert everybody(Office(TinyGallery(state / "gallery.tinydb", key), None).snapshot) == ()


# ---------------------------------------------------------------- the area in it


class Rig:
    def __init__(self, state: Path, order: WindowOrder) -> None:
        self.clock = FakeClock()
        self.tray, self.stop = Dropped(threading.Event()), threading.Event()
        self._held = opened_records(state)
        _, records = self._held.__enter__()
        self.outbox = records.outbox
        records = dataclasses.replace(records, clock=self.clock)
        office = Office(gallery(state), None)
        self.attending = Attending(office, self.clock, self.tray)
        limits = limits_of(config.load())
        self.source = WindowSource(order, records, office, Latest(), self.attending, limits, "id", self.stop)

    def close(self) -> None:
        self._held.__exit__(None, None, None)

    @property
    def page(self) -> Page:
        self.source.pump()
        return self.attending.area.page

    def choose(self) -> None:
        first = everybody(self.attending._terminal.snapshot)[0]
        self.source.touch(Act.CHOOSE, first.nip)


def test_pictures_that_are_named_as_a_start_are_the_first_person_s(state: Path) -> None:
    rig = Rig(state, WindowOrder("Budi Santoso", "none", pictures=(Path("/foto/1.jpg"), Path("/foto/2.jpg"))))
    try:
        assert rig.page is Page.PEOPLE
        assert not rig.tray.waiting()
        rig.choose()
        assert rig.page is Page.PERSON
        assert rig.attending.area.held == 2
        rig.source.touch(Act.BACK, "")
        rig.choose()
        assert rig.page is Page.PERSON
        assert (rig.attending.area.held, rig.tray.waiting()) == (0, False), "and nobody else's"
    finally:
        rig.close()


def test_an_officer_who_is_called_away_leaves_nobody_chosen_and_a_window_that_asks_again(state: Path) -> None:
    named = Rig(state, WindowOrder("Budi Santoso", "none"))
    try:
        assert named.page is Page.PEOPLE
        named.choose()
        named.source.drop(Path("/foto/1.jpg"))
        named.clock.advance(IDLE_S)
        named.source.pump()
        assert (named.page, named.attending.area.person, named.tray.waiting()) == (Page.PEOPLE, None, False)
        assert not named.source.stopping()
        named.source.touch(Act.LEAVE, "")
        assert named.source.stopping()
    finally:
        named.close()
    asked = Rig(state, WindowOrder("", "none"))
    try:
        assert asked.page is Page.PIN
        asked.clock.advance(IDLE_S)
        asked.source.pump()
        assert asked.page is Page.PIN
        assert not asked.source.stopping()
        asked.source.touch(Act.LEAVE, "")
        assert asked.source.stopping()
    finally:
        asked.close()


def test_the_journal_is_not_asked_for_each_picture_and_one_that_cannot_be_read_ends_no_window(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> None:
        raise DiskFull("a part of the journal cannot be read")

    rig = Rig(state, WindowOrder("Budi Santoso", "none"))
    try:
        monkeypatch.setattr(rig.outbox, "queue_state", unreadable)
        for act in (Act.LETTER, Act.ERASE, Act.BACK):
            assert rig.page in (Page.PEOPLE, Page.MENU)
            rig.source.touch(act, "a")
        assert rig.page is Page.MENU
    finally:
        rig.close()


def test_a_window_whose_threads_have_ended_does_not_stay_as_a_picture(state: Path) -> None:
    rig = Rig(state, WindowOrder("Budi Santoso", "none"))
    try:
        rig.stop.set()
        assert rig.source.stopping()
    finally:
        rig.close()


def test_never_beside_a_running_terminal(state: Path) -> None:
    with StateFolder(state).open().lock("run"), pytest.raises(StateInUse), opened_records(state):
        pass
