"""What is shown of somebody who is known: who, which way, what it means; and how the encounter ended. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from kiosk.model import Assessment, Direction, Hint
from kiosk.terminal.encounter import (
    MONTH_S,
    Button,
    Phase,
    confirm_s,
    correctable,
    direction,
    offers_month,
    offers_phone,
    offers_pin,
    seconds_left,
    tells_phone,
)
from kiosk.ui import bulletins, wording
from kiosk.ui.instant import Instant, buttons, countdown, mirrored
from kiosk.ui.viewstate import ButtonView, Guide, Icon, Ring, Speech, Tone, ViewState, WayView

_DAY_S = 86_400.0


def confirm(view: ViewState, at: Instant) -> ViewState:
    view = _presence(view, at)
    sighting = at.encounter.sighting
    guide = Guide(Ring.GOOD, mirrored(sighting.box), 1.0)
    view = replace(view, guide=guide, aside=at.text("others.wait") if sighting.faces > 1 else "")
    if view.phase is Phase.SAVING:
        return view
    left_s = seconds_left(at.encounter, at.now_s, at.settings)
    keys = buttons(at, Button.CORRECT, Button.NOT_ME)
    if at.encounter.prospect is not None and correctable(at.encounter.prospect):
        meant = direction(at.encounter)
        ways = tuple(WayView(at.text(f"direction.{each.value}"), each is meant) for each in Direction)
        other = next(way.text for way in ways if not way.meant)
        view = replace(view, ways=ways)
        keys += (ButtonView(Button.OTHER_WAY, at.text("button.other_way", direction=other)),)
    return replace(
        view,
        countdown=countdown(left_s, confirm_s(at.encounter, at.settings)),
        buttons=keys,
        speech=Speech("confirm", _asked_aloud(view, at)) if view.name else None,
    )


def _presence(view: ViewState, at: Instant) -> ViewState:
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
    if at.encounter.prospect.waiting:  # what it will mean depends on BKPP, and first of all on that
        key = "consequence.face_waits" if view.phase is not Phase.RECORDED else "consequence.face_held"
        return replace(view, consequence=at.text(key), consequence_tone=Tone.NEUTRAL)
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


def _back(view: ViewState, at: Instant) -> ViewState:
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


def _day(at: Instant) -> str:
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


def _asked_aloud(view: ViewState, at: Instant) -> str:
    name = wording.addressed(at.encounter.prospect.person, at.catalogue) if at.encounter.prospect else ""
    if not name:
        return at.text("speech.confirm_unnamed", direction=view.direction)
    return at.text("speech.confirm", name=name, direction=view.direction)


def month(view: ViewState, at: Instant) -> ViewState:
    """The own month, for as long as nobody else stands there."""
    prospect = at.encounter.prospect
    if prospect is None or prospect.month is None:
        return view
    return replace(
        view,
        nip=wording.who(prospect.person)[1],
        line=at.text("phase.month.line", date=at.catalogue.date(prospect.month.through)),
        rows=bulletins.month(prospect.month, at.catalogue),
        countdown=countdown(at.encounter.since_s + MONTH_S - at.now_s, MONTH_S),
    )


def phone(view: ViewState, at: Instant) -> ViewState:
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
        countdown=countdown(left_s, at.settings.phone_s),
        buttons=buttons(at, Button.CANCEL),
        speech=Speech("phone", at.text("speech.phone")),
    )


# ---------------------------------------------------------------- the end of an encounter


def result(view: ViewState, at: Instant) -> ViewState:
    key = view.phase.value
    if view.phase is Phase.RECORDED:
        view = _presence(view, at)
        view = replace(view, footnote=view.footnote or view.line)
        if view.consequence_tone is Tone.WARN:  # recorded as well, but seen from far to be something else than on time
            view = replace(view, tone=Tone.WARN, icon=Icon.LATE)
        if not at.clock_trusted and at.encounter.prospect is not None and not at.encounter.prospect.waiting:
            view = replace(view, consequence="")  # the notice says it there
        offered = (offers_month(at.encounter), Button.MONTH), (offers_phone(at.encounter, at.settings), Button.PHONE)
        view = replace(view, buttons=buttons(at, *(button for offers, button in offered if offers)), alert=_alert(at))
        key = _recorded(at)
    elif view.phase is Phase.NOT_RECORDED:
        fault = at.encounter.fault
        view = replace(view, reason=at.text(f"fault.{fault.value}.title") if fault else "")
        view = replace(view, name=wording.who(at.encounter.prospect.person)[0] if at.encounter.prospect else "")
    elif view.phase is Phase.ALREADY_RECORDED:
        view = _already(view, at)
    else:  # who stands there in vain is told how to be recorded all the same
        view = replace(view, line=at.paused or view.line, reason=at.text("result.otherwise"))
        if offers_pin(at.encounter, at.settings):
            view = replace(view, reason="", buttons=buttons(at, Button.NIP_PIN))
        if view.phase is Phase.NOT_IN_TIME and at.encounter.hint is not None:
            return _in_vain(view, at, at.encounter.hint)
    return replace(view, speech=Speech(key, at.text(f"speech.{key}")))


def _in_vain(view: ViewState, at: Instant, hint: Hint) -> ViewState:
    """Nothing took long: what the person was told all the time still stands, unless another way has to do."""
    what = at.text(f"hint.{hint.value}")
    view = replace(view, title=at.text("phase.unknown.title"), line=at.paused or what)
    return replace(view, speech=Speech(f"in_vain.{hint.value}", at.text("speech.in_vain", what=what)))


def _alert(at: Instant) -> str:
    """That a phone was connected to the person's e-TPP: whoever did it by a photographed code is found out here."""
    prospect = at.encounter.prospect
    if prospect is None or prospect.phone is None or not tells_phone(at.encounter):
        return ""
    connected = prospect.phone
    month, time = at.text(f"month.{connected.month}"), at.catalogue.time(connected)
    return at.text("phone.connected", day=connected.day, month=month, time=time)


def _recorded(at: Instant) -> str:
    """What is said aloud of a presence that is on disk."""
    if at.encounter.prospect is None:
        return f"recorded_{Direction.ARRIVAL.value}"
    assessment = at.encounter.prospect.assessment
    only_present = at.clock_trusted and wording.only_present(assessment)
    return "recorded_present" if only_present else f"recorded_{direction(at.encounter).value}"


def _already(view: ViewState, at: Instant) -> ViewState:
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
