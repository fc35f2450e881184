"""SIGTERM and SIGINT as an event that threads can wait for.

A handler runs in the main thread in the middle of whatever that does, and again in the middle of itself. One that set
the event would take the event's lock: held already, by the wait that it interrupts or by itself for the signal before,
it is never freed. So a signal only puts a byte into a pipe, which takes no lock (signal-safety(7)), and a thread that
no signal interrupts reads it and sets the event.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def ending() -> Iterator[threading.Event]:
    """The event is set by the first signal, and more of them change nothing until the block is left; the handlers
    before are restored then. Main thread only."""
    stop = threading.Event()
    reader, writer = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(writer, False)

    def wait() -> None:
        os.read(reader, 1)
        stop.set()

    waiting = threading.Thread(target=wait, name="signals", daemon=True)
    waiting.start()
    before_fd = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)  # a full pipe has been asked often enough
    before = {number: signal.signal(number, _woken) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_fd)
        os.close(writer)  # which ends the read, also of an empty pipe
        waiting.join()
        os.close(reader)


def _woken(_number: int, _frame: FrameType | None) -> None:
    """set_wakeup_fd has said all; without a handler of Python's the signal's default would end the process."""
