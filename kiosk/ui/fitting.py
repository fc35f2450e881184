"""Text that fits its place: the largest letters, the fewest lines for them, and lines of like length. Pure.

Lines break at spaces only, so that a no-break space keeps "1 %" together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Measure = Callable[[str, int], tuple[float, float]]
"""Width and height in pixels of one line of text at a font size in pixels."""


class Fit(NamedTuple):
    font_px: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def fit(text: str, room_px: tuple[float, float], span_px: tuple[int, int], most_lines: int, measure: Measure) -> Fit:
    """`text` in at most `most_lines` lines inside `room_px` (width, height), at the largest font size of `span_px`
    (largest, smallest). Of what does not fit at the smallest the middle is left out: of a name that is too long both
    ends tell more than its beginning alone."""
    largest, smallest = span_px
    for font_px in range(largest, smallest - 1, -1):
        lines = _lines(text, font_px, room_px, most_lines, measure)
        if lines is not None:
            return Fit(font_px, lines)
    for kept in range(len(text) - 1, 0, -1):
        head, tail = text[: kept - kept // 2].rstrip(), text[len(text) - kept // 2 :].lstrip()
        lines = _lines(f"{head}…{tail}", smallest, room_px, most_lines, measure)
        if lines is not None:
            return Fit(smallest, lines)
    return Fit(smallest, ())


def _lines(
    text: str, font_px: int, room_px: tuple[float, float], most_lines: int, measure: Measure
) -> tuple[str, ...] | None:
    """The lines at this size, None when there is no room for them."""
    width, height = room_px

    def measured(line: str) -> float:
        return measure(line, font_px)[0]

    lines = _wrapped(text, width, measured)
    line_height = measure("Äg", font_px)[1]
    if lines is None or len(lines) > most_lines or len(lines) * line_height > height:
        return None
    return _balanced(lines, text, width, measured) if len(lines) > 1 else lines


def _wrapped(text: str, width: float, measured: Callable[[str], float]) -> tuple[str, ...] | None:
    """Each line as full as can be; None when a word is wider than a line."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and measured(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        elif measured(word) <= width:
            lines.append(word)
        else:
            return None
    return tuple(lines)


def _balanced(lines: tuple[str, ...], text: str, width: float, measured: Callable[[str], float]) -> tuple[str, ...]:
    """As many lines, with the longest as short as can be: no word stands alone on the last one."""
    low, high = 0.0, width
    while high - low > 1:
        middle = (low + high) / 2
        tighter = _wrapped(text, middle, measured)
        if tighter is not None and len(tighter) == len(lines):
            lines, high = tighter, middle
        else:
            low = middle
    return lines
