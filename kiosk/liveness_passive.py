"""The passive model: how much one picture of a face looks like a living one, with nobody asked for anything."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.errors import ModelError
from kiosk.model import Box, RgbImage

CROP_SCALE = 1.5
"""Side of the square crop over the longer side of the face box: how the model was trained."""

INPUT_PX = 128


def crop(frame_rgb: RgbImage, box: Box) -> RgbImage:
    """The square around the face that the model looks at, (n, n, 3); what lies outside the frame is its reflection.

    Mirrored edges and not black ones, because the model was trained so: a black bar would look to it like the edge of
    a screen.
    """
    side = max(2, round(CROP_SCALE * max(box.width, box.height)))
    left = round((box.left + box.right) / 2 - side / 2)
    top = round((box.top + box.bottom) / 2 - side / 2)
    height, width = frame_rgb.shape[:2]
    rows = _reflected(top, side, height)
    columns = _reflected(left, side, width)
    return np.ascontiguousarray(frame_rgb[np.ix_(rows, columns)])


def _reflected(start: int, length: int, limit: int) -> npt.NDArray[np.intp]:
    """Indices start..start+length folded back into 0..limit-1, the border pixel not repeated (BORDER_REFLECT_101)."""
    indices = np.arange(start, start + length)
    if limit == 1:
        return np.zeros(length, dtype=np.intp)
    period = 2 * (limit - 1)
    folded = np.abs(indices) % period
    return np.where(folded >= limit, period - folded, folded).astype(np.intp)


class PassiveModel:
    """pad-minifas-128 in `cv2.dnn`. Not thread-safe: one instance, one thread.

    OpenCV 5.0 and onnxruntime 1.32 agree on its logits within 1e-5 (48 faces), and `cv2.dnn` takes 2.7 ms against
    4.4 ms on one x86 core; so the dependency that is there anyway runs it.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise ModelError(f"{path}: cannot be loaded. Install it again with `kiosk models install`.") from error

    def score(self, frame_rgb: RgbImage, box: Box) -> float:
        """Logit of live minus logit of spoof: positive is more alive, about -15..15.

        Raises ModelError when the network fails or gives no finite number.
        """
        face = crop(frame_rgb, box)
        # INTER_AREA only when shrinking: for enlarging it falls back to nearest-like blocks, which look like a screen.
        method = cv2.INTER_AREA if face.shape[0] > INPUT_PX else cv2.INTER_LINEAR
        scaled = cv2.resize(face, (INPUT_PX, INPUT_PX), interpolation=method)
        blob = np.ascontiguousarray(scaled.transpose(2, 0, 1)[np.newaxis], dtype=np.float32) / np.float32(255)
        try:
            self._net.setInput(blob)
            live, spoof = (float(value) for value in self._net.forward()[0])
        except (cv2.error, ValueError) as error:
            raise ModelError("the passive model failed. Install it again with `kiosk models install`.") from error
        if not math.isfinite(live - spoof):
            raise ModelError("the passive model gave no number. Install it again with `kiosk models install`.")
        return live - spoof
