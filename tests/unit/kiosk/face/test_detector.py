"""YuNet in place of dlib's detector: only when its file is the right one, and with the same style of box."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from demo.faces import astronaut
from kiosk.errors import ModelError
from kiosk.face import open_engine
from kiosk.face.detector import Found, HogDetector, YunetDetector
from kiosk.machine.model_files import YUNET
from kiosk.model import Box, RgbImage

MODEL = Path(os.environ.get("KIOSK_MODELS") or Path(__file__).parents[4].parent / "shared" / "models") / YUNET.file_name
needs_model = pytest.mark.skipif(not MODEL.is_file(), reason=f"{YUNET.file_name} is not there (KIOSK_MODELS)")


@pytest.fixture(scope="module")
def photo() -> RgbImage:
    bgr = cv2.imread(str(astronaut()))
    assert bgr is not None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


@pytest.fixture(scope="module")
def hog_face(photo: RgbImage) -> Found:
    (face,) = HogDetector().search(photo, HogDetector.thorough_px)
    return face


def middle(box: Box) -> np.ndarray:
    return np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])


@needs_model
def test_yunet_draws_boxes_like_dlibs(photo: RgbImage, hog_face: Found) -> None:
    (face,) = YunetDetector(MODEL).search(photo, 960)
    assert np.abs(middle(face.box) - middle(hog_face.box)).max() < 0.15 * hog_face.box.width
    assert 0.75 < face.box.width / hog_face.box.width < 1.3
    assert abs(face.box.width - face.box.height) <= 1
    assert 0.7 <= face.score <= 1


@needs_model
def test_yunet_finds_what_dlibs_detector_does_not(photo: RgbImage, hog_face: Found) -> None:
    masked = photo.copy()
    left, top, right, bottom = hog_face.box
    masked[top + (bottom - top) // 2 : bottom + 20, left:right] = (180, 200, 210)
    dim = np.random.default_rng(1).normal(0, 4, photo.shape) + photo * 0.08
    for hard in (masked, np.clip(dim, 0, 255).astype(np.uint8)):
        assert HogDetector().search(hard, HogDetector.search_px) == []
        (face,) = YunetDetector(MODEL).search(hard, YunetDetector.search_px)
        assert np.abs(middle(face.box) - middle(hog_face.box)).max() < 0.25 * hog_face.box.width


@pytest.mark.parametrize("kind", ["hog", pytest.param("yunet", marks=needs_model)])
def test_refining_finds_the_face_that_moved_and_nothing_elsewhere(photo: RgbImage, hog_face: Found, kind: str) -> None:
    detector = HogDetector() if kind == "hog" else YunetDetector(MODEL)
    width = hog_face.box.width
    for dx, dy in ((0, 0), (0.2, 0), (0, -0.2), (-0.15, 0.15)):
        near = Box(*(round(side + width * shift) for side, shift in zip(hog_face.box, (dx, dy, dx, dy), strict=True)))
        found = detector.refine(photo, near)
        assert found is not None
        assert np.abs(middle(found.box) - middle(hog_face.box)).max() < 0.2 * width
    assert detector.refine(photo, Box(10, 400, 10 + width, 400 + width)) is None
    assert detector.refine(photo, Box(-900, -900, -900 + width, -900 + width)) is None


@pytest.mark.parametrize("kind", ["hog", pytest.param("yunet", marks=needs_model)])
def test_boxes_are_in_pixels_of_the_frame_at_every_search_size(photo: RgbImage, hog_face: Found, kind: str) -> None:
    detector = HogDetector() if kind == "hog" else YunetDetector(MODEL)
    large = np.asarray(cv2.resize(photo, None, fx=2.5, fy=2.5), dtype=np.uint8)
    for longest in (detector.search_px, detector.thorough_px):
        (face,) = detector.search(large, longest)
        assert np.abs(middle(face.box) / 2.5 - middle(hog_face.box)).max() < 0.15 * hog_face.box.width


@needs_model
def test_one_network_searches_pictures_of_all_sizes_and_finds_what_a_new_one_finds(
    photo: RgbImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def opened(detector: YunetDetector, really: Callable[[YunetDetector], object] = YunetDetector._opened) -> object:
        made.append(detector)
        return really(detector)

    monkeypatch.setattr(YunetDetector, "_opened", opened)
    detector = YunetDetector(MODEL)
    for size in (320, 160, 319, 96, 320):  # larger and smaller than the one before, and the first again
        picture = np.asarray(cv2.resize(photo, (size, size - 7)), dtype=np.uint8)
        found = detector.search(picture, 320)
        assert found
        assert found == YunetDetector(MODEL).search(picture, 320)
    assert made.count(detector) == 1


@needs_model
def test_what_a_large_picture_needed_does_not_stay(photo: RgbImage) -> None:
    detector = YunetDetector(MODEL)
    before = detector._network
    large = np.asarray(cv2.resize(photo, (960, 960)), dtype=np.uint8)
    (found,) = detector.search(large, detector.thorough_px)
    assert found.sure
    assert detector._network is before
    assert detector._network.getInputSize() != (960, 960)


@needs_model
def test_an_installed_yunet_is_used(photo: RgbImage, tmp_path: Path, hog_face: Found) -> None:
    shutil.copy(MODEL, tmp_path)
    masked = photo.copy()
    left, top, right, bottom = hog_face.box
    masked[top + (bottom - top) // 2 : bottom + 20, left:right] = (180, 200, 210)
    assert len(open_engine("fast", models_dir=tmp_path).faces(masked)) == 1
    assert open_engine("fast", models_dir=tmp_path / "empty").faces(masked) == []


def test_a_damaged_model_file_is_reported_and_dlibs_detector_used(
    photo: RgbImage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / YUNET.file_name).write_bytes(b"not a network")
    caplog.set_level(logging.WARNING)
    engine = open_engine("fast", models_dir=tmp_path)
    assert "dlib's detector" in caplog.text
    assert len(engine.faces(photo)) == 1


def test_a_model_file_that_is_not_there_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        YunetDetector(tmp_path / "none.onnx")


def test_a_model_that_this_machine_cannot_run_is_reported_at_the_start_and_dlibs_detector_used(
    photo: RgbImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pinned file, but another OpenCV."""
    content = b"no network that this OpenCV knows"
    monkeypatch.setattr(
        "kiosk.face.engine.YUNET", replace(YUNET, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))
    )
    (tmp_path / YUNET.file_name).write_bytes(content)
    why: list[str] = []
    engine = open_engine("fast", models_dir=tmp_path, lost=why.append)
    assert len(why) == 1
    assert "cannot be run" in why[0]
    assert len(engine.faces(photo)) == 1
