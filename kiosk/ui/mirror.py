"""The live picture and what is drawn over it: the mirror, the oval for the face, brackets round the one that counts.

Kivy; the main thread only.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from kivy.clock import Clock
from kivy.graphics import Color, Mesh, SmoothLine
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import ColorProperty, ListProperty, NumericProperty, ObjectProperty

from kiosk.model import Frame
from kiosk.ui import theme
from kiosk.ui.widgets import Part


class CameraTexture:
    """The newest frame on the graphics processor; the same texture for every place that shows it."""

    def __init__(self) -> None:
        self.texture: Any = None
        self._seq = -1
        self._staging: npt.NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)

    def show(self, frame: Frame) -> bool:
        """Upload the frame; False when it is there already. A frame of another size gets another texture."""
        if frame.seq == self._seq and self.texture is not None:
            return False
        height, width = frame.rgb.shape[:2]
        if self.texture is None or self.texture.size != (width, height):
            self.texture = Texture.create(size=(width, height), colorfmt="rgb")
            self._staging = np.empty((height, width, 3), np.uint8)
        np.copyto(self._staging, frame.rgb)  # Kivy asks for a writable buffer; frames are read-only
        self.texture.blit_buffer(self._staging.reshape(-1), colorfmt="rgb", bufferfmt="ubyte")
        self._seq = frame.seq
        return True


class Mirror(Part):
    """The camera's picture as in a mirror, moved so that the face is in sight: a tall person's is at the frame's edge.

    `face` is the box of the face in the mirrored picture (fractions, None: stay as it is), `aim` the point of the part
    (dp from its top left corner) to which its middle is brought as far as the picture reaches; `bare` the part's
    top and bottom edges (dp) that something else covers. `share` > 0 zooms until the face has that share of the height.

    A mesh, since Kivy's RoundedRectangle pays no heed to texture coordinates.
    """

    texture = ObjectProperty(None, allownone=True)
    radius = NumericProperty(0)
    face = ObjectProperty(None, allownone=True)
    aim = ListProperty([0, 0])
    bare = ListProperty([0, 0])
    share = NumericProperty(0)
    zoom = NumericProperty(1)
    middle = ListProperty([0.5, 0.5])

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        with self.canvas:
            self._light = Color(*theme.SURFACE)
            self._glass = Mesh(mode="triangle_fan")
            Color(*theme.GROUND)
            self._rim = SmoothLine(width=1)  # over the mesh's jagged edge
        for name in ("texture", "pos", "size", "radius", "zoom", "middle", "aim", "bare"):
            self.fbind(name, self._lay)

    def on_texture(self, *_: object) -> None:
        self.on_face()

    def on_face(self, *_: object) -> None:
        """Follow the face: at once to another place, smoothly within one, where a jumping picture makes one seasick."""
        if self.face is None or self.texture is None:
            return
        left, top, right, bottom = self.face
        aim = ((left + right) / 2, (top + bottom) / 2)
        far = max(abs(new - old) for old, new in zip(self.middle, aim, strict=True)) > theme.FAR
        pace = 1.0 if far else theme.FOLLOW_PACE
        self.middle = [old + pace * (new - old) for old, new in zip(self.middle, aim, strict=True)]
        if self.share and bottom > top:
            wanted = self.share * self.height / ((bottom - top) * self.texture.height * self._fill_scale())
            wanted = min(theme.LARGEST_ZOOM, max(1.0, wanted))
            self.zoom = wanted if abs(wanted - self.zoom) > theme.FAR * self.zoom else self.zoom

    def place(self, across: float, down: float) -> tuple[float, float]:
        """Where a point of the mirrored picture (fractions from its top left corner) is on the sheet, in pixels."""
        scale, (left, top) = self._scale(), self._corner()
        return left + across * self.texture.width * scale, top - down * self.texture.height * scale

    def _fill_scale(self) -> float:
        width, height = self.texture.size
        return float(max(self.width / width, self.height / height))

    def _scale(self) -> float:
        """Screen pixels a pixel of the picture."""
        return float(self.zoom * self._fill_scale())

    def _corner(self) -> tuple[float, float]:
        """Where the mirrored picture's top left corner is on the sheet."""
        width, height = (side * self._scale() for side in self.texture.size)
        across, down = self.middle
        aim_x, aim_y = (dp(v) for v in self.aim) if any(self.aim) else (self.width / 2, self.height / 2)
        over, under = (dp(v) for v in self.bare)
        left = min(0.0, max(self.width - width, aim_x - across * width))
        top = min(over, max(self.height - under - height, aim_y - down * height))
        return self.x + left, self.y + self.height - top

    def _lay(self, *_: object) -> None:
        rim = _rounded(self.x, self.y, self.width, self.height, dp(self.radius))
        vertices: list[float] = []
        for x, y in [(self.center_x, self.center_y), *rim, rim[0]]:
            vertices += (x, y, *self._picture_point(x, y))
        self._glass.vertices, self._glass.indices = vertices, list(range(len(vertices) // 4))
        self._rim.points = [value for point in [*rim, rim[0]] for value in point] if self.radius else []
        if self.texture is not None:
            self._light.rgba = (1, 1, 1, 1)
            self._glass.texture = self.texture

    def _picture_point(self, x: float, y: float) -> tuple[float, float]:
        """The texture coordinates of a point on the screen. Across they run backwards: a mirror. Row 0 of a frame is
        its top and of a texture its bottom, so down they run with the frame."""
        if self.texture is None or not self.width:
            return 0.0, 0.0
        scale, (left, top) = self._scale(), self._corner()
        u = 1 - (x - left) / self.texture.width / scale
        v = (top - y) / self.texture.height / scale
        return u, v


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> list[tuple[float, float]]:
    """The outline of a rectangle with round corners, counter-clockwise."""
    corners = (
        (x + width - radius, y + height - radius, 0),
        (x + radius, y + height - radius, 90),
        (x + radius, y + radius, 180),
        (x + width - radius, y + radius, 270),
    )
    steps = 12 if radius else 0
    points = []
    for cx, cy, start in corners:
        for step in range(steps + 1):
            angle = math.radians(start + 90 * step / max(1, steps))
            points.append((cx + radius * math.cos(angle), cy + radius * math.sin(angle)))
    return points


class Oval(Part):
    """The oval for the face: dark around it, a ring in the guide's colour, and how much of the decision is done."""

    guide = ObjectProperty(None, allownone=True)
    tint = ColorProperty(theme.TEXT)
    progress = NumericProperty(0)
    oval = ListProperty([280, 60, 240, 300])
    oval_px = ListProperty([0, 0, 1, 1])
    around = ListProperty([])

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        self._draw = Clock.create_trigger(self._shade, -1)
        self.fbind("size", self._draw)
        self.fbind("oval", self._draw)

    def on_guide(self, *_: object) -> None:
        if self.guide is not None:
            self.tint, self.progress = theme.RING[self.guide.ring], self.guide.progress

    def _shade(self, *_: object) -> None:
        """The dark is a band between the oval and the part's edges: the ring hides that its inner edge is jagged."""
        left, top, width, height = (dp(v) for v in self.oval)
        self.oval_px = [self.x + left, self.y + self.height - top - height, width, height]
        middle_x, middle_y = self.oval_px[0] + width / 2, self.oval_px[1] + height / 2
        corners = [(x, y) for x in (self.x, self.right) for y in (self.y, self.top)]
        angles = [math.tau * step / 120 for step in range(120)]
        angles += [math.atan2(y - middle_y, x - middle_x) % math.tau for x, y in corners]
        vertices: list[float] = []
        for angle in [*sorted(angles), 0.0]:
            across, up = math.cos(angle), math.sin(angle)
            inner = 1 / math.hypot(2 * across / width, 2 * up / height)
            outer = min(
                _reach(across, self.x - middle_x, self.right - middle_x),
                _reach(up, self.y - middle_y, self.top - middle_y),
            )
            for reach in (inner, max(inner, outer)):
                vertices += (middle_x + reach * across, middle_y + reach * up, 0, 0)
        self.around = vertices


def _reach(pace: float, least: float, most: float) -> float:
    """How far one gets at this pace until `least` (below zero) or `most` (above)."""
    return math.inf if abs(pace) < 1e-9 else max(least / pace, most / pace)


class Brackets(Part):
    """The corners of a box round the face that counts, when there are several."""

    face = ObjectProperty(None, allownone=True)
    mirror = ObjectProperty(None, allownone=True)
    strokes = ListProperty([[0, 0, 0, 0, 0, 0]] * 4)

    def on_face(self, *_: object) -> None:
        if self.face is None or self.mirror is None or self.mirror.texture is None:
            self.strokes = [[0, 0, 0, 0, 0, 0]] * 4
            return
        left, top, right, bottom = self.face
        (x0, y0), (x1, y1) = self.mirror.place(left, bottom), self.mirror.place(right, top)
        arm = dp(26)
        self.strokes = [
            [x, y + arm * up, x, y, x + arm * across, y]
            for x, across in ((x0, 1), (x1, -1))
            for y, up in ((y0, 1), (y1, -1))
        ]
