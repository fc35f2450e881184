"""Recognisers with an aligned face: where the face comes to lie, and that the faster form is proven before its use."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.errors import ModelError
from kiosk.face import aligned
from kiosk.face.aligned import TEMPLATE, face_chip, open_aligned_describer
from kiosk.face.descriptor import self_test_chips
from kiosk.face.engine import open_engine
from kiosk.face.looks import unit
from kiosk.machine.model_files import RECOGNISER_FP_112, RECOGNISER_W600K_112, ModelFile, ModelStore
from kiosk.model import Box, Face, Quality
from kiosk.model.recognisers import FP_112, RECOGNISERS, W600K_112, Recogniser

MODELS = Path(os.environ.get("KIOSK_MODELS") or Path(__file__).parents[5] / "shared" / "models")
INSTALLED = [
    pytest.param(model, marks=pytest.mark.skipif(not (MODELS / model.file_name).is_file(), reason="no KIOSK_MODELS"))
    for model in (RECOGNISER_FP_112, RECOGNISER_W600K_112)
]
FRAME = np.ascontiguousarray(np.tile(self_test_chips(1)[0], (2, 2, 1)))
LANDMARKS = (TEMPLATE * 1.5 + (40, 30)).astype(np.float32)
FACE = Face(Box(60, 40, 200, 190), LANDMARKS, Quality(60, 100, 120, 40, 0, 0, 0, 0, 0.25, 0.4, 0.2))


def _turned(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    turn = cv2.getRotationMatrix2D((0, 0), degrees, scale)[:, :2]
    return np.asarray(points @ turn.T + shift, dtype=np.float32)


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1.0), (20, 0.6), (-35, 1.7), (170, 1.0)])
def test_the_points_of_a_turned_and_scaled_face_come_to_lie_on_the_template(degrees: float, scale: float) -> None:
    landmarks = _turned(TEMPLATE, degrees, scale, (180, 160))
    frame = np.zeros((400, 400, 3), dtype=np.uint8)
    for x, y in landmarks:
        cv2.circle(frame, (round(float(x)), round(float(y))), 3, (255, 255, 255), -1)
    chip = face_chip(frame, landmarks)
    assert chip.shape == (112, 112, 3)
    for x, y in TEMPLATE:
        assert chip[round(y), round(x), 0] > 128


def test_landmarks_in_one_place_are_no_face() -> None:
    with pytest.raises(ModelError, match="one place"):
        face_chip(FRAME, np.full((5, 2), 10, dtype=np.float32))


@pytest.mark.parametrize("model", INSTALLED)
def test_two_looks_are_a_unit_vector_that_a_mirror_does_not_change(model: ModelFile) -> None:
    recogniser = _recogniser(model)
    describer = open_aligned_describer(recogniser, MODELS / model.file_name)
    both = describer.describe(FRAME, FACE, range(2))
    assert (both.shape, both.dtype) == ((recogniser.length,), np.float32)
    assert np.linalg.norm(both) == pytest.approx(1, abs=1e-5)
    chip = face_chip(FRAME, LANDMARKS)
    one, mirrored = unit(np.concatenate([describer.describe_chips(each[None]) for each in (chip, chip[:, ::-1])]))
    for looks, alone in ((range(1), one), (range(1, 2), mirrored)):
        np.testing.assert_allclose(describer.describe(FRAME, FACE, looks), alone, atol=1e-5)
    np.testing.assert_allclose(both, unit(one + mirrored), atol=1e-5)


@pytest.mark.parametrize("model", INSTALLED)
def test_the_faster_form_is_kept_used_again_and_equal(
    model: ModelFile, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recogniser, file = _recogniser(model), MODELS / model.file_name
    chips = np.stack([cv2.resize(chip, (112, 112)) for chip in self_test_chips(4)])
    of_a_release_before = f"{model.model_id}-{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}-0123456789abcdef.onnx"
    (tmp_path / of_a_release_before).write_bytes(b"slower")
    first = open_aligned_describer(recogniser, file, tmp_path)
    (kept,) = tmp_path.iterdir()
    written = kept.stat().st_mtime_ns
    again = open_aligned_describer(recogniser, file, tmp_path)
    assert kept.stat().st_mtime_ns == written
    as_it_is = aligned.AlignedDescriber(recogniser, file.read_bytes())
    expected = unit(np.concatenate([as_it_is.describe_chips(chip[None]) for chip in chips]))
    for describer in (first, again):
        np.testing.assert_allclose(unit(describer.describe_chips(chips)), expected, atol=1e-4)
    content = kept.read_bytes()
    kept.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with caplog.at_level(logging.WARNING):
        open_aligned_describer(recogniser, file, tmp_path)
    assert "damaged" in caplog.text


@pytest.mark.parametrize("model", INSTALLED[:1])
def test_a_form_that_computes_something_else_is_not_used(
    model: ModelFile, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(aligned, "TOLERANCE", -1.0)
    with caplog.at_level(logging.WARNING):
        describer = open_aligned_describer(FP_112, MODELS / model.file_name)
    assert "runs as it is" in caplog.text
    assert np.isfinite(describer.describe(FRAME, FACE, range(1))).all()


def test_a_file_that_is_no_model_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    for file in (tmp_path / "model.onnx", tmp_path / "absent.onnx"):
        with pytest.raises(ModelError):
            open_aligned_describer(FP_112, file)


def test_an_installed_recogniser_is_counted(tmp_path: Path) -> None:
    assert ModelStore(tmp_path).recognisers() == ["dlib-resnet-v1"]
    assert all(each.table for each in RECOGNISERS.values())


def _spoilt(path: Path, how: str) -> None:
    if how == "a folder":
        path.mkdir()
    elif how == "a loop":
        path.symlink_to(path)
    else:
        path.write_bytes(b"no model")


@pytest.mark.parametrize("how", ["a folder", "a loop", "damaged"])
def test_a_recogniser_that_cannot_be_read_is_none_and_that_is_said(tmp_path: Path, how: str) -> None:
    why: list[str] = []
    _spoilt(tmp_path / RECOGNISER_FP_112.file_name, how)
    assert ModelStore(tmp_path).recognisers(why.append) == ["dlib-resnet-v1"]
    assert len(why) == 1
    assert RECOGNISER_FP_112.file_name in why[0]


@pytest.mark.parametrize("how", ["a folder", "a loop", "damaged"])
def test_a_further_recogniser_that_cannot_be_opened_takes_nobody_elses_away(tmp_path: Path, how: str) -> None:
    why: list[str] = []
    _spoilt(tmp_path / RECOGNISER_FP_112.file_name, how)
    more = (FP_112.model_id, W600K_112.model_id)
    engine = open_engine(models_dir=tmp_path, lost_recogniser=why.append, more=more)
    assert np.isfinite(engine.describe(FRAME, FACE)).all()
    assert engine.describe_more(FRAME, FACE) == {}
    assert [FP_112.model_id in each or W600K_112.model_id in each for each in why] == [True, True]


def test_who_counts_is_never_replaced_by_another(tmp_path: Path) -> None:
    _spoilt(tmp_path / RECOGNISER_FP_112.file_name, "a folder")
    with pytest.raises(ModelError):
        open_engine(models_dir=tmp_path, model_id=FP_112.model_id)


def _recogniser(model: ModelFile) -> Recogniser:
    assert model.model_id is not None
    return RECOGNISERS[model.model_id]
