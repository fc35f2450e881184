"""The parts that the forms of the officer's area are made of. Kivy; the main thread only."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Line
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.label import Label

from kiosk.terminal.officer import Act
from kiosk.ui import theme
from kiosk.ui.officer.sheet import Choice, Row
from kiosk.ui.officer.signature import LEAST_PX, Stroke, Strokes
from kiosk.ui.viewstate import Icon
from kiosk.ui.widgets import Bar, IconPart, Key, Panel, Part, Words

LETTERS = ("1234567890", "QWERTYUIOP", "ASDFGHJKL<", "ZXCVBNM'. ")
"""The keyboard's rows: "<" erases. Names have no other characters that anybody would search by."""

GAP = 8
"""Between keys, in dp."""


class Prose(Part, Label):
    """Says `say` with its own line breaks, as large as it fits between `largest` and `smallest` dp."""

    say = StringProperty("")
    largest = NumericProperty(30)
    smallest = NumericProperty(18)

    def __init__(self, **properties: Any) -> None:
        self._fit = Clock.create_trigger(self._choose, -1)
        super().__init__(**properties)
        for name in ("say", "size"):
            self.fbind(name, self._fit)

    def _choose(self, *_: object) -> None:
        self.text_size = self.size
        self.font_size, self.text = _prose_px(self.say, tuple(self.size), (self.largest, self.smallest)), self.say


@lru_cache(maxsize=64)
def _prose_px(text: str, room_px: tuple[float, float], span_dp: tuple[float, float]) -> float:
    """The largest font at which the wrapped text is no higher than its room."""
    for size in range(int(span_dp[0]), int(span_dp[1]), -1):
        label = CoreLabel(text=text, font_size=dp(size), text_size=(room_px[0], None))
        label.resolve_font_name()
        if label.render()[1] <= room_px[1]:
            return float(dp(size))
    return float(dp(span_dp[1]))


def words_at(at: list[float], says: str, span_dp: tuple[float, float], ink: Any) -> Words:
    """What is given to a part as it is made it does not fit: it is said afterwards."""
    words = Words(at=at, color=ink)
    words.largest, words.smallest = span_dp
    words.say = says
    return words


def icon_at(at: list[float], icon: Icon, ink: Any) -> IconPart:
    part = IconPart(at=at, tint=ink)
    part.icon = icon
    return part


class Gathered(Part):
    """A part with parts of its own, laid out in its frame, made anew when what they say changes. `form` is told."""

    form = ObjectProperty(None, allownone=True)

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        self.fbind("at", self.fill)

    def fill(self, *_: object) -> None:
        """Make the parts."""

    def cell(self, across: float, down: float, width: float, height: float) -> list[float]:
        """Where a cell of this part is on the sheet; all in dp from this part's top left corner."""
        left, top = self.at[:2]
        return [left + across, top + down, width, height]


