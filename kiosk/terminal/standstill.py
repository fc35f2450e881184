"""A terminal that cannot even start: its settings, its identity, its state folder or its disk is at fault.

A black screen tells an employee nothing, so the fault is on it until the cause has gone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial

from kiosk.errors import ConfigError, IdentityError, KioskError, NotProvisioned, OutboxError, StateError, StateInUse
from kiosk.journal.schema import translate
from kiosk.machine.watchdog import Watchdog
from kiosk.model import Fault
from kiosk.terminal.faults import fault_of

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
"""How soon after the technician has mended it the terminal goes on."""

TRY_AGAIN_S = 60.0
"""How long a failure that cannot be looked at from here is on the screen before systemd starts the terminal anew."""

SCREEN_WITHIN_S = 15.0

Show = Callable[[Callable[[], bool], Callable[[], None]], None]
"""Shows the fault, blocking the main thread, until the first argument says that it is over; calls the second with every
picture."""


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


def stand_still(fault: Fault, start: Callable[[], object], show: Show) -> bool:
    """Have `fault` shown until `start`, which raises what the start of the terminal would, does not raise it any more:
    True. False when the terminal was told to stop. `start` is called in a thread of its own: a broken disk may take
    its time to answer."""
    watchdog = Watchdog.from_environment({"screen": SCREEN_WITHIN_S})
    over, stop = threading.Event(), threading.Event()
    every_s = TRY_AGAIN_S if fault is Fault.PROGRAM_FAILED else LOOK_EVERY_S
    threads = [
        threading.Thread(target=_look, args=(fault, start, every_s, over, stop), name="look", daemon=True),
        threading.Thread(target=watchdog.run, args=(stop,), name="watchdog", daemon=True),
    ]
    for thread in threads:
        thread.start()
    watchdog.notifier.ready(f"cannot record: {fault.value}")
    try:
        show(over.is_set, partial(watchdog.progress, "screen"))
        return over.is_set()
    finally:
        stop.set()


def _look(
    fault: Fault, start: Callable[[], object], every_s: float, over: threading.Event, stop: threading.Event
) -> None:
    said = ""
    while not stop.wait(every_s):
        reason = _still(fault, start)
        if reason is None:
            over.set()
            return
        if reason != said:  # once, not at every look of a night
            log.info("the terminal cannot start yet: %s", reason)
            said = reason


def _still(fault: Fault, start: Callable[[], object]) -> str | None:
    """Why the fault is not over; None when it is."""
    if fault is Fault.PROGRAM_FAILED:
        return None  # only a new process can tell
    try:
        start()
    except StateInUse as error:
        return str(error)  # `kiosk provision` is at it
    except KioskError as error:
        return str(error) if fault_at_start(error) is fault else None  # another one is the next start's to tell
    except Exception:
        log.exception("the terminal starts anew")
    return None
