"""The officer's area at the terminal's screen: a pure state machine beside the encounter's.

`step(area, input, now_s)` gives the next state and the effects that the caller has to carry out. It knows no screen, no
camera, no disk and no wall clock, as `kiosk.terminal.encounter`.

    CLOSED ──long press──> PIN ──right──> MENU <──> PEOPLE, QUEUE, CAMERA, RECOGNISE, SOUND, LANGUAGE, CLEANING
                            │ wrong: tries, then pauses that grow       │
                            └── wait ──> PIN        QUEUE <──> REFUSED   v
                                                       PEOPLE ──> PERSON ──> CONSENT ──> SIGN ──> CAPTURE ──> TOLD
                                                                                ^── OTHER <── like somebody ───┘

Nobody is recorded while it is open. It closes by itself when nobody touches it for `IDLE_S`, or when whoever is in is
no officer any more, and from everywhere by "Keluar"; a capture is bounded by itself and ends with the area. Nothing is
written of an enrolment before its end: what is left on the way leaves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kiosk.model import NIP_DIGITS, Liveness, Nip
from kiosk.terminal.officer.values import (
    AT_WINDOW,
    CLEANING_S,
    DUTIES,
    IDLE_S,
    ORDERS,
    PIN_DIGITS,
    READING_S,
    WAITING,
    Act,
    Admit,
    Admitted,
    Area,
    Carry,
    Checked,
    CheckPin,
    Dismissed,
    Done,
    Dropped,
    Effect,
    Enrol,
    Enrollable,
    Input,
    Inquire,
    Listed,
    Looked,
    Note,
    Opened,
    Page,
    Progress,
    Signed,
    Speak,
    Step,
    Stop,
    Store,
    Take,
    Tick,
    Touched,
    Withdraw,
)

_SITTING = frozenset({Page.CONSENT, Page.SIGN, Page.CAPTURE})
"""Pages of an enrolment that is going on."""


_OF_PERSON = frozenset({Page.PERSON, Page.OTHER, *_SITTING})
"""Pages on which it is known whose pictures are dropped."""


def step(area: Area, what: Input, now_s: float) -> Step:
    """The next state and what to do. `now_s` monotonic seconds."""
    match what:
        case Opened():
            if area.open:
                return area, ()
            return replace(area, page=Page.PIN, since_s=now_s, touched_s=now_s, waiting=area.lapsed), ()
        case Dismissed():
            return _leave(area)
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
        case Dropped(path):
            return _dropped(area, path, now_s)
        case Looked(sighting):
            return (replace(area, sighting=sighting) if area.open else area), ()
        case Checked():
            return _checked(area, what, now_s)
        case Admitted():
            return (replace(area, admitted=True) if area.page in (Page.CONSENT, Page.SIGN) else area), ()
        case Listed(refused):
            if area.page is not Page.REFUSED:
                return area, ()
            if refused is None:
                failed = replace(area, done=Done(good=False, key="officer.done.failed"), waiting=False)
                return _go(failed, Page.TOLD, now_s), ()
            return replace(area, refused=refused), ()
        case Progress(look):
            return (replace(area, look=look, touched_s=now_s) if area.page is Page.CAPTURE else area), ()
        case Done():
            if not _awaited(area, what):
                return area, ()
            told = replace(area, done=what, waiting=False, signature=b"", held=0, touched_s=now_s)
            # It may be of an order before: then an enrolment that is being made ready is given up, and holds no lock.
            return _go(told, Page.TOLD, now_s), ((Stop(),) if area.page in _SITTING else ())


def _awaited(area: Area, done: Done) -> bool:
    """Whether the end of an order is news: a refusal of what was given up is none, but that somebody is enrolled is."""
    if area.page in (Page.CLOSED, Page.PIN):
        return False
    return done.good or area.page in _SITTING or (area.page is Page.TOLD and area.waiting)


def seconds_left(area: Area, now_s: float) -> float:
    """Until the cleaning is over, or until a PIN is looked at again."""
    if area.page is Page.CLEANING:
        return max(0.0, area.since_s + CLEANING_S - now_s)
    return max(0.0, _until_s(area) - now_s) if area.page is Page.PIN else 0.0


def _until_s(area: Area) -> float:
    """The end of the pause of the way that is being tried: whoever has locked one has not locked the other."""
    return area.face_until_s if area.by_face else area.until_s


def _paused(area: Area, answer: Checked, now_s: float) -> Area:
    """With the pause that an answer brings, on the way that it was about."""
    until_s = now_s + answer.wait_s
    return replace(area, face_until_s=until_s) if answer.by_face else replace(area, until_s=until_s)


def _go(area: Area, page: Page, now_s: float) -> Area:
    return replace(area, page=page, since_s=now_s, sure=False)


def _menu(area: Area, now_s: float) -> Area:
    """Back to the beginning, with nothing in mind but who it is."""
    return Area(
        page=Page.MENU, since_s=now_s, touched_s=now_s, officer_id=area.officer_id, officer=area.officer,
        may=area.may, sighting=area.sighting, window=area.window,
    )  # fmt: skip


def _leave(area: Area) -> Step:
    effects: tuple[Effect, ...] = (Stop(),) if area.page in _SITTING else ()
    if area.officer_id:
        effects = (*effects, Note("officer-out", area.officer_id))
    lapsed = area.lapsed or (area.page is Page.PIN and area.waiting)
    return Area(until_s=area.until_s, lapsed=lapsed, window=area.window), effects


def entered(officer: str, now_s: float) -> Area:
    """The area of a window that this officer has opened by a command: at the list of people, without a PIN. Who may
    give the command reads and writes all that the area does."""
    return Area(
        page=Page.PEOPLE, since_s=now_s, touched_s=now_s, officer=officer, may=frozenset({"enrol"}), window=True
    )


def _named(area: Area) -> str:
    """Who it is where no PIN says so."""
    return "" if area.officer_id else area.officer


def _dropped(area: Area, path: Path, now_s: float) -> Step:
    """Pictures belong to the person who was chosen before they came."""
    busy = area.waiting and area.page is not Page.CAPTURE
    if not area.window or busy or area.page in (Page.CLOSED, Page.PIN):
        return area, ()
    if area.page in _OF_PERSON:
        return replace(area, held=area.held + 1, touched_s=now_s), (Take(path),)
    told = replace(area, done=Done(good=False, key="officer.pictures.nobody"), touched_s=now_s)
    return _go(told, Page.TOLD, now_s), ()


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
    if area.page is Page.QUEUE and act is Act.GO and value == Page.REFUSED.value:
        looking = _go(replace(area, first=0, refused=None), Page.REFUSED, now_s)
        return looking, (Note("officer-did", area.officer_id, value, officer=_named(area)), Inquire())
    if area.page is Page.REFUSED and act is Act.TURN:
        return replace(area, first=max(0, area.first + int(value))), ()
    if area.page is Page.PEOPLE:
        return _search(area, act, value), ()
    if area.page is Page.PERSON:
        return _person(area, act, now_s)
    if area.page is Page.CONSENT:
        return _consent(area, act, value, now_s)
    if area.page is Page.TOLD and act is Act.OTHER and area.person is not None and area.done and area.done.like:
        return _go(replace(area, typed="", why=""), Page.OTHER, now_s), ()
    if area.page is Page.OTHER:
        return _other(area, act, value, now_s)
    if area.page is Page.CAPTURE and act is Act.STORE and area.look.pictures is not None:
        return area, ((Store(),) if area.look.pictures.enough else ())
    if area.page is Page.SOUND and act is Act.SHOW:
        return replace(area, lamp=value, since_s=now_s), ()
    if area.page is Page.LANGUAGE and act is Act.SPEAK:
        return area, (Speak(value),)
    return area, ()


def _pin(area: Area, act: Act, value: str, now_s: float) -> Step:
    if act is Act.FACE:
        return replace(area, by_face=not area.by_face, typed="", why=""), ()
    if area.waiting or now_s < _until_s(area):
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
    noted = {"pin_wrong": "officer-refused", "pin_locked_now": "officer-locked"}.get(answer.why)
    notes = () if noted is None else (Note(noted),)
    if area.lapsed or area.page is not Page.PIN:  # who left before the answer is not let in by it, nor who came since
        return _paused(replace(area, lapsed=False, waiting=False), answer, now_s), notes
    if answer.officer_id:
        known = replace(area, officer_id=answer.officer_id, officer=answer.name, may=answer.may)
        return _menu(known, now_s), (Note("officer-in", answer.officer_id),)
    return _paused(replace(area, waiting=False, why=answer.why, left=answer.left), answer, now_s), notes


def _back(area: Area, now_s: float) -> Step:
    match area.page:
        case Page.PERSON:
            return _go(replace(area, person=None, held=0), Page.PEOPLE, now_s), ()
        case Page.CONSENT | Page.SIGN | Page.CAPTURE:
            left = replace(area, signature=b"", admitted=False, waiting=False, first=0, held=0)
            return _go(left, Page.PERSON, now_s), (Stop(),)
        case Page.REFUSED:
            return _go(replace(area, refused=None, first=0), Page.QUEUE, now_s), ()
        case Page.OTHER:
            return _go(replace(area, typed="", why=""), Page.TOLD, now_s), ()
        case _:
            return _menu(area, now_s), ()


def _chosen(area: Area, act: Act, value: str, now_s: float) -> Step:
    what = act.value if act in ORDERS else value
    if act not in ORDERS | {Act.GO} or not permitted(area, what) or what == Page.REFUSED.value:
        return area, ()
    if act is Act.RESTART and not area.sure:
        return replace(area, sure=True), ()
    noted = Note("officer-did", area.officer_id, what, officer=_named(area))
    if act is Act.GO:
        return _go(area, Page(what), now_s), (noted,)
    return _go(replace(area, waiting=True, done=None), Page.TOLD, now_s), (noted, Carry(what))


def permitted(area: Area, what: str) -> bool:
    """Whether this officer's duties reach to an entry of the menu."""
    if area.window and what not in AT_WINDOW:
        return False
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
    return _go(replace(area, person=person, held=0, touched_s=now_s), Page.PERSON, now_s)


