"""The program's icon as PNG, drawn here: a ring that is nearly closed, and a tick. Telephones want pictures of dots."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np

GROUND, RING, REST, TICK = (11, 95, 138), (255, 255, 255), (60, 130, 168), (255, 255, 255)
SHARE = 0.8
"""How much of the ring is closed."""


def png(size: int) -> bytes:
    """`size` x `size`, opaque to its edges: whoever shows it cuts it round as it likes, and nothing of it is lost."""
    at = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(at, at)
    soft = 2.0 / size
    picture = np.empty((size, size, 3), dtype=np.float64)
    picture[:] = GROUND
    radius, turn = np.hypot(x, y), np.arctan2(x, -y) % (2 * math.pi)
    ring = _inside(0.07 - np.abs(radius - 0.56), soft)
    _paint(picture, ring, REST)
    _paint(picture, ring * (turn < SHARE * 2 * math.pi), RING)
    tick = np.minimum(_distance(x, y, (-0.24, 0.0), (-0.06, 0.19)), _distance(x, y, (-0.06, 0.19), (0.27, -0.19)))
    _paint(picture, _inside(0.065 - tick, soft), TICK)
    rows = np.concatenate([np.zeros((size, 1), np.uint8), picture.round().astype(np.uint8).reshape(size, -1)], axis=1)
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows.tobytes(), 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _inside(depth: np.ndarray, soft: float) -> np.ndarray:
    """How much of a dot lies inside, from 0 to 1."""
    return np.clip(depth / soft + 0.5, 0.0, 1.0)


def _distance(x: np.ndarray, y: np.ndarray, a: tuple[float, float], b: tuple[float, float]) -> np.ndarray:
    """From each dot to the stroke between two points."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    return np.asarray(np.hypot(x - a[0] - along * dx, y - a[1] - along * dy))


def _paint(picture: np.ndarray, cover: np.ndarray, colour: tuple[int, int, int]) -> None:
    picture += cover[..., None] * (np.array(colour, dtype=np.float64) - picture)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
