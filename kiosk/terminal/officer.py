"""The officer's area at the terminal's screen: a pure state machine beside the encounter's.

`step(area, input, now_s)` gives the next state and the effects that the caller has to carry out. It knows no screen, no
camera, no disk and no wall clock, as `kiosk.terminal.encounter`.

    CLOSED ──long press──> PIN ──right──> MENU <──> PEOPLE, QUEUE, CAMERA, RECOGNISE, SOUND, LANGUAGE, CLEANING
                            │ wrong: tries, then pauses that grow       │
                            └── wait ──> PIN                            v
                                                       PEOPLE ──> PERSON ──> CONSENT ──> SIGN ──> CAPTURE ──> TOLD

Nobody is recorded while it is open. It closes by itself when nobody touches it for `IDLE_S`, and from everywhere by
"Keluar"; a capture is bounded by itself and ends with the area. Nothing is written of an enrolment before its end: what
is left on the way leaves nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from kiosk.model import NOBODY, Duty, Liveness, Nip, PersonId, Sighting
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
    QUEUE = "queue"
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


DUTIES: Mapping[str, Duty | None] = {
    Page.PEOPLE.value: "enrol",
    Page.RECOGNISE.value: None,
    Page.CAMERA.value: None,
    Page.QUEUE.value: None,
    Page.SOUND.value: None,
    Page.LANGUAGE.value: None,
    Page.CLEANING.value: None,
    Act.SYNC.value: None,
    Act.EXPORT.value: "maintain",
    Act.RESTART.value: "maintain",
}
"""What there is in the menu, and which duty it takes; also what it is called in the journal."""

ORDERS = frozenset({Act.SYNC, Act.RESTART, Act.EXPORT})


@dataclass(frozen=True, slots=True)
class Enrollable:
    """Somebody of the office. `person_id` None: the terminal does not know the face; `state` of an enrolment that waits
    for BKPP or was refused; `renew`: should be enrolled anew."""

    nip: Nip = field(repr=False)
    name: str = field(repr=False)
    person_id: PersonId | None = None
    state: Literal["enrolled", "none", "waiting", "refused"] = "none"
    renew: bool = False

    @property
    def enrolled(self) -> bool:
        return self.state == "enrolled"


WAITING = Look("front", 0.0)
"""Before the first frame of a capture."""

# ---------------------------------------------------------------- inputs


@dataclass(frozen=True, slots=True)
class Opened:
    """A finger has lain in the corner for long enough."""


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
class Looked:
    """What the recogniser sees, while nobody is recorded."""

    sighting: Sighting


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to CheckPin: who it is, or nobody, and for how long no PIN is looked at."""

    officer_id: str = ""
    name: str = field(default="", repr=False)
    wait_s: float = 0.0
    left: int = 0
    why: str = ""
    may: frozenset[Duty] = frozenset()


@dataclass(frozen=True, slots=True)
class Admitted:
    """The answer to Admit: the person may be enrolled."""


@dataclass(frozen=True, slots=True)
class Progress:
    look: Look


@dataclass(frozen=True, slots=True)
class Done:
    """An order has ended: `good`, and what is to be said of it, by language. `key` and `fields`: a text of the screen's
    catalogue in its place."""

    good: bool
    said: tuple[Told, ...] = field(default=(), repr=False)
    key: str = ""
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)


Input = Opened | Tick | Touched | Signed | Looked | Checked | Admitted | Progress | Done

# ---------------------------------------------------------------- effects


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Answer with Checked. `face`: of whom the PIN must be; None: of any officer."""

    pin: str = field(repr=False)
    face: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Append the use to the journal: a word of docs/protocol.md, "occurrence", and what it was."""

    what: str
    officer_id: str = ""
    detail: str = ""
    person_id: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Admit:
    """Make ready for an enrolment, while the consent is read; answer with Admitted or Done."""

    person: Enrollable = field(repr=False)
    replacing: bool


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
    """Note that the person has withdrawn the consent; answer with Done."""

    officer_id: str
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class Carry:
    """Do what the action says ("sync", "restart", "export"); answer with Done."""

    action: str


@dataclass(frozen=True, slots=True)
class Speak:
    """Go on in this language."""

    language: str


Effect = CheckPin | Note | Admit | Enrol | Stop | Withdraw | Carry | Speak

# ---------------------------------------------------------------- state


@dataclass(frozen=True, slots=True)
class Area:
    """`since_s` when the page came up, `touched_s` the last touch; `typed` a PIN or a part of a name; `by_face`: the
    PIN is to be that of the face before the camera; `until_s` before which no PIN is looked at; `waiting`: an order has
    not been answered yet; `first` number of the first row or page that is shown; `sure`: asked once more before it is
    done; `lamp` what the sound test shows. `sighting` is the newest."""

    page: Page = Page.CLOSED
    since_s: float = 0.0
    touched_s: float = 0.0
    typed: str = field(default="", repr=False)
    by_face: bool = False
    until_s: float = 0.0
    officer_id: str = ""
    officer: str = field(default="", repr=False)
    may: frozenset[Duty] = frozenset()
    waiting: bool = False
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
    sighting: Sighting = NOBODY

    @property
    def open(self) -> bool:
        return self.page is not Page.CLOSED


