"""What the screen shows, the voice says and the lamps do for an encounter: one pure function, `render`.

Every phase, hint, challenge and fault has its text in the catalogues (docs/screens.md lists them).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.model import BLOCKING_FAULTS, Assessment, Challenge, Direction, Fault, Hint, TerminalStatus
from kiosk.terminal.encounter import (
    MONTH_S,
    TYPING_S,
    Button,
    Encounter,
    Phase,
    Settings,
    confirm_s,
    correctable,
    direction,
    offers_month,
    offers_phone,
    offers_pin,
    seconds_left,
    tells_phone,
    wanted,
)
from kiosk.ui import bulletins, letters, wording
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.viewstate import ButtonView, Countdown, Guide, Icon, Lamp, Layout, Ring, Speech, Tone, ViewState, WayView

__all__ = ["NIP_DIGITS", "Lamp", "Speech", "ViewState", "render"]

NIP_DIGITS = 6
"""How many last digits of the NIP the pad asks for: the month of appointment, the sex and the sequence number tell
colleagues apart whose last three digits are the common 001."""

_HINT_SPOKEN_AFTER_S = 2.0  # who finds the place alone is not talked to
_NOTICE_S = 4.0  # several notices take turns
_DAY_S = 86_400.0


def render(
    encounter: Encounter, status: TerminalStatus, now_s: float, settings: Settings, catalogue: Catalogue
) -> ViewState:
    """The view of this instant. `now_s` monotonic seconds, as given to `encounter.step`. Fails for no encounter."""
    phase, text = encounter.phase, catalogue.text
    look, notices = _LOOKS[phase], _notices(encounter, status, catalogue)
    told = bulletins.pages(status.notices, catalogue) if phase is Phase.IDLE else ()
    turn = int(now_s / _NOTICE_S) % max(1, len(notices) + len(told))
    view = ViewState(
        phase=phase,
        layout=look.layout,
        tone=look.tone,
        icon=look.icon,
        title=text(f"phase.{phase.value}.title", digits=NIP_DIGITS),
        line=catalogue.line(f"phase.{phase.value}.line", direction="", time="", date=""),
        lamp=look.lamp,
        clock=catalogue.time(status.local_time),
        clock_seconds=catalogue.seconds(status.local_time),
        date=catalogue.date(status.local_time),
        zone=status.local_time.tzname() or "",
        office=letters.legible(status.office_name),
        people=text("status.people", people=status.people) if status.people and not status.queue.waiting else "",
        connected=status.connected,
        connection=_connection(status, catalogue),
        waiting=status.queue.waiting,
        notices=notices,
        notice=(*notices, *("" for _ in told), "")[turn],
        bulletin=(*("" for _ in notices), *told, "")[turn],
    )
    if status.dark and phase is Phase.IDLE:
        return replace(view, layout=Layout.STANDBY)
    return look.fill(view, _Instant(encounter, now_s, settings, catalogue, status.clock_trusted))


@dataclass(frozen=True, slots=True)
class _Instant:
    """What the rest of a view is made from."""

    encounter: Encounter
    now_s: float
    settings: Settings
    catalogue: Catalogue
    clock_trusted: bool

    def text(self, key: str, **fields: object) -> str:
        return self.catalogue.text(key, **fields)


_Fill = Callable[[ViewState, _Instant], ViewState]


@dataclass(frozen=True, slots=True)
class _Look:
    layout: Layout
    tone: Tone
    icon: Icon
    lamp: Lamp
    fill: _Fill


def _connection(status: TerminalStatus, catalogue: Catalogue) -> str:
    """How the server is reached, and what waits for it, if anything does."""
    link = catalogue.text({True: "status.connected", False: "status.offline", None: "status.unknown"}[status.connected])
    if not status.queue.waiting:
        return link
    return catalogue.text(
        "status.sending" if status.connected else "status.kept", link=link, waiting=status.queue.waiting
    )


def _notices(encounter: Encounter, status: TerminalStatus, catalogue: Catalogue) -> tuple[str, ...]:
    """The faults that do not keep the terminal from recording, in the order of their definition."""
    faults = set(encounter.faults) - BLOCKING_FAULTS
    if not status.clock_trusted:
        faults.add(Fault.CLOCK_UNTRUSTED)
    return tuple(catalogue.text(f"fault.{fault.value}.notice") for fault in Fault if fault in faults)


# ---------------------------------------------------------------- the live picture


def _mirrored(
    box: tuple[float, float, float, float] | None,
) -> tuple[float, float, float, float] | None:
    return None if box is None else (1 - box[2], box[1], 1 - box[0], box[3])


def _towards_centre(box: tuple[float, float, float, float] | None) -> Icon:
    """Where the person has to move, as seen in the mirrored picture."""
    if box is None:
        return Icon.FACE
    left, top, right, bottom = box
    across, down = 0.5 - (left + right) / 2, 0.5 - (top + bottom) / 2
    if abs(across) >= abs(down):
        return Icon.RIGHT if across > 0 else Icon.LEFT
    return Icon.DOWN if down > 0 else Icon.UP


_HINT_ICONS = {
    Hint.SEVERAL_FACES: Icon.PEOPLE,
    Hint.TOO_DARK: Icon.DARK,
    Hint.TOO_BRIGHT: Icon.BRIGHT,
    Hint.TOO_FAR: Icon.CLOSER,
    Hint.TOO_NEAR: Icon.BACK,
    Hint.NOT_CENTRED: Icon.FACE,
    Hint.NOT_FACING: Icon.LOOK,
    Hint.HOLD_STILL: Icon.HOLD,
    Hint.EYES_HIDDEN: Icon.LOOK,
    Hint.MOUTH_HIDDEN: Icon.UNMASK,
}
_CHALLENGE_ICONS = {
    Challenge.TURN_LEFT: Icon.LEFT,
    Challenge.TURN_RIGHT: Icon.RIGHT,
    Challenge.NOD: Icon.NOD,
    Challenge.COME_CLOSER: Icon.CLOSER,
    Challenge.WAIT: Icon.CLOCK,
}
_RINGS = {
    Phase.POSITIONING: Ring.ADJUST,
    Phase.IDENTIFYING: Ring.GOOD,
    Phase.CHALLENGE: Ring.SEARCH,
    Phase.ENQUIRING: Ring.GOOD,
}


def _live(view: ViewState, at: _Instant) -> ViewState:
    encounter, text = at.encounter, at.text
    sighting = encounter.sighting
    face = _mirrored(sighting.box)
    frames = encounter.match.frames if encounter.match else 0
    progress = 1.0 if view.phase is Phase.ENQUIRING else min(1.0, frames / max(1, at.settings.min_frames))
    view = replace(
        view,
        guide=Guide(_RINGS.get(view.phase, Ring.SEARCH), face, progress if view.tone is Tone.OK else 0.0),
        aside=text("others.wait") if sighting.faces > 1 else "",
        hint=view.title,
    )
    if view.phase is Phase.CHALLENGE:
        return _challenge(view, at)
    if view.phase in (Phase.APPROACHING, Phase.POSITIONING) and encounter.hint is not None:
        hint = encounter.hint
        icon = _towards_centre(face) if hint is Hint.NOT_CENTRED else _HINT_ICONS[hint]
        told = text(f"hint.{hint.value}")
        say_s = encounter.since_s + _HINT_SPOKEN_AFTER_S
        speech = Speech(f"hint.{hint.value}", text("speech.hint", what=told)) if at.now_s >= say_s else None
        return replace(view, hint=told, icon=icon, speech=speech)
    return view


def _challenge(view: ViewState, at: _Instant) -> ViewState:
    """What is asked and how long there is for it; between two movements: to look straight."""
    verdict = at.encounter.liveness
    if verdict.challenge is None:
        return replace(view, hint=at.text("challenge.look_straight"), icon=Icon.LOOK)
    code = f"challenge.{verdict.challenge.value}"
    asked = at.text(code)
    view = replace(
        view,
        hint=asked,
        icon=_CHALLENGE_ICONS[verdict.challenge],
        speech=Speech(code, at.text("speech.challenge", what=asked)),
    )
    if verdict.asked_s is None or verdict.answer_by_s is None:
        return view
    left_s, whole_s = verdict.answer_by_s - at.now_s, verdict.answer_by_s - verdict.asked_s
    return replace(view, countdown=_countdown(left_s, whole_s))


# ---------------------------------------------------------------- a person is known


def _presence(view: ViewState, at: _Instant) -> ViewState:
    """Who, which way, when and what it means; unchanged when nobody is known."""
    if at.encounter.prospect is None:
        return view
    assessment = at.encounter.prospect.assessment
    name, nip = wording.who(at.encounter.prospect.person)
    view = replace(
        view,
        name=name,
        nip=nip,
        direction=at.text(f"direction.{assessment.direction.value}"),
        direction_icon=Icon.ARRIVAL if assessment.direction is Direction.ARRIVAL else Icon.DEPARTURE,
        presence_time=at.catalogue.time(assessment.local_time),
    )
    if not at.clock_trusted:  # whoever is told of a deduction by a clock that is hours off would believe it
        return replace(view, consequence=at.text("consequence.clock_untrusted"), consequence_tone=Tone.NEUTRAL)
    if at.encounter.corrected:
        return _back(view, at)
    letter = at.encounter.prospect.letter
    if letter is not None:
        view = replace(
            view, day=_day(at), consequence=bulletins.excused(letter, at.catalogue), consequence_tone=Tone.OK
        )
        return replace(view, occasion=wording.occasions(assessment))
    return replace(
        view,
        day=_day(at),
        direction=wording.direction(assessment, at.catalogue),
        direction_icon=Icon.PEOPLE if wording.only_present(assessment) else view.direction_icon,
        occasion=wording.occasions(assessment),
        consequence=wording.consequence(assessment, at.catalogue),
        consequence_tone=_tone(assessment),
        footnote=at.text("consequence.letter") if wording.costs_points(assessment) else "",
    )


def _back(view: ViewState, at: _Instant) -> ViewState:
    """Of somebody who has said to be coming back: what the books will make of it, and nothing of a deduction."""
    prospect = at.encounter.prospect
    if prospect is None or prospect.arrived is None:
        return view
    arrived = at.catalogue.time(prospect.arrived)
    return replace(
        view,
        direction=at.text("direction.arrival"),
        direction_icon=Icon.ARRIVAL,
        day=at.text("day.back", arrived=arrived, back=view.presence_time),
        consequence=at.text(
            "consequence.back" if view.phase is Phase.CONFIRM else "consequence.again", arrived=arrived
        ),
        consequence_tone=Tone.NEUTRAL,
    )


def _day(at: _Instant) -> str:
    """Arrival and departure of the day, of whoever leaves: what the books have of it, as far as this terminal knows."""
    prospect = at.encounter.prospect
    if prospect is None or prospect.arrived is None or not prospect.assessment.again:
        return ""
    meant = prospect.assessment
    if meant.direction is Direction.ARRIVAL or wording.only_present(meant) or wording.occasions(meant):
        return ""
    arrived, left = at.catalogue.time(prospect.arrived), at.catalogue.time(meant.local_time)
    return at.text("day.both", arrived=arrived, left=left)


def _tone(assessment: Assessment) -> Tone:
    if not assessment.working_day or wording.attends(assessment):
        return Tone.NEUTRAL
    return Tone.WARN if assessment.minutes_off > 0 else Tone.OK


def _confirm(view: ViewState, at: _Instant) -> ViewState:
    view = _presence(view, at)
    sighting = at.encounter.sighting
    guide = Guide(Ring.GOOD, _mirrored(sighting.box), 1.0)
    view = replace(view, guide=guide, aside=at.text("others.wait") if sighting.faces > 1 else "")
    if view.phase is Phase.SAVING:
        return view
    left_s = seconds_left(at.encounter, at.now_s, at.settings)
    buttons = _buttons(at, Button.CORRECT, Button.NOT_ME)
    if at.encounter.prospect is not None and correctable(at.encounter.prospect):
        meant = direction(at.encounter)
        ways = tuple(WayView(at.text(f"direction.{each.value}"), each is meant) for each in Direction)
        other = next(way.text for way in ways if not way.meant)
        view = replace(view, ways=ways)
        buttons += (ButtonView(Button.OTHER_WAY, at.text("button.other_way", direction=other)),)
    return replace(
        view,
        countdown=_countdown(left_s, confirm_s(at.encounter, at.settings)),
        buttons=buttons,
        speech=Speech("confirm", _asked_aloud(view, at)) if view.name else None,
    )


def _asked_aloud(view: ViewState, at: _Instant) -> str:
    name = wording.addressed(at.encounter.prospect.person, at.catalogue) if at.encounter.prospect else ""
    if not name:
        return at.text("speech.confirm_unnamed", direction=view.direction)
    return at.text("speech.confirm", name=name, direction=view.direction)


def _pad(view: ViewState, at: _Instant) -> ViewState:
    left_s = at.encounter.since_s + at.settings.nip_pad_s - at.now_s
    return replace(
        view,
        line=at.text("phase.nip_pad.retry") if at.encounter.nip_tries else view.line,
        tone=Tone.WARN if at.encounter.nip_tries else view.tone,
        digits_wanted=NIP_DIGITS,
        countdown=_countdown(left_s, at.settings.nip_pad_s),
        buttons=_buttons(at, Button.CANCEL),
        speech=Speech("nip_pad", at.text("speech.nip_pad", digits=NIP_DIGITS)),
    )


def _claim(view: ViewState, at: _Instant) -> ViewState:
    """The NIP, and then the own PIN or the officer's."""
    phase, left_s = at.encounter.phase, at.encounter.since_s + TYPING_S - at.now_s
    again = phase is Phase.CLAIM_NIP and at.encounter.nip_tries > 0
    line = view.line
    if phase is Phase.CLAIM_NIP and at.settings.nip_pin == "with-officer":
        line = at.text("phase.claim_nip.officer")
    return replace(
        view,
        line=at.text("phase.claim_nip.retry") if again else line,
        tone=Tone.WARN if again else view.tone,
        digits_wanted=wanted(phase),
        typed_as="nip" if phase is Phase.CLAIM_NIP else "pin",
        countdown=_countdown(left_s, TYPING_S),
        buttons=_buttons(at, Button.CANCEL),
        speech=Speech(phase.value, at.text(f"speech.{phase.value}")),
    )


