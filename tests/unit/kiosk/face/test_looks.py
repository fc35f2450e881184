"""The looks at a face, on real pixels: a mirrored look cuts out the mirrored chip."""

from __future__ import annotations

import cv2
import dlib
import numpy as np
import pytest

from kiosk.face.looks import LOOKS, joined, look, looks_at, mirrored, shifted, unit
from kiosk.face.quality import measure
from kiosk.model import Box, Face, RgbImage

SMALL = np.random.default_rng(1).integers(0, 256, size=(15, 20, 3), dtype=np.uint8)
FRAME = np.asarray(cv2.resize(SMALL, (320, 240), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
LANDMARKS = np.array([[190, 100], [170, 101], [121, 98], [141, 99], [157, 140]], dtype=np.float32)
BOX = Box(100, 60, 210, 170)
FACE = Face(BOX, LANDMARKS, measure(FRAME, BOX, LANDMARKS))


def _chip(frame: RgbImage, face: Face) -> RgbImage:
    points = [dlib.point(round(float(x)), round(float(y))) for x, y in face.landmarks_px]
    box = face.box_px
    shape = dlib.full_object_detection(dlib.rectangle(box.left, box.top, box.right - 1, box.bottom - 1), points)
    return np.asarray(dlib.get_face_chip(frame, shape, 150, 0.25))


def test_a_mirrored_face_is_the_same_face_in_the_mirror() -> None:
    frame, face = mirrored(FRAME, FACE)
    assert (frame == FRAME[:, ::-1]).all()
    assert face.box_px == Box(110, 60, 220, 170)
    assert (
        face.landmarks_px[0, 0] > face.landmarks_px[2, 0]
    )  # the order still goes from the picture's right to its left
    difference = np.abs(_chip(frame, face)[:, ::-1].astype(int) - _chip(FRAME, FACE))
    assert (
        np.median(difference)
        < 15
        < 45
        < np.median(np.abs(_chip(FRAME, FACE)[:, ::-1].astype(int) - _chip(FRAME, FACE)))
    )


def test_the_mirror_of_the_mirror_is_the_frame() -> None:
    frame, face = mirrored(*mirrored(FRAME, FACE))
    assert (frame == FRAME).all()
    assert face.box_px == FACE.box_px
    assert (face.landmarks_px == LANDMARKS).all()


@pytest.mark.parametrize("share", [-0.07, 0.07])
def test_a_shift_goes_along_the_faces_own_upright(share: float) -> None:
    moved = shifted(FACE, share).landmarks_px - LANDMARKS
    assert (moved == moved[0]).all()
    assert moved[0, 1] == pytest.approx(share * 69, abs=0.5)
    upside_down = Face(BOX, LANDMARKS[:, ::-1].copy(), FACE.quality)
    assert abs(shifted(upside_down, share).landmarks_px - upside_down.landmarks_px)[0].tolist() == pytest.approx(
        [5, 0], abs=0.5
    )


def test_looks_differ_and_repeat() -> None:
    chips = [_chip(*look(FRAME, FACE, number)).tobytes() for number in range(2 * LOOKS)]
    assert len(set(chips[:LOOKS])) == LOOKS
    assert chips[:LOOKS] == chips[LOOKS:]
    assert look(FRAME, FACE, 0) == (FRAME, FACE) or look(FRAME, FACE, 0)[1] is FACE


def test_the_frame_is_not_written_to() -> None:
    frozen = FRAME.copy()
    frozen.flags.writeable = False
    landmarks = LANDMARKS.copy()
    for frame, face in looks_at(frozen, FACE, range(LOOKS)):
        _chip(frame, face)
    assert (FACE.landmarks_px == landmarks).all()


@pytest.mark.parametrize("numbers", [range(1), range(3), range(1, LOOKS), range(2, 3)])
def test_the_looks_asked_for_are_looked_at(numbers: range) -> None:
    seen = [_chip(*each).tobytes() for each in looks_at(FRAME, FACE, numbers)]
    assert seen == [_chip(*look(FRAME, FACE, number)).tobytes() for number in numbers]


def test_the_first_look_and_all_the_others_are_the_mean_of_all() -> None:
    looks = np.random.default_rng(5).normal(size=(LOOKS, 128)).astype(np.float32)
    whole = joined(looks[0], looks[1:].mean(axis=0), LOOKS, "distance")
    np.testing.assert_allclose(whole, looks.mean(axis=0), atol=1e-6)
    one, other = unit(looks[0]), unit(looks[1])
    np.testing.assert_allclose(joined(one, other, 2, "cosine"), unit(one + other), atol=1e-6)
    assert whole.dtype == joined(one, other, 2, "cosine").dtype == np.float32
