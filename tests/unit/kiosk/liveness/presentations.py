"""What may stand before a terminal, drawn: a head that moves, and a sheet with a face on it that is moved by hand.

Both are made from one photograph with known landmarks, so that tests need neither a camera nor a face detector. The
head is deliberately not shaped like `liveness.motion.head_depth`: flatter, with a wedge for a nose.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from kiosk.model import Box, Challenge, Face, Liveness, LivenessVerdict, Quality, RgbImage

Floats = npt.NDArray[np.float64]

QUALITY = Quality(80.0, 200.0, 120.0, 50.0, 0.0, 0.0, 0.0, 0.0, 0.25, 0.4, 0.2)
CAMERA_DISTANCE = 6.0
"""From the face, in outer eye distances: about half a metre."""


@dataclass(frozen=True)
class Posture:
    """Angles in degrees: yaw > 0 to the picture's right (the person's left), pitch > 0 downwards, roll clockwise.
    `scale` 1.2: so much nearer. `shift` in outer eye distances."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)


class Photograph:
    """A face with its five landmarks, from which presentations are drawn into frames of `size` (width, height)."""

    def __init__(
        self,
        rgb: RgbImage,
        landmarks_px: npt.NDArray[np.floating],
        size: tuple[int, int] = (320, 320),
        eyes_px: float = 72.0,
        noise: float = 2.0,
    ) -> None:
        marks = np.asarray(landmarks_px, dtype=np.float64)
        zoom = eyes_px / float(np.hypot(*(marks[0] - marks[2])))
        method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
        self._rgb = cv2.resize(rgb, None, fx=zoom, fy=zoom, interpolation=method)
        self._marks = marks * zoom
        self._eyes_px = eyes_px
        self._middle = self._marks[:4].mean(axis=0)
        self._size = size
        self._chance = np.random.default_rng(0)
        self._drawn = lru_cache(maxsize=128)(self._draw)  # most postures are held, and movements are made again
        self._grain = noise * self._chance.standard_normal((2 * size[1], size[0], 3)).astype(np.float32)

    def head(self, posture: Posture) -> tuple[RgbImage, Face]:
        """The face as a head with depth; shoulders and background stay where they are."""
        return self._grained("head", posture, 0.0)

    def sheet(self, posture: Posture, bend: float = 0.0) -> tuple[RgbImage, Face]:
        """The photograph as a sheet: flat, or bent about its vertical axis to a radius of 1 / `bend` eye distances."""
        return self._grained("sheet", posture, bend)

    def _grained(self, kind: str, posture: Posture, bend: float) -> tuple[RgbImage, Face]:
        clean, marks = self._drawn(kind, _rounded(posture), bend)
        height = self._size[1]
        first = int(self._chance.integers(height))
        return np.clip(clean + self._grain[first : first + height], 0, 255).astype(np.uint8), face_at(marks)

    def _draw(self, kind: str, posture: Posture, bend: float) -> tuple[RgbImage, Floats]:
        def forward(uv: Floats) -> Floats:
            return _head(uv, posture) if kind == "head" else _sheet(uv, posture, bend)

        width, height = self._size
        across, down = np.meshgrid(np.linspace(0, width - 1, 41), np.linspace(0, height - 1, 41))
        centre = np.array([width / 2, height * 0.42])
        wanted = (np.stack([across, down], axis=-1) - centre) / self._eyes_px
        source = _inverse(forward, wanted) * self._eyes_px + self._middle
        maps = cv2.resize(source.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        clean = cv2.remap(
            self._rgb,
            maps[..., 0],
            maps[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(90, 90, 90),
        )
        return clean, forward((self._marks - self._middle) / self._eyes_px) * self._eyes_px + centre


def astronaut() -> Photograph:
    """A public-domain portrait (NASA, in scikit-image), with dlib's landmarks of it."""
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed (extra `demo`)")
    marks = np.array([[255.0, 104.0], [237.0, 105.0], [195.0, 101.0], [212.0, 103.0], [224.0, 135.0]])
    return Photograph(data.astronaut(), marks)


def face_at(landmarks_px: Floats) -> Face:
    """A face whose box fits its landmarks."""
    scale = float(np.hypot(*(landmarks_px[0] - landmarks_px[2])))
    x, y = landmarks_px[:4].mean(axis=0) + np.array([0.0, 0.3 * scale])
    half = 0.85 * scale
    box = Box(round(x - half), round(y - half), round(x + half), round(y + half))
    return Face(box, landmarks_px.astype(np.float32), QUALITY)


def _rounded(posture: Posture) -> Posture:
    """To what no pixel shows, so that a posture which comes again is the same."""
    x, y = posture.shift
    angles = (round(angle, 6) for angle in (posture.yaw, posture.pitch, posture.roll))
    return Posture(*angles, round(posture.scale, 6), (round(x, 6), round(y, 6)))


def _inverse(forward: Callable[[Floats], Floats], wanted: Floats) -> Floats:
    found = wanted.copy()
    for _ in range(20):
        step = 0.7 * (forward(found) - wanted)
        found -= step
        if np.abs(step).max() < 1e-5:  # eye distances: a thousandth of a pixel
            break
    return found


def _rotation(posture: Posture) -> Floats:
    """x to the right, y down, z towards the camera."""
    yaw, pitch, roll = (math.radians(angle) for angle in (posture.yaw, posture.pitch, posture.roll))
    about_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), math.sin(pitch)], [0, -math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_x @ about_y)


