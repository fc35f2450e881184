"""Webcams by the names that stay: udev's links in /dev/v4l/by-id and by-path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiosk import config
from kiosk.camera import WebCamera
from kiosk.errors import CameraError, ConfigError
from kiosk.webcams import Webcam, listed, number_of, webcams
from tests.unit.kiosk.test_camera_devices import DeviceByHand, answers, capability

BY_ID = "usb-046d_HD_Webcam_C270-video-index0"
WEBCAM = capability(b"uvcvideo", b"usb-0000:01:00.0-1.2", 0x04200001)


@pytest.fixture
def devices(tmp_path: Path) -> Path:
    """A /dev with one webcam as video0, its metadata as video1, and udev's links to both."""
    for kind in ("by-id", "by-path"):
        (tmp_path / "v4l" / kind).mkdir(parents=True)
    (tmp_path / "video0").touch()
    (tmp_path / "video1").touch()
    (tmp_path / "v4l/by-id" / BY_ID).symlink_to("../../video0")
    (tmp_path / "v4l/by-id/usb-046d_HD_Webcam_C270-video-index1").symlink_to("../../video1")
    (tmp_path / "v4l/by-path/pci-0000:01:00.0-usb-0:1.2:1.0-video-index0").symlink_to("../../video0")
    return tmp_path


def test_a_webcam_is_listed_with_what_its_maker_and_udev_call_it(devices: Path) -> None:
    metadata = capability(b"uvcvideo", b"usb-0000:01:00.0-1.2", 0x04A00000)
    (found,) = webcams(devices, answers({"video0": WEBCAM, "video1": metadata}))
    names = (
        devices / "v4l/by-id" / BY_ID,
        devices / "v4l/by-path/pci-0000:01:00.0-usb-0:1.2:1.0-video-index0",
    )
    assert found == Webcam(0, "a card", names)
    assert listed([found]) == f"Connected are: v4l:0 (a card, v4l:{names[0]}, v4l:{names[1]})."


def test_where_there_is_none_it_is_said() -> None:
    assert listed([]) == "No webcam is connected."


def test_a_name_is_followed_anew_at_each_opening(devices: Path) -> None:
    link = devices / "v4l/by-id" / BY_ID
    opened: list[int] = []

    def open_device(number: int) -> Any:
        opened.append(number)
        return DeviceByHand(opens=False)

    camera = WebCamera(link, 64, 48, 15, 1.0, open_device=open_device)
    for number in (0, 4):  # it was pulled and plugged in while another program still held video0
        link.unlink()
        link.symlink_to(f"../../video{number}")
        with pytest.raises(CameraError, match=f"{BY_ID} .*video{number}"):
            camera.open()
    assert opened == [0, 4]


def test_a_name_that_is_not_there_is_said_with_what_there_is_instead(
    devices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.webcams.webcams", lambda: [Webcam(2, "C270", (Path("/dev/v4l/by-id/usb-C270"),))])
    with pytest.raises(CameraError, match=r"no webcam .*other-index0.*v4l:2 \(C270, v4l:/dev/v4l/by-id/usb-C270\)"):
        number_of(devices / "v4l/by-id/other-index0")


def test_a_number_that_does_not_open_is_said_with_what_there_is_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.camera.webcams", lambda: [Webcam(2, "C270")])
    camera = WebCamera(0, 64, 48, 15, 1.0, open_device=lambda _: DeviceByHand(opens=False))
    with pytest.raises(CameraError, match=r"webcam 0 .*Connected are: v4l:2 \(C270\)\."):
        camera.open()


@pytest.mark.parametrize(
    ("source", "taken"),
    [
        ("v4l:0", True),
        (f"v4l:/dev/v4l/by-id/{BY_ID}", True),
        ("v4l:/dev/v4l/by-path/pci-0000:01:00.0-usb-0:1.2:1.0-video-index0", True),
        ("v4l:/dev/v4l/by-id/", False),
        ("v4l:/dev/v4l/by-id/../../sda", False),
        ("v4l:/dev/video0", False),
        ("v4l:", False),
    ],
)
def test_the_settings_take_numbers_and_the_names_of_udev(source: str, taken: bool) -> None:
    settings = {"camera": {"source": source}}
    if taken:
        assert config.load(None, settings).camera.source == source
    else:
        with pytest.raises(ConfigError, match=r"camera\.source"):
            config.load(None, settings)