Step = tuple[Area, tuple[Effect, ...]]
CLOSED = Area()

_SITTING = frozenset({Page.CONSENT, Page.SIGN, Page.CAPTURE})
"""Pages of an enrolment that is going on."""


def step(area: Area, what: Input, now_s: float) -> Step:
    """The next state and what to do. `now_s` monotonic seconds."""
    match what:
        case Opened():
            if area.open:
                return area, ()
            return Area(page=Page.PIN, since_s=now_s, touched_s=now_s, until_s=area.until_s), ()
        case Tick():
            return _tick(area, now_s)
        case Touched(act, value):
            if not area.open or area.page is Page.CLEANING:
                return area, ()
            return _touched(replace(area, touched_s=now_s), act, value, now_s)
        case Signed(picture):
            if area.page is not Page.SIGN or not area.admitted:
                return area, ()
            signed = replace(area, signature=picture, look=WAITING, waiting=True, touched_s=now_s)
            return _go(signed, Page.CAPTURE, now_s), (Enrol(area.officer, picture),)
        case Looked(sighting):
            return (replace(area, sighting=sighting) if area.open else area), ()
        case Checked():
            return _checked(area, what, now_s)
        case Admitted():
            return (replace(area, admitted=True) if area.page in (Page.CONSENT, Page.SIGN) else area), ()
        case Progress(look):
            return (replace(area, look=look, touched_s=now_s) if area.page is Page.CAPTURE else area), ()
        case Done():
            if not _awaited(area, what):
                return area, ()
            told = replace(area, done=what, waiting=False, signature=b"", touched_s=now_s)
            return _go(told, Page.TOLD, now_s), ()


def _awaited(area: Area, done: Done) -> bool:
    """Whether the end of an order is news: a refusal of what was given up is none, but that somebody is enrolled is."""
    if area.page in (Page.CLOSED, Page.PIN):
        return False
    return done.good or area.page in _SITTING or (area.page is Page.TOLD and area.waiting)


def seconds_left(area: Area, now_s: float) -> float:
    """Until the cleaning is over, or until a PIN is looked at again."""
    if area.page is Page.CLEANING:
        return max(0.0, area.since_s + CLEANING_S - now_s)
    return max(0.0, area.until_s - now_s) if area.page is Page.PIN else 0.0


def _go(area: Area, page: Page, now_s: float) -> Area:
    return replace(area, page=page, since_s=now_s, sure=False)


def _menu(area: Area, now_s: float) -> Area:
    """Back to the beginning, with nothing in mind but who it is."""
    return Area(
        page=Page.MENU, since_s=now_s, touched_s=now_s, officer_id=area.officer_id, officer=area.officer,
        may=area.may, sighting=area.sighting,
    )  # fmt: skip


def _leave(area: Area) -> Step:
    effects: tuple[Effect, ...] = (Stop(),) if area.page in _SITTING else ()
    if area.officer_id:
        effects = (*effects, Note("officer-out", area.officer_id))
    return Area(until_s=area.until_s), effects


def _tick(area: Area, now_s: float) -> Step:
    if not area.open:
        return area, ()
    if area.page is Page.CLEANING:
        return (_menu(area, now_s) if now_s - area.since_s >= CLEANING_S else area), ()
    if area.page is Page.CAPTURE:
        return area, ()  # it ends by itself, and the person before the camera has no hand free for the screen
    idle_s = READING_S if area.page in (Page.CONSENT, Page.SIGN) else IDLE_S
    return _leave(area) if now_s - area.touched_s >= idle_s else (area, ())


def _touched(area: Area, act: Act, value: str, now_s: float) -> Step:
    if act is Act.LEAVE:
        return _leave(area)
    if area.page is Page.PIN:
        return _pin(area, act, value, now_s)
    if act is Act.BACK:
        return _back(area, now_s)
    if area.page is Page.MENU:
        return _chosen(area, act, value, now_s)
    if area.page is Page.PEOPLE:
        return _search(area, act, value), ()
    if area.page is Page.PERSON:
        return _person(area, act, now_s)
    if area.page is Page.CONSENT:
        return _consent(area, act, value, now_s)
    if area.page is Page.SOUND and act is Act.SHOW:
        return replace(area, lamp=value, since_s=now_s), ()
    if area.page is Page.LANGUAGE and act is Act.SPEAK:
        return area, (Speak(value),)
    return area, ()


