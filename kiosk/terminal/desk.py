"""The officer's thread: what the area orders and the screen must not wait for. PINs, enrolments, the journal of both.

An enrolment holds it for as long as the capture lasts; it shares the camera through the slot of the newest frame, and
recognition rests meanwhile. An order that fails for a reason that nobody has thought of ends alone: it is answered, and
the next one is carried out.
"""

from __future__ import annotations

import logging
import queue
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kiosk.errors import CameraError, EnrolmentRefused, KioskError, OutboxError, StateError
from kiosk.journal.own import WITHDRAWN
from kiosk.machine import pins
from kiosk.machine.tries import Tries
from kiosk.model import Frame, Nip, OccurrenceDraft, Officer, PersonId, Refused
from kiosk.ports import Clock, Enrolment, FrameSource, Outbox
from kiosk.terminal import officer as area
from kiosk.terminal.capture import Latest
from kiosk.terminal.faults import FaultBoard, fault_of

log = logging.getLogger(__name__)

FRAME_WAIT_S = 0.5
NO_FRAMES_S = 5.0
"""Without a frame for so long, the camera counts as pulled out."""

MOST_REFUSED = 200
"""On the officer's list; who has more of them needs BKPP, not a list."""

BY_PIN = "pin"
"""Whose tries they are that name no officer: all PINs are compared, so all share them."""

UNEXPECTED = "officer.done.unexpected"

Carried = tuple[bool, str, Mapping[str, object]]
"""Whether an order was carried out, and the text and the fields that say so."""


class Abandoned(Exception):
    """The officer has gone back, or the area has closed: the enrolment ends and leaves nothing."""


class SharedCamera:
    """`FrameSource` over the slot in which the capture thread leaves the newest frame. One thread's, but for `stop`."""

    name = "the terminal's camera"

    def __init__(self, latest: Latest, stop: threading.Event, no_frames_s: float = NO_FRAMES_S) -> None:
        self._frames = latest.reader()
        self._stop = stop
        self._patience = max(1, round(no_frames_s / FRAME_WAIT_S))

    def open(self) -> None:
        """It is open."""

    def read(self) -> Frame:
        """Raises CameraError when no frame comes, Abandoned when it has been stopped."""
        for _ in range(self._patience):
            if self._stop.is_set():
                raise Abandoned
            if (frame := self._frames.next(FRAME_WAIT_S)) is not None:
                return frame
        raise CameraError("the camera gives no pictures.")

    def close(self) -> None:
        """It stays the terminal's."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the desk works with. `officers`: who may come in now. `enrolment`: a new one. `rest`: recognition pauses
    while it is True. `keep`: the screen's language outlives a restart. `carry`: by action, an order that belongs to
    other parts. `enrolled` is told that an enrolment was made or withdrawn; `waits`: whether the terminal may know
    somebody before BKPP has approved the face. `abandon` is set while what is going on has been given up."""

    outbox: Outbox
    clock: Clock
    faults: FaultBoard
    latest: Latest
    tries: Tries
    officers: Callable[[], Sequence[Officer]]
    enrolment: Callable[[], Enrolment]
    rest: Callable[[bool], None]
    keep: Callable[[str], None]
    carry: Mapping[str, Callable[[], Carried]]
    enrolled: Callable[[], None] = lambda: None
    waits: Callable[[Nip], bool] = lambda _nip: False
    abandon: threading.Event = field(default_factory=threading.Event)


