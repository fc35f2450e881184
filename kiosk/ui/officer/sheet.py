"""What a screen of the officer's area draws, as values: no Kivy, no pixels, no time of its own."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from kiosk.terminal.officer import Act, Page
from kiosk.ui.viewstate import Countdown, Guide, Icon, Tone


class Form(enum.Enum):
    """The renderer that draws the sheet."""

    PIN = "pin"
    """A pad of digits. The first choice has its place above the last one, `Act.LEAVE`."""
    MENU = "menu"
    PEOPLE = "people"
    TELL = "tell"
    LIST = "list"
    CONSENT = "consent"
    SIGN = "sign"
    LIVE = "live"
    CLEANING = "cleaning"


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. `strong`: the one that most will want."""

    act: Act
    text: str
    value: str = ""
    icon: Icon = Icon.NONE
    strong: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody in the list, chosen by the NIP. `enrolled`: nothing is to be done."""

    whole_nip: str = field(repr=False)
    name: str = field(repr=False)
    nip: str = field(repr=False)
    state: str
    enrolled: bool


@dataclass(frozen=True, slots=True)
class Meter:
    """A measure of the picture: its name, how it stands in words, and 0..1 of what is enough."""

    name: str
    says: str
    fraction: float
    tone: Tone


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a screen of the area draws. Empty strings and tuples are not drawn."""

    page: Page
    form: Form
    title: str
    lines: tuple[str, ...] = ()
    tone: Tone = Tone.NEUTRAL
    icon: Icon = Icon.NONE
    choices: tuple[Choice, ...] = ()
    rows: tuple[Row, ...] = ()
    meters: tuple[Meter, ...] = ()
    typed: str = field(default="", repr=False)
    count: str = ""
    text: str = ""
    hint: str = ""
    guide: Guide | None = None
    arrow: Icon = Icon.NONE
    countdown: Countdown | None = None
    """Until something is over."""
    locked: bool = False
    """Keys do nothing now."""

    @property
    def asks(self) -> tuple[object, ...]:
        """What a touch would answer: with anything else of these, another question stands there."""
        return (self.page, *((choice.act, choice.text) for choice in self.choices))

    @property
    def meaning(self) -> tuple[object, ...]:
        """What makes this another screen to a person: not a meter, not a countdown."""
        return (self.page, self.title, self.lines, self.rows, self.choices, self.text, self.hint, len(self.typed))

    def choice(self, act: Act) -> Choice | None:
        return next((each for each in self.choices if each.act is act), None)