def _pin(area: Area, act: Act, value: str, now_s: float) -> Step:
    if act is Act.FACE:
        return replace(area, by_face=not area.by_face, typed="", why=""), ()
    if area.waiting or now_s < area.until_s:
        return area, ()
    if act is Act.DIGIT and len(area.typed) < PIN_DIGITS:
        return replace(area, typed=area.typed + value, why=""), ()
    if act is Act.ERASE:
        return replace(area, typed=area.typed[:-1]), ()
    if act is Act.ENTER and len(area.typed) == PIN_DIGITS:
        if not area.by_face:
            return replace(area, typed="", waiting=True), (CheckPin(area.typed),)
        match = area.sighting.match
        if match is None or match.person_id is None or area.sighting.liveness.state is Liveness.ATTACK:
            return replace(area, why="face_unknown"), ()
        return replace(area, typed="", waiting=True), (CheckPin(area.typed, match.person_id),)
    return area, ()


def _checked(area: Area, answer: Checked, now_s: float) -> Step:
    if area.page is not Page.PIN:
        return replace(area, until_s=now_s + answer.wait_s), ()  # who left before the answer is not let in by it
    if answer.officer_id:
        known = replace(area, officer_id=answer.officer_id, officer=answer.name, may=answer.may)
        return _menu(known, now_s), (Note("officer-in", answer.officer_id),)
    wrong = replace(area, waiting=False, why=answer.why, left=answer.left, until_s=now_s + answer.wait_s)
    noted = {"pin_wrong": "officer-refused", "pin_locked_now": "officer-locked"}.get(answer.why)
    return wrong, (() if noted is None else (Note(noted),))


def _back(area: Area, now_s: float) -> Step:
    match area.page:
        case Page.PERSON:
            return _go(replace(area, person=None), Page.PEOPLE, now_s), ()
        case Page.CONSENT | Page.SIGN | Page.CAPTURE:
            left = replace(area, signature=b"", admitted=False, waiting=False, first=0)
            return _go(left, Page.PERSON, now_s), (Stop(),)
        case _:
            return _menu(area, now_s), ()


def _chosen(area: Area, act: Act, value: str, now_s: float) -> Step:
    what = act.value if act in ORDERS else value
    if act not in ORDERS | {Act.GO} or not permitted(area, what):
        return area, ()
    if act is Act.RESTART and not area.sure:
        return replace(area, sure=True), ()
    noted = Note("officer-did", area.officer_id, what)
    if act is Act.GO:
        return _go(area, Page(what), now_s), (noted,)
    return _go(replace(area, waiting=True, done=None), Page.TOLD, now_s), (noted, Carry(what))


def permitted(area: Area, what: str) -> bool:
    """Whether this officer's duties reach to an entry of the menu."""
    return what in DUTIES and (DUTIES[what] is None or DUTIES[what] in area.may)


def _search(area: Area, act: Act, value: str) -> Area:
    match act:
        case Act.LETTER:
            return replace(area, typed=(area.typed + value)[:40], first=0)
        case Act.ERASE:
            return replace(area, typed=area.typed[:-1], first=0)
        case Act.MISSING:
            return replace(area, missing=not area.missing, first=0)
        case Act.TURN:
            return replace(area, first=max(0, area.first + int(value)))
        case _:
            return area


def choose(area: Area, person: Enrollable, now_s: float) -> Area:
    """A person of the list was touched."""
    if area.page is not Page.PEOPLE:
        return area
    return _go(replace(area, person=person, touched_s=now_s), Page.PERSON, now_s)


def _person(area: Area, act: Act, now_s: float) -> Step:
    if area.person is None:
        return area, ()
    if act is Act.ENROL:
        reading = replace(area, admitted=False, first=0, signature=b"")
        return _go(reading, Page.CONSENT, now_s), (Admit(area.person, area.person.enrolled),)
    if act is Act.WITHDRAW and area.person.person_id is not None:
        return replace(area, sure=True), ()
    if act is Act.SURE and area.sure and area.person.person_id is not None:
        waiting = _go(replace(area, waiting=True, done=None), Page.TOLD, now_s)
        return waiting, (Withdraw(area.officer_id, area.person.person_id),)
    return area, ()


def _consent(area: Area, act: Act, value: str, now_s: float) -> Step:
    match act:
        case Act.TURN:
            return replace(area, first=max(0, area.first + int(value))), ()
        case Act.AGREE:
            return _go(area, Page.SIGN, now_s), ()
        case Act.REFUSE:
            whom = None if area.person is None else area.person.person_id
            told = replace(area, done=Done(good=True, key="officer.done.consent_refused"), admitted=False)
            return _go(told, Page.TOLD, now_s), (Stop(), Note("officer-did", area.officer_id, "consent-refused", whom))
        case _:
            return area, ()
