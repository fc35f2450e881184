"""The photographs of tests.accuracy.living_asked are what a camera would give: RGB."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import cv2
import numpy as np

from kiosk.model import Box
from kiosk.ports import FaceEngine
from tests.accuracy.living_asked import photographs


def test_a_red_photograph_is_red(tmp_path: Path) -> None:
    (tmp_path / "Somebody").mkdir()
    red = np.full((250, 250, 3), (20, 20, 200), np.uint8)  # BGR, as OpenCV writes
    cv2.imwrite(str(tmp_path / "Somebody" / "1.jpg"), red)
    face = SimpleNamespace(box_px=Box(100, 100, 300, 300))
    engine = cast(FaceEngine, SimpleNamespace(faces=lambda _rgb: [face]))

    (taken,) = photographs(tmp_path, engine)

    assert taken.rgb[..., 0].mean() > 150 > 50 > taken.rgb[..., 2].mean()