def _person(area: Area, act: Act, now_s: float) -> Step:
    if area.person is None:
        return area, ()
    if act is Act.ENROL:
        return _read(area, None, now_s)
    if act is Act.WITHDRAW and area.person.person_id is not None:
        return replace(area, sure=True), ()
    if act is Act.SURE and area.sure and area.person.person_id is not None:
        waiting = _go(replace(area, waiting=True, done=None), Page.TOLD, now_s)
        return waiting, (Withdraw(area.officer_id, area.person.person_id, _named(area)),)
    return area, ()


def _read(area: Area, despite: Nip | None, now_s: float) -> Step:
    """The consent, while the enrolment is made ready."""
    if area.person is None:
        return area, ()
    reading = replace(area, admitted=False, first=0, signature=b"", typed="", why="")
    return _go(reading, Page.CONSENT, now_s), (Admit(area.person, area.person.on_file, despite),)


def _other(area: Area, act: Act, value: str, now_s: float) -> Step:
    """Whose face it is like, by the officer's word: the whole NIP, which stands on that one's card and on no screen.
    The enrolment begins again, with consent and signature, for nothing is left of the one that was refused."""
    if act is Act.DIGIT and len(area.typed) < NIP_DIGITS:
        return replace(area, typed=area.typed + value, why=""), ()
    if act is Act.ERASE:
        return replace(area, typed=area.typed[:-1], why=""), ()
    if act is not Act.ENTER or len(area.typed) < NIP_DIGITS or area.done is None:
        return area, ()
    if not area.typed.endswith(area.done.like):
        return replace(area, typed="", why="another"), ()
    noted = Note("officer-did", area.officer_id, "despite-likeness", None, _named(area))
    reading, effects = _read(area, Nip(area.typed), now_s)
    return reading, (noted, *effects)


def _consent(area: Area, act: Act, value: str, now_s: float) -> Step:
    match act:
        case Act.TURN:
            return replace(area, first=max(0, area.first + int(value))), ()
        case Act.AGREE:
            return _go(area, Page.SIGN, now_s), ()
        case Act.REFUSE:
            whom = None if area.person is None else area.person.person_id
            told = replace(area, done=Done(good=True, key="officer.done.consent_refused"), admitted=False, held=0)
            noted = Note("officer-did", area.officer_id, "consent-refused", whom, _named(area))
            return _go(told, Page.TOLD, now_s), (Stop(), noted)
        case _:
            return area, ()
