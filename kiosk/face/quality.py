"""Measures a face (ISO/IEC 29794-5 in miniature) and judges the measure against limits.

Five landmarks tell where the eyes and the base of the nose are. Whether they are covered is told by what is seen there:
the white of an eye beside its iris, the line of the lips. What each limit costs: docs/accuracy.md, "Quality".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.model import Box, Hint, Quality, RgbImage


@dataclass(frozen=True, slots=True)
class Limits:
    """What a face must measure; the names are those of Quality.

    The terminal's stand in default.toml [quality], enrolment's in [enrolment].
    """

    min_eye_distance_px: float
    max_width: float
    min_sharpness: float
    min_brightness: float
    max_brightness: float
    min_contrast: float
    max_yaw: float
    max_pitch: float
    max_roll_deg: float
    max_border: float
    min_eyes: float
    min_mouth: float


MIDDLE_GREY = 128
"""A face without contrast lacks light below this and has too much above."""

Landmarks = npt.NDArray[np.float32]
Luma = npt.NDArray[np.uint8]


def measure(frame_rgb: RgbImage, box: Box, landmarks: Landmarks) -> Quality:
    """Quality of one face. `landmarks` (5, 2) float32 px as in Face.landmarks_px. Costs well under a millisecond."""
    height, width = frame_rgb.shape[:2]
    eye_a, eye_b = (landmarks[0:4:2] + landmarks[1:4:2]) / 2  # the first at the picture's right
    across = eye_a - eye_b
    distance = float(math.hypot(*across))
    roll = math.degrees(math.atan2(float(across[1]), float(across[0]))) if distance else 0.0
    yaw, pitch = _pose(eye_a, eye_b, landmarks[4], distance)
    left, top = max(box.left, 0), max(box.top, 0)
    right, bottom = min(box.right, width), min(box.bottom, height)
    share = max(box.width, 0) / width
    if right <= left or bottom <= top or box.width <= 0 or box.height <= 0:
        return Quality(distance, 0.0, 0.0, 0.0, yaw, pitch, roll, 1.0, share, 0.0, 0.0)
    inside = (right - left) * (bottom - top) / (box.width * box.height)
    luma = np.asarray(cv2.cvtColor(frame_rgb[top:bottom, left:right], cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    scaled = cv2.resize(luma, (100, 100), interpolation=cv2.INTER_AREA if luma.shape[0] > 100 else cv2.INTER_LINEAR)
    _, edges = _mean_and_deviation(cv2.Laplacian(scaled, cv2.CV_32F))
    brightness, contrast = _mean_and_deviation(luma)
    eyes, mouth = _visible(luma, brightness, eye_a - (left, top), eye_b - (left, top), distance)
    return Quality(
        eye_distance_px=distance,
        sharpness=edges * edges,
        brightness=brightness,
        contrast=contrast,
        yaw=yaw,
        pitch=pitch,
        roll_deg=roll,
        border=1.0 - inside,
        width=share,
        eyes=eyes,
        mouth=mouth,
    )


def _mean_and_deviation(picture: npt.NDArray[Any]) -> tuple[float, float]:
    mean, deviation = cv2.meanStdDev(picture)
    return float(mean[0, 0]), float(deviation[0, 0])


def _pose(
    eye_a: npt.NDArray[np.float32], eye_b: npt.NDArray[np.float32], nose: npt.NDArray[np.float32], distance: float
) -> tuple[float, float]:
    """Yaw and pitch, -1..1, from where the nose's base lies in the frame spanned by the eye line."""
    if distance < 1.0:
        return 0.0, 0.0
    along = (eye_a - eye_b) / distance
    offset = nose - (eye_a + eye_b) / 2
    right = float(offset @ along) / distance
    down = float(offset[1] * along[0] - offset[0] * along[1]) / distance
    # The base of a facing nose lies 0.76 eye distances below the eye line.
    return max(-1.0, min(1.0, 2 * right)), max(-1.0, min(1.0, (down - 0.76) / 0.4))


_UNIT = 32
"""Pixels between the eyes in the upright copy of a face in which eyes and mouth are looked at."""

_MIDDLE = 1.2 * _UNIT
"""Where the middle between the eyes comes to lie in it, from the left."""

