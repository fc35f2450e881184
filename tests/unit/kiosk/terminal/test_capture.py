"""A camera that breaks is opened again; the newest frame is what the recogniser gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from kiosk.errors import CameraError
from kiosk.model import Fault
from kiosk.ports import FrameSource
from kiosk.terminal.capture import Capture, Latest
from kiosk.terminal.faults import FaultBoard
from tests.unit.kiosk.factories import frame
from tests.unit.kiosk.terminal.scripted import ScriptedCamera

LOST = CameraError("pulled out")


def _play(sources: list[FrameSource | CameraError]) -> tuple[list[frozenset[Fault]], Latest]:
    """Run until the sources are used up; the faults as they stood each time the camera was opened."""
    faults, latest, stop = FaultBoard(), Latest(), threading.Event()
    history: list[frozenset[Fault]] = []
    script: Iterator[FrameSource | CameraError] = iter(sources)

    def opened() -> FrameSource:
        history.append(faults.current())
        what = next(script, None)
        if what is None:
            stop.set()
            raise LOST
        if isinstance(what, CameraError):
            raise what
        return what

    Capture(opened, latest, faults, retry_s=0.001, retry_ceiling_s=0.002).run(stop, lambda: None)
    return history, latest


def test_a_lost_camera_is_told_and_opened_again() -> None:
    first = ScriptedCamera([frame(seq=1), LOST])
    second = ScriptedCamera([frame(seq=2), LOST])
    history, latest = _play([first, LOST, second])
    lost = frozenset({Fault.CAMERA_LOST})
    assert history == [frozenset(), lost, lost, lost]
    assert (first.closed, second.closed) == (1, 1)
    assert latest.peek() is None, "an old picture must not stand on the screen as if it were live"


def test_a_camera_that_never_was_is_absent_and_not_lost() -> None:
    history, _ = _play([LOST, ScriptedCamera([LOST])])
    absent = frozenset({Fault.CAMERA_ABSENT})
    assert history == [frozenset(), absent, absent]


def test_frames_end_the_fault() -> None:
    faults, stop = FaultBoard(), threading.Event()
    faults.set(Fault.CAMERA_ABSENT, True)
    seen: list[frozenset[Fault]] = []

    def alive() -> None:
        seen.append(faults.current())
        if len(seen) == 4:
            stop.set()

    camera = ScriptedCamera([frame(seq=n) for n in range(5)])
    Capture(lambda: camera, Latest(), faults, retry_s=1, retry_ceiling_s=1).run(stop, alive)
    assert seen[-1] == frozenset()


def test_the_reader_gets_the_newest_and_never_the_same_twice() -> None:
    latest = Latest()
    for seq in range(5):
        latest.put(frame(seq=seq))
    newest = latest.newer_than(-1, timeout_s=1)
    assert newest is not None
    assert newest.seq == 4
    assert latest.newer_than(4, timeout_s=0) is None


def test_a_waiting_reader_is_woken() -> None:
    latest, got = Latest(), []
    reader = threading.Thread(target=lambda: got.append(latest.newer_than(-1, timeout_s=30)))
    reader.start()
    latest.put(frame(seq=7))
    reader.join(timeout=30)
    assert [f.seq for f in got if f] == [7]