def _month(view: ViewState, at: _Instant) -> ViewState:
    """The own month, for as long as nobody else stands there."""
    prospect = at.encounter.prospect
    if prospect is None or prospect.month is None:
        return view
    return replace(
        view,
        nip=wording.who(prospect.person)[1],
        line=at.text("phase.month.line", date=at.catalogue.date(prospect.month.through)),
        rows=bulletins.month(prospect.month, at.catalogue),
        countdown=_countdown(at.encounter.since_s + MONTH_S - at.now_s, MONTH_S),
    )


def _countdown(left_s: float, whole_s: float) -> Countdown:
    left_s = min(max(0.0, left_s), whole_s)
    return Countdown(left_s / whole_s if whole_s > 0 else 0.0, math.ceil(left_s))


def _buttons(at: _Instant, *which: Button) -> tuple[ButtonView, ...]:
    return tuple(ButtonView(button, at.text(f"button.{button.value}")) for button in which)


# ---------------------------------------------------------------- the end of an encounter


def _result(view: ViewState, at: _Instant) -> ViewState:
    key = view.phase.value
    if view.phase is Phase.RECORDED:
        view = _presence(view, at)
        view = replace(view, footnote=view.footnote or view.line)
        if view.consequence_tone is Tone.WARN:  # recorded as well, but seen from far to be something else than on time
            view = replace(view, tone=Tone.WARN, icon=Icon.LATE)
        if not at.clock_trusted:
            view = replace(view, consequence="")  # the notice says it there
        offered = (offers_month(at.encounter), Button.MONTH), (offers_phone(at.encounter, at.settings), Button.PHONE)
        view = replace(view, buttons=_buttons(at, *(button for offers, button in offered if offers)), alert=_alert(at))
        key = _recorded(at)
    elif view.phase is Phase.NOT_RECORDED:
        fault = at.encounter.fault
        view = replace(view, reason=at.text(f"fault.{fault.value}.title") if fault else "")
        view = replace(view, name=wording.who(at.encounter.prospect.person)[0] if at.encounter.prospect else "")
    elif view.phase is Phase.ALREADY_RECORDED:
        view = _already(view, at)
    else:  # who stands there in vain is told how to be recorded all the same
        view = replace(view, reason=at.text("result.otherwise"))
        if offers_pin(at.encounter, at.settings):
            view = replace(view, reason="", buttons=_buttons(at, Button.NIP_PIN))
    return replace(view, speech=Speech(key, at.text(f"speech.{key}")))


