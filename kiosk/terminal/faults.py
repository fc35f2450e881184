"""Which faults hold now: raised and cleared by any thread, read by the screen; and what it calls an error."""

from __future__ import annotations

import logging
import threading

from kiosk.errors import DiskForbidden, DiskFull, DiskReadOnly, KioskError
from kiosk.model import Fault

log = logging.getLogger(__name__)


class FaultBoard:
    """Thread-safe. Each change is logged once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: frozenset[Fault] = frozenset()

    def current(self) -> frozenset[Fault]:
        return self._faults

    def set(self, fault: Fault, holds: bool) -> None:
        with self._lock:
            if (fault in self._faults) == holds:
                return
            self._faults = self._faults | {fault} if holds else self._faults - {fault}
        log.log(logging.WARNING if holds else logging.INFO, "fault %s %s", fault.value, "raised" if holds else "over")


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
