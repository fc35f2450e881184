"""What a finger wrote, as a picture: black on white, one bit a pixel, a kilobyte or two as PNG."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

WIDTH_PX = 480
SHAPE = 178 / 480
"""The height of the paper for its width, where the screen is wider than high."""

LEAST_PX = 60
"""Less than this, in dp of the finger's way, is a touch and no signature."""

MOST_POINTS = 4000
"""Of one signature: a finger that scribbles for a minute makes the picture no larger."""

Stroke = tuple[tuple[float, float], ...]
Strokes = tuple[Stroke, ...]
"""Each point as a share of the paper's width, y downwards."""


def picture_of(strokes: Strokes, shape: float = SHAPE) -> bytes:
    """The PNG, of paper of this height for its width; of the same strokes always the same."""
    paper = Image.new("1", (WIDTH_PX, round(WIDTH_PX * shape)), 1)
    pen = ImageDraw.Draw(paper)
    left = MOST_POINTS
    for stroke in strokes:
        points = [(x * WIDTH_PX, y * WIDTH_PX) for x, y in stroke[:left]]
        left -= len(points)
        if len(points) > 1:
            pen.line(points, fill=0, width=3, joint="curve")
    content = io.BytesIO()
    paper.save(content, "PNG", optimize=True)
    return content.getvalue()
