"""The camera's thread: newest frame in a slot, a lost camera opened again with back-off. It never ends by itself."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from kiosk.errors import CameraError
from kiosk.model import Fault, Frame
from kiosk.ports import FrameSource
from kiosk.terminal.faults import FaultBoard

log = logging.getLogger(__name__)


PASSED_OVER = 0.75
"""Of the time between two frames that are looked at: a camera's frames come a little sooner or later than due."""


class Latest:
    """A slot for the newest frame: the writer never waits, the reader never sees an old one twice."""

    def __init__(self, looks_per_s: float = float("inf")) -> None:
        """`looks_per_s`: so many frames a second are handed to each reader at most."""
        self._ready = threading.Condition()
        self._frame: Frame | None = None
        self._apart_s = PASSED_OVER / looks_per_s

    def reader(self) -> Reader:
        return Reader(self, self._apart_s)

    def put(self, frame: Frame) -> None:
        with self._ready:
            self._frame = frame
            self._ready.notify_all()

    def clear(self) -> None:
        with self._ready:
            self._frame = None

    def peek(self) -> Frame | None:
        return self._frame

    def newer_than(self, seq: int, timeout_s: float) -> Frame | None:
        """Wait for a frame whose number is not `seq`; None when none came within `timeout_s`."""
        with self._ready:
            self._ready.wait_for(lambda: self._frame is not None and self._frame.seq != seq, timeout_s)
            frame = self._frame
        return frame if frame is not None and frame.seq != seq else None


class Reader:
    """Looks at a slot's frames, each once, and at none that follows the last sooner than `apart_s`. One thread's."""

    def __init__(self, latest: Latest, apart_s: float) -> None:
        self._latest = latest
        self._apart_s = apart_s
        self._seq = -1
        self._looked_s = -math.inf

    def next(self, timeout_s: float) -> Frame | None:
        """Wait for a frame; None when none came within `timeout_s`."""
        while (frame := self._latest.newer_than(self._seq, timeout_s)) is not None:
            self._seq = frame.seq
            if abs(frame.t_s - self._looked_s) >= self._apart_s:  # a camera that was opened anew may count anew
                self._looked_s = frame.t_s
                break
        return frame


class Capture:
    """Opens the camera anew after each loss. `open_source` gives an opened source or raises CameraError."""

    def __init__(
        self,
        open_source: Callable[[], FrameSource],
        latest: Latest,
        faults: FaultBoard,
        *,
        retry_s: float,
        retry_ceiling_s: float,
    ) -> None:
        self._open_source = open_source
        self._latest = latest
        self._faults = faults
        self._retry_s = retry_s
        self._retry_ceiling_s = retry_ceiling_s
        self._absent = Fault.CAMERA_ABSENT

    def run(self, stop: threading.Event, alive: Callable[[], None], source: FrameSource | None = None) -> None:
        """Until `stop`. `alive` is called whenever the loop has come round; `source` is one that is open already."""
        wait_s = self._retry_s
        while not stop.is_set():
            alive()
            try:
                source = source or self._open_source()
                if self._deliver(source, stop, alive):
                    wait_s = self._retry_s
            except CameraError as error:
                log.warning("camera: %s", error)
                self._faults.set(self._absent, True)
            finally:
                self._latest.clear()
                if source is not None:
                    source.close()
                source = None
            if stop.wait(wait_s):
                return
            wait_s = min(2 * wait_s, self._retry_ceiling_s)

    def _deliver(self, source: FrameSource, stop: threading.Event, alive: Callable[[], None]) -> bool:
        """Frames until the camera is lost or `stop`; whether there were any."""
        any_frame = False
        try:
            while not stop.is_set():
                self._latest.put(source.read())
                alive()
                if not any_frame:
                    any_frame, self._absent = True, Fault.CAMERA_LOST
                    log.info("camera %s delivers frames", source.name)
                    self._faults.set(Fault.CAMERA_LOST, False)
                    self._faults.set(Fault.CAMERA_ABSENT, False)
        except CameraError as error:
            if not any_frame:
                raise
            log.warning("camera: %s", error)
            self._faults.set(Fault.CAMERA_LOST, True)
        return any_frame
