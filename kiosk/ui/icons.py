"""The icons, drawn by Pillow at four times their size and reduced, so that their edges are smooth on every GL.

Each is white on clear, on a grid of 100 x 100, and is given its colour when it is shown. Shapes differ in outline,
not only in colour: a result is told by a disc with a tick, a triangle, an octagon or a cross.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw

from kiosk.ui.viewstate import Icon

_FINE = 4
_GRID = 100

Point = tuple[float, float]


class _Pen:
    """Draws on the 100 x 100 grid. `ink` 255 draws, 0 cuts out."""

    def __init__(self, size_px: int) -> None:
        self.image = Image.new("L", (size_px * _FINE, size_px * _FINE), 0)
        self._draw = ImageDraw.Draw(self.image)
        self._k = size_px * _FINE / _GRID

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._k, y * self._k) for x, y in points]

    def disc(self, x: float, y: float, r: float, ink: int = 255) -> None:
        self._draw.ellipse(self._at([(x - r, y - r), (x + r, y + r)]), fill=ink)

    def oval(self, left: float, top: float, right: float, bottom: float, ink: int = 255) -> None:
        self._draw.ellipse(self._at([(left, top), (right, bottom)]), fill=ink)

    def ring(self, x: float, y: float, r: float, width: float) -> None:
        self.disc(x, y, r)
        self.disc(x, y, r - width, 0)

    def shape(self, points: Sequence[Point], ink: int = 255) -> None:
        self._draw.polygon(self._at(points), fill=ink)

    def box(self, left: float, top: float, right: float, bottom: float, radius: float, ink: int = 255) -> None:
        self._draw.rounded_rectangle(self._at([(left, top), (right, bottom)]), radius * self._k, fill=ink)

    def stroke(self, points: Sequence[Point], width: float, ink: int = 255) -> None:
        """A line with round ends and joints."""
        self._draw.line(self._at(points), fill=ink, width=round(width * self._k), joint="curve")
        for x, y in points:
            self.disc(x, y, width / 2, ink)

    def arc(self, x: float, y: float, r: float, start: float, end: float, width: float, ink: int = 255) -> None:
        """Degrees clockwise from the right, with round ends."""
        steps = max(2, int(abs(end - start) / 4))
        angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
        self.stroke([(x + r * math.cos(a), y + r * math.sin(a)) for a in angles], width, ink)


def draw(icon: Icon, size_px: int) -> Image.Image:
    """The icon as RGBA, white with alpha, `size_px` wide and high."""
    pen = _Pen(size_px)
    _DRAWN[icon](pen)
    alpha = pen.image.resize((size_px, size_px), Image.Resampling.LANCZOS)
    picture = Image.new("RGBA", (size_px, size_px), (255, 255, 255, 0))
    picture.putalpha(alpha)
    return picture


def _none(_: _Pen) -> None:
    pass


def _face(pen: _Pen) -> None:
    for x, y, dx, dy in ((8, 8, 1, 1), (92, 8, -1, 1), (8, 92, 1, -1), (92, 92, -1, -1)):
        pen.stroke([(x, y + 20 * dy), (x, y), (x + 20 * dx, y)], 8)
    pen.oval(26, 17, 74, 83)
    pen.disc(40, 44, 4.5, 0)
    pen.disc(60, 44, 4.5, 0)
    pen.stroke([(42, 65), (58, 65)], 5, 0)


def _check(pen: _Pen) -> None:
    pen.disc(50, 50, 48)
    pen.stroke([(28, 52), (43, 67), (72, 35)], 10, 0)


def _phone(pen: _Pen) -> None:
    pen.box(25, 3, 75, 97, 12)
    pen.box(33, 14, 67, 80, 3, 0)
    pen.disc(50, 89, 4, 0)


def _late(pen: _Pen) -> None:
    """A clock with a tick: recorded, and not in time."""
    pen.ring(46, 46, 42, 9)
    pen.stroke([(46, 22), (46, 47), (30, 56)], 9)
    pen.disc(72, 72, 33, 0)
    pen.disc(72, 72, 27)
    pen.stroke([(60, 73), (69, 82), (85, 63)], 7, 0)


def _cross(pen: _Pen) -> None:
    pen.disc(50, 50, 48)
    pen.stroke([(33, 33), (67, 67)], 10, 0)
    pen.stroke([(67, 33), (33, 67)], 10, 0)


def _question(pen: _Pen) -> None:
    pen.box(4, 4, 96, 96, 24)
    pen.arc(50, 38, 16, 185, 405, 9, 0)
    pen.stroke([(61, 49.5), (52, 57), (50, 64)], 9, 0)
    pen.disc(50, 80, 6.5, 0)


def _warning(pen: _Pen) -> None:
    pen.stroke([(50, 14), (90, 84), (10, 84), (50, 14)], 14)
    pen.shape([(50, 14), (90, 84), (10, 84)])
    pen.stroke([(50, 38), (50, 60)], 9, 0)
    pen.disc(50, 75, 5.5, 0)


def _stop(pen: _Pen) -> None:
    near, far = 29.0, 71.0
    pen.shape([(near, 2), (far, 2), (98, near), (98, far), (far, 98), (near, 98), (2, far), (2, near)])
    pen.box(22, 42, 78, 58, 5, 0)


def _clock(pen: _Pen) -> None:
    pen.ring(50, 50, 46, 9)
    pen.stroke([(50, 24), (50, 52), (68, 62)], 9)


def _info(pen: _Pen) -> None:
    pen.disc(50, 50, 48)
    pen.disc(50, 27, 7, 0)
    pen.stroke([(50, 46), (50, 74)], 11, 0)


def _door(pen: _Pen) -> None:
    pen.stroke([(60, 10), (88, 10), (88, 90), (60, 90)], 9)


def _arrival(pen: _Pen) -> None:
    _door(pen)
    pen.stroke([(8, 50), (62, 50)], 9)
    pen.stroke([(42, 28), (64, 50), (42, 72)], 9)


def _departure(pen: _Pen) -> None:
    pen.stroke([(40, 10), (12, 10), (12, 90), (40, 90)], 9)
    pen.stroke([(36, 50), (90, 50)], 9)
    pen.stroke([(70, 28), (92, 50), (70, 72)], 9)


def _arrow(turn: Callable[[float, float], Point]) -> Callable[[_Pen], None]:
    def arrow(pen: _Pen) -> None:
        pen.stroke([turn(14, 50), turn(84, 50)], 13)
        pen.stroke([turn(56, 20), turn(86, 50), turn(56, 80)], 13)

    return arrow


def _nod(pen: _Pen) -> None:
    pen.stroke([(50, 12), (50, 88)], 11)
    pen.stroke([(28, 32), (50, 10), (72, 32)], 11)
    pen.stroke([(28, 68), (50, 90), (72, 68)], 11)


def _closer(pen: _Pen) -> None:
    """Arrows outwards from the middle: the face shall become larger."""
    for dx, dy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        tip = (50 + 40 * dx, 50 + 40 * dy)
        pen.stroke([(50 + 14 * dx, 50 + 14 * dy), tip], 10)
        pen.stroke([(tip[0] - 24 * dx, tip[1]), tip, (tip[0], tip[1] - 24 * dy)], 10)


def _back(pen: _Pen) -> None:
    """Arrows towards the middle: the face shall become smaller."""
    for dx, dy in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        tip = (50 + 12 * dx, 50 + 12 * dy)
        pen.stroke([(50 + 40 * dx, 50 + 40 * dy), tip], 10)
        pen.stroke([(tip[0] + 24 * dx, tip[1]), tip, (tip[0], tip[1] + 24 * dy)], 10)


def _people(pen: _Pen) -> None:
    pen.disc(70, 34, 13)
    pen.oval(46, 54, 94, 118)
    pen.disc(36, 36, 22, 0)
    pen.disc(36, 36, 17)
    pen.oval(0, 56, 72, 140, 0)
    pen.oval(6, 62, 66, 132)
    pen.box(0, 92, 100, 100, 0, 0)


def _dark(pen: _Pen) -> None:
    pen.disc(48, 50, 42)
    pen.disc(66, 36, 36, 0)


def _bright(pen: _Pen) -> None:
    pen.disc(50, 50, 20)
    for i in range(8):
        angle = math.pi * i / 4
        x, y = math.cos(angle), math.sin(angle)
        pen.stroke([(50 + 31 * x, 50 + 31 * y), (50 + 43 * x, 50 + 43 * y)], 9)


def _look(pen: _Pen) -> None:
    """An eye that looks at the camera."""
    lid = [(6 + 88 * i / 24, 26 * math.sin(math.pi * i / 24)) for i in range(25)]
    pen.stroke([(x, 50 - y) for x, y in lid], 9)
    pen.stroke([(x, 50 + y) for x, y in lid], 9)
    pen.disc(50, 50, 16)


def _hold(pen: _Pen) -> None:
    """A raised hand."""
    for x, top in ((32, 26), (46, 12), (60, 16), (74, 30)):
        pen.stroke([(x, top), (x, 60)], 11)
    pen.box(26.5, 50, 79.5, 94, 20)
    pen.stroke([(12, 54), (32, 78)], 11)
    for x in (39, 53, 67):
        pen.stroke([(x, 20), (x, 52)], 3, 0)


def _wait(pen: _Pen) -> None:
    """Three dots: it is being worked on."""
    for x in (18, 50, 82):
        pen.disc(x, 50, 12)


def _unmask(pen: _Pen) -> None:
    """A face that wears a mask."""
    pen.oval(20, 4, 80, 96)
    pen.disc(38, 36, 5, 0)
    pen.disc(62, 36, 5, 0)
    pen.stroke([(16, 50), (50, 52), (84, 50)], 6, 0)
    pen.stroke([(18, 80), (32, 76)], 6, 0)
    pen.stroke([(82, 80), (68, 76)], 6, 0)
    for y in (63, 74):
        pen.stroke([(36, y), (64, y)], 5, 0)


def _camera_off(pen: _Pen) -> None:
    pen.box(6, 28, 68, 78, 10)
    pen.shape([(72, 48), (94, 34), (94, 72), (72, 58)])
    pen.stroke([(12, 10), (90, 94)], 20, 0)
    pen.stroke([(12, 10), (90, 94)], 9)


def _linked(pen: _Pen) -> None:
    """Rising bars, all of them."""
    for i in range(4):
        pen.box(8 + 23 * i, 70 - 20 * i, 23 + 23 * i, 92, 4)


def _unlinked(pen: _Pen) -> None:
    _linked(pen)
    pen.stroke([(14, 10), (88, 94)], 20, 0)
    pen.stroke([(14, 10), (88, 94)], 9)


def _erase(pen: _Pen) -> None:
    pen.stroke([(32, 22), (92, 22), (92, 78), (32, 78), (8, 50), (32, 22)], 8)
    pen.stroke([(46, 38), (70, 62)], 8)
    pen.stroke([(70, 38), (46, 62)], 8)


_DRAWN: dict[Icon, Callable[[_Pen], None]] = {
    Icon.NONE: _none,
    Icon.FACE: _face,
    Icon.CHECK: _check,
    Icon.LATE: _late,
    Icon.CROSS: _cross,
    Icon.QUESTION: _question,
    Icon.WARNING: _warning,
    Icon.STOP: _stop,
    Icon.CLOCK: _clock,
    Icon.INFO: _info,
    Icon.ARRIVAL: _arrival,
    Icon.DEPARTURE: _departure,
    Icon.LEFT: _arrow(lambda x, y: (100 - x, y)),
    Icon.RIGHT: _arrow(lambda x, y: (x, y)),
    Icon.UP: _arrow(lambda x, y: (y, 100 - x)),
    Icon.DOWN: _arrow(lambda x, y: (y, x)),
    Icon.NOD: _nod,
    Icon.CLOSER: _closer,
    Icon.BACK: _back,
    Icon.PEOPLE: _people,
    Icon.DARK: _dark,
    Icon.BRIGHT: _bright,
    Icon.LOOK: _look,
    Icon.HOLD: _hold,
    Icon.WAIT: _wait,
    Icon.UNMASK: _unmask,
    Icon.CAMERA_OFF: _camera_off,
    Icon.LINKED: _linked,
    Icon.UNLINKED: _unlinked,
    Icon.ERASE: _erase,
    Icon.PHONE: _phone,
}
