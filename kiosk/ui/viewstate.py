"""What a screen draws, as values: words and fractions, no Kivy, no pixels, no time of its own."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from kiosk.terminal.encounter import Button, Phase


class Layout(enum.Enum):
    """The renderer of kiosk.ui that draws the view."""

    IDLE = "idle"
    STANDBY = "standby"
    LIVE = "live"
    CONFIRM = "confirm"
    PAD = "pad"
    RESULT = "result"
    PHONE = "phone"
    MONTH = "month"
    FAULT = "fault"


class Tone(enum.Enum):
    """How it stands, in colour; the icon says the same by its shape."""

    NEUTRAL = "neutral"
    OK = "ok"
    WARN = "warn"
    STOP = "stop"


class Icon(enum.Enum):
    NONE = "none"
    FACE = "face"
    CHECK = "check"
    LATE = "late"
    CROSS = "cross"
    QUESTION = "question"
    WARNING = "warning"
    STOP = "stop"
    CLOCK = "clock"
    INFO = "info"
    ARRIVAL = "arrival"
    DEPARTURE = "departure"
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    NOD = "nod"
    CLOSER = "closer"
    BACK = "back"
    PEOPLE = "people"
    DARK = "dark"
    BRIGHT = "bright"
    LOOK = "look"
    HOLD = "hold"
    WAIT = "wait"
    UNMASK = "unmask"
    CAMERA_OFF = "camera_off"
    LINKED = "linked"
    UNLINKED = "unlinked"
    ERASE = "erase"
    PHONE = "phone"


class Lamp(enum.Enum):
    """The methods of `kiosk.ports.Indicators` by name."""

    IDLE = "idle"
    BUSY = "busy"
    SUCCESS = "success"
    REFUSAL = "refusal"
    FAULT = "fault"


class Ring(enum.Enum):
    """The state of the oval that the face belongs into."""

    SEARCH = "search"
    ADJUST = "adjust"
    GOOD = "good"


@dataclass(frozen=True, slots=True)
class Guide:
    """`face` is the nearest face in the mirrored picture, fractions (left, top, right, bottom), None when there is
    none; `progress` 0..1 how much of the decision is done."""

    ring: Ring
    face: tuple[float, float, float, float] | None = None
    progress: float = 0.0


@dataclass(frozen=True, slots=True)
class Countdown:
    """`fraction` 1..0 of the time is left, `seconds` whole ones, rounded up."""

    fraction: float
    seconds: int


@dataclass(frozen=True, slots=True)
class ButtonView:
    button: Button
    text: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A figure of the month and what it counts."""

    label: str
    figure: str


@dataclass(frozen=True, slots=True)
class WayView:
    """A direction by its name, and whether the presence is meant so."""

    text: str
    meant: bool


@dataclass(frozen=True, slots=True)
class Speech:
    """Say `text` when the view's speech has become another one than before."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class ViewState:
    """All that a screen draws. Empty strings and None are not drawn; of `notices` and `bulletin` one has its turn."""

    phase: Phase
    layout: Layout
    tone: Tone
    icon: Icon
    title: str
    line: str = ""
    hint: str = ""
    aside: str = ""
    guide: Guide | None = None
    name: str = ""
    nip: str = ""
    direction: str = ""
    direction_icon: Icon = Icon.NONE
    presence_time: str = ""
    ways: tuple[WayView, ...] = ()
    """Arrival and departure, where the person may choose."""
    day: str = ""
    """The day's arrival and what has been recorded now, where the one is not the other."""
    occasion: str = ""
    consequence: str = ""
    consequence_tone: Tone = Tone.NEUTRAL
    footnote: str = ""
    alert: str = ""
    """What the person has to know besides, and to act upon."""
    reason: str = ""
    clock: str = ""
    clock_seconds: str = ""
    date: str = ""
    zone: str = ""
    office: str = ""
    people: str = ""
    connected: bool | None = None
    connection: str = ""
    waiting: int = 0
    notices: tuple[str, ...] = ()
    notice: str = ""
    bulletin: str = ""
    """What the server tells everybody who passes, when it has its turn in place of a notice."""
    rows: tuple[RowView, ...] = ()
    """The own month."""
    typed_as: str = ""
    """What is typed on the pad, where it is not the end of a NIP: "nip" or "pin", which is shown as dots."""
    countdown: Countdown | None = None
    buttons: tuple[ButtonView, ...] = ()
    digits_wanted: int = 0
    tries: int = 0
    """How often has been typed in vain: with each the pad begins anew."""
    code: str = ""
    link: str = field(default="", repr=False)
    """What a QR code on the screen says."""
    speech: Speech | None = None
    lamp: Lamp = Lamp.IDLE

    @property
    def screen(self) -> str:
        """The screen's name, as in docs/screens.md and in the names of its pictures."""
        return self.phase.value

    @property
    def asks(self) -> tuple[object, ...]:
        """What a touch would answer: with anything else of these, another question stands there."""
        return (self.phase, self.tries, self.digits_wanted)

    @property
    def meaning(self) -> tuple[object, ...]:
        """What makes this another screen to a person than the one before: not the clock, not the countdown."""
        told = (
            self.title,
            self.line,
            self.hint,
            self.aside,
            self.name,
            self.direction,
            self.day,
            self.occasion,
            self.consequence,
            self.alert,
        )
        return (self.phase, self.layout, *told, self.connected, self.notices, self.bulletin, self.rows, self.link)

    def button(self, which: Button) -> str:
        """The button's text; empty when the screen does not have it."""
        return next((b.text for b in self.buttons if b.button is which), "")


BLANK = ViewState(Phase.IDLE, Layout.IDLE, Tone.NEUTRAL, Icon.NONE, "")
"""Before the first view."""
