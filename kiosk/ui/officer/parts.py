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
from kiosk.ui.widgets import Bar, IconPart, Panel, Part, Sign, Touch, Words, upright

LETTERS = ("1234567890", "QWERTYUIOP", "ASDFGHJKL<", "ZXCVBNM'. ")
"""The keyboard's rows. Names have no other characters that anybody would search by."""

ERASE = "<"
"""Of them, what takes the last letter away."""

GAP = 8
"""Between keys, in dp."""

LETTER_GAP = 5
"""Between letters, in dp: ten stand side by side, also on a sheet of 480 dp."""


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
    words = Words(at=at, tall=at, color=ink)
    words.largest, words.smallest = span_dp
    words.say = says
    return words


def icon_at(at: list[float], icon: Icon, ink: Any) -> IconPart:
    part = IconPart(at=at, tall=at, tint=ink)
    part.icon = icon
    return part


class Gathered(Part):
    """A part with parts of its own, laid out in its frame, made anew when what they say changes. `form` is told."""

    form = ObjectProperty(None, allownone=True)

    def __init__(self, **properties: Any) -> None:
        super().__init__(**properties)
        for name in ("at", "tall"):
            self.fbind(name, self.fill)

    def fill(self, *_: object) -> None:
        """Make the parts."""

    @property
    def frame(self) -> list[float]:
        """Where this part lies on the sheet that there is, in dp."""
        return list(self.tall if upright() else self.at)

    def cell(self, across: float, down: float, width: float, height: float) -> list[float]:
        """Where a cell of this part is on the sheet; all in dp from this part's top left corner."""
        left, top = self.frame[:2]
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
        whole_width, whole_height = self.frame[2:]
        width, height = (whole_width + GAP) / across - GAP, (whole_height + GAP) / rows - GAP
        for number, choice in enumerate(self.choices):
            last = number == len(self.choices) - 1
            place = int(self.room) - 1 if last and len(self.choices) > 1 else number
            row, column = divmod(place, across)
            self.add_widget(self._key(choice, self.cell(column * (width + GAP), row * (height + GAP), width, height)))

    def _key(self, choice: Choice, at: list[float]) -> Touch:
        ink = theme.DARK_TEXT if choice.strong else theme.TEXT if choice.enabled else theme.MUTED
        key = Touch(
            at=at, tall=at, radius=14, fill=theme.GREEN if choice.strong else theme.RAISED, enabled=choice.enabled
        )
        key.bind(on_press=lambda _key: self.form.act(choice.act, choice.value))
        left, top, width, height = at
        margin = 12 if choice.icon is Icon.NONE else 62
        if choice.icon is not Icon.NONE:
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
            self._row(row, number * (84 if upright() else 52))

    def _row(self, row: Row, down: float) -> None:
        """On one line, or on two where the sheet is narrow."""
        at = self.cell(0, down, self.frame[2], 78 if upright() else 48)
        key = Touch(at=at, tall=at, fill=theme.SURFACE, radius=10)
        key.bind(on_press=lambda _key: self.form.act(Act.CHOOSE, row.whole_nip))
        self.add_widget(key)
        tint = theme.GREEN if row.enrolled else theme.AMBER
        name, nip, state = ((14, 2, 420, 42), (14, 44, 230, 30), (250, 44, 186, 30))
        if not upright():
            name, nip, state = ((14, 0, 300, 48), (324, 0, 184, 48), (518, 0, 136, 48))
        for (across, below, width, height), says, span, ink in (
            (name, row.name, (24, 18), theme.TEXT),
            (nip, row.nip, (20, 16), theme.MUTED),
            (state, row.state, (20, 16), tint),
        ):
            key.add_widget(words_at(self.cell(across, down + below, width, height), says, span, ink))


class Letter(Sign):
    """A key among others: a touch between two is one of the nearer, so that none is narrower than a finger."""

    def collide_point(self, x: float, y: float) -> bool:
        reach = dp(LETTER_GAP / 2)
        return bool(-reach <= x - self.x < self.width + reach and -reach <= y - self.y < self.height + reach)


class Keyboard(Gathered):
    """Letters and digits, as on a telephone's screen."""

    def fill(self, *_: object) -> None:
        self.clear_widgets()
        width, height = self.frame[2] / 10, self.frame[3] / len(LETTERS)
        for row, letters in enumerate(LETTERS):
            for column, letter in enumerate(letters):
                left, top = column * width + LETTER_GAP / 2, row * height + LETTER_GAP / 2
                at = self.cell(left, top, width - LETTER_GAP, height - LETTER_GAP)
                key = Letter(at=at, tall=at, radius=8, font=26)
                if letter == ERASE:
                    side = 0.42 * at[3]
                    left, top = at[0] + (at[2] - side) / 2, at[1] + (at[3] - side) / 2
                    key.add_widget(icon_at([left, top, side, side], Icon.ERASE, theme.TEXT))
                else:
                    key.text = "_" if letter == " " else letter
                key.bind(on_press=lambda _key, typed=letter: self._typed(typed))
                self.add_widget(key)

    def _typed(self, letter: str) -> None:
        if letter == ERASE:
            self.form.act(Act.ERASE)
        else:
            self.form.act(Act.LETTER, letter.lower())


class Meters(Gathered):
    """Measures of the picture, `across` of them side by side."""

    meters = ObjectProperty(())
    across = NumericProperty(1)

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
        width = (self.frame[2] + GAP) / self.across - GAP
        for number, _meter in enumerate(self.meters):
            row, column = divmod(number, int(self.across))
            left, down = column * (width + GAP), row * 68
            ground, named, measured = (
                self.cell(left, down, width, 62),
                self.cell(left + 12, down + 2, width - 24, 38),
                self.cell(left + 12, down + 42, width - 24, 10),
            )
            self.add_widget(Panel(at=ground, tall=ground, fill=theme.SHADE, radius=10))
            says = Words(at=named, tall=named, largest=24, smallest=18)
            bar = Bar(at=measured, tall=measured)
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
