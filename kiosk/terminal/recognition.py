"""The recognition thread: newest frame to sighting; models that fail are opened anew with back-off. It never ends by
itself.

Every start has a number: the first one, and each after a restart, with another gallery or with other models. A sighting
carries the number of the start that its frame was looked at after, so whoever reads `start` and finds another number
knows that the sighting was gathered before, wherever it has been meanwhile.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from kiosk.errors import ModelError
from kiosk.model import Fault, ModelId, Sighting
from kiosk.ports import FaceMatcher
from kiosk.terminal.capture import Latest
from kiosk.terminal.faults import FaultBoard
from kiosk.terminal.recognise import Recogniser
from kiosk.terminal.renewal import NO_SAMPLING, Sampling

log = logging.getLogger(__name__)

FRAME_WAIT_S = 0.5
ALIVE_EVERY_S = 1.0

OpenRecogniser = Callable[[FaceMatcher, Sequence[ModelId], int], Recogniser]
"""With the matcher, with the models that describe pictures for renewals besides its own, and with how many tracks were
numbered before: a number used twice would be a person who is done. Raises ModelError."""


class Recognition:
    """Holds the recogniser. `run` is the thread's; `use` and `restart` may be called by any other."""

    def __init__(
        self,
        open_recogniser: OpenRecogniser,
        matcher: FaceMatcher,
        latest: Latest,
        faults: FaultBoard,
        sighted: Callable[[Sighting, dict[str, float]], None],
        monotonic_s: Callable[[], float],
        *,
        retry_s: float = 5.0,
        retry_ceiling_s: float = 60.0,
    ) -> None:
        self._open_recogniser = open_recogniser
        self._matcher = matcher
        self._sampling = NO_SAMPLING
        self._frames = latest.reader()
        self._faults = faults
        self._sighted = sighted
        self._monotonic_s = monotonic_s
        self._retry_s = retry_s
        self._retry_ceiling_s = retry_ceiling_s
        self._lock = threading.Lock()
        self._recogniser: Recogniser | None = None
        self._tracks = 0
        self._start = 0
        self._resting = False

    def rest(self, resting: bool) -> None:
        """Look at no frame while an officer enrols somebody: the machine has other faces to look at. Any thread."""
        self._resting = resting

    @property
    def start(self) -> int:
        """The number of the latest start. Any thread."""
        return self._start

    def open(self) -> None:
        """Open the models now. Raises ModelError."""
        matcher, sampling = self._matcher, self._sampling
        opened = self._open_recogniser(matcher, sampling.models, self._tracks)
        with self._lock:
            if (self._matcher.model_id, self._sampling.models) == (matcher.model_id, sampling.models):
                opened.use(self._matcher, self._sampling.people)  # another gallery may have come meanwhile
                self._recogniser = opened
                self._start += 1

    def use(self, matcher: FaceMatcher, sampling: Sampling = NO_SAMPLING) -> None:
        """Search another gallery from the next frame on; one of other recognisers opens those."""
        with self._lock:
            before = self._matcher.model_id, self._sampling.models
            self._matcher, self._sampling = matcher, sampling
            another = before != (matcher.model_id, sampling.models)
            if another and self._recogniser is not None:
                self._tracks, self._recogniser = self._recogniser.tracks, None
            elif self._recogniser is not None:
                self._recogniser.use(matcher, sampling.people)
            self._start += 1

    def restart(self) -> None:
        """Treat the face in sight as a new person from the next frame on."""
        with self._lock:
            if self._recogniser is not None:
                self._recogniser.restart()
            self._start += 1  # after the order: who reads this number sees frames by it

    def failed(self, error: ModelError) -> None:
        """Say so on the screen, and go on without models until they can be opened."""
        log.error("nobody can be recognised: %s", error)
        self._faults.set(Fault.RECOGNISER_FAILED, True)
        with self._lock:
            if self._recogniser is not None:
                self._tracks = self._recogniser.tracks
            self._recogniser = None

    def run(self, stop: threading.Event, alive: Callable[[], None]) -> None:
        """Until `stop`. `alive` is called whenever the loop has come round."""
        wait_s = self._retry_s
        while not stop.is_set():
            began_s = self._monotonic_s()
            try:
                if self._recogniser is None:
                    self.open()
                self._watch(stop, alive)
            except ModelError as error:
                self.failed(error)
                if self._monotonic_s() - began_s > self._retry_ceiling_s:
                    wait_s = self._retry_s
                self._pause(stop, alive, wait_s)
                wait_s = min(2 * wait_s, self._retry_ceiling_s)

    def _watch(self, stop: threading.Event, alive: Callable[[], None]) -> None:
        seen = 0
        while self._recogniser is not None and not stop.is_set():
            alive()
            if self._resting:
                stop.wait(FRAME_WAIT_S)
            elif self.look():
                seen += 1
                if seen % 1000 == 0:
                    log.debug("%d frames looked at", seen)

    def look(self) -> bool:
        """Wait for the next frame and hand on its sighting; False when none came. Raises ModelError."""
        frame = self._frames.next(FRAME_WAIT_S)
        with self._lock:  # only now, and together: another gallery may have come while the frame was waited for
            recogniser, start = self._recogniser, self._start
        if recogniser is None or frame is None:
            return False
        sighting = recogniser.see(frame, self._monotonic_s)
        self._faults.set(Fault.RECOGNISER_FAILED, False)
        self._sighted(replace(sighting, start=start), recogniser.stage_ms)
        return True

    @staticmethod
    def _pause(stop: threading.Event, alive: Callable[[], None], wait_s: float) -> None:
        while wait_s > 0 and not stop.wait(min(wait_s, ALIVE_EVERY_S)):
            alive()
            wait_s -= ALIVE_EVERY_S