class Choices(Gathered):
    """Buttons in rows of `across`; `room` for so many, the last one in the last place."""

    choices = ObjectProperty(())
    across = NumericProperty(3)
    room = NumericProperty(3)

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        for name in ("choices", "across", "room"):
            self.fbind(name, self.fill)

    def fill(self, *_: object) -> None:
        self.clear_widgets()
        across, rows = int(self.across), -(-int(self.room) // int(self.across))
        width, height = (self.at[2] + GAP) / across - GAP, (self.at[3] + GAP) / rows - GAP
        for number, choice in enumerate(self.choices):
            last = number == len(self.choices) - 1
            place = int(self.room) - 1 if last and len(self.choices) > 1 else number
            row, column = divmod(place, across)
            self.add_widget(self._key(choice, self.cell(column * (width + GAP), row * (height + GAP), width, height)))

    def _key(self, choice: Choice, at: list[float]) -> Key:
        ink = theme.DARK_TEXT if choice.strong else theme.TEXT if choice.enabled else theme.MUTED
        key = Key(at=at, radius=14, fill=theme.GREEN if choice.strong else theme.RAISED, enabled=choice.enabled)
        key.bind(on_press=lambda _key: self.form.act(choice.act, choice.value))
        left, top, width, height = at
        margin = 12 if choice.icon is Icon.NONE else 62
        key.add_widget(icon_at([left + 14, top + (height - 38) / 2, 38, 38], choice.icon, ink))
        words = words_at([left + margin, top, width - margin - 10, height], choice.text, (27, 20), ink)
        words.halign = "center" if choice.icon is Icon.NONE else "left"
        words.bold, words.most_lines = True, 2
        key.add_widget(words)
        return key


class People(Gathered):
    """Rows of people to choose from."""

    rows = ObjectProperty(())

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        self.fbind("rows", self.fill)

    def fill(self, *_: object) -> None:
        self.clear_widgets()
        for number, row in enumerate(self.rows):
            self._row(row, number * 52)

    def _row(self, row: Row, down: float) -> None:
        key = Key(at=self.cell(0, down, self.at[2], 48), fill=theme.SURFACE, radius=10)
        key.bind(on_press=lambda _key: self.form.act(Act.CHOOSE, row.whole_nip))
        self.add_widget(key)
        tint = theme.GREEN if row.enrolled else theme.AMBER
        for across, width, says, span, ink in (
            (14, 340, row.name, (24, 18), theme.TEXT),
            (360, 176, row.nip, (18, 14), theme.MUTED),
            (540, 114, row.state, (18, 14), tint),
        ):
            key.add_widget(words_at(self.cell(across, down, width, 48), says, span, ink))


class Keyboard(Gathered):
    """Letters and digits, as on a telephone's screen."""

    def fill(self, *_: object) -> None:
        self.clear_widgets()
        width, height = self.at[2] / 10, self.at[3] / len(LETTERS)
        for row, letters in enumerate(LETTERS):
            for column, letter in enumerate(letters):
                at = self.cell(column * width, row * height, width - 6, height - 5)
                erases = letter == "<"
                key = Key(
                    at=at,
                    text="" if erases else "_" if letter == " " else letter,
                    icon=Icon.ERASE if erases else Icon.NONE,
                    fill=theme.RAISED,
                    font=26,
                    radius=8,
                )
                key.bind(on_press=lambda _key, typed=letter: self._typed(typed))
                self.add_widget(key)

    def _typed(self, letter: str) -> None:
        if letter == "<":
            self.form.act(Act.ERASE)
        else:
            self.form.act(Act.LETTER, letter.lower())


class Meters(Gathered):
    """Measures of the picture, one below the other."""

    meters = ObjectProperty(())

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        self._names: tuple[str, ...] = ()
        self.fbind("meters", self.show)

    def show(self, *_: object) -> None:
        """The bars move with each frame; the parts are made once."""
        if self._names != tuple(meter.name for meter in self.meters):
            self.fill()
        for meter, (says, bar) in zip(self.meters, self._bars, strict=True):
            says.say, bar.fraction = f"{meter.name}: {meter.says}", meter.fraction
            says.color = bar.tint = theme.ACCENT[meter.tone]

    def fill(self, *_: object) -> None:
        self.clear_widgets()
        self._names = tuple(meter.name for meter in self.meters)
        self._bars: list[tuple[Words, Bar]] = []
        for number, _meter in enumerate(self.meters):
            down = number * 68
            self.add_widget(Panel(at=self.cell(0, down, self.at[2], 62), fill=theme.SHADE, radius=10))
            says = Words(at=self.cell(12, down + 2, self.at[2] - 24, 38), largest=24, smallest=18)
            bar = Bar(at=self.cell(12, down + 42, self.at[2] - 24, 10))
            self.add_widget(says)
            self.add_widget(bar)
            self._bars.append((says, bar))


class Paper(Panel):
    """Where a finger writes. `enough`: more than a dot is written."""

    enough = BooleanProperty(False)
    written_px = NumericProperty(0)
    points = ListProperty([])

    def __init__(self, **properties: Any) -> None:
        super().__init__(fill=theme.PAPER, radius=12, **properties)
        self._lines: list[Line] = []

    def clear(self) -> None:
        for line in self._lines:
            self.canvas.remove(line)
        self._lines, self.written_px, self.enough = [], 0, False

    def strokes(self) -> Strokes:
        """What was written, each point as a share of the paper's width, y downwards."""
        found: list[Stroke] = []
        for line in self._lines:
            pairs = zip(line.points[::2], line.points[1::2], strict=True)
            found.append(tuple(((x - self.x) / self.width, (self.top - y) / self.width) for x, y in pairs))
        return tuple(found)

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        with self.canvas:
            Color(*theme.INK)
            line = Line(points=[*touch.pos], width=dp(1.8))
        self._lines.append(line)
        touch.grab(self)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self or not self._lines:
            return False
        x = min(max(touch.x, self.x), self.right)
        y = min(max(touch.y, self.y), self.top)
        line = self._lines[-1]
        self.written_px += abs(x - line.points[-2]) + abs(y - line.points[-1])
        line.points = [*line.points, x, y]
        self.enough = self.written_px >= dp(LEAST_PX)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        return True
