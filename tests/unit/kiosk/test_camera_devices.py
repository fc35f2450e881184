"""The webcam and the Pi's camera, on devices that the test plays.

No camera can be plugged into a test machine. What stands in for one is the smallest thing behind OpenCV's or
picamera2's own interface; the real picamera2 on libcamera's virtual camera is tests/hardware/test_camera_virtual.py.
"""

from __future__ import annotations

import errno
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kiosk.camera import NO_CAMERA, PiCamera, WebCamera, open_camera
from kiosk.errors import CameraError
from kiosk.webcams import webcams


class DeviceByHand:
    """A capture device whose frames come when the test lets them."""

    def __init__(self, opens: bool = True) -> None:
        self.opens = opens
        self.properties: dict[int, float] = {}
        self.released = threading.Event()
        self._allowed = threading.Semaphore(0)
        self._unplugged = False
        self._delivered = 0
        self.idle = threading.Event()

    def release_frames(self, count: int) -> None:
        """Let `count` frames come; `idle` is set when the reader has taken them all."""
        self.idle.clear()
        for _ in range(count):
            self._allowed.release()

    def unplug(self) -> None:
        self._unplugged = True
        self._allowed.release()

    def isOpened(self) -> bool:
        return self.opens

    def set(self, prop: int, value: float) -> bool:
        self.properties[prop] = value
        return True

    def read(self) -> tuple[bool, Any]:
        if not self._allowed.acquire(blocking=False):
            self.idle.set()
            self._allowed.acquire()
        if self._unplugged:
            return False, None
        self._delivered += 1
        bgr = np.zeros((48, 64, 3), dtype=np.uint8)
        bgr[..., 2] = self._delivered  # red in BGR
        return True, bgr

    def release(self) -> None:
        self.released.set()


def webcam(device: DeviceByHand, timeout_s: float = 5.0) -> WebCamera:
    return WebCamera(0, 64, 48, 15, timeout_s, open_device=lambda _: device)


def test_a_webcam_gives_rgb_frames_counted_from_one() -> None:
    device = DeviceByHand()
    camera = webcam(device)
    camera.open()
    device.release_frames(1)
    frame = camera.read()
    assert frame.rgb.shape == (48, 64, 3)
    assert tuple(frame.rgb[0, 0]) == (1, 0, 0)
    assert frame.seq == 1
    device.unplug()
    camera.close()


def test_a_webcam_gives_the_newest_frame() -> None:
    device = DeviceByHand()
    camera = webcam(device)
    camera.open()
    device.release_frames(5)
    assert device.idle.wait(5)
    assert camera.read().rgb[0, 0, 0] == 5
    device.unplug()
    camera.close()


def test_a_webcam_that_is_pulled_out_is_a_lost_camera_and_can_be_opened_again() -> None:
    device = DeviceByHand()
    devices = [device, DeviceByHand()]
    camera = WebCamera(0, 64, 48, 15, 5.0, open_device=lambda _: devices.pop(0))
    camera.open()
    device.release_frames(1)
    camera.read()
    device.unplug()
    with pytest.raises(CameraError, match="no picture any more"):
        camera.read()
    assert device.released.is_set()
    second = devices[0]
    camera.open()
    second.release_frames(1)
    assert camera.read().seq == 2, "numbers go on, so that a reader never takes a new frame for an old one"
    second.unplug()
    camera.close()


def test_a_webcam_that_hangs_costs_the_timeout_only() -> None:
    device = DeviceByHand()
    camera = webcam(device, timeout_s=0.05)
    camera.open()
    with pytest.raises(CameraError, match="no picture any more"):
        camera.read()
    device.unplug()


def test_a_webcam_that_does_not_open_says_what_to_check() -> None:
    device = DeviceByHand(opens=False)
    with pytest.raises(CameraError, match="group `video`"):
        webcam(device).open()
    assert device.released.is_set()


