"""Recognisers whose face is cut out on five points of a template: an installed ONNX file, rewritten and proven."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.errors import ModelError
from kiosk.face import kept
from kiosk.face.descriptor import TOLERANCE, Network, self_test_chips
from kiosk.face.looks import unit
from kiosk.face.making import content_of, made
from kiosk.face.onnx_rewriter import FORM
from kiosk.model import Descriptor, Face, RgbImage
from kiosk.model.recognisers import Recogniser

_log = logging.getLogger(__name__)

CHIP_PX = 112

Pixels = npt.NDArray[np.uint8]
"""(n, 112, 112, 3) uint8 RGB, faces cut out on the template."""

TEMPLATE = np.array([(79.43, 53.39), (65.65, 53.86), (30.48, 53.92), (44.40, 54.12), (55.22, 80.53)], dtype=np.float64)
"""Where dlib's five landmarks (Face.landmarks_px) lie in a face that was put on the ArcFace template by its eyes, nose
and corners of the mouth: their means over LFW."""


class AlignedDescriber:
    """One recogniser's network. One thread."""

    def __init__(self, recogniser: Recogniser, model: bytes | Path, threads: int = 1) -> None:
        self.recogniser = recogniser
        self._network = Network(model, threads)

    def describe(self, frame_rgb: RgbImage, face: Face, looks: range) -> Descriptor:
        """(length,) float32 of unit length: of the face, of its mirror image (look 1), or of both."""
        chip = face_chip(frame_rgb, face.landmarks_px)
        chips = np.stack([chip[:, ::-1] if number % 2 else chip for number in looks])
        return unit(unit(self.describe_chips(chips)).mean(axis=0))

    def describe_chips(self, chips: Pixels) -> npt.NDArray[np.float32]:
        """(n, length) float32, as the network gives them."""
        known = self.recogniser
        ordered = chips if known.colour == "rgb" else chips[..., ::-1]
        values = (ordered.astype(np.float32) - np.float32(known.mean)) / np.float32(known.scale)
        return self._network.run(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))


def face_chip(frame_rgb: RgbImage, landmarks: npt.NDArray[np.float32]) -> Pixels:
    """(112, 112, 3) uint8: the face moved, turned and scaled so that its points come nearest to TEMPLATE's.

    Raises ModelError for points that all lie in one place.
    """
    points = landmarks.astype(np.float64)
    ours, theirs = points - points.mean(axis=0), TEMPLATE - TEMPLATE.mean(axis=0)
    size = float((ours**2).sum())
    if not size:
        raise ModelError("a face's landmarks lie all in one place.")
    # The least squares of a similarity have this closed form (Umeyama 1991, without reflection, in two dimensions).
    along = float((ours * theirs).sum()) / size
    across = float((ours[:, 0] * theirs[:, 1] - ours[:, 1] * theirs[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    offset = TEMPLATE.mean(axis=0) - turn @ points.mean(axis=0)
    matrix = np.column_stack([turn, offset])
    return np.asarray(cv2.warpAffine(frame_rgb, matrix, (CHIP_PX, CHIP_PX), flags=cv2.INTER_LINEAR), dtype=np.uint8)


def open_aligned_describer(
    recogniser: Recogniser, file: Path, cache_dir: Path | None = None, threads: int = 1
) -> AlignedDescriber:
    """The describer of an installed, verified `file`: its rewritten form, proven equal, or itself where that fails.

    `cache_dir` keeps the rewritten form under its own digest. Raises ModelError when the file cannot be read or run.
    """
    content = content_of(file)
    original = AlignedDescriber(recogniser, file, threads)
    chips = np.stack([cv2.resize(chip, (CHIP_PX, CHIP_PX)) for chip in self_test_chips()]).astype(np.uint8)
    expected = unit(np.concatenate([original.describe_chips(chip[None]) for chip in chips]))
    if expected.shape[1] != recogniser.length:
        raise ModelError(f"{file.name} gives {expected.shape[1]} numbers, not {recogniser.length}.")
    made_of = f"{recogniser.model_id}-{hashlib.sha256(content).hexdigest()[:16]}-"
    prefix = f"{made_of}{FORM}-"
    try:
        cached = kept.find(cache_dir, prefix) if cache_dir else None
        model = made("aligned", file, cache_dir) if cached is None else cached
        describer = AlignedDescriber(recogniser, model, threads)
        difference = float(np.abs(unit(describer.describe_chips(chips)) - expected).max())
        if not difference <= TOLERANCE:  # also when it is not a number
            raise ModelError(f"it differs by {difference:.2g} (allowed: {TOLERANCE:g})")
    except ModelError as error:
        _log.warning("%s runs as it is, more slowly: its rewritten form failed (%s)", file.name, error)
        return original
    if cache_dir is None or isinstance(model, Path):
        return describer
    kept_file = kept.keep(cache_dir, prefix, model, f"{made_of}*.onnx")
    return describer if kept_file is None else AlignedDescriber(recogniser, kept_file, threads)