def _seen(points: Floats, posture: Posture, pivot: Floats) -> Floats:
    turned = (points - pivot) @ _rotation(posture).T + pivot
    near = CAMERA_DISTANCE / (CAMERA_DISTANCE - turned[..., 2:])
    return np.asarray(turned[..., :2] * near * posture.scale + np.array(posture.shift))


def _head(uv: Floats, posture: Posture) -> Floats:
    u, v = uv[..., 0], uv[..., 1]
    shell = 0.6 * np.sqrt(np.clip(1 - (u / 0.95) ** 2 - ((v - 0.3) / 1.4) ** 2, 0.01, 1))
    nose = 0.3 * np.clip(1 - np.abs(u) / 0.22, 0, 1) * np.clip(v / 0.45, 0, 1) * np.clip((0.75 - v) / 0.2, 0, 1)
    depth = shell + nose
    flat = CAMERA_DISTANCE / (CAMERA_DISTANCE - depth)
    points = np.stack([u / flat, v / flat, depth], axis=-1)  # so that a head at rest looks like its photograph
    moved = _seen(points, posture, np.array([0.0, 0.4, 0.0]))
    still = uv * posture.scale + np.array(posture.shift)
    inside = np.clip((1.35 - np.sqrt((u / 0.95) ** 2 + ((v - 0.3) / 1.3) ** 2)) / 0.35, 0, 1)[..., np.newaxis]
    return np.asarray(inside * moved + (1 - inside) * still)


def _sheet(uv: Floats, posture: Posture, bend: float) -> Floats:
    u, v = uv[..., 0], uv[..., 1]
    if bend:
        angle = np.clip(u * bend, -1.4, 1.4)
        points = np.stack([np.sin(angle) / bend, v, (np.cos(angle) - 1) / bend], axis=-1)
    else:
        points = np.stack([u, v, np.zeros_like(u)], axis=-1)
    return _seen(points, posture, np.zeros(3))


class Person:
    """Does what is asked: after a reaction time, to `degrees` and back, each in `move_s`. Mistakes are the caller's."""

    def __init__(self, degrees: float = 25.0, reaction_s: float = 0.5, move_s: float = 0.5) -> None:
        self._degrees = degrees
        self._reaction_s = reaction_s
        self._move_s = move_s
        self._doing: Challenge | None = None
        self._since_s = 0.0

    def posture(self, verdict: LivenessVerdict | None, t_s: float) -> Posture:
        if verdict is not None and verdict.state is Liveness.CHALLENGE and self._doing is None:
            self._doing, self._since_s = verdict.challenge, t_s
        progress = (t_s - self._since_s - self._reaction_s) / self._move_s
        if progress > 2.5:
            self._doing = None
        share = max(0.0, min(1.0, progress, 2.5 - progress))
        return made(self._doing, share, self._degrees)


def made(challenge: Challenge | None, share: float, degrees: float = 25.0) -> Posture:
    """The posture in which a movement has gone `share` of its way."""
    angle = share * degrees
    match challenge:
        case Challenge.TURN_LEFT:
            return Posture(yaw=angle)
        case Challenge.TURN_RIGHT:
            return Posture(yaw=-angle)
        case Challenge.NOD:
            return Posture(pitch=0.8 * angle)
        case Challenge.COME_CLOSER:
            return Posture(scale=1 + 0.3 * share)
        case Challenge.WAIT | None:
            return Posture()