def _alert(at: _Instant) -> str:
    """That a phone was connected to the person's e-TPP: whoever did it by a photographed code is found out here."""
    prospect = at.encounter.prospect
    if prospect is None or prospect.phone is None or not tells_phone(at.encounter):
        return ""
    connected = prospect.phone
    month, time = at.text(f"month.{connected.month}"), at.catalogue.time(connected)
    return at.text("phone.connected", day=connected.day, month=month, time=time)


def _recorded(at: _Instant) -> str:
    """What is said aloud of a presence that is on disk."""
    if at.encounter.prospect is None:
        return f"recorded_{Direction.ARRIVAL.value}"
    assessment = at.encounter.prospect.assessment
    only_present = at.clock_trusted and wording.only_present(assessment)
    return "recorded_present" if only_present else f"recorded_{direction(at.encounter).value}"


def _already(view: ViewState, at: _Instant) -> ViewState:
    prospect = at.encounter.prospect
    if prospect is None:
        return replace(view, line="")
    ago_s, line = prospect.recorded_ago_s, ""
    if prospect.recorded is not None and ago_s is not None and 0 <= ago_s <= _DAY_S:
        # At an occasion that has seen the person already, a second presence of the day was shown as what it was for.
        seen_there = wording.attends(prospect.assessment) and not prospect.assessment.awaited
        shown = prospect.assessment.elsewhere or (seen_there and prospect.recorded is Direction.DEPARTURE)
        which = at.text("direction.present" if shown else f"direction.{prospect.recorded.value}")
        recorded = prospect.assessment.local_time - dt.timedelta(seconds=ago_s)
        line = at.text("phase.already_recorded.line", direction=which, time=at.catalogue.time(recorded))
    name, nip = wording.who(prospect.person)
    return replace(view, name=name, nip=nip, line=line)


