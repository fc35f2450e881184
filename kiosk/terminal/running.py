"""The running terminal: feeds the encounter, carries out its effects, and says what the screen shows.

Three threads meet here, through queues only:

    recognition ── (Sighting, stage times) ──> inbox ──> pump, in the screen's thread, steps the encounter
    pump ── Enquire, Record … ──> clerk, the one thread that writes the journal ── Answered, Stored … ──> inbox

So neither a slow recogniser nor a slow disk ever freezes the screen.
"""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from kiosk import schedule
from kiosk.model import EMPTY_GALLERY, NOBODY, ClockState, GallerySnapshot, QueueState, TerminalStatus
from kiosk.ports import Clock
from kiosk.terminal import encounter as enc
from kiosk.terminal.clerk import Clerk, Office
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.standby import Standby
from kiosk.terminal.trace import Trace

EMPTY_QUEUE = QueueState(waiting=0, parked=0, oldest_waiting_utc=None)


class Terminal:
    """Steps the encounter. All methods but `sighted` and `reply` belong to the screen's thread."""

    def __init__(
        self,
        *,
        settings: enc.Settings,
        clock: Clock,
        faults: FaultBoard,
        trace: Trace,
        restart_recognition: Callable[[], None],
        latest_start: Callable[[], int] = lambda: 0,
        office_name: str = "",
        timezone: str = schedule.STANDARD_HOURS.timezone,
        standby_s: float = 0.0,
    ) -> None:
        """`latest_start` is the number of the recogniser's latest start. `office_name` and `timezone` (IANA) hold until
        the gallery has brought the office's own."""
        self.settings = settings
        self.encounter = enc.Encounter()
        self.queue_state = EMPTY_QUEUE
        self.sighting = NOBODY
        self._held, self._before = False, self.encounter
        self._clock = clock
        self._faults = faults
        self._trace = trace
        self._restart_recognition = restart_recognition
        self._latest_start = latest_start
        self._office_name = office_name
        self._timezone = timezone
        self._inbox: queue.SimpleQueue[tuple[enc.Input, dict[str, float]]] = queue.SimpleQueue()
        self._clerk: Clerk | None = None
        self._standby = Standby(standby_s, clock.monotonic_s())

    def employ(self, clerk: Clerk) -> None:
        self._clerk = clerk

    def sighted(self, sighting: enc.Saw, stage_ms: dict[str, float]) -> None:
        """From the recognition thread."""
        self._inbox.put((sighting, stage_ms))

    def reply(self, what: enc.Input) -> None:
        """From the clerk's thread."""
        self._inbox.put((what, {}))

    def pump(self) -> float:
        """Take in all that has happened; returns the monotonic second it holds for."""
        now_s = self._clock.monotonic_s()
        policy = self._clerk.office.snapshot.bulletin.nip_pin.policy if self._clerk else "off"
        if policy != self.settings.nip_pin:
            self.settings = replace(self.settings, nip_pin=policy)
        faults = self._faults.current()
        if faults != self.encounter.faults:
            self._step(enc.FaultsChanged(faults), now_s)
        while True:
            try:
                what, stage_ms = self._inbox.get_nowait()
            except queue.Empty:
                break
            if isinstance(what, enc.Saw):
                if what.sighting.start != self._latest_start():
                    continue  # gathered before a new start, and on its way meanwhile
                has_face = what.sighting.track not in (0, self.encounter.done_track)
                self._trace.frame(what.sighting.t_s, has_face, stage_ms)
                self.sighting = what.sighting
                if self._held:
                    self.encounter = enc.interrupted(self.encounter, what.sighting, now_s)
                    continue
            self._step(what, now_s)
        self._step(enc.Tick(), now_s)
        if self.encounter.phase is not enc.Phase.IDLE:
            self._standby.noticed(now_s)
        return now_s

    def hold(self) -> bool:
        """Record nobody until `release`, while somebody else has the screen; False when somebody is being recorded."""
        if self.encounter.phase not in enc.SEARCHING | enc.RESULTS | {enc.Phase.FAULT}:
            return False
        self._held, self._before = True, self.encounter
        self.encounter = enc.interrupted(self.encounter, self.encounter.sighting, self._clock.monotonic_s())
        return True

    def release(self, as_before: bool = False) -> None:
        self._held = False
        if as_before:
            self.encounter = enc.resumed(self.encounter, self._before)

    @property
    def snapshot(self) -> GallerySnapshot:
        """The office as the terminal knows it now."""
        return self._clerk.office.snapshot if self._clerk else EMPTY_GALLERY

    def moved(self) -> None:
        """Somebody has been noticed otherwise than by the face: by the motion sensor, or in the officer's area; any
        thread."""
        self._standby.noticed(self._clock.monotonic_s())

    def press(self, button: enc.Button) -> None:
        self._standby.noticed(self._clock.monotonic_s())
        self._step(enc.Pressed(button), self._clock.monotonic_s())

    def type_nip(self, digits: str) -> None:
        self._step(enc.NipEntered(digits), self._clock.monotonic_s())

    def status(self) -> TerminalStatus:
        """What the idle screen tells."""
        office = self._clerk.office if self._clerk else Office()
        moment = self._clock.now()
        notices = office.snapshot.bulletin.notices
        known = office.snapshot.office
        zone = known.calendar.timezone if known else self._timezone
        return TerminalStatus(
            local_time=moment.wall_utc.astimezone(ZoneInfo(zone)),
            office_name=known.name if known else self._office_name,
            people=len(office.snapshot.people),
            connected=office.connected,
            queue=self.queue_state,
            clock_trusted=moment.clock_state is ClockState.SYNCHRONISED,
            dark=self._standby.dark(self._clock.monotonic_s()),
            notices=tuple(one.text for one in notices if one.from_utc <= moment.wall_utc < one.until_utc),
        )

    def _step(self, what: enc.Input, now_s: float) -> None:
        self.encounter, effects = enc.step(self.encounter, what, now_s, self.settings)
        for effect in effects:
            if isinstance(effect, enc.Forget):
                self._restart_recognition()
            elif self._clerk is not None:
                self._clerk.order(effect)
        while self._clerk is not None and not self._clerk.stage_ms.empty():
            self._trace.stage(*self._clerk.stage_ms.get_nowait())
        self._trace.stepped(self.encounter, now_s)
