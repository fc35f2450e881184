"""The passive model of the face itself: how much a picture of it looks like a living one, nobody asked for anything."""

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

GREY_MARGIN = 3.0
"""The score of the picture without its colour cast may be this much lower than the plain one.

The model leans on colour: of 82 prints, none scored above -1.8, but the same prints in warmer light (red +12 %,
blue -20 %) reached 4.5 and every fourth would have been accepted. With the cast taken out they stay below -2.8 in any
light, and so do half of the living; hence both are asked, the second less strictly (docs/accuracy.md).
"""

LEAST_VARIANCE = 100.0
"""Of the brightness: below, rounding to whole numbers would look like detail. Faces in the clips have 175 and more."""


def crop(frame_rgb: RgbImage, box: Box) -> RgbImage:
    """The square around the face that the model looks at, (n, n, 3); what lies outside the frame is its reflection.

    Mirrored edges and not black ones, because the model was trained so: a black bar would look to it like the edge of
    a screen.
    """
    side = max(2, round(CROP_SCALE * max(box.width, box.height)))
    left = round((box.left + box.right) / 2 - side / 2)
    top = round((box.top + box.bottom) / 2 - side / 2)
    height, width = frame_rgb.shape[:2]
    rows, columns = _span(top, side, height), _span(left, side, width)
    return np.ascontiguousarray(frame_rgb[rows][:, columns])


def _span(start: int, length: int, limit: int) -> slice | npt.NDArray[np.intp]:
    """As `reflected`; a slice, which copies nothing, where nothing lies outside."""
    inside = start >= 0 and start + length <= limit
    return slice(start, start + length) if inside else reflected(start, length, limit)


def reflected(start: int, length: int, limit: int) -> npt.NDArray[np.intp]:
    """start … start+length folded back into 0 … limit-1, the border not repeated (OpenCV's BORDER_REFLECT_101)."""
    if limit == 1:
        return np.zeros(length, dtype=np.intp)
    period = 2 * (limit - 1)
    folded = np.arange(start, start + length) % period
    return np.asarray(np.where(folded >= limit, period - folded, folded), dtype=np.intp)


def without_cast(face_rgb: RgbImage) -> RgbImage:
    """The picture with its channels scaled to one mean ("grey world"): the same in warm and in cold light."""
    means = np.array(cv2.sumElems(face_rgb)[:3]) / (face_rgb.size // 3)
    gains = means.mean() / np.maximum(means, 1.0)
    # What becomes of each of a channel's 256 shades: a tenth of the work of scaling every pixel.
    shades = np.clip(np.arange(256)[:, np.newaxis] * gains, 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(face_rgb, shades.reshape(1, 256, 3)), dtype=np.uint8)


def seen(crop_rgb: RgbImage, *, flipped: bool) -> RgbImage:
    """The crop as it is, or as in a mirror: left and right exchanged."""
    return np.asarray(cv2.flip(crop_rgb, 1), dtype=np.uint8) if flipped else crop_rgb


def sharpness(frame_rgb: RgbImage, box: Box) -> float:
    """0 (blurred) … about 0.5 (sharp and noisy); 0 when the box lies outside the frame or shows one shade only."""
    height, width = frame_rgb.shape[:2]
    rows, columns = _inside(box.top, box.bottom, height), _inside(box.left, box.right, width)
    part = frame_rgb[rows, columns]
    if part.size == 0:
        return 0.0
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY)
    method = cv2.INTER_AREA if grey.shape[0] > 100 else cv2.INTER_LINEAR
    chip = cv2.resize(grey, (100, 100), interpolation=method).astype(np.float32)
    return float(cv2.Laplacian(chip, cv2.CV_32F).var()) / max(float(chip.var()), LEAST_VARIANCE)


def _inside(start: int, end: int, limit: int) -> slice:
    return slice(min(max(start, 0), limit), min(max(end, 0), limit))


class PassiveModel:
    """pad-minifas-128 in `cv2.dnn`. Not thread-safe: one instance, one thread.

    OpenCV 5.0 and onnxruntime 1.32 agree on its logits within 1e-5 (48 faces), and `cv2.dnn` takes 2.7 ms against
    4.4 ms on one x86 core; so the dependency that is there anyway runs it.
    """

    def __init__(self, path: Path) -> None:
        """Raises ModelError when the file cannot be loaded, or not be run on this machine."""
        try:
            self._net = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise ModelError(f"{path}: cannot be loaded. Install it again with `kiosk models install`.") from error
        self.logits(np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8))  # now, while it can still be done without

    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        """How alive the face looks, about -15 … 15: the lower of the plain score and, plus GREY_MARGIN, the cast-free.
        `flipped`: as seen in a mirror.

        Raises ModelError when the network fails or gives no finite number.
        """
        face = crop(frame_rgb, box)
        # INTER_AREA only when shrinking: enlarging, it repeats pixels, and blocks look like a screen.
        method = cv2.INTER_AREA if face.shape[0] > INPUT_PX else cv2.INTER_LINEAR
        scaled = np.asarray(cv2.resize(face, (INPUT_PX, INPUT_PX), interpolation=method), dtype=np.uint8)
        scaled = seen(scaled, flipped=flipped)
        return min(self.logits(scaled), self.logits(without_cast(scaled)) + GREY_MARGIN)

    def logits(self, face_rgb: RgbImage) -> float:
        """Logit of live minus logit of spoof of a (128, 128, 3) crop."""
        blob = np.ascontiguousarray(face_rgb.transpose(2, 0, 1)[np.newaxis], dtype=np.float32) / np.float32(255)
        try:
            self._net.setInput(blob)
            live, spoof = (float(value) for value in self._net.forward()[0])
        except (cv2.error, TypeError, ValueError) as error:
            raise ModelError("the passive model failed. Install it again with `kiosk models install`.") from error
        if not math.isfinite(live - spoof):
            raise ModelError("the passive model gave no number. Install it again with `kiosk models install`.")
        return live - spoof
