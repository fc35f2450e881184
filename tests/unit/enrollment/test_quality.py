"""Which pictures are good enough to enrol from."""

from __future__ import annotations

import pytest

from enrollment import quality
from kiosk import config
from kiosk.model import Box, Face
from tests.unit.enrollment.kit import SETTINGS
from tests.unit.kiosk import factories

LIMITS = quality.limits(SETTINGS)


def scored(face: Face, score: float) -> Face:
    return Face(face.box_px, face.landmarks_px, face.quality, score)


def test_a_good_face() -> None:
    face = factories.face()
    assert quality.assess([face], LIMITS) == quality.Verdict(face, None)


def test_no_face() -> None:
    assert quality.assess([], LIMITS) == quality.Verdict(None, "no_face")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"eye_distance_px": 20.0}, "face_too_small"),
        ({"brightness": 30.0}, "too_dark"),
        ({"contrast": 5.0}, "too_dark"),
        ({"brightness": 240.0}, "too_bright"),
        ({"sharpness": 5.0}, "blurred"),
        ({"yaw": 0.6}, "face_turned"),
        ({"pitch": -0.7}, "face_turned"),
        ({"roll_deg": 30.0}, "face_turned"),
        ({"border": 0.5}, "face_cut_off"),
        ({"width": 0.8}, "face_too_near"),
        ({"eyes": 0.02}, "eyes_hidden"),
        ({"mouth": 0.01}, "mouth_hidden"),
    ],
)
def test_each_fault_has_its_reason(fault: dict[str, float], reason: str) -> None:
    assert quality.assess([factories.face(**fault)], LIMITS).reason == reason


def test_two_faces() -> None:
    faces = [scored(factories.face(), 1.5), scored(factories.face(left=400, size=80), 1.0)]
    assert quality.assess(faces, LIMITS).reason == "several_faces"


def test_a_small_face_far_behind_is_nobody() -> None:
    faces = [scored(factories.face(size=150), 1.5), scored(factories.face(left=400, size=40), 1.0)]
    assert quality.assess(faces, LIMITS).reason is None


def test_a_weak_detection_is_nobody_even_if_it_is_larger() -> None:
    person = scored(factories.face(size=150), 1.2)
    flag = scored(factories.face(left=400, size=170), 0.1)
    assert quality.assess([flag, person], LIMITS) == quality.Verdict(person, None)


def test_a_weak_detection_alone_is_the_subject() -> None:
    face = scored(factories.face(), 0.1)
    assert quality.assess([face], LIMITS).face is face


def test_enrolment_is_stricter_than_recognition() -> None:
    terminal = config.load().quality
    assert LIMITS.min_eye_distance_px > terminal.min_eye_distance_px
    assert LIMITS.min_sharpness > terminal.min_sharpness
    assert LIMITS.min_brightness > terminal.min_brightness
    assert LIMITS.max_brightness < terminal.max_brightness
    assert LIMITS.max_yaw < terminal.max_yaw
    assert LIMITS.max_pitch < terminal.max_pitch
    assert LIMITS.max_roll_deg < terminal.max_roll_deg
    assert LIMITS.max_border < terminal.max_border
    assert LIMITS.min_eyes > terminal.min_eyes
    assert LIMITS.min_mouth > terminal.min_mouth


def test_the_box_decides_who_is_nearest() -> None:
    near = Face(Box(0, 0, 200, 200), factories.face().landmarks_px, factories.face().quality, 0.5)
    far = scored(factories.face(left=400, size=60), 2.0)
    assert quality.assess([far, near], LIMITS).face is near
