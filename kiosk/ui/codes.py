"""QR codes as pictures: every module is so many whole pixels that a cheap phone reads it off the glass."""

from __future__ import annotations

import segno
from PIL import Image

QUIET = 4
"""Modules of white around a code (ISO/IEC 18004:2015, 6.3.8)."""


def draw(text: str, size_px: int) -> Image.Image:
    """RGBA, `size_px` wide and high; the code in its middle, as large as it can be."""
    rows = segno.make(text, error="l", micro=False).matrix_iter(border=QUIET)
    lines = [bytes(0 if dark else 255 for dark in row) for row in rows]
    dots = Image.frombytes("L", (len(lines), len(lines)), b"".join(lines))
    whole = max(1, size_px // len(lines)) * len(lines)
    picture = Image.new("L", (size_px, size_px), 255)
    corner = (size_px - whole) // 2
    picture.paste(dots.resize((whole, whole), Image.Resampling.NEAREST), (corner, corner))
    return picture.convert("RGBA")
