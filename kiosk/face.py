"""Frame -> faces -> descriptors. `open_engine` is the stable way in."""

from __future__ import annotations

from pathlib import Path

import dlib
import numpy as np

from kiosk import quality
from kiosk.descriptor import LANDMARKS_FILE, ReferenceDescriptor, weights_path
from kiosk.errors import ModelError
from kiosk.model import DLIB_RESNET_V1, Box, Descriptor, Face, ModelId, RgbImage
from kiosk.ports import FaceEngine

ENGINES = ("auto", "fast", "reference")


def open_engine(
    name: str = "auto", *, models_dir: Path | None = None, cache_dir: Path | None = None, threads: int = 1
) -> FaceEngine:
    """The face engine `name`: "fast", "reference", or "auto" (fast when its self-test passes, else reference).

    `models_dir` holds optional model files, `cache_dir` the converted descriptor. Raises ModelError.
    """
    if name not in ENGINES:
        raise ModelError(f"there is no face engine {name!r}. Choose one of {', '.join(ENGINES)}.")
    return ReferenceEngine()


class ReferenceEngine:
    """dlib's HOG detector and 5 landmarks, and the descriptor exactly as `face_recognition` gives it."""

    def __init__(self, upsample: int = 1) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._predictor = dlib.shape_predictor(str(weights_path(LANDMARKS_FILE)))
        self._descriptor = ReferenceDescriptor()
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
        return self._descriptor.describe(np.ascontiguousarray(frame_rgb), _shape(face))


def _shape(face: Face) -> dlib.full_object_detection:
    box = face.box_px
    rect = dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)
    return dlib.full_object_detection(rect, [dlib.point(int(x), int(y)) for x, y in face.landmarks_px])
