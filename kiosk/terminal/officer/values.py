"""What goes into and comes out of the officer's area, and its state."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kiosk.model import NOBODY, Duty, Nip, PersonId, Refused, Sighting
from kiosk.ports import Look, Told

IDLE_S = 60.0
"""Without a touch for so long, the area closes: an officer who is called away leaves nobody else in it."""

READING_S = 180.0
"""A consent is read and asked about for longer than that."""

CLEANING_S = 30.0
PIN_DIGITS = 6


class Page(enum.Enum):
    CLOSED = "closed"
    PIN = "pin"
    MENU = "menu"
    PEOPLE = "people"
    PERSON = "person"
    CONSENT = "consent"
    SIGN = "sign"
    CAPTURE = "capture"
    TOLD = "told"
    OTHER = "other"
    QUEUE = "queue"
    REFUSED = "refused"
    CAMERA = "camera"
    RECOGNISE = "recognise"
    SOUND = "sound"
    LANGUAGE = "language"
    CLEANING = "cleaning"


class Act(enum.Enum):
    """What a finger may do; `Touched.value` says the rest."""

    DIGIT = "digit"
    ERASE = "erase"
    ENTER = "enter"
    FACE = "face"
    GO = "go"
    BACK = "back"
    LEAVE = "leave"
    LETTER = "letter"
    MISSING = "missing"
    TURN = "turn"
    CHOOSE = "choose"
    ENROL = "enrol"
    WITHDRAW = "withdraw"
    SURE = "sure"
    AGREE = "agree"
    REFUSE = "refuse"
    SIGNED = "signed"
    SHOW = "show"
    SPEAK = "speak"
    SYNC = "sync"
    RESTART = "restart"
    EXPORT = "export"
    STORE = "store"
    OTHER = "other"


DUTIES: Mapping[str, Duty | None] = {
    Page.PEOPLE.value: "enrol",
    Page.RECOGNISE.value: None,
    Page.CAMERA.value: None,
    Page.QUEUE.value: None,
    Page.REFUSED.value: None,
    Page.SOUND.value: None,
    Page.LANGUAGE.value: None,
    Page.CLEANING.value: None,
    Act.SYNC.value: None,
    Act.EXPORT.value: "maintain",
    Act.RESTART.value: "maintain",
}
"""What there is in the menu, and which duty it takes; also what it is called in the journal."""

AT_WINDOW = frozenset({Page.PEOPLE.value, Page.LANGUAGE.value})
"""What there is of it in a window on a laptop: it has no lamps, no queue of people, and no terminal to start again."""

ORDERS = frozenset({Act.SYNC, Act.RESTART, Act.EXPORT})


State = Literal["enrolled", "none", "waiting", "refused", "other"]


@dataclass(frozen=True, slots=True)
class Enrollable:
    """Somebody of the office. `person_id` None: the terminal has no face; `state` of an enrolment that waits or was
    refused, and `other`: the face is for another recogniser; `renew`: should be enrolled anew."""

    nip: Nip = field(repr=False)
    name: str = field(repr=False)
    person_id: PersonId | None = None
    state: State = "none"
    renew: bool = False

    @property
    def enrolled(self) -> bool:
        return self.state == "enrolled"

    @property
    def on_file(self) -> bool:
        """Whether an enrolment takes the place of a face, be it for another recogniser."""
        return self.state in ("enrolled", "other")


WAITING = Look("front", 0.0)
"""Before the first frame of a capture."""

# ---------------------------------------------------------------- inputs


@dataclass(frozen=True, slots=True)
class Opened:
    """A finger has lain in the corner for long enough."""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """Whoever is in is no officer any more, or has other duties."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Touched:
    act: Act
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """The picture of what was written under the consent."""

    picture: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A picture was dropped into the window, or a folder of them."""

    path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class Looked:
    """What the recogniser sees, while nobody is recorded."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to CheckPin: who it is, or nobody, and for how long no PIN is looked at; `by_face`: none of that face,
    which leaves the other way open."""

    officer_id: str = ""
    name: str = field(default="", repr=False)
    wait_s: float = 0.0
    left: int = 0
    why: str = ""
    may: frozenset[Duty] = frozenset()
    by_face: bool = False


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer to Admit: the person may be enrolled."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The answer to Inquire; None when the journal cannot be read."""

    refused: tuple[Refused, ...] | None


