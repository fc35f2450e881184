"""What every part that is given a picture asks of it."""

from __future__ import annotations

import numpy as np

from kiosk.model import RgbImage


def checked_rgb(frame_rgb: RgbImage) -> RgbImage:
    """The frame, contiguous. Raises ValueError for what is not a (height, width, 3) uint8 array."""
    if not isinstance(frame_rgb, np.ndarray):
        raise ValueError(f"a frame is a (height, width, 3) uint8 array, not a {type(frame_rgb).__name__}")
    if frame_rgb.ndim != 3 or frame_rgb.shape[2] != 3 or frame_rgb.dtype != np.uint8:
        raise ValueError(f"a frame is (height, width, 3) uint8, not {frame_rgb.shape} {frame_rgb.dtype}")
    return np.ascontiguousarray(frame_rgb)
