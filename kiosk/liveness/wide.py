"""Two passive models that look at what surrounds the face: the edge of a telephone, the hand that holds a print.

Each looks twice, because where its crop reaches over the frame there are two ways to fill it. Shrunk to the frame, it
loses the sides of what is held up close; mirrored, it sees them twice. A recording has to pass both.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from kiosk.errors import ModelError
from kiosk.liveness.passive import reflected, seen
from kiosk.model import Box, RgbImage

INPUT_PX = 80

LIMIT = 8.0
"""Logits end here: beyond it they only say how the network was trained."""

WideScores = tuple[float, float, float, float]
"""Of the crops of 2.7 and 4 times the face: both shrunk to the frame, then both mirrored; -LIMIT … LIMIT each."""


class WideModel:
    """One network in `cv2.dnn`. Not thread-safe: one instance, one thread."""

    def __init__(self, path: Path, scale: float) -> None:
        """`scale`: side of the crop over that of the face box. Raises ModelError when the file cannot be used here."""
        self._scale = scale
        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise ModelError(f"{path}: cannot be loaded. Install it again with `kiosk models install`.") from error
        self.logit(np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8))  # now, while it can still be done without

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> tuple[float, float]:
        """Of the crop shrunk to the frame, and of the mirrored one; `flipped`: both with left and right exchanged.

        Raises ModelError.
        """
        inside = self.logit(seen(shrunk(frame_rgb, box, self._scale), flipped=flipped))
        if _fits(frame_rgb, box, self._scale):
            return inside, inside
        return inside, self.logit(seen(mirrored(frame_rgb, box, self._scale), flipped=flipped))

    def logit(self, face_rgb: RgbImage) -> float:
        """log p / (1 - p) for a living face in an (80, 80, 3) crop, -LIMIT … LIMIT."""
        blob = np.ascontiguousarray(face_rgb[..., ::-1].transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
        try:
            self._net.setInput(blob)
            logits = np.asarray(self._net.forward()[0], dtype=np.float64)
            spoof, live, other = (float(value) for value in logits)
        except (cv2.error, TypeError, ValueError) as error:
            raise ModelError("a wide passive model failed. Install it again with `kiosk models install`.") from error
        if not (math.isfinite(spoof) and math.isfinite(live) and math.isfinite(other)):
            raise ModelError("a wide passive model gave no number. Install it again with `kiosk models install`.")
        score = live - float(np.logaddexp(spoof, other))
        return max(-LIMIT, min(LIMIT, score))


class WideModels:
    """Both. One thread; 4 ms a frame on one x86 core, 8 where their crops reach over the frame."""

    def __init__(self, path_27: Path, path_40: Path) -> None:
        """Raises ModelError."""
        self._models = (WideModel(path_27, 2.7), WideModel(path_40, 4.0))

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> WideScores:
        """`flipped`: as seen in a mirror. Raises ModelError."""
        looks = (each.score(frame_rgb, box, flipped=flipped) for each in self._models)
        (inside_27, mirrored_27), (inside_40, mirrored_40) = looks
        return inside_27, inside_40, mirrored_27, mirrored_40


def shrunk(frame_rgb: RgbImage, box: Box, scale: float) -> RgbImage:
    """(80, 80, 3): the box enlarged by `scale`, or by what the frame has room for, moved until it lies inside."""
    height, width = frame_rgb.shape[:2]
    most = min(scale, width / max(1, box.width), height / max(1, box.height))
    left, right = _slid(box.left, box.right, most, width)
    top, bottom = _slid(box.top, box.bottom, most, height)
    return _scaled(np.ascontiguousarray(frame_rgb[top:bottom, left:right]))


def mirrored(frame_rgb: RgbImage, box: Box, scale: float) -> RgbImage:
    """(80, 80, 3): the box enlarged by `scale`; what lies outside the frame is its reflection.

    The frame is shrunk first and reflected then: a crop of four times a near face has millions of pixels.
    """
    height, width = frame_rgb.shape[:2]
    across, down = (INPUT_PX / max(1.0, scale * side) for side in (box.width, box.height))
    size = (max(1, round(width * across)), max(1, round(height * down)))
    small = cv2.resize(frame_rgb, size, interpolation=cv2.INTER_AREA if max(across, down) < 1 else cv2.INTER_LINEAR)
    left = round((box.left + box.right) / 2 * size[0] / width - INPUT_PX / 2)
    top = round((box.top + box.bottom) / 2 * size[1] / height - INPUT_PX / 2)
    rows, columns = reflected(top, INPUT_PX, size[1]), reflected(left, INPUT_PX, size[0])
    return np.asarray(small[np.ix_(rows, columns)], dtype=np.uint8)


def _fits(frame_rgb: RgbImage, box: Box, scale: float) -> bool:
    height, width = frame_rgb.shape[:2]
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    across, down = scale * box.width / 2, scale * box.height / 2
    return bool(across <= x <= width - across and down <= y <= height - down)


def _slid(start: int, end: int, scale: float, limit: int) -> tuple[int, int]:
    length = max(1, min(limit, round(scale * (end - start))))
    first = min(max(round((start + end) / 2 - length / 2), 0), limit - length)
    return first, first + length


def _scaled(crop_rgb: RgbImage) -> RgbImage:
    method = cv2.INTER_AREA if max(crop_rgb.shape[:2]) > INPUT_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop_rgb, (INPUT_PX, INPUT_PX), interpolation=method), dtype=np.uint8)