class Desk:
    """Carries out the area's orders one after the other, in a thread of its own."""

    def __init__(self, means: Means, reply: Callable[[area.Input], None]) -> None:
        self._means = means
        self._reply = reply
        self._orders: queue.SimpleQueue[area.Effect | None] = queue.SimpleQueue()
        self._abandon = means.abandon
        self._enrolment: Enrolment | None = None
        self._nip = Nip("")

    def order(self, effect: area.Effect) -> None:
        """From the screen's thread."""
        if isinstance(effect, area.Stop):
            self._abandon.set()  # at once: the thread may be in the midst of a capture
        self._orders.put(effect)

    def stop(self) -> None:
        self._abandon.set()
        self._orders.put(None)

    def run(self) -> None:
        try:
            while (effect := self._orders.get()) is not None:
                try:
                    self._carry_out(effect)
                except Exception as error:  # noqa: BLE001 - what it is stands in the log
                    self._failed(error, _apology(effect))
        finally:
            self._close()

    def _carry_out(self, effect: area.Effect) -> None:
        match effect:
            case area.CheckPin(typed, face):
                self._reply(replace(self._check(typed, face), by_face=face is not None))
            case area.Note(what, officer_id, detail, person_id, officer):
                self._note(what, officer_id, detail, person_id, officer)
            case area.Admit():
                self._ended(lambda: self._admit(effect))
            case area.Enrol(officer, signature):
                self._ended(lambda: self._enrol(officer, signature))
            case area.Stop():
                self._close()
                self._abandon.clear()
            case area.Withdraw(officer_id, person_id, officer):
                good = self._note("officer-did", officer_id, WITHDRAWN, person_id, officer)
                self._means.enrolled()
                self._reply(area.Done(good, key="officer.done.withdrawn" if good else "officer.done.disk"))
            case area.Inquire():
                self._reply(area.Listed(self._refused()))
            case area.Carry(action):
                good, key, fields = self._means.carry[action]()
                self._reply(area.Done(good, key=key, fields=fields))
            case area.Speak(language):
                self._keep(language)  # the screen speaks it already
            case area.Take() | area.Store():
                pass  # the screen's own

    # ------------------------------------------------------------ PINs

    def _check(self, typed: str, face: PersonId | None) -> area.Checked:
        """Who may come in. The try is on the disk before the PIN is compared."""
        tries, now = self._means.tries, self._means.clock.now()
        asked = [each for each in self._means.officers() if face is None or each.person_id == face]
        whose = BY_PIN if face is None else f"face {face}"
        wait_s = tries.wait_s(whose, now)
        if wait_s > 0:
            return area.Checked(wait_s=wait_s, why="pin_locked")
        if not asked:
            return area.Checked(why="no_officers" if face is None else "face_unknown", left=tries.left(whose))
        try:
            tries.begin(whose, now)
            found = next((each for each in asked if pins.matches(each.pin_hash, typed)), None)
            if found is None:
                wait_s = tries.wait_s(whose, self._means.clock.now())
                why = "pin_locked_now" if wait_s > 0 else "pin_wrong"
                return area.Checked(wait_s=wait_s, why=why, left=tries.left(whose))
            tries.succeeded(whose)
        except StateError as error:
            log.error("nobody can be let into the officer's area: %s", error)
            return area.Checked(why="disk")
        return area.Checked(found.officer_id, found.name, may=found.may)

    def _keep(self, language: str) -> None:
        try:
            self._means.keep(language)
        except StateError as error:
            log.error("the language holds until the next start: %s", error)

    # ------------------------------------------------------------ the journal

    def _note(self, what: str, officer_id: str, detail: str, person_id: PersonId | None, officer: str) -> bool:
        """Append the use to the journal; whether it is on the disk."""
        people = () if person_id is None else (person_id,)
        draft = OccurrenceDraft(what, officer_id or None, people, detail, officer)
        try:
            event = self._means.outbox.append(draft, self._means.clock.now())
        except OutboxError as error:
            log.error("the use of the officer's area is not on disk: %s", error)
            self._means.faults.set(fault_of(error), True)
            return False
        log.info("event %s: %s, seq %d", event.event_id, event.kind, event.seq)
        return True

    def _refused(self) -> tuple[Refused, ...] | None:
        try:
            return tuple(self._means.outbox.refused(MOST_REFUSED))
        except OutboxError as error:
            log.error("the journal cannot be read: %s", error)
            self._means.faults.set(fault_of(error), True)
            return None

    # ------------------------------------------------------------ enrolments

    def _admit(self, asked: area.Admit) -> None:
        self._close()
        self._enrolment, self._nip = self._means.enrolment(), asked.person.nip
        self._enrolment.admit(self._nip, asked.person.name, replacing=asked.replacing, despite=asked.despite)
        if not self._abandon.is_set():
            self._reply(area.Admitted())

    def _enrol(self, officer: str, signature: bytes) -> None:
        if self._enrolment is None:
            return
        frames: FrameSource = SharedCamera(self._means.latest, self._abandon)
        try:
            self._means.rest(True)
            written = self._enrolment.enrol(officer, signature, frames, lambda look: self._reply(area.Progress(look)))
        finally:
            self._means.rest(False)
            self._close()
        key = "officer.done.enrolled_used" if self._used() else "officer.done.enrolled"
        self._reply(area.Done(True, written.notes, key, {"templates": written.templates}))

    def _used(self) -> bool:
        """Whether the terminal knows whom it has just enrolled. The enrolment is on disk, whatever fails here."""
        try:
            self._means.enrolled()
            return self._means.waits(self._nip)
        except Exception as error:  # noqa: BLE001 - what it is stands in the log
            self._failed(error, None)
            return False

    def _ended(self, work: Callable[[], None]) -> None:
        """Do it, and say for people why it ends when it does."""
        if self._abandon.is_set():
            return  # given up before it began
        try:
            work()
            return
        except Abandoned:
            pass
        except EnrolmentRefused as refused:
            self._reply(area.Done(False, (refused.told(),), like=refused.like))
        except CameraError as error:
            log.warning("an enrolment ended: %s", error)
            self._reply(area.Done(False, key="officer.done.camera"))
        except OutboxError as error:
            log.error("the enrolment is not on disk: %s", error)
            self._means.faults.set(fault_of(error), True)
            self._reply(area.Done(False, key="officer.done.disk"))
        except KioskError as error:
            log.error("an enrolment cannot be made: %s", error)
            self._reply(area.Done(False, key="officer.done.failed"))
        except Exception as error:  # noqa: BLE001 - what it is stands in the log
            self._failed(error, area.Done(False, key=UNEXPECTED))
        self._close()

    def _close(self) -> None:
        """What has come of the enrolment holds, also where it cannot be closed."""
        enrolment, self._enrolment = self._enrolment, None
        if enrolment is None:
            return
        try:
            enrolment.close()
        except Exception as error:  # noqa: BLE001 - what it is stands in the log
            self._failed(error, None)

    def _failed(self, error: Exception, answer: area.Input | None) -> None:
        """Without the error's own words in the log: those of a file that was dropped have its path, and so a name."""
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("an order of the officer's area failed: %s\n%s", type(error).__name__, where)
        if answer is not None:
            self._reply(answer)


def _apology(effect: area.Effect) -> area.Input | None:
    """The answer to an order that failed for an unknown reason, where the area waits for one."""
    match effect:
        case area.CheckPin(_, face):
            return area.Checked(why="failed", by_face=face is not None)
        case area.Inquire():
            return area.Listed(None)
        case area.Admit() | area.Enrol() | area.Withdraw() | area.Carry():
            return area.Done(False, key=UNEXPECTED)
        case _:
            return None
