"""The model of the face: what it looks at, and what becomes of a file that is none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import ModelError
from kiosk.liveness import passive as lp
from kiosk.liveness.passive import PassiveModel
from kiosk.model import Box, RgbImage
from tests.unit.kiosk.liveness.networks import left_half, linear

BOX = Box(100, 80, 200, 180)
CHANCE = np.random.default_rng(0)
FRAME: RgbImage = CHANCE.integers(0, 256, size=(300, 400, 3), dtype=np.uint8)


@given(st.integers(-350, 350), st.integers(-350, 350), st.integers(2, 300), st.integers(1, 60), st.integers(1, 60))
def test_the_crop_is_square_and_reflects_what_lies_outside(
    left: int, top: int, size: int, width: int, height: int
) -> None:
    frame = np.arange(width * height * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)
    box = Box(left, top, left + size, top + size)
    face = lp.crop(frame, box)
    side = round(1.5 * size)
    assert face.shape == (side, side, 3)
    if min(width, height) > 1:
        border = 1200
        around = cv2.copyMakeBorder(frame, border, border, border, border, cv2.BORDER_REFLECT_101)
        x, y = (round((a + b) / 2 - side / 2) + border for a, b in ((box.left, box.right), (box.top, box.bottom)))
        np.testing.assert_array_equal(face, around[y : y + side, x : x + side])


@pytest.mark.parametrize("light", [(1.2, 1.0, 0.8), (0.7, 1.0, 1.3)])
def test_without_its_cast_a_picture_is_the_same_in_any_light(light: tuple[float, float, float]) -> None:
    face = (FRAME[:128, :128] // 2 + 20).astype(np.uint8)
    lit = np.clip(face * np.array(light), 0, 255).astype(np.uint8)
    difference = lp.without_cast(face).astype(int) - lp.without_cast(lit)
    assert np.abs(difference).max() <= 4


def test_black_has_no_cast() -> None:
    assert lp.without_cast(np.zeros((4, 4, 3), np.uint8)).max() == 0


def test_sharpness_falls_with_blur_and_not_with_light() -> None:
    scene = cv2.normalize(cv2.GaussianBlur(FRAME, (0, 0), 2), None, 0, 255, cv2.NORM_MINMAX)
    plain = lp.sharpness(scene, BOX)
    assert lp.sharpness(cv2.GaussianBlur(scene, (0, 0), 4), BOX) < 0.5 * plain
    assert lp.sharpness((scene * 0.6).astype(np.uint8), BOX) == pytest.approx(plain, rel=0.1)


@pytest.mark.parametrize("box", [Box(-90, -90, -20, -20), Box(500, 400, 600, 500), Box(50, 50, 50, 50)])
def test_a_box_with_nothing_in_it_is_not_sharp(box: Box) -> None:
    assert lp.sharpness(FRAME, box) == 0.0


def left_is_alive(path: Path) -> Path:
    """A network whose logit of live is the mean of the picture's left half, and of spoof that of its right."""
    left = left_half(lp.INPUT_PX)
    weights = np.stack([left, ~left], axis=1).astype(np.float32) * 2 / left.size
    return linear(path, lp.INPUT_PX, weights)


def test_in_a_mirror_the_face_is_seen_with_left_and_right_exchanged(tmp_path: Path) -> None:
    model = PassiveModel(left_is_alive(tmp_path / "pad.onnx"))
    frame = np.zeros((300, 400, 3), np.uint8)
    frame[:, :150] = 200  # left of the middle of BOX
    assert model.score(frame, BOX) == pytest.approx(200 / 255, abs=0.02)
    assert model.score(frame, BOX, flipped=True) == pytest.approx(-200 / 255, abs=0.02)


def test_a_file_that_is_no_network_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "pad.onnx"
    path.write_bytes(b"not a network")
    with pytest.raises(ModelError, match="kiosk models install"):
        PassiveModel(path)


def test_a_model_that_cannot_be_run_is_noticed_while_it_can_still_be_done_without(tmp_path: Path) -> None:
    """Loaded it is, but what comes out are no two numbers."""
    picture = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 3, 128, 128]) for name in "io"]
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["i"], ["o"])], "g", picture[:1], picture[1:])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    path = tmp_path / "pad.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match="kiosk models install"):
        PassiveModel(path)
