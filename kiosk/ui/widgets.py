"""The parts that the screens are made of. Kivy; the main thread only.

A screen is a sheet of 800 x 480 dp, or of 480 x 800. Each part says in kv where it lies: `at: x, y, width, height`
in dp from the top left corner of the one, `tall:` from that of the other.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Mesh, SmoothLine
from kivy.graphics.texture import Texture
from kivy.metrics import dp
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.label import Label
from kivy.uix.widget import Widget
from PIL import Image

from kiosk.model import Frame
from kiosk.ui import codes, fitting, icons, theme
from kiosk.ui.viewstate import Icon


class Part(Widget):
    """Something at a fixed place of the sheet. `sheet`: its size in dp, the same for all of a window."""

    sheet: ClassVar[tuple[int, int]] = (theme.WIDTH_DP, theme.HEIGHT_DP)

    at = ListProperty([0, 0, 0, 0])
    tall = ListProperty([0, 0, 0, 0])

    def __init__(self, **properties: Any) -> None:
        super().__init__(size_hint=(None, None), **properties)

    def on_at(self, *_: object) -> None:
        if not upright():
            self._lie(*self.at)
        elif not any(self.tall):  # it has no place of its own on the upright sheet: smaller, in its middle
            share = self.sheet[0] / theme.WIDTH_DP
            left, top, width, height = (share * value for value in self.at)
            self._lie(left, top + (self.sheet[1] - share * theme.HEIGHT_DP) / 2, width, height)

    def on_tall(self, *_: object) -> None:
        if upright():
            self._lie(*self.tall)

    def _lie(self, left: float, top: float, width: float, height: float) -> None:
        self.size = dp(width), dp(height)
        self.pos = dp(left), dp(self.sheet[1] - top - height)


def upright() -> bool:
    """Whether the sheet is higher than wide."""
    return Part.sheet[1] > Part.sheet[0]


class Panel(Part):
    """A filled rectangle with round corners. Its border, in `outline`, takes 35 KB: it is made when first seen."""

    fill = ColorProperty(theme.SURFACE)
    outline = ColorProperty(theme.CLEAR)
    radius = NumericProperty(20)

    def __init__(self, **properties: Any) -> None:
        self._border: tuple[Color, SmoothLine] | None = None
        super().__init__(**properties)
        self.fbind("outline", self._bordered)
        self._bordered()

    def _bordered(self, *_: object) -> None:
        if self._border is None and self.outline[3]:
            with self.canvas.before:
                self._border = Color(), SmoothLine(width=dp(1.4))
            for name in ("pos", "size", "radius"):
                self.fbind(name, self._bordered)
        if self._border is not None:
            colour, line = self._border
            inset = dp(1)
            colour.rgba = self.outline
            line.rounded_rectangle = (
                self.x + inset,
                self.y + inset,
                self.width - 2 * inset,
                self.height - 2 * inset,
                dp(self.radius),
            )


class Words(Part, Label):
    """Says `say` so that it fits: it shrinks from `largest` to `smallest` dp, wraps to at most `most_lines` lines, and
    loses its middle to an ellipsis when that is not enough."""

    say = StringProperty("")
    largest = NumericProperty(32)
    smallest = NumericProperty(20)
    most_lines = NumericProperty(1)

    def __init__(self, **properties: Any) -> None:
        self._fit = Clock.create_trigger(self._choose, -1)
        super().__init__(**properties)
        for name in ("say", "size", "valign", "bold", "largest", "smallest", "most_lines"):
            self.fbind(name, self._fit)

    def _choose(self, *_: object) -> None:
        # In the middle a text may be as high as it is: Kivy would leave out the last of three lines that have room
        # (kivy 2.3.1, core/text/__init__.py, render: what follows the middle line break gets half of the height).
        self.text_size = self.width, None if self.valign == "middle" else self.height
        span_px = int(dp(self.largest)), int(dp(self.smallest))
        self.font_size, self.text = _fitted(self.say, tuple(self.size), span_px, int(self.most_lines), bool(self.bold))


@lru_cache(maxsize=256)
def _fitted(
    text: str, room_px: tuple[float, float], span_px: tuple[int, int], most_lines: int, bold: bool
) -> tuple[int, str]:
    """Font size in pixels and the text with its line breaks."""
    fit = fitting.fit(text, room_px, span_px, most_lines, lambda line, font_px: _extents(line, font_px, bold))
    return fit.font_px, fit.text


@lru_cache(maxsize=4096)
def _extents(line: str, font_px: int, bold: bool) -> tuple[float, float]:
    width, height = _font(font_px, bold).get_extents(line)
    return float(width), float(height)


@lru_cache(maxsize=128)
def _font(font_px: int, bold: bool) -> Any:
    label = CoreLabel(font_size=font_px, bold=bold)
    label.resolve_font_name()
    return label


class IconPart(Part):
    """An icon in the colour given."""

    icon = ObjectProperty(Icon.NONE)
    tint = ColorProperty(theme.TEXT)
    texture = ObjectProperty(None, allownone=True)

    def __init__(self, **properties: Any) -> None:
        self._draw = Clock.create_trigger(self._load, -1)
        super().__init__(**properties)
        self.fbind("icon", self._draw)
        self.fbind("size", self._draw)

    def _load(self, *_: object) -> None:
        self.texture = icon_texture(self.icon, max(1, int(self.height)))


@lru_cache(maxsize=128)
def icon_texture(icon: Icon, size_px: int) -> Any:
    return texture_of(icons.draw(icon, size_px))


def texture_of(picture: Image.Image) -> Any:
    """A texture of an RGBA picture, upright."""
    texture = Texture.create(size=picture.size, colorfmt="rgba")
    texture.blit_buffer(picture.tobytes(), colorfmt="rgba", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


class Code(Part):
    """A QR code on white, with its quiet zone, as large as whole pixels allow."""

    say = StringProperty("")
    texture = ObjectProperty(None, allownone=True)

    def __init__(self, **properties: Any) -> None:
        self._draw = Clock.create_trigger(self._load, -1)
        super().__init__(**properties)
        self.fbind("say", self._draw)
        self.fbind("size", self._draw)

    def _load(self, *_: object) -> None:
        self.texture = texture_of(codes.draw(self.say, int(self.height))) if self.say else None


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


class Bar(Part):
    """How much of a time is left."""

    fraction = NumericProperty(1)
    tint = ColorProperty(theme.BLUE)


class Touch(Panel):
    """What a finger presses. It acts when the finger comes down, not when it leaves: on release the countdown may have
    ended, and "Bukan saya" would come too late. What it says are parts of its own."""

    enabled = BooleanProperty(True)
    held = BooleanProperty(False)

    __events__ = ("on_press",)

    def on_press(self) -> None:
        """For kv."""

    def on_touch_down(self, touch: Any) -> bool:
        if not self.enabled or not self.opacity or not self.collide_point(*touch.pos):
            return False
        self.held = True
        touch.grab(self)
        self.dispatch("on_press")
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.held = False
        return True


class Sign(Touch):
    """A key with one letter or digit."""

    text = StringProperty("")
    font = NumericProperty(44)


class Key(Touch):
    """A key with a text, an icon, or both."""

    text = StringProperty("")
    icon = ObjectProperty(Icon.NONE)
    ink = ColorProperty(theme.TEXT)
    font = NumericProperty(40)
    margin = NumericProperty(12)


class Waning(Key):
    """A key that acts by itself in the end: `fraction` of its width is left of the countdown, the rest is `spent`."""

    fraction = NumericProperty(1)
    spent = ColorProperty(theme.CLEAR)
