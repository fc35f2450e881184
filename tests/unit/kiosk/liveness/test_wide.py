"""The models of the surroundings: what they look at, in which form, and what becomes of a file that is none."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import ModelError
from kiosk.liveness import wide
from kiosk.liveness.models import open_models
from kiosk.liveness.wide import INPUT_PX, WideModel, WideModels
from kiosk.machine import model_files
from kiosk.machine.model_files import PAD_MINIFAS, PAD_WIDE, ModelFile, ModelStore
from kiosk.model import Box
from tests.unit.kiosk.liveness.networks import left_half, linear

FRAME = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (480, 640, 3), dtype=np.uint8), (0, 0), 9)


def network(path: Path, weights: list[list[float]]) -> Path:
    """Three logits: the mean of each colour times a row of weights, in the order in which colours come in."""
    of_each = np.array(weights, dtype=np.float32) / INPUT_PX**2
    return linear(path, INPUT_PX, np.repeat(of_each, INPUT_PX**2, axis=0))


BLUE_IS_ALIVE = [[0.0, 0.01, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def test_the_colours_go_in_as_blue_green_red_and_without_a_scale(tmp_path: Path) -> None:
    model = WideModel(network(tmp_path / "n.onnx", BLUE_IS_ALIVE), 2.7)
    blue = np.zeros((INPUT_PX, INPUT_PX, 3), np.uint8)
    blue[..., 2] = 200
    assert model.logit(blue) == pytest.approx(2.0 - math.log(2), abs=1e-5)
    red = np.ascontiguousarray(blue[..., ::-1])
    assert model.logit(red) == pytest.approx(-math.log(2), abs=1e-5)


def test_logits_end_at_the_limit(tmp_path: Path) -> None:
    white = np.full((INPUT_PX, INPUT_PX, 3), 255, np.uint8)
    sure = WideModel(network(tmp_path / "n.onnx", [[0.0, 1.0, 0.0], [0.0] * 3, [0.0] * 3]), 2.7)
    assert sure.logit(white) == 8.0
    never = WideModel(network(tmp_path / "m.onnx", [[1.0, 0.0, 0.0], [0.0] * 3, [0.0] * 3]), 2.7)
    assert never.logit(white) == -8.0


def test_inside_the_frame_both_crops_are_the_same_part() -> None:
    box = Box(300, 200, 350, 250)
    side = 135  # 2.7 times 50
    part = FRAME[225 - 67 : 225 - 67 + side, 325 - 67 : 325 - 67 + side]
    expected = cv2.resize(part, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(wide.shrunk(FRAME, box, 2.7) - expected).max() <= 3
    assert np.abs(wide.mirrored(FRAME, box, 2.7) - expected).max() <= 6


def test_at_the_edge_one_is_moved_inside_and_the_other_mirrored() -> None:
    box = Box(0, 0, 100, 100)
    inside = cv2.resize(FRAME[:270, :270], (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA)
    assert np.abs(wide.shrunk(FRAME, box, 2.7).astype(int) - inside).max() <= 3
    around = cv2.copyMakeBorder(FRAME, 200, 200, 200, 200, cv2.BORDER_REFLECT_101)
    part = around[200 + 50 - 135 : 200 + 50 + 135, 200 + 50 - 135 : 200 + 50 + 135]
    expected = cv2.resize(part, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(wide.mirrored(FRAME, box, 2.7) - expected).mean() <= 4


def test_a_face_that_fills_the_frame_is_shrunk_to_it_and_a_crop_inside_is_looked_at_once(tmp_path: Path) -> None:
    whole = cv2.resize(FRAME, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA)
    assert np.array_equal(wide.shrunk(FRAME, Box(0, 0, 640, 480), 4.0), whole)
    path = network(tmp_path / "n.onnx", BLUE_IS_ALIVE)
    inside_27, inside_40, mirrored_27, mirrored_40 = WideModels(path, path).score(FRAME, Box(300, 200, 350, 250))
    assert (inside_27, inside_40) == (mirrored_27, mirrored_40)
    inside_27, _, mirrored_27, _ = WideModels(path, path).score(FRAME, Box(0, 0, 100, 100))
    assert inside_27 != mirrored_27


@given(st.integers(-300, 800), st.integers(-300, 800), st.integers(1, 700), st.integers(1, 60), st.integers(1, 60))
def test_any_box_in_any_frame_gives_two_crops(left: int, top: int, size: int, width: int, height: int) -> None:
    frame = np.full((height, width, 3), 7, np.uint8)
    box = Box(left, top, left + size, top + size)
    for crop in (wide.shrunk(frame, box, 4.0), wide.mirrored(frame, box, 4.0)):
        assert crop.shape == (INPUT_PX, INPUT_PX, 3)
        assert crop.dtype == np.uint8
        assert set(np.unique(crop)) == {7}


def left_is_alive(path: Path) -> Path:
    """A network that takes a picture for alive whose left half is bright, and for a spoof whose right half is."""
    left = left_half(INPUT_PX)
    weights = np.stack([~left, left, 0 * left], axis=1).astype(np.float32) * 0.02 / left.size
    return linear(path, INPUT_PX, weights)


def test_in_a_mirror_all_four_crops_are_seen_with_left_and_right_exchanged(tmp_path: Path) -> None:
    """The crop of 2.7 lies in the frame, that of 4 does not."""
    path = left_is_alive(tmp_path / "n.onnx")
    frame = np.zeros((300, 400, 3), np.uint8)
    frame[:, :200] = 200
    models, box = WideModels(path, path), Box(160, 110, 240, 190)
    assert models.score(frame, box) == pytest.approx([2 - math.log(2)] * 4, abs=0.06)
    assert models.score(frame, box, flipped=True) == pytest.approx([-math.log(1 + math.exp(2))] * 4, abs=0.06)


def test_a_file_that_is_no_network_or_gives_no_three_numbers_is_a_model_error(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelError, match="kiosk models install"):
        WideModel(tmp_path / "no.onnx", 2.7)
    with pytest.raises(ModelError, match="kiosk models install"):
        WideModel(network(tmp_path / "two.onnx", [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), 2.7)
    with pytest.raises(ModelError, match="kiosk models install"):
        WideModel(network(tmp_path / "nan.onnx", [[float("nan")] * 3] * 3), 2.7)


class Opened:
    """Stands for a network of the installed file; records which files were opened."""

    def __init__(self, *paths: Path) -> None:
        self.paths = paths


def test_the_wide_models_are_used_only_together_and_a_damaged_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib
    from dataclasses import replace

    from kiosk.liveness import models as module

    def known(file: ModelFile) -> ModelFile:
        return replace(file, sha256=hashlib.sha256(file.name.encode()).hexdigest())

    near, (wide_27, wide_40) = known(PAD_MINIFAS), (known(file) for file in PAD_WIDE)
    monkeypatch.setattr(module, "PAD_MINIFAS", near)
    monkeypatch.setattr(module, "PAD_WIDE", (wide_27, wide_40))
    monkeypatch.setattr(module, "PassiveModel", Opened)
    monkeypatch.setattr(module, "WideModels", Opened)
    store, lost = ModelStore(tmp_path, (near, wide_27, wide_40)), list[str]()
    assert open_models(store, lost.append) is None
    for file in (near, wide_27):
        store.path(file).write_bytes(file.name.encode())
    opened = open_models(store, lost.append)
    assert opened is not None
    assert opened.wide is None
    store.path(wide_40).write_bytes(wide_40.name.encode())
    opened = open_models(store, lost.append)
    assert opened is not None
    assert isinstance(opened.wide, Opened)
    assert opened.wide.paths == (store.path(wide_27), store.path(wide_40))
    assert lost == []
    store.path(wide_40).write_bytes(b"damaged")
    opened = open_models(store, lost.append)
    assert opened is not None
    assert opened.wide is None
    (said,) = lost
    assert "Only the face itself is looked at" in said


def test_the_manifest_pins_both_and_asks_for_their_terms() -> None:
    for file in PAD_WIDE:
        assert file in model_files.MANIFEST
        assert file.licence == "Apache-2.0"
        assert "not published" in file.restrictions
