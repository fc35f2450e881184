"""Finding faces: dlib's HOG detector, which is always there, and YuNet, when its model file is installed.

Both give boxes in the style of dlib's detector, on which its landmark predictor was trained.
"""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from kiosk.errors import ModelError
from kiosk.face.making import content_of
from kiosk.model import Box, RgbImage


class Found(NamedTuple):
    """A face's box in pixels of the frame. `sure` is False for one that only the frames before make likely."""

    box: Box
    score: float
    sure: bool = True


class Detector(Protocol):
    """One thread only. Frames are contiguous (height, width, 3) uint8 RGB of at least 1x1."""

    least_face_px: int
    """Width of the smallest face that is found, in pixels of the picture searched."""
    glance_px: int
    """Longer side of the picture for a cheap look, which may miss small faces."""
    search_px: int
    """Longer side for a search that finds all who stand at the terminal."""
    thorough_px: int
    """Longer side for a picture that nothing is known about, a photograph for instance."""

    def search(self, frame_rgb: RgbImage, longest_px: int) -> list[Found]:
        """All faces, in the frame scaled down to `longest_px`."""

    def refine(self, frame_rgb: RgbImage, near: Box) -> Found | None:
        """The face that was at `near` a frame ago; only the surroundings are searched."""


class HogDetector:
    """dlib's frontal detector on grey pictures: it finds faces from 80 px in the picture searched."""

    least_face_px = 80
    glance_px = 320
    search_px = 640
    thorough_px = 1600

    _THOROUGH_LEAST_PX = 480
    # docs/accuracy.md, "Following": between 80 and 104 px and margins of 0.25 and 0.4 hardly anything changes.
    _FOLLOW_FACE_PX = 80
    _FOLLOW_MARGIN = 0.25
    _FOLLOW_SCORE = -0.3

    def __init__(self) -> None:
        self._detector = _frontal()

    def search(self, frame_rgb: RgbImage, longest_px: int) -> list[Found]:
        grey = cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2GRAY)
        scale = _scale(frame_rgb, longest_px)
        if longest_px == self.thorough_px and max(grey.shape) < self._THOROUGH_LEAST_PX:
            scale = 2.0  # a small photograph: its faces are small too
        rects, scores, _ = self._detector.run(_resized(grey, scale), 0, 0.0)
        return [Found(_box(rect, scale, 0, 0), float(score)) for rect, score in zip(rects, scores, strict=True)]

    def refine(self, frame_rgb: RgbImage, near: Box) -> Found | None:
        crop, left, top = surroundings(frame_rgb, near, self._FOLLOW_MARGIN)
        if crop is None:
            return None
        scale = self._FOLLOW_FACE_PX / near.width
        grey = _resized(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), scale)
        rects, scores, _ = self._detector.run(grey, 0, self._FOLLOW_SCORE)
        if not rects:
            return None
        best = int(np.argmax(scores))
        return Found(_box(rects[best], scale, left, top), float(scores[best]), bool(scores[best] >= 0))


def _frontal() -> dlib.fhog_object_detector:
    """A detector of its own for whoever asks: it is of one thread. dlib unpacks its weights for 300 ms and lets no
    other thread run meanwhile, so that is done once; a copy takes 1 ms."""
    return pickle.loads(_packed())


@cache
def _packed() -> bytes:
    return pickle.dumps(dlib.get_frontal_face_detector())


class PlainHog:
    """dlib's detector as `face_recognition.face_locations` uses it: the whole colour picture, doubled, every time."""

    def __init__(self) -> None:
        self._detector = _frontal()

    def find(self, frame_rgb: RgbImage) -> list[Found]:
        rects, scores, _ = self._detector.run(frame_rgb, 1, 0.0)
        return [Found(_box(rect, 1.0, 0, 0), float(score)) for rect, score in zip(rects, scores, strict=True)]