def _phone(view: ViewState, at: _Instant) -> ViewState:
    """The code for the person's phone: not while it is made, not when it cannot be, not before anybody else's face."""
    encounter = at.encounter
    if encounter.prospect is not None:
        view = replace(view, nip=wording.who(encounter.prospect.person)[1])
    if encounter.link == "":
        why = at.text("phone.failed" if at.clock_trusted else "phone.refused")
        return replace(view, tone=Tone.WARN, icon=Icon.CLOCK, hint=why, line=at.text("phone.bkpp"))
    if encounter.link is None or encounter.apart_s is not None:
        what = "phone.making" if encounter.link is None else "phone.hidden"
        return replace(view, icon=Icon.WAIT, hint=at.text(what), line="")
    left_s = encounter.since_s + at.settings.phone_s - at.now_s
    return replace(
        view,
        link=encounter.link,
        hint=at.text("phone.scan"),
        countdown=_countdown(left_s, at.settings.phone_s),
        buttons=_buttons(at, Button.CANCEL),
        speech=Speech("phone", at.text("speech.phone")),
    )


def _fault(view: ViewState, at: _Instant) -> ViewState:
    """The most basic of the faults that keep the terminal from recording: the first in the order of definition."""
    fault = next((fault for fault in Fault if fault in at.encounter.faults & BLOCKING_FAULTS), None)
    if fault is None:
        return view
    camera = fault in (Fault.CAMERA_LOST, Fault.CAMERA_ABSENT)
    return replace(
        view,
        icon=Icon.CAMERA_OFF if camera else view.icon,
        hint=at.text(f"fault.{fault.value}.title"),
        line=at.text(f"fault.{fault.value}.advice"),
        code=at.text("status.fault_number", number=wording.FAULT_NUMBERS[fault]),
    )


