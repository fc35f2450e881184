"""What the officer's area shows: one pure function, `sheet`.

It never shows a number of anybody's face, nor another office's people: the meters are of the picture before the camera,
in words, and whom the test recognises is said by name or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from kiosk.model import NIP_DIGITS, Liveness, Refused, Sighting
from kiosk.terminal.officer import (
    CLEANING_S,
    PIN_DIGITS,
    Act,
    Area,
    Page,
    permitted,
    seconds_left,
)
from kiosk.ui import letters, wording
from kiosk.ui.catalogue import LANGUAGES, Catalogue
from kiosk.ui.instant import countdown, mirrored
from kiosk.ui.officer.scene import At, Scene, back, leave, person_name
from kiosk.ui.officer.sheet import Choice, Form, Meter, Row, Sheet
from kiosk.ui.officer.sitting import capture, consent, sign
from kiosk.ui.viewstate import Guide, Icon, Lamp, Ring, Tone

ROWS = 4
"""People on the screen at once."""

LAMPS = (Lamp.SUCCESS, Lamp.REFUSAL, Lamp.FAULT)


def sheet(area: Area, scene: Scene, now_s: float, catalogue: Catalogue) -> Sheet:
    """The sheet of this instant of an area that is open. `now_s` as given to `officer.step`."""
    return _PAGES[area.page](At(area, scene, now_s, catalogue))


# ---------------------------------------------------------------- log-in and menu


def _pin(at: At) -> Sheet:
    area = at.area
    left_s = seconds_left(area, at.now_s)
    if left_s > 0:
        line, tone = at.catalogue.text("pause.pin", wait=wording.wait(left_s, at.catalogue)), Tone.STOP
    elif area.waiting:
        line, tone = at.text("pin.checking"), Tone.NEUTRAL
    elif area.why in ("pin_wrong", "pin_locked", "pin_locked_now"):
        line = at.text("pin.wrong", left=area.left) if area.left else at.text("pin.wrong_last")
        tone = Tone.WARN
    elif area.why:
        line, tone = at.text(f"pin.{area.why}"), Tone.WARN
    else:
        line, tone = at.text("pin.with_face" if area.by_face else "pin.line"), Tone.NEUTRAL
    return Sheet(
        Page.PIN,
        Form.PIN,
        at.text("pin.title"),
        (line,),
        tone,
        typed="•" * len(area.typed),
        locked=left_s > 0 or area.waiting,
        choices=(
            Choice(Act.FACE, at.text("pin.by_pin" if area.by_face else "pin.by_face")),
            Choice(Act.ENTER, "", enabled=len(area.typed) == PIN_DIGITS),
            leave(at),
        ),
    )


_MENU: tuple[tuple[Act, str, Icon], ...] = (
    (Act.GO, Page.PEOPLE.value, Icon.PEOPLE),
    (Act.GO, Page.RECOGNISE.value, Icon.FACE),
    (Act.GO, Page.CAMERA.value, Icon.LOOK),
    (Act.GO, Page.QUEUE.value, Icon.LINKED),
    (Act.SYNC, "sync", Icon.WAIT),
    (Act.EXPORT, "export", Icon.DOWN),
    (Act.GO, Page.SOUND.value, Icon.BRIGHT),
    (Act.GO, Page.LANGUAGE.value, Icon.INFO),
    (Act.GO, Page.CLEANING.value, Icon.HOLD),
    (Act.RESTART, "restart", Icon.CLOCK),
)


def _menu(at: At) -> Sheet:
    mine = [entry for entry in _MENU if permitted(at.area, entry[1])]
    entries = [Choice(act, at.text(f"menu.{name}"), name, icon) for act, name, icon in mine]
    if at.area.sure:
        entries[-1] = replace(entries[-1], text=at.text("menu.restart_sure"), strong=True)
    line = at.text("menu.line", officer=letters.legible(at.area.officer), missing=at.scene.people.missing)
    return Sheet(Page.MENU, Form.MENU, at.text("menu.title"), (line,), choices=(*entries, leave(at)))


# ---------------------------------------------------------------- people


def _people(at: At) -> Sheet:
    fitting = at.scene.people.found(at.area.typed, at.area.missing)
    first = min(at.area.first, max(0, len(fitting) - 1) // ROWS * ROWS)
    shown = fitting[first : first + ROWS]
    rows = tuple(
        Row(
            each.nip,
            letters.legible(each.name) or wording.masked_nip(each.nip),
            wording.masked_nip(each.nip),
            at.text("person.renew" if each.renew else f"person.{each.state}"),
            each.enrolled and not each.renew,
        )
        for each in shown
    )
    return Sheet(
        Page.PEOPLE,
        Form.PEOPLE,
        at.text("people.title"),
        () if rows else (at.text("people.none"),),
        rows=rows,
        typed=at.area.typed,
        count=at.text("people.count", first=first + 1, last=first + len(shown), count=len(fitting)) if rows else "",
        choices=(
            Choice(Act.MISSING, at.text("people.missing" if at.area.missing else "people.all"), strong=at.area.missing),
            Choice(Act.TURN, "", str(-ROWS), Icon.UP, enabled=first > 0),
            Choice(Act.TURN, "", str(ROWS), Icon.DOWN, enabled=first + ROWS < len(fitting)),
            back(at),
        ),
    )


def _person(at: At) -> Sheet:
    person = at.area.person
    if person is None:
        return _people(at)
    name, nip, enrolled = person_name(at), wording.masked_nip(person.nip), person.enrolled
    if at.area.sure:
        return Sheet(
            Page.PERSON,
            Form.TELL,
            name,
            (at.text("person.withdraw_sure"),),
            Tone.WARN,
            Icon.WARNING,
            choices=(Choice(Act.SURE, at.text("person.withdraw_yes"), strong=True), back(at), leave(at)),
        )
    renew = (at.text("person.renew_line"),) if person.renew else ()
    held = at.area.held
    dropped = (at.text("pictures.held", count=held) if held else at.text("pictures.may"),) if at.area.window else ()
    # Whose face waits, or is for another recogniser, may take the consent to it back as well.
    known = enrolled or (person.state in ("waiting", "other") and person.person_id is not None)
    again = (Choice(Act.WITHDRAW, at.text("person.withdraw")),) if known else ()
    return Sheet(
        Page.PERSON,
        Form.TELL,
        name,
        (nip, at.text(f"person.{person.state}_line"), *renew, *dropped),
        Tone.OK if enrolled else Tone.NEUTRAL,
        Icon.CHECK if enrolled else Icon.FACE,
        choices=(
            Choice(Act.ENROL, at.text("person.again" if enrolled else "person.enrol"), strong=True),
            *again,
            back(at),
            leave(at),
        ),
    )


# ---------------------------------------------------------------- what became of an order


def _told(at: At) -> Sheet:
    done = at.area.done
    if done is None:
        return Sheet(Page.TOLD, Form.TELL, at.text("told.waiting"), icon=Icon.WAIT, choices=(leave(at),))
    lines = tuple(at.said(told) for told in done.said)
    key = done.key.removeprefix("officer.")
    if key:
        lines = (at.text(key, **done.fields), *(at.text("told.note", note=line) for line in lines))
    enrolled = key in ("done.enrolled", "done.enrolled_used")
    other = (Choice(Act.OTHER, at.text("told.other")),) if done.like else ()
    return Sheet(
        Page.TOLD,
        Form.TELL,
        at.text("told.enrolled" if enrolled else "told.good" if done.good else "told.refused"),
        lines,
        Tone.OK if done.good else Tone.WARN,
        Icon.CHECK if done.good else Icon.WARNING,
        choices=(Choice(Act.BACK, at.text("told.menu"), strong=True), *other, leave(at)),
    )


def _other(at: At) -> Sheet:
    """The pad for the NIP of somebody who is like the person that is being enrolled."""
    area = at.area
    wrong = bool(area.why)
    return Sheet(
        Page.OTHER,
        Form.PIN,
        at.text("other.title"),
        (at.text("other.wrong" if wrong else "other.line"),),
        Tone.WARN if wrong else Tone.NEUTRAL,
        typed=wording.grouped_nip(area.typed),
        choices=(
            Choice(Act.BACK, at.text("back")),
            Choice(Act.ENTER, "", enabled=len(area.typed) == NIP_DIGITS),
            leave(at),
        ),
    )


# ---------------------------------------------------------------- what the terminal says of itself


def _queue(at: At) -> Sheet:
    status = at.scene.status
    queue = status.queue
    link = {True: "status.connected", False: "status.offline", None: "status.unknown"}[status.connected]
    lines = [at.catalogue.text(link)]
    lines.append(at.text("queue.waiting", count=queue.waiting) if queue.waiting else at.text("queue.none"))
    if queue.oldest_waiting_utc is not None and queue.waiting:
        oldest = queue.oldest_waiting_utc.astimezone(status.local_time.tzinfo)
        lines.append(at.text("queue.oldest", date=at.catalogue.date(oldest), time=at.catalogue.time(oldest)))
    if queue.parked or queue.set_aside:
        lines.append(at.text("queue.refused", count=queue.parked + queue.set_aside))
    more = (Choice(Act.GO, at.text("queue.list"), Page.REFUSED.value),) if queue.parked or queue.set_aside else ()
    if not status.clock_trusted:
        lines.append(at.catalogue.text("fault.clock_untrusted.notice"))
    good = status.connected and not queue.parked and not queue.set_aside
    return Sheet(
        Page.QUEUE,
        Form.TELL,
        at.text("queue.title"),
        tuple(lines),
        Tone.OK if good else Tone.WARN,
        Icon.LINKED if status.connected else Icon.UNLINKED,
        choices=(*more, back(at), leave(at)),
    )


REFUSED_ROWS = 4
"""Of what was refused, on the screen at once."""

_WHYS = frozenset(
    {"person-unknown", "event-invalid", "hash-wrong", "event-id-reused", "event-unproven", "carried-refused"}
)
"""Problems that have words of their own (docs/protocol.md, call 2)."""


def _refused(at: At) -> Sheet:
    every = at.area.refused or ()
    first = min(at.area.first, max(0, len(every) - 1) // REFUSED_ROWS * REFUSED_ROWS)
    shown = every[first : first + REFUSED_ROWS]
    line = at.text("refused.line" if every else "refused.waiting" if at.area.refused is None else "refused.none")
    return Sheet(
        Page.REFUSED,
        Form.LIST,
        at.text("refused.title"),
        (line,),
        text="\n\n".join(_refusal(each, at) for each in shown),
        count=at.text("people.count", first=first + 1, last=first + len(shown), count=len(every)) if every else "",
        choices=(
            Choice(Act.TURN, "", str(-REFUSED_ROWS), Icon.UP, enabled=first > 0),
            Choice(Act.TURN, "", str(REFUSED_ROWS), Icon.DOWN, enabled=first + REFUSED_ROWS < len(every)),
            back(at),
            leave(at),
        ),
    )


def _refusal(each: Refused, at: At) -> str:
    """When, what and why. Whose it was stands with BKPP, and on no screen in a corridor."""
    when = at.text("refused.undated")
    if each.wall_utc is not None:
        local = each.wall_utc.astimezone(at.scene.status.local_time.tzinfo)
        when = at.text("refused.when", date=at.catalogue.date(local), time=at.catalogue.time(local))
    what = at.text(f"refused.kind.{each.kind or 'other'}")
    why = at.text(f"refused.why.{each.why if each.why in _WHYS else 'other'}", name=each.why)
    return at.text("refused.row", when=when, what=what, why=why)


def _camera(at: At) -> Sheet:
    sighting = at.area.sighting
    return Sheet(
        Page.CAMERA,
        Form.LIVE,
        at.text("camera.title"),
        hint=at.text("camera.line"),
        guide=Guide(Ring.GOOD if sighting.track and sighting.hint is None else Ring.SEARCH, mirrored(sighting.box)),
        meters=tuple(_meter(name, fraction, at) for name, fraction in at.scene.judged.items()),
        choices=(back(at),),
    )


def _meter(name: str, fraction: float, at: At) -> Meter:
    """`fraction` of what is enough: 1 and more is good, half of it is not."""
    band = "good" if fraction >= 1 else "fair" if fraction >= 0.6 else "poor"
    tone = {"good": Tone.OK, "fair": Tone.WARN, "poor": Tone.STOP}[band]
    return Meter(at.text(f"meter.{name}"), at.text(f"meter.{band}"), min(1.0, max(0.0, fraction / 1.5)), tone)


def _recognise(at: At) -> Sheet:
    sighting = at.area.sighting
    hint, ring, tone = at.text("capture.nobody"), Ring.SEARCH, Tone.NEUTRAL
    lines: tuple[str, ...] = ()
    match = sighting.match
    if sighting.track and sighting.hint is not None:
        hint, ring, tone = at.catalogue.text(f"hint.{sighting.hint.value}"), Ring.ADJUST, Tone.WARN
    elif sighting.track and match is not None and match.person_id is not None:
        name = at.scene.recognise_name(sighting)
        hint, ring, tone = at.text("recognise.known", name=name), Ring.GOOD, Tone.OK
        lines = (at.text(f"recognise.{_life(sighting)}"), at.text(f"recognise.{_sure(match.score - match.threshold)}"))
    elif sighting.track and match is not None:
        alike = bool(match.look_alikes)
        hint, ring, tone = at.text("recognise.alike" if alike else "recognise.unknown"), Ring.ADJUST, Tone.WARN
    return Sheet(
        Page.RECOGNISE,
        Form.LIVE,
        at.text("recognise.title"),
        lines,
        tone,
        hint=hint,
        guide=Guide(ring, mirrored(sighting.box), 1.0 if tone is Tone.OK else 0.0),
        choices=(back(at),),
    )


def _life(sighting: Sighting) -> str:
    match sighting.liveness.state:
        case Liveness.LIVE:
            return "alive"
        case Liveness.ATTACK:
            return "not_alive"
        case _:
            return "life_open"


_SURE = 0.05
"""Above what is asked by this much, in units of score, is far above."""


def _sure(above: float) -> str:
    return "clear" if above >= _SURE else "close"


def _sound(at: At) -> Sheet:
    choices = [Choice(Act.SHOW, at.text(f"sound.{lamp.value}"), lamp.value) for lamp in LAMPS]
    return Sheet(
        Page.SOUND,
        Form.TELL,
        at.text("sound.title"),
        (at.text("sound.line"),),
        icon=Icon.BRIGHT,
        choices=(*choices, back(at)),
    )


def _language(at: At) -> Sheet:
    here = at.catalogue.language
    names = [Choice(Act.SPEAK, at.text(f"language.{each}"), each, strong=each == here) for each in LANGUAGES]
    return Sheet(
        Page.LANGUAGE,
        Form.TELL,
        at.text("language.title"),
        (at.text("language.line"),),
        icon=Icon.INFO,
        choices=(*names, back(at)),
    )


def _cleaning(at: At) -> Sheet:
    return Sheet(
        Page.CLEANING,
        Form.CLEANING,
        at.text("cleaning.title"),
        (at.text("cleaning.line"),),
        countdown=countdown(seconds_left(at.area, at.now_s), CLEANING_S),
    )


_PAGES: Mapping[Page, Callable[[At], Sheet]] = {
    Page.PIN: _pin,
    Page.MENU: _menu,
    Page.PEOPLE: _people,
    Page.PERSON: _person,
    Page.CONSENT: consent,
    Page.SIGN: sign,
    Page.CAPTURE: capture,
    Page.TOLD: _told,
    Page.OTHER: _other,
    Page.QUEUE: _queue,
    Page.REFUSED: _refused,
    Page.CAMERA: _camera,
    Page.RECOGNISE: _recognise,
    Page.SOUND: _sound,
    Page.LANGUAGE: _language,
    Page.CLEANING: _cleaning,
}