@dataclass(frozen=True, slots=True)
class Progress:
    look: Look


@dataclass(frozen=True, slots=True)
class Done:
    """An order has ended: `good`, and what is to be said of it, by language. `key` and `fields`: a text of the screen's
    catalogue in its place. `like`: as of EnrolmentRefused, where the officer may say that it is another person."""

    good: bool
    said: tuple[Told, ...] = field(default=(), repr=False)
    key: str = ""
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)
    like: str = field(default="", repr=False)


Input = Opened | Dismissed | Tick | Touched | Signed | Dropped | Looked | Checked | Admitted | Listed | Progress | Done

# ---------------------------------------------------------------- effects


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Answer with Checked. `face`: of whom the PIN must be; None: of any officer."""

    pin: str = field(repr=False)
    face: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Append the use to the journal: a word of docs/protocol.md, "occurrence", and what it was. `officer`: the name of
    one who came in without a PIN, by a command."""

    what: str
    officer_id: str = ""
    detail: str = ""
    person_id: PersonId | None = None
    officer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Admit:
    """Make ready for an enrolment, while the consent is read; answer with Admitted or Done. `despite`: whose face the
    person's may be like, by the officer's word."""

    person: Enrollable = field(repr=False)
    replacing: bool
    despite: Nip | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Enrol:
    """Capture, verify, write down; answer with Progress and Done."""

    officer: str = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Stop:
    """Give up the enrolment that is going on, if there is one."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Note that the person has withdrawn the consent; answer with Done. `officer`: as of Note."""

    officer_id: str
    person_id: PersonId
    officer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Inquire:
    """Look up what the server refused; answer with Listed."""


@dataclass(frozen=True, slots=True)
class Carry:
    """Do what the action says ("sync", "restart", "export"); answer with Done."""

    action: str


@dataclass(frozen=True, slots=True)
class Speak:
    """Go on in this language."""

    language: str


@dataclass(frozen=True, slots=True)
class Take:
    """Lay the picture onto the tray of the person who is being enrolled."""

    path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class Store:
    """There are enough pictures on the tray: enrol."""


Effect = CheckPin | Note | Admit | Enrol | Stop | Withdraw | Inquire | Carry | Speak | Take | Store

# ---------------------------------------------------------------- state


@dataclass(frozen=True, slots=True)
class Area:
    """`since_s` when the page came up, `touched_s` the last touch; `typed` a PIN, a NIP or a part of a name;
    `by_face`: the PIN is to be that of the face before the camera; `until_s` before which no PIN is looked at,
    `face_until_s` none of the face before the camera; `waiting`: an order has
    not been answered yet; `lapsed`: who typed the PIN that is being looked at has left; `first` number of the first row
    or page that is shown; `sure`: asked once more before it is done; `lamp` what the sound test shows. `refused`
    what the server did not take, None until it has been looked up. `sighting` is the newest. `window`: it is one on a
    laptop, into which pictures can be dropped; `held` so many for this person."""

    page: Page = Page.CLOSED
    since_s: float = 0.0
    touched_s: float = 0.0
    typed: str = field(default="", repr=False)
    by_face: bool = False
    until_s: float = 0.0
    face_until_s: float = 0.0
    officer_id: str = ""
    officer: str = field(default="", repr=False)
    may: frozenset[Duty] = frozenset()
    waiting: bool = False
    lapsed: bool = False
    why: str = ""
    left: int = 0
    missing: bool = True
    first: int = 0
    person: Enrollable | None = field(default=None, repr=False)
    admitted: bool = False
    sure: bool = False
    signature: bytes = field(default=b"", repr=False)
    look: Look = WAITING
    done: Done | None = None
    lamp: str = "idle"
    refused: tuple[Refused, ...] | None = None
    sighting: Sighting = NOBODY
    window: bool = False
    held: int = 0

    @property
    def open(self) -> bool:
        return self.page is not Page.CLOSED


Step = tuple[Area, tuple[Effect, ...]]
CLOSED = Area()
