"""`kiosk sync`: the terminal's only way to the network, as a process of its own.

Two threads with a connection each, so that a long poll never holds up an event: one sends the journal and the
heartbeat, one waits for the gallery. The main thread waits for the end and then cuts both connections off.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from kiosk import wire
from kiosk.errors import (
    GalleryError,
    OutboxError,
    ProtocolMismatch,
    Refused,
    ServerError,
    StateError,
    Unreachable,
)
from kiosk.link.client import Client
from kiosk.link.download import Download
from kiosk.link.fetcher import GalleryFetcher
from kiosk.link.heartbeat import Reporter
from kiosk.link.http import Transport
from kiosk.link.pause import Backoff, Pause, network_state
from kiosk.link.ports import EventQueue, GalleryCache, Signer
from kiosk.link.sender import BatchLimits, Sender
from kiosk.machine.state import StateFolder, SyncStatus
from kiosk.machine.timeline import NTP_ERROR_MS
from kiosk.model import Anchor, ClockState, Fault
from kiosk.ports import Clock, Randomness

log = logging.getLogger(__name__)

TICK_S = 0.2
"""How often the journal is looked at for new events. A look is one pragma."""

PARTS = ("events", "gallery")
UPKEEP_S = 6 * 3600.0
JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """The [server] table, and `ca_file` from it or from the provisioning."""

    ca_file: str
    timeout_s: float
    batch_events: int
    batch_bytes: int
    retry_s: float
    retry_ceiling_s: float
    long_poll_s: int
    heartbeat_s: float
    audit_days: int


@dataclass(frozen=True, slots=True)
class SyncParts:
    """What the command wires together."""

    folder: StateFolder
    queue: EventQueue
    cache: GalleryCache
    signer: Signer
    clock: Clock
    in_step: Callable[[], bool]
    """Whether NTP disciplines the wall clock now."""
    faults: Callable[[], Iterable[Fault]]
    """The journal's own."""
    random: Randomness
    download: Download
    """Of the gallery, and where its beginning outlives a restart."""
    progress: Callable[[str], None] = lambda _part: None
    """Told that "events" or "gallery" is alive."""
    network: Callable[[], bytes] = network_state
    in_use: Callable[[], Collection[str]] = frozenset
    """The ids of enrolments by which this terminal knows somebody while they wait: these it does not erase yet."""


def run(settings: SyncSettings, parts: SyncParts, stop: threading.Event) -> None:
    """Until `stop` is set. Raises IdentityError once the terminal is revoked, and what no retry can cure."""
    sync = Sync(settings, parts, stop)
    try:
        sync.run()
    finally:
        sync.close()


