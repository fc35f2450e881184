"""What a face measures, and what the person is told."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.config import load
from kiosk.face.quality import Limits, judge, measure
from kiosk.model import Box, Hint, Quality, RgbImage

GOOD = Quality(
    eye_distance_px=60,
    sharpness=120,
    brightness=120,
    contrast=45,
    yaw=0.0,
    pitch=0.0,
    roll_deg=0.0,
    border=0.0,
    width=0.25,
    eyes=0.4,
    mouth=0.2,
)

LIMITS = Limits(**load().quality.model_dump())


def landmarks(x: float = 300, y: float = 200, distance: float = 60, roll_deg: float = 0.0) -> np.ndarray:
    """A facing head: dlib's outer and inner corners of the eyes, and the base of the nose."""
    corners = np.array([(0.75, 0), (0.25, 0), (-0.75, 0), (-0.25, 0), (0, 0.76)]) * distance
    angle = np.radians(roll_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(corners @ turn + (x, y), dtype=np.float32)


BOX = Box(230, 150, 370, 290)


def textured(level: float = 120, contrast: float = 40) -> RgbImage:
    rng = np.random.default_rng(7)
    pattern = cv2.GaussianBlur(rng.normal(0, 1, (480, 640)), (0, 0), 2)
    grey = level + contrast * pattern / pattern.std()
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_a_facing_head_measures_zero_pose() -> None:
    q = measure(textured(), BOX, landmarks())
    assert q.eye_distance_px == pytest.approx(60)
    assert (q.yaw, q.pitch, q.roll_deg, q.border) == pytest.approx((0, 0, 0, 0), abs=1e-3)


@pytest.mark.parametrize("roll_deg", [-30, -10, 5, 25])
def test_a_tilted_head_is_not_a_turned_one(roll_deg: float) -> None:
    q = measure(textured(), BOX, landmarks(roll_deg=roll_deg))
    assert q.roll_deg == pytest.approx(roll_deg, abs=0.1)
    assert (q.yaw, q.pitch) == pytest.approx((0, 0), abs=1e-3)


def test_the_nose_tells_where_the_head_is_turned() -> None:
    right, down = landmarks(), landmarks()
    right[4] += (12, 0)
    down[4] += (0, 12)
    assert measure(textured(), BOX, right).yaw == pytest.approx(0.4)
    assert measure(textured(), BOX, right).pitch == pytest.approx(0, abs=1e-3)
    assert measure(textured(), BOX, down).pitch > 0.3
    assert measure(textured(), BOX, down).yaw == pytest.approx(0, abs=1e-3)


def test_light_and_contrast_are_those_of_the_face() -> None:
    frame = textured(level=90, contrast=20)
    frame[:100] = 255  # a window above
    q = measure(frame, BOX, landmarks())
    assert q.brightness == pytest.approx(90, abs=3)
    assert q.contrast == pytest.approx(20, abs=3)


def test_blur_lowers_sharpness_and_size_does_not_raise_it() -> None:
    frame = textured()
    sharp = measure(frame, BOX, landmarks()).sharpness
    blurred = measure(np.asarray(cv2.GaussianBlur(frame, (0, 0), 3)), BOX, landmarks()).sharpness
    assert blurred < sharp / 3
    double = np.asarray(cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    larger = measure(double, Box(*(2 * side for side in BOX)), 2 * landmarks()).sharpness
    assert larger == pytest.approx(sharp, rel=0.35)


def drawn(*, roll_deg: float = 0.0, light: float = 1.0, eyes_open: bool = True, mouth: bool = True) -> RgbImage:
    """Skin at BOX and landmarks(): white and iris of both eyes, lips; or lids, or a mask."""
    frame = np.full((480, 640, 3), 160, np.uint8)
    turn = np.array([[np.cos(a := np.radians(roll_deg)), -np.sin(a)], [np.sin(a), np.cos(a)]])

    def blob(x: float, y: float, wide: float, high: float, shade: int) -> None:
        centre = turn @ (np.array([x, y]) * 60) + (300, 200)
        axes = (round(wide * 30), round(high * 30))
        cv2.ellipse(frame, centre.round().astype(int).tolist(), axes, roll_deg, 0, 360, (shade,) * 3, -1)

    for side in (-0.5, 0.5):
        blob(side, 0, 0.5, 0.2, 230 if eyes_open else 150)
        blob(side, 0, 0.2, 0.2, 40 if eyes_open else 150)
    if mouth:
        blob(0, 1.1, 0.8, 0.2, 80)
    return np.asarray(frame * light, dtype=np.uint8)


@pytest.mark.parametrize("roll_deg", [-20, 0, 20])
@pytest.mark.parametrize("light", [0.3, 1.0])
def test_what_is_drawn_on_a_face_tells_whether_it_is_covered(roll_deg: float, light: float) -> None:
    points = landmarks(roll_deg=roll_deg)

    def seen(**face: bool) -> Quality:
        return measure(drawn(roll_deg=roll_deg, light=light, **face), BOX, points)

    clear = seen()
    assert clear.eyes > 0.4
    assert clear.mouth > 0.1
    assert seen(eyes_open=False).eyes < LIMITS.min_eyes
    assert seen(eyes_open=False).mouth == pytest.approx(clear.mouth, abs=0.05)
    assert seen(mouth=False).mouth < LIMITS.min_mouth
    assert seen(mouth=False).eyes == pytest.approx(clear.eyes, abs=0.05)


def test_one_hidden_eye_is_enough_to_say_so() -> None:
    frame = drawn()
    frame[180:220, 305:380] = 20
    assert measure(frame, BOX, landmarks()).eyes < LIMITS.min_eyes


def test_a_face_half_out_of_the_picture_says_so() -> None:
    assert measure(textured(), Box(-70, 150, 70, 290), landmarks(0, 200)).border == pytest.approx(0.5, abs=0.01)
    assert measure(textured(), Box(-300, -300, -100, -100), landmarks(-200, -200)).border == 1.0


def test_eyes_and_mouth_by_hand() -> None:
    """With the eyes 32 px apart, where they come to lie on whole pixels, nothing is resampled."""
    frame = textured(contrast=30)
    light = frame[188:, 262:, 0].astype(np.float64)
    q = measure(frame, BOX, landmarks(300.4, 200.8, 32))
    lines = [light[11:14, left : left + 16].mean(axis=0) for left in (14, 46)]
    rows = light[38:58, 30:46].mean(axis=1)
    assert q.eyes == pytest.approx(min(np.ptp(line) / max(line.max() + line.min(), q.brightness) for line in lines))
    assert q.mouth == pytest.approx(rows.std() / rows.mean())


@given(
    st.tuples(*[st.integers(-2000, 2000)] * 4),
    st.lists(st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)), min_size=5, max_size=5),
    st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_any_box_and_points_measure_within_their_ranges(
    box: tuple[int, int, int, int], points: list[tuple[float, float]], size: tuple[int, int]
) -> None:
    frame = np.full((*size, 3), 130, dtype=np.uint8)
    q = measure(frame, Box(*box), np.array(points, dtype=np.float32))
    assert 0 <= q.border <= 1
    assert -1 <= q.yaw <= 1
    assert -1 <= q.pitch <= 1
    assert -180 <= q.roll_deg <= 180
    assert 0 <= q.brightness <= 255
    assert 0 <= q.eyes <= 1
    assert np.isfinite([q.eye_distance_px, q.sharpness, q.contrast, q.width, q.mouth]).all()


def test_a_good_face_has_nothing_to_be_told() -> None:
    assert judge(GOOD, LIMITS) is None


@pytest.mark.parametrize(
    ("worse", "hint"),
    [
        ({"brightness": 5.0}, Hint.TOO_DARK),
        ({"contrast": 1.0}, Hint.TOO_DARK),
        ({"brightness": 254.0}, Hint.TOO_BRIGHT),
        ({"contrast": 1.0, "brightness": 240.0}, Hint.TOO_BRIGHT),
        ({"eye_distance_px": 5.0}, Hint.TOO_FAR),
        ({"border": 0.6}, Hint.NOT_CENTRED),
        ({"yaw": 0.9}, Hint.NOT_FACING),
        ({"yaw": -0.9}, Hint.NOT_FACING),
        ({"pitch": 0.95}, Hint.NOT_FACING),
        ({"roll_deg": -45.0}, Hint.NOT_FACING),
        ({"sharpness": 0.5}, Hint.HOLD_STILL),
        ({"width": 0.9}, Hint.TOO_NEAR),
        ({"eyes": 0.0}, Hint.EYES_HIDDEN),
        ({"mouth": 0.0}, Hint.MOUTH_HIDDEN),
        ({"eyes": 0.0, "mouth": 0.0, "sharpness": 0.5}, Hint.HOLD_STILL),
        ({"sharpness": 0.5, "eye_distance_px": 5.0}, Hint.TOO_FAR),
        ({"yaw": 0.9, "brightness": 5.0}, Hint.TOO_DARK),
    ],
)
def test_the_person_is_told_the_most_important_thing(worse: dict[str, float], hint: Hint) -> None:
    assert judge(replace(GOOD, **worse), LIMITS) is hint


@given(
    st.sampled_from(["eye_distance_px", "sharpness", "brightness", "contrast", "eyes", "mouth"]),
    st.floats(0, 300),
    st.floats(0, 300),
)
def test_more_is_never_worse_but_for_light(name: str, low: float, high: float) -> None:
    if low > high:
        low, high = high, low
    if name == "brightness":
        low, high = min(low, 200.0), min(high, 200.0)
    if judge(replace(GOOD, **{name: low}), LIMITS) is None:
        assert judge(replace(GOOD, **{name: high}), LIMITS) is None