def capability(driver: bytes, bus: bytes, caps: int) -> bytes:
    """struct v4l2_capability."""
    fields = driver.ljust(16, b"\0") + b"a card".ljust(32, b"\0") + bus.ljust(32, b"\0")
    return (fields + bytes(4) + (0x84A00001).to_bytes(4, "little") + caps.to_bytes(4, "little")).ljust(104, b"\0")


def answers(known: dict[str, bytes | int]) -> Callable[[Path], bytes]:
    def query(node: Path) -> bytes:
        answer = known[node.name]
        if isinstance(answer, int):
            raise OSError(answer, "refused")
        return answer

    return query


def test_only_webcams_are_taken_for_webcams(tmp_path: Path) -> None:
    nodes: dict[str, bytes | int] = {
        "video0": capability(b"unicam", b"platform:fe801000.csi", 0x00000001),
        "video1": errno.EACCES,
        "video2": capability(b"uvcvideo", b"usb-0000:01:00.0-1.2", 0x04200001),
        "video3": capability(b"uvcvideo", b"usb-0000:01:00.0-1.2", 0x04A00000),  # the webcam's metadata
        "video10": capability(b"bcm2835-codec", b"platform:bcm2835-codec", 0x04004000),
        "video13": capability(b"bcm2835-isp", b"platform:bcm2835-isp", 0x04200001),
        "video20": capability(b"v4l2 loopback", b"platform:v4l2loopback-000", 0x05200003),
        "video21": errno.ENODEV,
    }
    for name in nodes:
        (tmp_path / name).touch()
    (tmp_path / "video-dec0").touch()
    assert [webcam.number for webcam in webcams(tmp_path, answers(nodes))] == [2, 20]


def test_no_devices_no_webcams(tmp_path: Path) -> None:
    assert webcams(tmp_path) == []
    (tmp_path / "video0").touch()
    assert webcams(tmp_path) == [], "a plain file answers no ioctl"


class Picamera2ByHand:
    """The part of picamera2 0.3.38 that PiCamera uses. Set `fails` to the step that shall raise."""

    fails = ""
    gives = ""  # another format than the one asked for
    controls: dict[str, Any]
    cameras: list[dict[str, Any]] = []  # noqa: RUF012  # as in picamera2: a static list
    closed = 0

    def __init__(self, number: int) -> None:
        self._step("init")
        self.number = number
        self.configuration: dict[str, Any] = {}

    @classmethod
    def _step(cls, name: str) -> None:
        if cls.fails == name:
            raise TimeoutError if name == "capture" else RuntimeError(f"failed to {name} camera")

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return cls.cameras

    def create_video_configuration(self, main: dict[str, Any], controls: dict[str, Any]) -> dict[str, Any]:
        type(self).controls = controls
        return {"main": main, "controls": controls}

    def configure(self, configuration: dict[str, Any]) -> None:
        self._step("configure")
        self.configuration = configuration
        if self.gives:
            configuration["main"]["format"] = self.gives

    def camera_configuration(self) -> dict[str, Any]:
        return self.configuration

    def start(self) -> None:
        self._step("start")

    def capture_request(self, wait: float) -> Picamera2ByHand:
        assert wait == 2.0
        self._step("capture")
        return self

    def make_array(self, stream: str) -> Any:
        """A red picture with a padded stride, as on a Pi. "BGR888" of libcamera is R, G, B in memory."""
        width, height = self.configuration["main"]["size"]
        red = np.zeros((height, width + 16, 4), dtype=np.uint8)
        match self.configuration["main"]["format"]:
            case "BGR888":
                red[..., 0] = 200
                return red[..., :3]
            case "XRGB8888":
                red[..., 2] = 200
                return red
            case "NV12":
                i420 = cv2.cvtColor(np.full((height, width + 16, 3), (200, 0, 0), np.uint8), cv2.COLOR_RGB2YUV_I420)
                chroma = i420[height:].reshape(2, -1)
                i420[height:] = chroma.T.reshape(i420[height:].shape)  # U, V, U, V …
                return i420
        return red

    def release(self) -> None:
        pass

    def cancel_all_and_flush(self) -> None:
        pass

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture
def picamera2(monkeypatch: pytest.MonkeyPatch) -> type[Picamera2ByHand]:
    class Fresh(Picamera2ByHand):
        cameras = [  # noqa: RUF012
            {"Id": "/base/scb/pcie@7d500000/pci@0,0/usb@0,0-1:1.0-046d:0825", "Num": 0},
            {"Id": "/base/soc/i2c0mux/i2c@1/imx708@1a", "Num": 1},
        ]

    module = types.ModuleType("picamera2")
    module.Picamera2 = Fresh  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return Fresh


