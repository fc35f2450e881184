"""The running terminal: feeds the encounter, carries out its effects, and says what the screen shows.

Three threads meet here, through queues only:

    recognition ── (Sighting, stage times) ──> inbox ──> pump, in the screen's thread, steps the encounter
    pump ── Enquire, Record … ──> clerk, the one thread that writes the journal ── Answered, Stored … ──> inbox

So neither a slow recogniser nor a slow disk ever freezes the screen.
"""

from __future__ import annotations

import datetime as dt
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kiosk import schedule
from kiosk.errors import DiskForbidden, DiskFull, DiskReadOnly, KioskError, OutboxError
from kiosk.model import (
    EMPTY_GALLERY,
    AttackDraft,
    ClockState,
    Draft,
    Fault,
    GallerySnapshot,
    LastPresence,
    ModelId,
    Moment,
    PersonId,
    PresenceDraft,
    QueueState,
    TerminalStatus,
)
from kiosk.ports import Clock, Outbox
from kiosk.terminal import encounter as enc
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.trace import Trace

log = logging.getLogger(__name__)

EMPTY_QUEUE = QueueState(waiting=0, parked=0, oldest_waiting_utc=None)


def fault_of(error: KioskError) -> Fault:
    """What the screen calls an append that failed."""
    match error:
        case DiskFull():
            return Fault.DISK_FULL
        case DiskReadOnly():
            return Fault.DISK_READ_ONLY
        case DiskForbidden():
            return Fault.STATE_FOREIGN
        case _:
            return Fault.DISK_ERROR


@dataclass(frozen=True, slots=True)
class Office:
    """What the clerk and the screen know of the office now; replaced in one piece when the gallery changes."""

    snapshot: GallerySnapshot = EMPTY_GALLERY
    connected: bool | None = None


