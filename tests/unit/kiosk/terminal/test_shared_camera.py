"""The camera as an enrolment has it: the newest frame of the slot, each once."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from kiosk.errors import CameraError
from kiosk.model import Frame
from kiosk.terminal.capture import Latest
from kiosk.terminal.desk import Abandoned, SharedCamera


def frame(seq: int) -> Frame:
    return Frame(np.zeros((2, 2, 3), np.uint8), seq, float(seq))


def test_it_gives_the_newest_frame() -> None:
    latest = Latest()
    camera = SharedCamera(latest, threading.Event())
    latest.put(frame(1))
    latest.put(frame(2))
    assert camera.read().seq == 2


def test_a_camera_that_is_pulled_out_is_lost() -> None:
    latest = Latest()
    camera = SharedCamera(latest, threading.Event(), no_frames_s=0.5)
    latest.put(frame(1))
    camera.read()
    with pytest.raises(CameraError):
        camera.read()


def test_what_is_given_up_reads_nothing_more() -> None:
    latest, stop = Latest(), threading.Event()
    latest.put(frame(1))
    stop.set()
    with pytest.raises(Abandoned):
        SharedCamera(latest, stop).read()
