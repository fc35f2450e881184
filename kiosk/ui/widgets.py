"""The parts that the screens are made of, but for those of the live picture. Kivy; the main thread only.

A screen is a sheet of 800 x 480 dp, or of 480 x 800. Each part says in kv where it lies: `at: x, y, width, height`
in dp from the top left corner of the one, `tall:` from that of the other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, SmoothLine
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