class Clerk:
    """Answers enquiries and writes the journal, in a thread of its own."""

    def __init__(
        self, outbox: Outbox, clock: Clock, faults: FaultBoard, model_id: ModelId, reply: Callable[[enc.Input], None]
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._faults = faults
        self._model_id = model_id
        self._reply = reply
        self._orders: queue.SimpleQueue[enc.Effect | None] = queue.SimpleQueue()
        self.office = Office()
        self.stage_ms: queue.SimpleQueue[tuple[str, float]] = queue.SimpleQueue()

    def order(self, effect: enc.Effect) -> None:
        self._orders.put(effect)

    def stop(self) -> None:
        """All that was ordered before is still carried out."""
        self._orders.put(None)

    def run(self) -> None:
        while (effect := self._orders.get()) is not None:
            self._carry_out(effect)

    def _carry_out(self, effect: enc.Effect) -> None:
        started_s = self._clock.monotonic_s()
        match effect:
            case enc.Enquire(candidates, digits):
                self._answer(candidates, digits)
                self.stage_ms.put(("enquire", (self._clock.monotonic_s() - started_s) * 1e3))
            case enc.Record(prospect, found, liveness):
                version = self.office.snapshot.version
                direction = prospect.assessment.direction
                person_id = prospect.person.person_id
                stored = self._append(PresenceDraft(person_id, direction, found, liveness, self._model_id, version))
                self.stage_ms.put(("store", (self._clock.monotonic_s() - started_s) * 1e3))
                self._reply(stored)
            case enc.RecordAttack(liveness, frames):
                self._append(AttackDraft(liveness, frames, self._model_id))
            case enc.Count(what):
                self.probe(what)
            case enc.Forget():
                pass

    def _append(self, draft: Draft) -> enc.Input:
        try:
            event = self._outbox.append(draft, self._clock.now())
        except OutboxError as error:
            fault = fault_of(error)
            log.error("the event is not on disk: %s", error)
            self._faults.set(fault, True)
            return enc.StoreFailed(fault)
        log.info("event %s: %s, seq %d", event.event_id, event.kind, event.seq)
        return enc.Stored()

    def probe(self, what: str) -> None:
        """Write a counter; also how the terminal finds out that the disk takes writes again."""
        try:
            self._outbox.count(what)
        except OutboxError as error:
            self._faults.set(fault_of(error), True)
        else:
            for fault in enc.DISK_FAULTS:
                self._faults.set(fault, False)

    def _answer(self, candidates: tuple[PersonId, ...], digits: str | None) -> None:
        snapshot = self.office.snapshot
        people = [snapshot.people[c] for c in candidates if c in snapshot.people]
        if digits is not None:
            people = [p for p in people if digits and p.nip.endswith(digits)]
        if len(people) != 1:
            self._reply(enc.Answered(None))
            return
        try:
            last = self._outbox.last_presence(people[0].person_id)
        except OutboxError as error:
            log.error("the journal cannot be read: %s", error)
            self._faults.set(fault_of(error), True)
            self._reply(enc.Answered(None))
            return
        now = self._clock.now()
        calendar = snapshot.office.calendar if snapshot.office else schedule.STANDARD_HOURS
        before = last.moment.wall_utc if last and last.moment.wall_utc <= now.wall_utc else None
        assessment = schedule.assess(calendar, now.wall_utc, before)
        self._reply(enc.Answered(enc.Prospect(people[0], assessment, _ago_s(last, now))))


def _ago_s(last: LastPresence | None, now: Moment) -> float | None:
    """Since the last presence: by the monotonic clock within one boot, else by the wall clock; None if that jumped."""
    if last is None:
        return None
    if last.moment.boot_id == now.boot_id:
        return (now.monotonic_ms - last.moment.monotonic_ms) / 1e3
    ago_s = (now.wall_utc - last.moment.wall_utc).total_seconds()
    return ago_s if ago_s >= 0 else None


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
        office_name: str = "",
        timezone: str = schedule.STANDARD_HOURS.timezone,
    ) -> None:
        """`office_name` and `timezone` (IANA) hold until the gallery has brought the office's own."""
        self.settings = settings
        self.encounter = enc.Encounter()
        self.queue_state = EMPTY_QUEUE
        self._clock = clock
        self._faults = faults
        self._trace = trace
        self._restart_recognition = restart_recognition
        self._office_name = office_name
        self._timezone = timezone
        self._inbox: queue.SimpleQueue[tuple[enc.Input, dict[str, float]]] = queue.SimpleQueue()
        self._clerk: Clerk | None = None

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
        faults = self._faults.current()
        if faults != self.encounter.faults:
            self._step(enc.FaultsChanged(faults), now_s)
        while True:
            try:
                what, stage_ms = self._inbox.get_nowait()
            except queue.Empty:
                break
            if isinstance(what, enc.Saw):
                has_face = what.sighting.track not in (0, self.encounter.done_track)
                self._trace.frame(what.sighting.t_s, has_face, stage_ms)
            self._step(what, now_s)
        self._step(enc.Tick(), now_s)
        return now_s

    def press(self, button: enc.Button) -> None:
        self._step(enc.Pressed(button), self._clock.monotonic_s())

    def type_nip(self, digits: str) -> None:
        self._step(enc.NipEntered(digits), self._clock.monotonic_s())

    def status(self) -> TerminalStatus:
        """What the idle screen tells."""
        office = self._clerk.office if self._clerk else Office()
        moment = self._clock.now()
        known = office.snapshot.office
        zone = known.calendar.timezone if known else self._timezone
        return TerminalStatus(
            local_time=moment.wall_utc.astimezone(ZoneInfo(zone)),
            office_name=known.name if known else self._office_name,
            people=len(office.snapshot.people),
            connected=office.connected,
            queue=self.queue_state,
            clock_trusted=moment.clock_state is ClockState.SYNCHRONISED,
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


class Housekeeper:
    """Looks at slow things once a second: the gallery file, the queue, what `kiosk sync` says, the disk."""

    def __init__(self, jobs: tuple[Callable[[], None], ...], period_s: float = 1.0) -> None:
        self._jobs = jobs
        self._period_s = period_s

    def run(self, stop: threading.Event, alive: Callable[[], None]) -> None:
        while not stop.wait(self._period_s):
            for job in self._jobs:
                job()
            alive()


def gallery_is_stale(fetched_utc: dt.datetime | None, now: Moment, max_age_days: int) -> bool:
    """Whether the server last confirmed the gallery too long ago. Not judged by a clock that may be years off."""
    if max_age_days == 0 or fetched_utc is None or now.clock_state is not ClockState.SYNCHRONISED:
        return False
    return now.wall_utc - fetched_utc > dt.timedelta(days=max_age_days)