def test_the_pi_camera_gives_rgb_frames_of_the_configured_size(picamera2: type[Picamera2ByHand]) -> None:
    camera = PiCamera(640, 480, 15, 2.0)
    camera.open()
    first, second = camera.read(), camera.read()
    assert first.rgb.shape == (480, 640, 3)
    assert first.rgb.flags.c_contiguous
    assert tuple(first.rgb[0, 0]) == (200, 0, 0)
    assert (first.seq, second.seq) == (1, 2)
    assert first.t_s <= second.t_s
    camera.close()
    assert picamera2.closed == 1


def test_the_pi_camera_may_expose_for_twice_as_long_where_it_is_dim(picamera2: type[Picamera2ByHand]) -> None:
    PiCamera(640, 480, 30, 2.0).open()
    assert picamera2.controls == {"FrameDurationLimits": (33_333, 66_666)}


@pytest.mark.parametrize("given", ["XRGB8888", "NV12"])
def test_another_format_than_asked_for_still_gives_rgb(picamera2: type[Picamera2ByHand], given: str) -> None:
    picamera2.gives = given
    camera = PiCamera(640, 480, 15, 2.0)
    camera.open()
    rgb = camera.read().rgb
    assert rgb.shape == (480, 640, 3)
    assert rgb.flags.c_contiguous
    assert np.abs(rgb[100, 100].astype(int) - (200, 0, 0)).max() < 4


def test_a_format_that_is_not_understood_is_said(picamera2: type[Picamera2ByHand]) -> None:
    picamera2.gives = "SRGGB10"
    with pytest.raises(CameraError, match="SRGGB10"):
        PiCamera(640, 480, 15, 2.0).open()
    assert picamera2.closed == 1


def test_the_pi_camera_leaves_usb_cameras_to_the_webcam(picamera2: type[Picamera2ByHand]) -> None:
    picamera2.cameras = picamera2.cameras[:1]
    with pytest.raises(CameraError, match="ribbon cable"):
        PiCamera(640, 480, 15, 2.0).open()


@pytest.mark.parametrize("step", ["init", "configure", "start"])
def test_a_pi_camera_that_does_not_start_is_said_and_freed(picamera2: type[Picamera2ByHand], step: str) -> None:
    picamera2.fails = step
    camera = PiCamera(640, 480, 15, 2.0)
    with pytest.raises(CameraError, match="does not start"):
        camera.open()
    assert picamera2.closed == (0 if step == "init" else 1)
    picamera2.fails = ""
    camera.open()
    assert camera.read().seq == 1


def test_a_pi_camera_that_stops_is_lost_and_can_be_opened_again(picamera2: type[Picamera2ByHand]) -> None:
    camera = PiCamera(640, 480, 15, 2.0)
    camera.open()
    camera.read()
    picamera2.fails = "capture"
    with pytest.raises(CameraError, match="no picture any more"):
        camera.read()
    assert picamera2.closed == 1
    picamera2.fails = ""
    camera.open()
    assert camera.read().seq == 2


def test_without_picamera2_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match="apt install python3-picamera2"):
        open_camera("pi", 640, 480, 15, 1.0)


def test_auto_takes_the_pi_camera_first(picamera2: type[Picamera2ByHand]) -> None:
    assert open_camera("auto", 640, 480, 15, 2.0).name == "pi camera"


def test_auto_without_any_camera_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    monkeypatch.setattr("kiosk.camera.webcams", list)
    with pytest.raises(CameraError) as caught:
        open_camera("auto", 640, 480, 15, 1.0)
    assert str(caught.value) == NO_CAMERA