class YunetDetector:
    """OpenCV's YuNet: finds turned, dim, masked and small faces that HOG does not (docs/accuracy.md, "Detection").

    `model` is the verified file (model_files.YUNET); raises ModelError when it cannot be read, or not be run here.
    """

    least_face_px = 20
    glance_px = search_px = 320
    thorough_px = 960

    _SCORE = 0.7
    _FOLLOW_SCORE = 0.5
    _FOLLOW_MARGIN = 0.5
    _FOLLOW_PX = 128

    def __init__(self, model: Path) -> None:
        self._model = content_of(model)
        try:  # now, while dlib's detector can still take its place
            self._network = self._opened()
            self.search(np.zeros((self._FOLLOW_PX, self._FOLLOW_PX, 3), np.uint8), self._FOLLOW_PX)
        except cv2.error as error:
            raise ModelError(f"{model.name} cannot be run. Install it again with `kiosk models install`.") from error

    def search(self, frame_rgb: RgbImage, longest_px: int) -> list[Found]:
        scale = _scale(frame_rgb, longest_px)
        return self._run(_resized(frame_rgb, scale), scale, 0, 0, self._SCORE)

    def refine(self, frame_rgb: RgbImage, near: Box) -> Found | None:
        crop, left, top = surroundings(frame_rgb, near, self._FOLLOW_MARGIN)
        if crop is None:
            return None
        scale = self._FOLLOW_PX / max(crop.shape[:2])
        found = self._run(_resized(crop, scale), scale, left, top, self._FOLLOW_SCORE)
        return max(found, key=lambda face: face.score, default=None)

    def _run(self, picture: RgbImage, scale: float, left: int, top: int, least: float) -> list[Found]:
        height, width = picture.shape[:2]
        # What a network works in stays with it, 22 MB at 640 x 480: a large picture, rarely searched, has its own.
        network = self._network if max(width, height) <= self.search_px else self._opened()
        network.setInputSize((width, height))
        _, rows = network.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        found = []
        for row in rows if rows is not None else ():
            score = float(row[14])
            if score >= least:
                points = row[4:14].reshape(5, 2) / scale + (left, top)
                found.append(Found(_dlib_style(points), score, score >= self._SCORE))
        return found

    def _opened(self) -> Any:
        weights, no_configuration = np.frombuffer(self._model, dtype=np.uint8), np.empty(0, dtype=np.uint8)
        size = (self._FOLLOW_PX, self._FOLLOW_PX)
        with _quiet_opencv():  # OpenCV 5 warns that it runs on the processor, which is what is wanted
            return cv2.FaceDetectorYN.create("onnx", weights, no_configuration, size, self._FOLLOW_SCORE)


@contextlib.contextmanager
def _quiet_opencv() -> Iterator[None]:
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)


def _dlib_style(points: npt.NDArray[np.float32]) -> Box:
    """The box that dlib's detector would draw, from YuNet's eyes, nose and corners of the mouth (5, 2).

    Centre and size are fitted on 3,442 LFW photos: the box differs from HOG's own by 4 % of its width in place and 9 %
    in size; the descriptors of the two differ by 0.04, as those of two HOG boxes do (docs/accuracy.md, "Detection").
    """
    eyes = (points[0] + points[1]) / 2
    mouth = (points[3] + points[4]) / 2
    # The longer of the two, because turning the head shortens one and nodding the other.
    width = 2.344 * max(float(np.hypot(*(mouth - eyes))), float(np.hypot(*(points[0] - points[1]))))
    x, y = (eyes + mouth) / 2 - np.array([0.039, 0.017]) * width
    return Box(round(x - width / 2), round(y - width / 2), round(x + width / 2), round(y + width / 2))


def _scale(frame: RgbImage, longest_px: int) -> float:
    return min(1.0, longest_px / float(max(frame.shape[:2])))


def _resized(picture: npt.NDArray[np.uint8], scale: float) -> npt.NDArray[np.uint8]:
    if scale == 1.0:
        return picture
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=interpolation), dtype=np.uint8)


def surroundings(frame: RgbImage, box: Box, margin: float) -> tuple[RgbImage | None, int, int]:
    """The part of the frame around `box`, widened by `margin` of its size on each side, and where it begins."""
    height, width = frame.shape[:2]
    wider = round(margin * box.width)
    left, top = max(box.left - wider, 0), max(box.top - wider, 0)
    right, bottom = min(box.right + wider, width), min(box.bottom + wider, height)
    if right - left < 16 or bottom - top < 16:
        return None, 0, 0
    return np.ascontiguousarray(frame[top:bottom, left:right]), left, top


def _box(rect: dlib.rectangle, scale: float, left: int, top: int) -> Box:
    return Box(
        round(rect.left() / scale) + left,
        round(rect.top() / scale) + top,
        round((rect.right() + 1) / scale) + left,
        round((rect.bottom() + 1) / scale) + top,
    )
