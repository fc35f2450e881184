"""What the screen shows, the voice says and the lamps do for an encounter: one pure function, `render`.

Every phase, hint, challenge and fault has its text in the catalogues (docs/screens.md lists them). Each phase's look is
in one table here; `asking` fills it while nobody is known, `presence` from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.model import BLOCKING_FAULTS, Fault, TerminalStatus
from kiosk.terminal.encounter import LAST_DIGITS, Encounter, Phase, Settings
from kiosk.ui import asking, bulletins, letters, presence, wording
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.instant import Instant
from kiosk.ui.viewstate import Icon, Lamp, Layout, Speech, Tone, ViewState

__all__ = ["Lamp", "Speech", "ViewState", "render"]

_NOTICE_S = 4.0  # several notices take turns


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
        title=text(f"phase.{phase.value}.title", digits=LAST_DIGITS),
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
    return look.fill(view, Instant(encounter, now_s, settings, catalogue, status.clock_trusted))


_Fill = Callable[[ViewState, Instant], ViewState]


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


def _fault(view: ViewState, at: Instant) -> ViewState:
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


def _plain(view: ViewState, _: Instant) -> ViewState:
    return view


_LOOKS = {
    Phase.IDLE: _Look(Layout.IDLE, Tone.NEUTRAL, Icon.FACE, Lamp.IDLE, _plain),
    Phase.APPROACHING: _Look(Layout.LIVE, Tone.NEUTRAL, Icon.CLOSER, Lamp.IDLE, asking.live),
    Phase.POSITIONING: _Look(Layout.LIVE, Tone.WARN, Icon.FACE, Lamp.IDLE, asking.live),
    Phase.IDENTIFYING: _Look(Layout.LIVE, Tone.OK, Icon.LOOK, Lamp.BUSY, asking.live),
    Phase.CHALLENGE: _Look(Layout.LIVE, Tone.NEUTRAL, Icon.FACE, Lamp.BUSY, asking.live),
    Phase.NIP_PAD: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, asking.pad),
    Phase.CLAIM_NIP: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, asking.claim),
    Phase.CLAIM_PIN: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, asking.claim),
    Phase.CLAIM_OFFICER: _Look(Layout.PAD, Tone.NEUTRAL, Icon.PEOPLE, Lamp.BUSY, asking.claim),
    Phase.ENQUIRING: _Look(Layout.LIVE, Tone.OK, Icon.WAIT, Lamp.BUSY, asking.live),
    Phase.CONFIRM: _Look(Layout.CONFIRM, Tone.NEUTRAL, Icon.QUESTION, Lamp.BUSY, presence.confirm),
    Phase.SAVING: _Look(Layout.CONFIRM, Tone.NEUTRAL, Icon.WAIT, Lamp.BUSY, presence.confirm),
    Phase.RECORDED: _Look(Layout.RESULT, Tone.OK, Icon.CHECK, Lamp.SUCCESS, presence.result),
    Phase.NOT_RECORDED: _Look(Layout.RESULT, Tone.STOP, Icon.CROSS, Lamp.FAULT, presence.result),
    Phase.ALREADY_RECORDED: _Look(Layout.RESULT, Tone.NEUTRAL, Icon.INFO, Lamp.BUSY, presence.result),
    Phase.UNKNOWN: _Look(Layout.RESULT, Tone.WARN, Icon.QUESTION, Lamp.REFUSAL, presence.result),
    Phase.NOT_IN_TIME: _Look(Layout.RESULT, Tone.WARN, Icon.CLOCK, Lamp.REFUSAL, presence.result),
    Phase.ATTACK_REFUSED: _Look(Layout.RESULT, Tone.STOP, Icon.STOP, Lamp.REFUSAL, presence.result),
    Phase.REFUSED_BY_PERSON: _Look(Layout.RESULT, Tone.NEUTRAL, Icon.CROSS, Lamp.IDLE, presence.result),
    Phase.PHONE: _Look(Layout.PHONE, Tone.NEUTRAL, Icon.PHONE, Lamp.IDLE, presence.phone),
    Phase.MONTH: _Look(Layout.MONTH, Tone.NEUTRAL, Icon.INFO, Lamp.IDLE, presence.month),
    Phase.FAULT: _Look(Layout.FAULT, Tone.STOP, Icon.WARNING, Lamp.FAULT, _fault),
}
