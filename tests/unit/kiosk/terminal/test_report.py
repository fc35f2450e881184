"""What the terminal tells the sync process, and how often."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kiosk.machine.lacks import Lacks
from kiosk.machine.state import CameraState, StateFolder
from kiosk.model import Fault, Frame
from kiosk.terminal.capture import Latest
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.report import Report, camera_state

FRAME = Frame(np.zeros((2, 2, 3), np.uint8), seq=1, t_s=0.0)


@pytest.mark.parametrize(
    ("faults", "frame", "state"),
    [
        (set(), None, "unknown"),  # just started
        (set(), FRAME, "ok"),
        ({Fault.DISK_FULL}, FRAME, "ok"),  # another fault is not the camera's
        ({Fault.CAMERA_ABSENT}, None, "absent"),
        ({Fault.CAMERA_LOST}, FRAME, "lost"),  # the last frame before it was lost
        ({Fault.CAMERA_ABSENT, Fault.CAMERA_LOST}, None, "lost"),  # there was one once
    ],
)
def test_the_heartbeats_word_for_the_camera(faults: set[Fault], frame: Frame | None, state: CameraState) -> None:
    assert camera_state(frozenset(faults), frame) == state


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state").open()


def test_each_change_is_written_and_nothing_else(folder: StateFolder) -> None:
    faults, latest, lacks = FaultBoard(), Latest(), Lacks()
    report = Report(folder, faults, latest, lacks)
    report.tell()
    assert folder.read_terminal() == ("unknown", ())
    latest.put(FRAME)
    faults.set(Fault.GALLERY_STALE, True)
    faults.set(Fault.DISK_FULL, True)
    report.tell()
    assert folder.read_terminal() == ("ok", ("disk_full", "gallery_stale"))
    assert folder.read_lacks() == {}
    lacks.of("lamps")("GPIO busy")
    report.tell()
    assert folder.read_lacks() == {"lamps": "GPIO busy"}
    folder.terminal_path.unlink()
    report.tell()
    assert not folder.terminal_path.exists()  # no change, no write: the card is spared


def test_a_disk_that_refuses_is_tried_again_and_logged_once(
    folder: StateFolder, caplog: pytest.LogCaptureFixture
) -> None:
    report = Report(folder, FaultBoard(), Latest(), Lacks())
    folder.terminal_path.mkdir()  # nothing can replace it
    for _ in range(3):
        report.tell()
    assert len(caplog.records) == 1
    folder.terminal_path.rmdir()
    report.tell()
    assert folder.read_terminal() == ("unknown", ())
    assert folder.terminal_path.is_file()
