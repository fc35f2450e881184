"""What `kiosk run` tells of itself: camera and faults, for the heartbeat, and what it lacks, for the doctor."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from kiosk.errors import StateError
from kiosk.machine.lacks import Lacks
from kiosk.machine.state import CameraState, StateFolder
from kiosk.model import Fault, Frame
from kiosk.terminal.capture import Latest
from kiosk.terminal.faults import FaultBoard

log = logging.getLogger(__name__)


class Report:
    """Written whenever it has changed; one thread's."""

    def __init__(self, state: StateFolder, faults: FaultBoard, latest: Latest, lacks: Lacks) -> None:
        self._state = state
        self._faults = faults
        self._latest = latest
        self._lacks = lacks
        self._told: tuple[CameraState, tuple[str, ...], Mapping[str, str]] | None = None
        self._trouble = ""

    def tell(self) -> None:
        """A disk that refuses it is logged, once for each reason; the next call tries again."""
        faults = self._faults.current()
        codes = tuple(sorted(fault.value for fault in faults))
        now = (camera_state(faults, self._latest.peek()), codes, self._lacks.current())
        if now == self._told:
            return
        try:
            self._state.write_terminal(*now)
        except StateError as error:
            if str(error) != self._trouble:
                log.warning("the heartbeat will not know of a change: %s", error)
            self._trouble = str(error)
        else:
            self._told, self._trouble = now, ""


def camera_state(faults: frozenset[Fault], frame: Frame | None) -> CameraState:
    """The heartbeat's word for it."""
    if Fault.CAMERA_LOST in faults:
        return "lost"
    if Fault.CAMERA_ABSENT in faults:
        return "absent"
    return "unknown" if frame is None else "ok"
