"""Depth from movement: exact on points, and on drawn presentations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, replace

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kiosk.liveness import motion
from kiosk.liveness.motion import QUIET, DepthTracker, Relief, head_depth, measure
from tests.unit.kiosk.liveness import plain_motion, presentations
from tests.unit.kiosk.liveness.presentations import Photograph, Posture

SEEDED = 90


@pytest.fixture(scope="module", name="astronaut")
def _astronaut() -> Photograph:
    return presentations.astronaut()


def points(seed: int = 0) -> np.ndarray:
    chance = np.random.default_rng(seed)
    return chance.uniform([-0.6, -0.3], [0.6, 0.9], size=(SEEDED, 2))


def through(matrix: np.ndarray, uv: np.ndarray) -> np.ndarray:
    return cv2.perspectiveTransform(uv[:, np.newaxis], matrix)[:, 0]


small = st.floats(-0.25, 0.25)


@settings(max_examples=60)
@given(st.lists(small, min_size=6, max_size=6), st.floats(-0.12, 0.12), st.floats(-0.12, 0.12))
def test_no_homography_looks_like_a_turn(affine: list[float], g: float, h: float) -> None:
    matrix = np.eye(3) + np.array([affine[0:3], affine[3:6], [g, h, 0]])
    relief = measure(points(), through(matrix, points()), SEEDED)
    assert relief is not None
    assert abs(relief.turn) < 1e-3
    assert abs(relief.nod) < 1e-3
    assert relief.misfit < 1e-3


@pytest.mark.parametrize("roll_deg", [0.0, 30.0, -50.0])
@pytest.mark.parametrize(("turn", "nod"), [(0.4, 0.0), (-0.4, 0.0), (0.0, 0.3), (0.2, -0.2)])
def test_a_turned_head_measures_its_sine_in_its_own_axes(turn: float, nod: float, roll_deg: float) -> None:
    uv = points()
    moved = uv + np.outer(head_depth(*uv.T), [turn, nod])
    angle = np.radians(roll_deg)
    turned = 1.2 * moved @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) + 0.1
    relief = measure(uv, turned, SEEDED)
    assert relief is not None
    assert (relief.turn, relief.nod) == (pytest.approx(turn, abs=0.02), pytest.approx(nod, abs=0.02))


@settings(max_examples=60)
@given(
    st.tuples(small, small, small, small),
    st.tuples(small, small),
    st.tuples(small, small),
    st.sampled_from([QUIET, 0.18, math.inf]),
)
def test_leaving_out_bent_paper_changes_nothing_above_the_limit(
    affine: tuple[float, ...], depth: tuple[float, float], bend: tuple[float, float], quiet: float
) -> None:
    """Heads and sheets, bent or not: what is left out would have stayed below `quiet`, and is not flat."""
    uv = points()
    moved = uv @ (np.eye(2) + np.array(affine).reshape(2, 2))
    moved += np.outer(head_depth(*uv.T), depth) + np.outer(uv[:, 0] ** 2, bend)
    full, short = measure(uv, moved, SEEDED, 0.0), measure(uv, moved, SEEDED, quiet)
    assume(full is not None and short is not None)
    if full != short:
        assert max(abs(short.turn), abs(short.nod)) < quiet
        assert abs(full.turn) <= abs(short.turn) + 1e-9
        assert abs(full.nod) <= abs(short.nod) + 1e-9
        assert not full.flat
        assert not short.flat


def test_bent_paper_is_reckoned_where_it_would_be_taken_for_a_turn() -> None:
    uv = points()
    moved = uv + np.outer(uv[:, 0] ** 2, [0.5, 0.0])
    full, short = measure(uv, moved, SEEDED), measure(uv, moved, SEEDED, math.inf)
    assert full is not None
    assert short is not None
    assert abs(full.turn) < 0.01 < QUIET < abs(short.turn)


def test_lost_points_do_not_make_a_turn() -> None:
    uv = points()
    moved = uv + 0.05
    chance = np.random.default_rng(1)
    moved[:18] += chance.uniform(-0.5, 0.5, size=(18, 2))
    relief = measure(uv, moved, SEEDED)
    assert relief is not None
    assert abs(relief.turn) < 0.03
    assert abs(relief.nod) < 0.03


def test_points_on_one_line_determine_nothing() -> None:
    line = np.stack([np.linspace(-0.6, 0.6, SEEDED), np.zeros(SEEDED)], axis=1)
    assert measure(line, line + 0.1, SEEDED) is None


@settings(max_examples=150)
@given(
    st.integers(0, 10_000),
    st.integers(20, 120),
    st.lists(small, min_size=6, max_size=6),
    st.tuples(small, small),
    st.tuples(small, small),
    st.sampled_from([0.0, 1e-4, 0.01]),
    st.integers(0, 30),
    st.sampled_from([0.0, QUIET, math.inf]),
)
def test_it_measures_what_the_textbook_does(
    seed: int,
    count: int,
    affine: list[float],
    depth: tuple[float, float],
    bend: tuple[float, float],
    noise: float,
    astray: int,
    quiet: float,
) -> None:
    """Heads and sheets, bent or not, seen with noise and with points that are lost."""
    chance = np.random.default_rng(seed)
    uv = chance.uniform([-0.6, -0.3], [0.6, 0.9], size=(count, 2))
    moved = uv @ (np.eye(2) + np.array(affine[:4]).reshape(2, 2)) + affine[4:]
    moved += np.outer(head_depth(*uv.T), depth) + np.outer(uv[:, 1] ** 2, bend)
    moved += chance.normal(size=moved.shape) * noise
    moved[:astray] += chance.uniform(-0.5, 0.5, size=moved[:astray].shape)
    theirs, ours = plain_motion.measure(uv, moved, SEEDED, quiet), measure(uv, moved, SEEDED, quiet)
    assert (theirs is None) is (ours is None)
    if theirs is not None and ours is not None:
        assert astuple(ours) == pytest.approx(astuple(theirs), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(lambda uv: uv * 0 + 0.3, id="one place"),
        pytest.param(lambda uv: uv * (1, 0), id="level line"),
        pytest.param(lambda uv: np.outer(uv[:, 0], (0.3, 0.7)), id="oblique line"),
        pytest.param(lambda uv: uv * 1e-6, id="tiny"),
        pytest.param(lambda uv: uv + 1e4, id="far away"),
    ],
)
def test_degenerate_points_determine_nothing(place: Callable[[np.ndarray], np.ndarray]) -> None:
    uv = place(points())
    for now in (uv, points(1), uv * 0):
        assert plain_motion.measure(uv, now, SEEDED, 0.0) is None
        assert measure(uv, now, SEEDED, 0.0) is None
    assert measure(points(), uv * 0, SEEDED) is None


@pytest.mark.parametrize("nowhere", [math.nan, math.inf])
def test_a_point_that_is_nowhere_determines_nothing(nowhere: float) -> None:
    """And raises nothing, as NumPy's eigenvalues would."""
    lost = points()
    lost[3, 1] = nowhere
    with np.errstate(invalid="ignore"):
        assert measure(points(), lost, SEEDED) is None
        assert measure(lost, points(), SEEDED) is None


