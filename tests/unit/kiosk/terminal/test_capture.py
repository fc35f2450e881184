"""A camera that breaks is opened again; the newest frame is what the recogniser gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

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


def looked_at(looks_per_s: float, times_s: list[float]) -> list[float]:
    latest = Latest(looks_per_s)
    reader, found = latest.reader(), []
    for seq, t_s in enumerate(times_s):
        latest.put(replace(frame(seq=seq), t_s=t_s))
        seen = reader.next(0.0)
        found += [] if seen is None else [seen.t_s]
    return found


@pytest.mark.parametrize(
    ("camera_fps", "looks"),
    [(30, 15), (25, 13), (15, 15), (10, 10)],
    ids=["every second one", "the same of a slower one", "each", "each of a slow one"],
)
def test_so_many_frames_a_second_are_looked_at_at_most(camera_fps: int, looks: int) -> None:
    assert len(looked_at(15, [n / camera_fps for n in range(camera_fps)])) == looks


def test_a_frame_that_comes_a_little_too_soon_is_looked_at() -> None:
    assert looked_at(15, [0.0, 0.0501, 0.133]) == [0.0, 0.0501, 0.133]
    assert looked_at(15, [0.0, 0.0499, 0.067]) == [0.0, 0.067]


def test_a_camera_that_counts_its_time_anew_is_looked_at() -> None:
    assert looked_at(15, [100.0, 0.0, 0.1]) == [100.0, 0.0, 0.1]


def test_where_no_pace_is_said_each_frame_is_looked_at() -> None:
    latest = Latest()
    reader = latest.reader()
    for seq in range(3):
        latest.put(replace(frame(seq=seq), t_s=1.0))
        seen = reader.next(0.0)
        assert seen is not None
        assert seen.seq == seq
    assert reader.next(0.0) is None
