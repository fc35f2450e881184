"""Measures a face (ISO/IEC 29794-5 in miniature) and judges the measure against limits.."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.model import Box, Hint, Quality, RgbImage


@dataclass(frozen=True, slots=True)
class Limits:
    """What a face must measure; the fields are those of Quality.

    The terminal's stand in default.toml [quality], enrolment's in [enrolment].
    """

    min_eye_distance_px: float
    min_sharpness: float
    min_brightness: float
    max_brightness: float
    min_contrast: float
    max_yaw: float
    max_pitch: float
    max_roll_deg: float
    max_border: float = 0.1


MIDDLE_GREY = 128
"""A face without contrast lacks light below this and has too much above."""

Landmarks = npt.NDArray[np.float32]


def measure(frame_rgb: RgbImage, box: Box, landmarks: Landmarks) -> Quality:
    """Quality of one face. `landmarks` (5, 2) float32 px as in Face.landmarks_px. Costs well under a millisecond."""
    height, width = frame_rgb.shape[:2]
    eye_a = landmarks[0:2].mean(axis=0)  # at the picture's right
    eye_b = landmarks[2:4].mean(axis=0)
    across = eye_a - eye_b
    distance = float(math.hypot(*across))
    roll = math.degrees(math.atan2(float(across[1]), float(across[0]))) if distance else 0.0
    yaw, pitch = _pose(eye_a, eye_b, landmarks[4], distance)
    left, top = max(box.left, 0), max(box.top, 0)
    right, bottom = min(box.right, width), min(box.bottom, height)
    if right <= left or bottom <= top or box.width <= 0 or box.height <= 0:
        return Quality(distance, 0.0, 0.0, 0.0, yaw, pitch, roll, 1.0)
    inside = (right - left) * (bottom - top) / (box.width * box.height)
    crop = np.ascontiguousarray(frame_rgb[top:bottom, left:right])
    luma = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    scaled = cv2.resize(luma, (100, 100), interpolation=cv2.INTER_AREA if luma.shape[0] > 100 else cv2.INTER_LINEAR)
    sharpness = float(cv2.Laplacian(scaled, cv2.CV_32F).var())
    return Quality(
        eye_distance_px=distance,
        sharpness=sharpness,
        brightness=float(luma.mean()),
        contrast=float(luma.std()),
        yaw=yaw,
        pitch=pitch,
        roll_deg=roll,
        border=1.0 - inside,
    )


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


def judge(quality: Quality, limits: Limits) -> Hint | None:
    """The most important thing that keeps this face from being described, or None when it may be."""
    flat = quality.contrast < limits.min_contrast
    if quality.brightness < limits.min_brightness or (flat and quality.brightness < MIDDLE_GREY):
        return Hint.TOO_DARK
    if quality.brightness > limits.max_brightness or flat:
        return Hint.TOO_BRIGHT
    if quality.eye_distance_px < limits.min_eye_distance_px:
        return Hint.TOO_FAR
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
    return None
