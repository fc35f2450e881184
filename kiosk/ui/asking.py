"""What is shown while it is not known who stands there: the live picture, what is asked, what is typed. Pure."""

from __future__ import annotations

from dataclasses import replace

from kiosk.model import Challenge, Hint
from kiosk.terminal.encounter import LAST_DIGITS, Button, Phase, typing_s, wanted
from kiosk.ui.instant import Instant, buttons, countdown, mirrored
from kiosk.ui.viewstate import Guide, Icon, Ring, Speech, Tone, ViewState

_HINT_SPOKEN_AFTER_S = 2.0  # who finds the place alone is not talked to
_LASTING_S = 1.0  # who turns back after a movement is not told anything but to look straight

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


def live(view: ViewState, at: Instant) -> ViewState:
    encounter, text = at.encounter, at.text
    sighting = encounter.sighting
    face = mirrored(sighting.box)
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


def _towards_centre(box: tuple[float, float, float, float] | None) -> Icon:
    """Where the person has to move, as seen in the mirrored picture."""
    if box is None:
        return Icon.FACE
    left, top, right, bottom = box
    across, down = 0.5 - (left + right) / 2, 0.5 - (top + bottom) / 2
    if abs(across) >= abs(down):
        return Icon.RIGHT if across > 0 else Icon.LEFT
    return Icon.DOWN if down > 0 else Icon.UP


def _challenge(view: ViewState, at: Instant) -> ViewState:
    """What is asked and how long there is for it; between two movements: to look straight, or what keeps the next one
    from being asked."""
    verdict, hint, since_s = at.encounter.liveness, at.encounter.sighting.hint, at.encounter.amiss_s
    if verdict.challenge is None and hint is not None and since_s is not None and at.now_s - since_s >= _LASTING_S:
        return replace(view, hint=at.text(f"hint.{hint.value}"), icon=_HINT_ICONS[hint])
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
    return replace(view, countdown=countdown(left_s, whole_s))


def pad(view: ViewState, at: Instant) -> ViewState:
    """The end of the NIP, or all of it where the end is the same."""
    whole = wanted(at.encounter) != LAST_DIGITS
    lasts_s = typing_s(at.encounter, at.settings)
    speech = at.text("speech.claim_nip") if whole else at.text("speech.nip_pad", digits=LAST_DIGITS)
    return replace(
        view,
        title=at.text("phase.claim_nip.title") if whole else view.title,
        line=at.text("phase.nip_pad.retry") if at.encounter.nip_tries else view.line,
        tone=Tone.WARN if at.encounter.nip_tries else view.tone,
        digits_wanted=wanted(at.encounter),
        typed_as="nip" if whole else "",
        tries=at.encounter.nip_tries,
        countdown=countdown(at.encounter.since_s + lasts_s - at.now_s, lasts_s),
        buttons=buttons(at, Button.CANCEL),
        speech=Speech("nip_pad_whole" if whole else "nip_pad", speech),
    )


def claim(view: ViewState, at: Instant) -> ViewState:
    """The NIP, and then the own PIN or the officer's."""
    phase, lasts_s = at.encounter.phase, typing_s(at.encounter, at.settings)
    again = phase is Phase.CLAIM_NIP and at.encounter.nip_tries > 0
    line, paused = view.line, at.paused
    if phase is Phase.CLAIM_NIP and at.settings.nip_pin == "with-officer":
        line = at.text("phase.claim_nip.officer")
    return replace(
        view,
        line=paused or (at.text("phase.claim_nip.retry") if again else line),
        tone=Tone.WARN if again or paused else view.tone,
        digits_wanted=wanted(at.encounter),
        tries=at.encounter.nip_tries,
        typed_as="nip" if phase is Phase.CLAIM_NIP else "pin",
        countdown=countdown(at.encounter.since_s + lasts_s - at.now_s, lasts_s),
        buttons=buttons(at, Button.CANCEL),
        speech=Speech(phase.value, at.text(f"speech.{phase.value}")),
    )