def follow(frames: list[tuple]) -> Relief | None:
    tracker = DepthTracker(*frames[0])
    for rgb, _ in frames[1:]:
        relief = tracker.update(rgb)
    return relief


@pytest.mark.parametrize("degrees", [22.0, -22.0])
def test_a_drawn_head_turns(astronaut: Photograph, degrees: float) -> None:
    relief = follow([astronaut.head(Posture(yaw=share * degrees)) for share in np.linspace(0, 1, 8)])
    assert relief is not None
    assert relief.turn * np.sign(degrees) > 0.25
    assert abs(relief.nod) < 0.1
    assert not relief.flat


@pytest.mark.parametrize(
    ("yaw", "pitch", "roll", "flat"),
    [(35, 0, 0, True), (0, 35, 0, True), (30, 30, 0, True), (-30, 30, 10, None), (0, 0, 30, False), (0, 0, 0, False)],
)
def test_a_drawn_sheet_has_no_depth_however_it_is_turned(
    astronaut: Photograph, yaw: float, pitch: float, roll: float, flat: bool | None
) -> None:
    shares = np.linspace(0, 1, 8)
    relief = follow([astronaut.sheet(Posture(share * yaw, share * pitch, share * roll)) for share in shares])
    assert relief is not None
    assert max(abs(relief.turn), abs(relief.nod)) < 0.1
    assert flat is None or relief.flat == flat


@pytest.mark.parametrize("bend", [0.3, 0.6, 1.0])
def test_bent_paper_has_no_nose(astronaut: Photograph, bend: float) -> None:
    relief = follow([astronaut.sheet(Posture(yaw=share * 35), bend) for share in np.linspace(0, 1, 8)])
    assert relief is not None
    assert max(abs(relief.turn), abs(relief.nod)) < 0.1


def test_a_small_or_featureless_face_is_not_judged(astronaut: Photograph) -> None:
    rgb, face = astronaut.head(Posture())
    grey = np.full_like(rgb, 128)
    assert DepthTracker(grey, face).update(grey) is None
    small = type(face)(face.box_px, (face.landmarks_px * 0.2).astype(np.float32), face.quality)
    assert DepthTracker(rgb, small).update(rgb) is None


@pytest.mark.parametrize(
    "shift", [(0, 0), (-120, 90), (-150, 0), (0, 500)], ids=["whole", "moved", "left rim", "below"]
)
def test_points_are_those_of_the_whole_picture(
    astronaut: Photograph, shift: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the surroundings of the face are searched for them; it may be cut by the picture's rim, or be outside."""
    rgb, face = astronaut.head(Posture())
    moved = np.roll(rgb, shift[::-1], axis=(0, 1))
    there = replace(face, landmarks_px=(face.landmarks_px + shift).astype(np.float32))
    part = DepthTracker(moved, there)._now
    monkeypatch.setattr(motion, "RIM_PX", 10_000)
    np.testing.assert_array_equal(part, DepthTracker(moved, there)._now)
    assert (len(part) > 0) is (shift != (0, 500))


def test_another_frame_size_loses_the_face_for_good(astronaut: Photograph) -> None:
    rgb, face = astronaut.head(Posture())
    tracker = DepthTracker(rgb, face)
    assert tracker.update(rgb) is not None
    assert tracker.update(rgb[:-40]) is None
    assert tracker.update(rgb) is None
