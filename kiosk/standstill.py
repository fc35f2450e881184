"""What a terminal shows that cannot even start: the disk is full, locked or broken when it is switched on.

A black screen tells an employee nothing, so the fault is on it until the disk can be written again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from zoneinfo import ZoneInfo

from kiosk.encounter import Button, Encounter, Phase, Settings
from kiosk.model import ClockState, Fault, Frame, QueueState, TerminalStatus
from kiosk.ports import Clock
from kiosk.ui import view
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.viewstate import ViewState

LOOK_EVERY_S = 10.0


class Standstill:
    """The screen's source while nothing can be recorded. `over` looks whether that has passed, in a thread of its own:
    a broken disk may take its time to answer.
    """

    def __init__(
        self,
        fault: Fault,
        over: Callable[[], bool],
        *,
        clock: Clock,
        timezone: str,
        settings: Settings,
        catalogue: Catalogue,
        alive: Callable[[], None],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._encounter = Encounter(phase=Phase.FAULT, faults=frozenset({fault}))
        self._over = over
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._settings = settings
        self._catalogue = catalogue
        self._alive = alive
        self._look_every_s = look_every_s
        self._stop = threading.Event()

    def look(self) -> None:
        """Until it is over, or `close`. For a thread."""
        while not self._stop.wait(self._look_every_s):
            if self._over():
                self._stop.set()

    def close(self) -> None:
        self._stop.set()

    # ------------------------------------------------------------ ScreenSource

    def pump(self) -> ViewState:
        self._alive()
        moment = self._clock.now()
        status = TerminalStatus(
            local_time=moment.wall_utc.astimezone(self._zone),
            office_name="",
            people=0,
            connected=None,
            queue=QueueState(waiting=0, parked=0, oldest_waiting_utc=None),
            clock_trusted=moment.clock_state is ClockState.SYNCHRONISED,
        )
        shown = view.render(self._encounter, status, self._clock.monotonic_s(), self._settings, self._catalogue)
        return replace(shown, connection="")  # how many events wait is not known

    def frame(self) -> Frame | None:
        return None

    def press(self, button: Button) -> None:
        """There is no button."""

    def type_nip(self, digits: str) -> None:
        """There is no pad."""

    def stopping(self) -> bool:
        return self._stop.is_set()
