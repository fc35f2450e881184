"""What a terminal shows that cannot even start: its settings, its identity, its state folder or its disk is at fault.

A black screen tells an employee nothing, so the fault is on it until the cause has gone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from kiosk.errors import ConfigError, IdentityError, KioskError, NotProvisioned, OutboxError, StateError, StateInUse
from kiosk.journal.schema import translate
from kiosk.machine.clock import SystemClock
from kiosk.machine.watchdog import Watchdog
from kiosk.model import ClockState, Fault, Frame, QueueState, TerminalStatus
from kiosk.ports import Clock
from kiosk.terminal.encounter import Button, Encounter, Phase, Settings
from kiosk.terminal.running import fault_of
from kiosk.ui import view
from kiosk.ui.catalogue import Catalogue
from kiosk.ui.ports import ScreenSource
from kiosk.ui.viewstate import ViewState

log = logging.getLogger(__name__)

LOOK_EVERY_S = 10.0
TRY_AGAIN_S = 60.0
"""How long a failure that cannot be looked at from here is on the screen before systemd starts the terminal anew."""

SCREEN_WITHIN_S = 15.0

_NO_TIMES = Settings(
    min_frames=1,
    max_frames=1,
    confirm_s=1.0,
    result_s=1.0,
    leave_s=1.0,
    refused_pause_s=1.0,
    repeat_interval_s=1.0,
)
"""A fault's screen counts nothing."""


def fault_at_start(error: Exception) -> Fault | None:
    """What the screen calls the reason why a terminal does not start; None when another one runs on this folder, and
    has the screen."""
    match error:
        case StateInUse():
            return None
        case ConfigError():
            return Fault.SETTINGS_WRONG
        case NotProvisioned():
            return Fault.NOT_PROVISIONED
        case IdentityError():
            return Fault.IDENTITY_DAMAGED
        case StateError() | OutboxError():
            return fault_of(translate(error.__cause__) if isinstance(error.__cause__, OSError) else error)
        case _:
            return Fault.PROGRAM_FAILED


def stand_still(
    fault: Fault, start: Callable[[], object], show: Callable[[ScreenSource], None], catalogue: Catalogue, timezone: str
) -> bool:
    """Show `fault` (`show` blocks the main thread) until `start`, which raises what the start of the terminal would,
    does not raise it any more: True. False when the terminal was told to stop."""
    watchdog = Watchdog.from_environment({"screen": SCREEN_WITHIN_S})
    still = Standstill(
        fault,
        partial(_over, fault, start),
        clock=SystemClock(),
        timezone=timezone,
        catalogue=catalogue,
        alive=partial(watchdog.progress, "screen"),
        look_every_s=TRY_AGAIN_S if fault is Fault.PROGRAM_FAILED else LOOK_EVERY_S,
    )
    stop = threading.Event()
    threads = [
        threading.Thread(target=still.look, name="look", daemon=True),
        threading.Thread(target=watchdog.run, args=(stop,), name="watchdog", daemon=True),
    ]
    for thread in threads:
        thread.start()
    watchdog.notifier.ready(f"cannot record: {fault.value}")
    try:
        show(still)
        return still.stopping()
    finally:
        still.close()
        stop.set()


def _over(fault: Fault, start: Callable[[], object]) -> bool:
    if fault is Fault.PROGRAM_FAILED:
        return True  # only a new process can tell
    try:
        start()
    except StateInUse:
        return False  # `kiosk provision` is at it
    except KioskError as error:
        log.info("the terminal cannot start yet: %s", error)
        return fault_at_start(error) is not fault  # another one is the next start's to tell
    except Exception:
        log.exception("the terminal starts anew")
    return True


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
        catalogue: Catalogue,
        alive: Callable[[], None],
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._encounter = Encounter(phase=Phase.FAULT, faults=frozenset({fault}))
        self._over = over
        self._clock = clock
        self._zone = ZoneInfo(timezone)
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
        shown = view.render(self._encounter, status, self._clock.monotonic_s(), _NO_TIMES, self._catalogue)
        return replace(shown, connection="")  # how many events wait is not known

    def frame(self) -> Frame | None:
        return None

    def press(self, button: Button) -> None:
        """There is no button."""

    def type_nip(self, digits: str) -> None:
        """There is no pad."""

    def stopping(self) -> bool:
        return self._stop.is_set()
