"""What `kiosk run` tells `kiosk sync` of itself, for the heartbeat: the camera's state and the faults."""

from __future__ import annotations

import logging

from kiosk.errors import StateError
from kiosk.machine.state import CameraState, StateFolder
from kiosk.model import Fault, Frame
from kiosk.terminal.capture import Latest
from kiosk.terminal.faults import FaultBoard

log = logging.getLogger(__name__)


class Report:
    """Written whenever it has changed; one thread's."""

    def __init__(self, state: StateFolder, faults: FaultBoard, latest: Latest) -> None:
        self._state = state
        self._faults = faults
        self._latest = latest
        self._told: tuple[CameraState, tuple[str, ...]] | None = None

    def tell(self) -> None:
        """A disk that refuses it is logged; the next call tries again."""
        faults = self._faults.current()
        now = (camera_state(faults, self._latest.peek()), tuple(sorted(fault.value for fault in faults)))
        if now == self._told:
            return
        try:
            self._state.write_terminal(*now)
        except StateError as error:
            log.warning("the heartbeat will not know of a change: %s", error)
        else:
            self._told = now


def camera_state(faults: frozenset[Fault], frame: Frame | None) -> CameraState:
    """The heartbeat's word for it."""
    if Fault.CAMERA_LOST in faults:
        return "lost"
    if Fault.CAMERA_ABSENT in faults:
        return "absent"
    return "unknown" if frame is None else "ok"
