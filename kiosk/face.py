"""Frame -> faces -> descriptors. `open_engine` is the stable way in."""

from __future__ import annotations

import logging
from pathlib import Path

import dlib
import numpy as np

from kiosk import quality
from kiosk.descriptor import LANDMARKS_FILE, Describer, ReferenceDescriber, open_fast_describer, weights_path
from kiosk.errors import ModelError
from kiosk.model import DLIB_RESNET_V1, Box, Descriptor, Face, ModelId, RgbImage
from kiosk.ports import FaceEngine

_log = logging.getLogger(__name__)


def open_engine(
    name: str = "auto", *, models_dir: Path | None = None, cache_dir: Path | None = None, threads: int = 1
) -> FaceEngine:
    """The face engine `name`: "fast", "reference", or "auto" (fast when its self-test passes, else reference).

    `models_dir` holds optional model files, `cache_dir` the converted descriptor (None: converted at every start).
    Raises ModelError when the weights are missing, damaged or foreign, or when "fast" fails its self-test.
    """
    match name:
        case "fast":
            return DlibEngine(open_fast_describer(cache_dir, threads))
        case "reference":
            return DlibEngine(ReferenceDescriber())
        case "auto":
            try:
                return DlibEngine(open_fast_describer(cache_dir, threads))
            except ModelError as error:
                _log.warning("the fast engine is not used, the reference engine takes its place: %s", error)
            return DlibEngine(ReferenceDescriber())
        case _:
            raise ModelError(f"there is no face engine {name!r}. Choose auto, fast or reference.")


class DlibEngine:
    """dlib's HOG detector and 5 landmarks in front of a describer. Keeps no state between frames."""

    def __init__(self, describer: Describer, upsample: int = 1) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(weights_path(LANDMARKS_FILE)))
        self._describer = describer
        self._upsample = upsample

    @property
    def model_id(self) -> ModelId:
        return DLIB_RESNET_V1

    def faces(self, frame_rgb: RgbImage) -> list[Face]:
        frame = np.ascontiguousarray(frame_rgb)
        rects, scores, _ = self._detector.run(frame, self._upsample, 0.0)
        found = [self._face(frame, rect, score) for rect, score in zip(rects, scores, strict=True)]
        return sorted(found, key=lambda face: face.box_px.width * face.box_px.height, reverse=True)

    def _face(self, frame: RgbImage, rect: dlib.rectangle, score: float) -> Face:
        shape = self._predictor(frame, rect)
        landmarks = np.array([(p.x, p.y) for p in shape.parts()], dtype=np.float32)
        box = Box(rect.left(), rect.top(), rect.right() + 1, rect.bottom() + 1)
        return Face(box, landmarks, quality.measure(frame, box, landmarks), float(score))

    def describe(self, frame_rgb: RgbImage, face: Face) -> Descriptor:
        return self._describer.describe(np.ascontiguousarray(frame_rgb), face.box_px, _shape(face))


def _shape(face: Face) -> dlib.full_object_detection:
    box = face.box_px
    rect = dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
    return dlib.full_object_detection(rect, [dlib.point(int(x), int(y)) for x, y in face.landmarks_px])