class Sync:
    """The two loops and what they share."""

    def __init__(self, settings: SyncSettings, parts: SyncParts, stop: threading.Event) -> None:
        self._settings = settings
        self._parts = parts
        self._stop = stop
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._status = SyncStatus()
        self._unpublished = ""
        self._forgotten = False
        self._pause = Pause(stop, parts.network, parts.progress)
        self._transports = [
            Transport(
                ca_file=settings.ca_file,
                timeout_s=settings.timeout_s,
                clock=parts.clock,
                sign=parts.signer.sign,
                progress=partial(parts.progress, part),
            )
            for part in PARTS
        ]
        sending, fetching = (
            Client(transport, parts.signer, parts.clock, parts.queue.add_anchor) for transport in self._transports
        )
        parts.cache.mend()
        self._sender = Sender(
            parts.queue,
            sending.events,
            parts.signer.sign_head,
            parts.clock,
            BatchLimits(settings.batch_events, settings.batch_bytes),
        )
        self._heartbeat = sending.heartbeat
        self._reporter = Reporter(parts.queue, parts.cache, parts.clock, parts.folder.path, parts.folder.read_terminal)
        self._fetcher = GalleryFetcher(
            fetching,
            parts.cache,
            parts.signer,
            parts.clock,
            parts.download,
            on_removal=parts.queue.erase_enrolments,
        )

    def run(self) -> None:
        with contextlib.suppress(OutboxError):  # the sending loop tries again, and says so
            self._forget()
        self._publish(gallery_version=self._fetcher.version)
        threads = [
            threading.Thread(target=self._guarded, args=(loop,), name=name, daemon=True)
            for name, loop in (("sync-events", self._send_loop), ("sync-gallery", self._gallery_loop))
        ]
        for thread in threads:
            thread.start()
        self._stop.wait()
        for transport in self._transports:
            transport.abort()
        for thread in threads:
            thread.join(JOIN_S)
        self._publish(connected=False)
        if self._parts.signer.revoked:
            self._fetcher.discard()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        for transport in self._transports:
            transport.close()

    # ------------------------------------------------------------ the threads

    def _guarded(self, loop: Callable[[], None]) -> None:
        """A loop that fails for a reason that no retry cures ends the process, which systemd then starts again."""
        try:
            loop()
        except Exception as error:  # noqa: BLE001 - raised again in the main thread
            self._failure = self._failure or error
            if self._parts.signer.revoked:
                self._publish(revoked=True, connected=False)
        finally:
            self._stop.set()

    def _send_loop(self) -> None:
        backoff = self._backoff()
        heartbeat_at_s = upkeep_at_s = time.monotonic()
        while not self._stop.is_set():
            seen = -1
            trouble: Exception | None = None
            self._parts.progress("events")
            try:
                seen = self._parts.queue.changes()
                if time.monotonic() >= heartbeat_at_s:
                    self._beat()
                    heartbeat_at_s = time.monotonic() + self._settings.heartbeat_s
                while time.monotonic() < heartbeat_at_s and not self._stop.is_set() and self._sender.send():
                    backoff.success()
                backoff.success()
                self._contact()
                self._forget()
                if time.monotonic() >= upkeep_at_s:
                    self._keep_up()
                    upkeep_at_s = time.monotonic() + UPKEEP_S
            except (ServerError, GalleryError, OutboxError, StateError) as error:
                trouble = error
            if trouble is None:
                self._wait_for_events(seen, heartbeat_at_s)
            else:
                self._note_ntp()
                self._wait_after("events", trouble, backoff)

    def _gallery_loop(self) -> None:
        backoff = self._backoff()
        # A server that does not hold the request back must not be asked in a tight loop.
        pause_s = 1.0 if self._settings.long_poll_s else self._settings.heartbeat_s
        while not self._stop.is_set():
            began_s = time.monotonic()
            self._parts.progress("gallery")
            try:
                news = self._fetcher.fetch(self._settings.long_poll_s)
                backoff.success()
                self._contact(
                    gallery_version=self._fetcher.version, gallery_confirmed_utc=self._parts.clock.now().wall_utc
                )
            except (ServerError, GalleryError, OutboxError, StateError) as error:
                self._wait_after("gallery", error, backoff)
                continue
            if not news:
                self._pause.wait("gallery", pause_s - (time.monotonic() - began_s))

    def _beat(self) -> None:
        """The heartbeat, and the word that nothing else is to be told. No fault of either may hold up events, or the
        other one."""
        self._tolerate(self._tell)
        self._tolerate(self._report)

    def _tolerate(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Refused as refusal:
            if refusal.status == 429 or refusal.status >= 500:
                raise
            log.warning("the heartbeat: %s", refusal)
        except wire.WireError as error:
            log.warning("the heartbeat's answer breaks the protocol: %s", error)

    def _tell(self) -> None:
        signer = self._parts.signer
        report = self._reporter.report(gallery_version=self._fetcher.version, faults=self._faults())
        report["server_keys_serial"] = signer.server_keys_serial
        if signer.rotating:
            report["rotate_key"] = signer.begin_rotation()
        answer = self._heartbeat(report)
        if signer.rotating and answer.get("key_rotated") is True:
            signer.rotated()
            log.info("the server has taken this terminal's new key")
        self._take_server_keys(answer)
        head = answer.get("head")
        self._sender.compare(None if head is None else wire.parse_head(wire.member(answer, "head", dict)))

    def _report(self) -> None:
        if not self._parts.queue.queue_state().waiting:
            self._sender.report()

    def _take_server_keys(self, answer: wire.Json) -> None:
        """The answer MAY state the server's keys anew."""
        if answer.get("server_keys") is None:
            return
        try:
            if self._parts.signer.take_server_keys(wire.member(answer, "server_keys", dict)):
                log.info("the server's keys are those of statement %d now", self._parts.signer.server_keys_serial)
        except (wire.WireError, StateError) as error:
            log.warning("the server's keys stay as they are: %s", error)

    def _wait_for_events(self, seen: int, until_s: float) -> None:
        """Until another process has written to the journal, or the heartbeat is due."""
        while not self._stop.wait(TICK_S) and time.monotonic() < until_s:
            self._parts.progress("events")
            with contextlib.suppress(OutboxError):
                if self._parts.queue.changes() != seen:
                    return

    def _forget(self) -> None:
        """Once after the start: erase the faces in enrolments that the server has answered. Raises OutboxError."""
        if not self._forgotten:
            self._parts.queue.erase_enrolments(None, self._parts.in_use())
            self._forgotten = True

    def _keep_up(self) -> None:
        """What is done four times a day: forget what need not be kept, move the write-ahead log in."""
        moment = self._parts.clock.now()
        today = moment.wall_utc.date()
        self._parts.queue.erase_enrolments(today, self._parts.in_use())
        if moment.clock_state is ClockState.SYNCHRONISED:  # a clock years ahead would end every audit period
            thinned = self._parts.queue.thin(today - dt.timedelta(days=self._settings.audit_days))
            if thinned:
                log.info("%d events are past their audit period and were reduced to their place in the chain", thinned)
        self._parts.queue.checkpoint()

    def _note_ntp(self) -> None:
        """While the server is away, the kernel's word on its clock is the next best thing to an anchor."""
        if not self._parts.in_step():
            return
        moment = self._parts.clock.now()
        with contextlib.suppress(OutboxError):
            self._parts.queue.add_anchor(
                Anchor(moment.boot_id, moment.monotonic_ms, moment.wall_utc, 2 * NTP_ERROR_MS), "ntp"
            )

    # ------------------------------------------------------------ what the screen is told

    def _backoff(self) -> Backoff:
        return Backoff(self._parts.random, base_s=self._settings.retry_s, ceiling_s=self._settings.retry_ceiling_s)

    def _wait_after(self, part: str, trouble: Exception, backoff: Backoff) -> None:
        if self._stop.is_set():
            return  # the trouble is that abort() has cut the connection off
        if isinstance(trouble, Unreachable | ProtocolMismatch):
            self._publish(connected=False)
        if self._pause.wait(part, backoff.failure(trouble), trouble):
            backoff.success()

    def _contact(self, **changes: Any) -> None:
        self._pause.contact()
        self._publish(connected=True, last_contact_utc=self._parts.clock.now().wall_utc, **changes)

    def _faults(self) -> list[str]:
        faults = set(self._parts.faults())
        if self._sender.chain_broken:
            faults.add(Fault.JOURNAL_DAMAGED)
        if self._parts.clock.now().clock_state is ClockState.UNSYNCHRONISED:
            faults.add(Fault.CLOCK_UNTRUSTED)
        return sorted(fault.value for fault in faults)

    def _publish(self, **changes: Any) -> None:
        moment = self._parts.clock.now()
        with self._lock:
            self._status = replace(
                self._status,
                faults=tuple(self._faults()),
                boot_id=moment.boot_id,
                monotonic_ms=moment.monotonic_ms,
                **changes,
            )
            try:
                self._parts.folder.write_status(self._status)
            except StateError as error:
                if str(error) != self._unpublished:
                    log.warning("the screen will not know whether there is a connection: %s", error)
                self._unpublished = str(error)
            else:
                self._unpublished = ""
