"""The two face engines: as `face_recognition` does it, and the fast one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Protocol

import cv2
import dlib
import numpy as np
import numpy.typing as npt

from kiosk.errors import ModelError
from kiosk.face import quality
from kiosk.face.aligned import open_aligned_describer
from kiosk.face.descriptor import (
    LANDMARKS_FILE,
    Describer,
    ReferenceDescriber,
    dlib_rectangle,
    open_fast_describer,
    weights_path,
)
from kiosk.face.detector import Detector, Found, HogDetector, PlainHog, YunetDetector
from kiosk.face.rgb import checked_rgb
from kiosk.face.tracking import Follower
from kiosk.machine.lacks import Lost
from kiosk.machine.model_files import YUNET, ModelStore, recogniser_file
from kiosk.model import DLIB_RESNET_V1, Box, Descriptor, Face, ModelId, RgbImage
from kiosk.ports import FaceEngine

_log = logging.getLogger(__name__)

ENGINES = ("auto", "fast", "reference")

_LOST = partial(_log.warning, "no detector model: %s")
_LOST_RECOGNISER = partial(_log.warning, "no recogniser: %s")


def open_engine(
    name: str = "auto",
    *,
    models_dir: Path | None = None,
    cache_dir: Path | None = None,
    threads: int = 1,
    follow: bool = True,
    lost: Lost = _LOST,
    lost_recogniser: Lost = _LOST_RECOGNISER,
    model_id: ModelId = DLIB_RESNET_V1,
    more: Sequence[ModelId] = (),
) -> FaceEngine:
    """The face engine `name`.

    "reference" finds and describes exactly as `face_recognition` does. "fast" follows faces from frame to frame and
    runs the same descriptor as ONNX; raises ModelError when its self-test fails. "auto" is fast, but describes by
    `face_recognition` when the self-test fails, and says so in the log.

    `models_dir`: optional model files; with YuNet's, faces are found by it. `cache_dir`: keeps the converted descriptor
    (None: converted at every start, 1.5 s). `threads`: for the networks; OpenCV's are set for the whole process.
    `follow` False: every frame is searched thoroughly, for pictures that have nothing to do with each other. `lost` is
    told of an optional model that is there and cannot be used.
    `model_id`: who describes; another than dlib's must be installed in `models_dir`, and knows no "reference". `more`:
    recognisers for `describe_more`, which does without one that cannot be opened; `lost_recogniser` is told of it.

    Raises ModelError when the weights are missing, damaged or foreign. The describer itself is never another than the
    one asked for: who decides by which templates does not change by a fault that may pass. It is to be opened anew.
    """
    if name not in ENGINES:
        raise ModelError(f"there is no face engine {name!r}. Choose auto, fast or reference.")
    cv2.setNumThreads(threads)
    describer_of = partial(open_describer, name, models_dir=models_dir, cache_dir=cache_dir, threads=threads)
    further = _further(describer_of, more, lost_recogniser)
    if name == "reference" and model_id == DLIB_RESNET_V1:
        return Engine(PlainHog(), ReferenceDescriber(), further)
    return Engine(Follower(open_detector(models_dir, lost), follow=follow), describer_of(model_id=model_id), further)


def _further(describer_of: Callable[..., Describer], more: Sequence[ModelId], lost: Lost) -> list[Describer]:
    opened = []
    for model_id in more:
        try:
            opened.append(describer_of(model_id=model_id))
        except ModelError as error:
            lost(f"{error} Nothing is described by {model_id}.")
    return opened


def open_describer(
    name: str = "auto",
    *,
    models_dir: Path | None = None,
    cache_dir: Path | None = None,
    threads: int = 1,
    model_id: ModelId = DLIB_RESNET_V1,
) -> Describer:
    """What describes the faces of `model_id`, as `open_engine` does. Raises ModelError."""
    if model_id != DLIB_RESNET_V1:
        recogniser, known = recogniser_file(model_id)
        file = ModelStore(models_dir).find(known) if models_dir is not None else None
        if file is None:
            raise ModelError(f"the recogniser {model_id} is not installed. `kiosk models list` says what it is.")
        return open_aligned_describer(recogniser, file, cache_dir, threads)
    try:
        return open_fast_describer(cache_dir, threads)
    except ModelError as error:
        if name == "fast":
            raise
        _log.warning("faces are described by face_recognition itself, more slowly: %s", error)
        return ReferenceDescriber()


def open_detector(models_dir: Path | None, lost: Lost) -> Detector:
    """YuNet where its file is installed, else HOG; `lost` is told of a file that cannot be used."""
    if models_dir is not None:
        try:
            model = ModelStore(models_dir).find(YUNET)
            if model is not None:
                return YunetDetector(model)
        except ModelError as error:  # an optional file must not keep a terminal from starting
            lost(f"{error} Faces are found by dlib's detector.")
    return HogDetector()


class Finder(Protocol):
    def find(self, frame_rgb: RgbImage) -> list[Found]:
        """All faces of a contiguous frame of at least 1x1."""


@cache
def _predictor(file: Path) -> dlib.shape_predictor:
    """Read once for all engines, which it does not change; `weights_path` has looked at the file. Reading it holds up
    all threads for 50 ms."""
    return dlib.shape_predictor(str(file))


class Engine:
    """A finder, dlib's five landmarks, the quality measures and a describer. Used by one thread."""

    def __init__(self, finder: Finder, describer: Describer, more: Sequence[Describer] = ()) -> None:
        self._finder = finder
        self._predictor = _predictor(weights_path(LANDMARKS_FILE))
        self._describer = describer
        self._more = more

    @property
    def model_id(self) -> ModelId:
        return self._describer.recogniser.model_id

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        """Raises ValueError for what is not a (height, width, 3) uint8 array, ModelError when a network fails."""
        frame = checked_rgb(frame_rgb)
        if frame.size == 0:
            return []
        try:
            faces = [self._face(frame, found) for found in self._finder.find(frame)]
        except (RuntimeError, cv2.error) as error:  # dlib's and OpenCV's
            raise ModelError(f"the face detector failed ({type(error).__name__}).") from error
        return sorted(faces, key=lambda face: face.box_px.width * face.box_px.height, reverse=True)

    def _face(self, frame: RgbImage, found: Found) -> Face:
        landmarks = self._landmarks(frame, found.box)
        return Face(found.box, landmarks, quality.measure(frame, found.box, landmarks), found.score)

    def _landmarks(self, frame: RgbImage, box: Box) -> npt.NDArray[np.float32]:
        shape = self._predictor(frame, dlib_rectangle(box))
        return np.array([(point.x, point.y) for point in shape.parts()], dtype=np.float32)

    def describe(self, frame_rgb: RgbImage, face: Face, looks: int = 1, after: int = 0) -> Descriptor:
        """Raises ValueError and ModelError as `faces` does, ValueError also for other than five finite landmarks, and
        where no look is left."""
        return self._described(self._describer, frame_rgb, face, range(after, looks))

    def describe_more(self, frame_rgb: RgbImage, face: Face) -> dict[ModelId, Descriptor]:
        """Raises as `describe` does."""
        return {
            each.recogniser.model_id: self._described(each, frame_rgb, face, range(each.recogniser.looks))
            for each in self._more
        }

    @staticmethod
    def _described(describer: Describer, frame_rgb: RgbImage, face: Face, looks: range) -> Descriptor:
        frame = checked_rgb(frame_rgb)
        numbers = range(looks.start, min(looks.stop, describer.recogniser.looks))
        if not numbers or looks.start < 0:
            raise ValueError(f"{describer.recogniser.model_id} has no look at a face after the first {looks.start}")
        if face.landmarks_px.shape != (5, 2) or not np.isfinite(face.landmarks_px).all():
            raise ValueError("a face is described by five landmarks, (5, 2) finite numbers")
        try:
            return describer.describe(frame, face, numbers)
        except (RuntimeError, cv2.error) as error:  # dlib's and OpenCV's
            raise ModelError(f"the face describer failed ({type(error).__name__}).") from error
