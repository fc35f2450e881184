"""The real picamera2, on a Raspberry Pi's camera or on libcamera's virtual one (README.md beside this file)."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.camera import PiCamera, open_camera
from kiosk.errors import CameraError

picamera2 = pytest.importorskip("picamera2", reason="picamera2 comes with Raspberry Pi OS", exc_type=ImportError)

pytestmark = [
    pytest.mark.hardware,
    pytest.mark.skipif(not picamera2.Picamera2.global_camera_info(), reason="libcamera lists no camera"),
]


def test_gives_frames_of_the_configured_size_that_grow_in_number_and_time() -> None:
    camera = PiCamera(640, 480, 15, 5.0)
    camera.open()
    try:
        frames = [camera.read() for _ in range(5)]
    finally:
        camera.close()
    for frame in frames:
        assert frame.rgb.shape == (480, 640, 3)
        assert frame.rgb.dtype == np.uint8
        assert frame.rgb.flags.c_contiguous
    assert [frame.seq for frame in frames] == [1, 2, 3, 4, 5]
    assert sorted(frame.t_s for frame in frames) == [frame.t_s for frame in frames]


def test_opens_again_after_close() -> None:
    camera = PiCamera(640, 480, 15, 5.0)
    for _ in range(2):
        camera.open()
        assert camera.read().rgb.any()
        camera.close()
        camera.close()
        with pytest.raises(CameraError):
            camera.read()


def test_a_second_program_is_told_that_the_camera_is_taken() -> None:
    first = PiCamera(640, 480, 15, 5.0)
    first.open()
    try:
        with pytest.raises(CameraError, match="does not start"):
            PiCamera(640, 480, 15, 5.0).open()
        assert first.read().rgb.any()
    finally:
        first.close()


def test_auto_takes_it() -> None:
    camera = open_camera("auto", 640, 480, 15, 5.0)
    try:
        assert camera.name == "pi camera"
    finally:
        camera.close()