def _plain(view: ViewState, _: _Instant) -> ViewState:
    return view


_LOOKS = {
    Phase.IDLE: _Look(Layout.IDLE, Tone.NEUTRAL, Icon.FACE, Lamp.IDLE, _plain),
    Phase.APPROACHING: _Look(Layout.LIVE, Tone.NEUTRAL, Icon.CLOSER, Lamp.IDLE, _live),
    Phase.POSITIONING: _Look(Layout.LIVE, Tone.WARN, Icon.FACE, Lamp.IDLE, _live),
    Phase.IDENTIFYING: _Look(Layout.LIVE, Tone.OK, Icon.LOOK, Lamp.BUSY, _live),
    Phase.CHALLENGE: _Look(Layout.LIVE, Tone.NEUTRAL, Icon.FACE, Lamp.BUSY, _live),
    Phase.NIP_PAD: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, _pad),
    Phase.CLAIM_NIP: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, _claim),
    Phase.CLAIM_PIN: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, _claim),
    Phase.CLAIM_OFFICER: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, _claim),
    Phase.ENQUIRING: _Look(Layout.LIVE, Tone.OK, Icon.WAIT, Lamp.BUSY, _live),
    Phase.CONFIRM: _Look(Layout.CONFIRM, Tone.NEUTRAL, Icon.QUESTION, Lamp.BUSY, _confirm),
    Phase.SAVING: _Look(Layout.CONFIRM, Tone.NEUTRAL, Icon.WAIT, Lamp.BUSY, _confirm),
    Phase.RECORDED: _Look(Layout.RESULT, Tone.OK, Icon.CHECK, Lamp.SUCCESS, _result),
    Phase.NOT_RECORDED: _Look(Layout.RESULT, Tone.STOP, Icon.CROSS, Lamp.FAULT, _result),
    Phase.ALREADY_RECORDED: _Look(Layout.RESULT, Tone.NEUTRAL, Icon.INFO, Lamp.BUSY, _result),
    Phase.UNKNOWN: _Look(Layout.RESULT, Tone.WARN, Icon.QUESTION, Lamp.REFUSAL, _result),
    Phase.NOT_IN_TIME: _Look(Layout.RESULT, Tone.WARN, Icon.CLOCK, Lamp.REFUSAL, _result),
    Phase.ATTACK_REFUSED: _Look(Layout.RESULT, Tone.STOP, Icon.STOP, Lamp.REFUSAL, _result),
    Phase.REFUSED_BY_PERSON: _Look(Layout.RESULT, Tone.NEUTRAL, Icon.CROSS, Lamp.IDLE, _result),
    Phase.PHONE: _Look(Layout.PHONE, Tone.NEUTRAL, Icon.PHONE, Lamp.IDLE, _phone),
    Phase.MONTH: _Look(Layout.MONTH, Tone.NEUTRAL, Icon.INFO, Lamp.IDLE, _month),
    Phase.FAULT: _Look(Layout.FAULT, Tone.STOP, Icon.WARNING, Lamp.FAULT, _fault),
}