_PLACES = np.array([(0.7, 0.4), (1.7, 0.4), (0.7, 1.4)], dtype=np.float32) * _UNIT
"""And where the eyes do, and what is as far below the first as the other is beside it."""

_DARK = 20.0
"""Light below which the differences are the camera's noise."""


def _visible(
    luma: Luma, brightness: float, eye_a: npt.NDArray[np.float32], eye_b: npt.NDArray[np.float32], distance: float
) -> tuple[float, float]:
    """`eyes` and `mouth` of Quality. `luma`: the face, `brightness` its mean; `eye_a`, `eye_b`: its eyes' middles."""
    if distance < 1.0:
        return 0.0, 0.0
    down = np.array([eye_b[1] - eye_a[1], eye_a[0] - eye_b[0]], dtype=np.float32)
    upright = cv2.getAffineTransform(np.array([eye_b, eye_a, eye_b + down], dtype=np.float32), _PLACES)
    face = cv2.warpAffine(luma, upright, (round(2 * _MIDDLE), 2 * _UNIT), borderMode=cv2.BORDER_REPLICATE)

    def means(x: float, y: float, width: float, height: float, along: int) -> npt.NDArray[np.float64]:
        """Light around (x, y), in eye distances from the middle between the eyes: of its columns (0) or rows (1)."""
        left, top = _MIDDLE + (x - width / 2) * _UNIT, (y + 0.4 - height / 2) * _UNIT
        part = face[round(top) : round(top + height * _UNIT), round(left) : round(left + width * _UNIT)]
        return np.asarray(cv2.reduce(part, along, cv2.REDUCE_AVG, dtype=cv2.CV_64F), dtype=np.float64)

    lines = [cv2.minMaxLoc(means(side, 0.0, 0.5, 0.1, 0))[:2] for side in (-0.5, 0.5)]
    floor = max(brightness, 2 * _DARK)  # what glitters in dark glasses is little beside the light of the skin
    eyes = min((high - low) / max(high + low, floor) for low, high in lines)
    mean, deviation = _mean_and_deviation(means(0.0, 1.1, 0.5, 0.6, 1))
    return eyes, deviation / max(mean, _DARK)


def shares(quality: Quality, limits: Limits) -> dict[str, float]:
    """How far a face comes to what is asked, 1 and more: enough. By what a technician can change: focus, light,
    contrast, distance."""
    middle = (limits.min_brightness + limits.max_brightness) / 2
    dark = quality.brightness / max(1.0, limits.min_brightness)
    bright = (255.0 - quality.brightness) / max(1.0, 255.0 - limits.max_brightness)
    return {
        "focus": quality.sharpness / max(1e-6, limits.min_sharpness),
        "light": dark if quality.brightness < middle else bright,
        "contrast": quality.contrast / max(1e-6, limits.min_contrast),
        "distance": quality.eye_distance_px / max(1e-6, limits.min_eye_distance_px),
    }


def judge(quality: Quality, limits: Limits) -> Hint | None:
    """The most important thing that keeps this face from being described, or None when it may be."""
    flat = quality.contrast < limits.min_contrast
    if quality.brightness < limits.min_brightness or (flat and quality.brightness < MIDDLE_GREY):
        return Hint.TOO_DARK
    if quality.brightness > limits.max_brightness or flat:
        return Hint.TOO_BRIGHT
    if quality.eye_distance_px < limits.min_eye_distance_px:
        return Hint.TOO_FAR
    if quality.width > limits.max_width:
        return Hint.TOO_NEAR
    if quality.border > limits.max_border:
        return Hint.NOT_CENTRED
    if (
        abs(quality.yaw) > limits.max_yaw
        or abs(quality.pitch) > limits.max_pitch
        or abs(quality.roll_deg) > limits.max_roll_deg
    ):
        return Hint.NOT_FACING
    if quality.sharpness < limits.min_sharpness:
        return Hint.HOLD_STILL
    if quality.eyes < limits.min_eyes:
        return Hint.EYES_HIDDEN
    if quality.mouth < limits.min_mouth:
        return Hint.MOUTH_HIDDEN
    return None
