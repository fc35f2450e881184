"""The parts that the forms of the officer's area are made of. Kivy; the main thread only."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, Line
from kivy.metrics import dp
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, ObjectProperty

from kiosk.terminal.officer import Act
from kiosk.ui import theme
from kiosk.ui.officer.sheet import Choice, Row
from kiosk.ui.officer.signature import LEAST_PX, Stroke, Strokes
from kiosk.ui.viewstate import Icon
from kiosk.ui.widgets import Bar, Key, Panel, Part, Words

LETTERS = ("1234567890", "QWERTYUIOP", "ASDFGHJKL<", "ZXCVBNM'. ")
"""The keyboard's rows: "<" erases. Names have no other characters that anybody would search by."""

GAP = 8
"""Between keys, in dp."""


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
        key = Key(
            text=choice.text,
            icon=choice.icon,
            at=at,
            radius=14,
            font=27,
            fill=theme.GREEN if choice.strong else theme.RAISED,
            ink=theme.DARK_TEXT if choice.strong else theme.TEXT if choice.enabled else theme.MUTED,
            enabled=choice.enabled,
        )
        key.bind(on_press=lambda _key: self.form.act(choice.act, choice.value))
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
        self.add_widget(Words(at=self.cell(14, down, 340, 48), say=row.name, largest=24, smallest=18))
        nip = Words(at=self.cell(360, down, 190, 48), say=row.nip, largest=18, smallest=14, color=theme.MUTED)
        self.add_widget(nip)
        tint = theme.GREEN if row.enrolled else theme.AMBER
        self.add_widget(Words(at=self.cell(554, down, 100, 48), say=row.state, largest=18, smallest=14, color=tint))


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
                    text="" if erases else "\u2423" if letter == " " else letter,
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
