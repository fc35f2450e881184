"""The ResNet descriptor of a face."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import dlib
import numpy as np

from kiosk.errors import ModelError
from kiosk.model import Descriptor, RgbImage

RESNET_FILE = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARKS_FILE = "shape_predictor_5_face_landmarks.dat"


def weights_path(file_name: str) -> Path:
    """A weights file inside `face_recognition_models`, found without importing it (the import needs pkg_resources).

    Raises ModelError when the package or the file is missing.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "models" / file_name
        if path.is_file():
            return path
    raise ModelError(f"{file_name} is not installed. Run `pip install --no-deps face_recognition_models`.")


class ReferenceDescriptor:
    """`face_recognition`'s own descriptor. Imports that package (some 150 MB of models) when made."""

    def __init__(self) -> None:
        try:
            import face_recognition  # noqa: F401  # heavy: only who asks for the reference pays for it
            from face_recognition import api
        except (ImportError, SystemExit) as error:  # the package calls quit() when its models cannot be imported
            raise ModelError(
                "face_recognition cannot be imported. Run `pip install --no-deps -r requirements/face.txt`."
            ) from error
        self._encoder: Any = api.face_encoder

    def describe(self, frame_rgb: RgbImage, shape: dlib.full_object_detection) -> Descriptor:
        """(128,) float32 of the face whose five landmarks are `shape`."""
        return np.asarray(self._encoder.compute_face_descriptor(frame_rgb, shape, 1), dtype=np.float32)
