"""What the officer's area orders of other parts than the desk: send now, start again, events to a stick."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from kiosk.errors import OutboxError, StateError
from kiosk.journal import stick
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder
from kiosk.ports import Clock
from kiosk.terminal.desk import Carried

log = logging.getLogger(__name__)


def orders(
    state: StateFolder, outbox: SqliteOutbox, identity: Identity, clock: Clock, stop: threading.Event
) -> Mapping[str, Callable[[], Carried]]:
    """By their names in the menu. Called in the desk's thread."""

    def send() -> Carried:
        try:
            state.ask_to_send()
        except StateError as error:
            log.error("nothing can be sent at once: %s", error)
            return False, "officer.done.disk", {}
        return True, "officer.done.sync", {}

    def restart() -> Carried:
        stop.set()  # systemd starts it again
        return True, "officer.done.restart", {}

    def export() -> Carried:
        folder = stick.find_stick()
        if folder is None:
            return False, "officer.done.no_stick", {}
        try:
            count, code = stick.export_to(folder, outbox, identity, clock.now())
        except (StateError, OutboxError) as error:
            log.error("nothing was saved to the stick: %s", error)
            return False, "officer.done.no_stick", {}
        return True, "officer.done.export", {"count": count, "code": code}

    return {"sync": send, "restart": restart, "export": export}
