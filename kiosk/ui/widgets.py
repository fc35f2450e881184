"""The parts that the screens are made of. Kivy; the main thread only.

A screen is a sheet of 800 x 480 dp. Each part says in kv where it lies: `at: x, y, width, height` in dp from the
sheet's top left corner.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
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
from PIL import Image, ImageDraw

from kiosk.model import Frame
from kiosk.ui import icons, theme
from kiosk.ui.viewstate import Icon

TOUCH_GAP_S = 0.12
"""A second touch within this time is the same finger: SDL and the kernel may both report it, and glass bounces."""


class Part(Widget):
    """Something at a fixed place of the sheet."""

    at = ListProperty([0, 0, 0, 0])

    def __init__(self, **properties: Any) -> None:
        super().__init__(size_hint=(None, None), **properties)

    def on_at(self, *_: object) -> None:
        left, top, width, height = self.at
        self.size = dp(width), dp(height)
        self.pos = dp(left), dp(theme.HEIGHT_DP - top - height)


class Panel(Part):
    """A filled rectangle with round corners; `outline` draws its border."""

    fill = ColorProperty(theme.SURFACE)
    outline = ColorProperty(theme.CLEAR)
    radius = NumericProperty(20)


class Words(Part, Label):
    """Text that fits: it shrinks from `largest` to `smallest` dp and wraps to at most `most_lines` lines."""

    largest = NumericProperty(32)
    smallest = NumericProperty(20)
    most_lines = NumericProperty(1)

    def __init__(self, **properties: Any) -> None:
        self._fit = Clock.create_trigger(self._choose, -1)
        super().__init__(**properties)
        self.fbind("text", self._fit)
        self.fbind("size", self._fit)
        self.fbind("bold", self._fit)

    def _choose(self, *_: object) -> None:
        self.text_size = self.size
        size = fitting_size(
            self.text,
            (self.width, self.height),
            (int(dp(self.largest)), int(dp(self.smallest))),
            int(self.most_lines),
            bool(self.bold),
        )
        self.font_size = size


@lru_cache(maxsize=256)
def fitting_size(
    text: str, size_px: tuple[float, float], range_px: tuple[int, int], most_lines: int, bold: bool
) -> int:
    """The largest font size in pixels with which the text fits; the smallest of the range when none does."""
    largest, smallest = range_px
    for font_px in range(largest, smallest, -1):
        label = CoreLabel(text=text, font_size=font_px, bold=bold, text_size=(size_px[0], None))
        label.resolve_font_name()
        words = text.split() or [""]
        if max(label.get_extents(word)[0] for word in words) > size_px[0]:
            continue
        _, height = label.render()
        line_height = label.get_extents("Äg")[1]
        if height <= size_px[1] and round(height / line_height) <= most_lines:
            return font_px
    return smallest


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


class CameraTexture:
    """The newest frame on the graphics processor; the same texture for every place that shows it."""

    def __init__(self) -> None:
        self.texture: Any = None
        self._seq = -1
        self._staging: npt.NDArray[np.uint8] = np.empty((0, 0, 3), np.uint8)

    def show(self, frame: Frame) -> bool:
        """Upload the frame unless it is there already. True when the texture object has been replaced."""
        if frame.seq == self._seq and self.texture is not None:
            return False
        height, width = frame.rgb.shape[:2]
        replaced = self.texture is None or self.texture.size != (width, height)
        if replaced:
            self.texture = Texture.create(size=(width, height), colorfmt="rgb")
            self._staging = np.empty((height, width, 3), np.uint8)
        np.copyto(self._staging, frame.rgb)  # Kivy asks for a writable buffer; frames are read-only
        self.texture.blit_buffer(self._staging.reshape(-1), colorfmt="rgb", bufferfmt="ubyte")
        self._seq = frame.seq
        return replaced


class Mirror(Part):
    """The camera's picture as in a mirror, filling its place; `lift` moves the picture's middle up by dp."""

    texture = ObjectProperty(None, allownone=True)
    radius = NumericProperty(0)
    lift = NumericProperty(0)
    corners = ListProperty([0, 0, 1, 0, 1, 1, 0, 1])

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        for name in ("texture", "size", "lift"):
            self.fbind(name, self._crop)

    def scale(self) -> float:
        """Screen pixels a pixel of the picture."""
        if self.texture is None or not self.width:
            return 1.0
        width, height = self.texture.size
        return float(max(self.width / width, (self.height + 2 * abs(dp(self.lift))) / height))

    def _crop(self, *_: object) -> None:
        if self.texture is None:
            return
        scale = self.scale()
        half_w = self.width / self.texture.width / scale / 2
        half_h = self.height / self.texture.height / scale / 2
        middle = 0.5 + dp(self.lift) / self.texture.height / scale
        left, right = 0.5 + half_w, 0.5 - half_w  # exchanged: a mirror
        bottom, top = middle + half_h, middle - half_h  # row 0 of a frame is its top, of a texture its bottom
        self.corners = [left, bottom, right, bottom, right, top, left, top]


class Oval(Part):
    """The oval for the face: dark around it, a ring in the guide's colour, and how much of the decision is done."""

    guide = ObjectProperty(None, allownone=True)
    tint = ColorProperty(theme.TEXT)
    progress = NumericProperty(0)
    shade = ObjectProperty(None, allownone=True)
    oval = ListProperty([280, 60, 240, 300])
    oval_px = ListProperty([0, 0, 1, 1])

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        self._draw = Clock.create_trigger(self._shade, -1)
        self.fbind("size", self._draw)
        self.fbind("oval", self._draw)

    def on_guide(self, *_: object) -> None:
        if self.guide is not None:
            self.tint, self.progress = theme.RING[self.guide.ring], self.guide.progress

    def _shade(self, *_: object) -> None:
        left, top, width, height = (dp(v) for v in self.oval)
        self.oval_px = [self.x + left, self.y + self.height - top - height, width, height]
        self.shade = _shade_texture((int(self.width), int(self.height)), (left, top, left + width, top + height))


@lru_cache(maxsize=4)
def _shade_texture(size_px: tuple[int, int], oval_px: tuple[float, float, float, float]) -> Any:
    fine = 2
    alpha = Image.new("L", (size_px[0] * fine, size_px[1] * fine), 150)
    ImageDraw.Draw(alpha).ellipse([v * fine for v in oval_px], fill=0)
    picture = Image.new("RGBA", size_px, (8, 12, 16, 255))
    picture.putalpha(alpha.resize(size_px, Image.Resampling.LANCZOS))
    return texture_of(picture)


class Key(Panel):
    """A button. It acts when the finger comes down, not when it leaves: on release the countdown may have ended,
    and "Bukan saya" would come too late. `fraction` of its width is left of a countdown, the rest is `spent`."""

    text = StringProperty("")
    icon = ObjectProperty(Icon.NONE)
    ink = ColorProperty(theme.TEXT)
    font = NumericProperty(40)
    enabled = BooleanProperty(True)
    held = BooleanProperty(False)
    fraction = NumericProperty(1)
    spent = ColorProperty(theme.CLEAR)

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
