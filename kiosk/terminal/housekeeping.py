"""What is looked at once a second, in a thread of its own: gallery, queue, disk, and what the sync process says."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from kiosk.errors import GalleryError, OutboxError
from kiosk.journal import waiting
from kiosk.machine.state import SyncStatus
from kiosk.model import ClockState, Event, Fault, GallerySnapshot, Moment, Nip
from kiosk.ports import Clock, Gallery, Outbox
from kiosk.terminal import encounter as enc
from kiosk.terminal.clerk import Clerk, Office
from kiosk.terminal.faults import FaultBoard, fault_of
from kiosk.terminal.running import Terminal

log = logging.getLogger(__name__)

PERIOD_S = 1.0

PROBE_EVERY = 10
"""While the disk refuses writes it is tried once in so many rounds."""


class Housekeeper:
    """Keeps clerk, screen and fault board up to date. `look` and `load_gallery` are one thread's at a time.

    `use_gallery` is given each new snapshot before anybody else is, and may refuse it with GalleryError; the clerk's is
    without the templates' numbers. `revoked` is the mark in the identity; `report` tells `kiosk sync` of the terminal.
    """

    def __init__(
        self,
        terminal: Terminal,
        clerk: Clerk,
        gallery: Gallery,
        outbox: Outbox,
        faults: FaultBoard,
        clock: Clock,
        *,
        use_gallery: Callable[[GallerySnapshot], None],
        sync_status: Callable[[Moment], SyncStatus],
        revoked: Callable[[], bool],
        report: Callable[[], None],
        gallery_max_age_days: int,
    ) -> None:
        self._terminal = terminal
        self._clerk = clerk
        self._gallery = gallery
        self._outbox = outbox
        self._faults = faults
        self._clock = clock
        self._use_gallery = use_gallery
        self._sync_status = sync_status
        self._revoked = revoked
        self._report = report
        self._gallery_max_age_days = gallery_max_age_days
        self._rounds = 0
        self._held: Sequence[Event] = ()
        self._enrolled = threading.Event()

    def run(self, stop: threading.Event, alive: Callable[[], None]) -> None:
        """Until `stop`. `alive` is called after each round."""
        while not stop.wait(PERIOD_S):
            self.look()
            alive()

    def look(self) -> None:
        """One round."""
        self._rounds += 1
        now = self._clock.now()
        status = self._sync_status(now)
        if self._gallery.changed() or self._enrolled.is_set() or self._is_over(now):
            self.load_gallery()
        snapshot = self._clerk.office.snapshot
        self._clerk.office = Office(snapshot, status.connected if status.boot_id else None)
        confirmed = status.gallery_confirmed_utc or snapshot.fetched_utc
        self._faults.set(Fault.GALLERY_STALE, gallery_is_stale(confirmed, now, self._gallery_max_age_days))
        # The status may be lost in a power cut, the mark in the identity is not.
        self._faults.set(Fault.DEVICE_REVOKED, status.revoked or self._revoked())
        self._look_at_journal()
        self._report()

    def load_gallery(self) -> None:
        """Take the cached gallery; a damaged one leaves the former in use."""
        try:
            snapshot = self._gallery.load()
            self._use(snapshot)
        except GalleryError as error:
            if Fault.GALLERY_DAMAGED not in self._faults.current():  # while an enrolment waits to be used: each second
                log.error("the gallery cannot be used: %s", error)
            self._faults.set(Fault.GALLERY_DAMAGED, True)
            # Whom the terminal must not know any more it records no more, although the search stays as it is.
            self._tell(self._joined(self._clerk.office.snapshot))
            return
        self._faults.set(Fault.GALLERY_DAMAGED, self._gallery.damaged)
        log.info("gallery version %d: %d people", snapshot.version, len(snapshot.people))

    def enrolled(self) -> None:
        """An enrolment was made or withdrawn here; any thread."""
        self._enrolled.set()

    def waits(self, nip: Nip) -> bool:
        """Whether the terminal may know somebody of this NIP whose enrolment waits, and has templates for it; any
        thread."""
        snapshot = self._clerk.office.snapshot
        joined = waiting.joined(snapshot, self._own_enrolments(snapshot), self._clock.now())
        mine = {who for who in joined.waiting if joined.people[who].nip == nip}
        return any(each.person_id in mine and each.model_id == self._clerk.model_id for each in joined.templates)

    def _use(self, snapshot: GallerySnapshot) -> None:
        """The office's people, and whom this terminal alone knows. Raises GalleryError."""
        self._enrolled.clear()
        joined = self._joined(snapshot)
        self._use_gallery(joined)
        self._tell(joined)

    def _joined(self, snapshot: GallerySnapshot) -> GallerySnapshot:
        self._held = self._own_enrolments(snapshot)
        return waiting.joined(snapshot, self._held, self._clock.now())

    def _tell(self, joined: GallerySnapshot) -> None:
        self._faults.set(Fault.GALLERY_EMPTY, not joined.templates)
        self._clerk.office = replace(self._clerk.office, snapshot=joined.without_vectors())

    def _own_enrolments(self, snapshot: GallerySnapshot) -> Sequence[Event]:
        """None where the server does not let them be used, and none of a journal that cannot be read."""
        if snapshot.bulletin.local_use is None:
            return ()
        try:
            return self._outbox.own_enrolments(waiting.since(snapshot, self._clock.now()))
        except OutboxError as error:
            log.warning("the journal cannot be read: %s", error)
            return ()

    def _is_over(self, now: Moment) -> bool:
        """Whether somebody who is known by a waiting enrolment is not to be known so any more."""
        used = self._clerk.office.snapshot.waiting
        if not used:
            return False
        still = waiting.usable(self._clerk.office.snapshot, self._held, now)
        return Fault.JOURNAL_DAMAGED in self._faults.current() or {each.event_id for each in still} != set(used)

    def _look_at_journal(self) -> None:
        try:
            self._terminal.queue_state = self._outbox.queue_state()
            self._faults.set(Fault.JOURNAL_DAMAGED, Fault.JOURNAL_DAMAGED in self._outbox.faults())
        except OutboxError as error:
            log.warning("the journal cannot be read: %s", error)
            self._faults.set(fault_of(error), True)
        if self._rounds % PROBE_EVERY == 0 and self._faults.current() & enc.DISK_FAULTS:
            self._clerk.order(enc.Count("disk_probe"))


def gallery_is_stale(fetched_utc: dt.datetime | None, now: Moment, max_age_days: int) -> bool:
    """Whether the server last confirmed the gallery too long ago. Not judged by a clock that may be years off."""
    if max_age_days == 0 or fetched_utc is None or now.clock_state is not ClockState.SYNCHRONISED:
        return False
    return now.wall_utc - fetched_utc > dt.timedelta(days=max_age_days)
