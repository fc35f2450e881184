"""Two cameras behind the port of one: each frame with what the infrared one saw."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk import config
from kiosk.errors import CameraError, ConfigError
from kiosk.model import Frame
from kiosk.paired import PairedCamera, terminal_camera
from kiosk.replay import ReplayCamera


def folder(path: Path, level: int) -> Path:
    path.mkdir()
    cv2.imwrite(str(path / "seen.png"), np.full((120, 160, 3), level, np.uint8))
    return path


@pytest.fixture
def both(tmp_path: Path) -> tuple[str, str]:
    return f"replay:{folder(tmp_path / 'colour', 200)}", f"replay:{folder(tmp_path / 'infrared', 40)}"


def settings(source: str, infrared: str, **more: object) -> config.Camera:
    table = {"source": source, "infrared": infrared, "width": 160, "height": 120, **more}
    return config.load(None, {"camera": table}).camera


def test_each_frame_has_both_pictures_set_upright(both: tuple[str, str]) -> None:
    camera = terminal_camera(settings(*both, rotation=90))
    frame = camera.read()
    assert frame.infrared is not None
    assert (int(frame.rgb.mean()), int(frame.infrared.mean())) == (200, 40)
    assert frame.rgb.shape == frame.infrared.shape
    assert camera.name == "replay with infrared replay"
    camera.close()
    camera.open()
    assert camera.read().infrared is not None
    camera.close()


def test_without_the_setting_there_is_one_camera(both: tuple[str, str]) -> None:
    camera = terminal_camera(settings(both[0], ""))
    assert camera.read().infrared is None
    camera.close()


def test_a_missing_infrared_camera_is_named_and_the_other_one_let_go(both: tuple[str, str]) -> None:
    with pytest.raises(CameraError, match=r"infrared camera: .*63"):
        terminal_camera(settings(both[0], "v4l:63"))


def test_the_loss_of_either_is_the_loss_of_the_camera(both: tuple[str, str]) -> None:
    class Lost:
        name = "lost"
        closed = 0

        def open(self) -> None: ...

        def read(self) -> Frame:
            raise CameraError("it gives no picture any more")

        def close(self) -> None:
            self.closed += 1

    sound = ReplayCamera(Path(both[0].removeprefix("replay:")), 160, 120, 15)
    sound.open()
    lost = Lost()
    with pytest.raises(CameraError, match="infrared camera: it gives no picture any more"):
        PairedCamera(sound, lost).read()
    assert lost.closed == 1
    with pytest.raises(CameraError, match="not open"):
        sound.read()


@pytest.mark.parametrize("infrared", ["auto", "pi", "v4l:", "v4l:/dev/video1", "video1"])
def test_it_is_named_outright(both: tuple[str, str], infrared: str) -> None:
    with pytest.raises(ConfigError, match=r"camera\.infrared"):
        settings(both[0], infrared)
