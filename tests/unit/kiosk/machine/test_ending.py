from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk.machine.ending import SIGNALS, ending

ROOT = Path(__file__).parents[4]
HANGS_AFTER_S = 60.0
"""Only a process that hangs is waited for so long."""


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_an_event(number: signal.Signals) -> None:
    with ending() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(HANGS_AFTER_S)


def test_the_handlers_before_are_restored_and_no_thread_stays() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with ending() as stop:
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert signal.set_wakeup_fd(-1) == -1
    assert "signals" not in {thread.name for thread in threading.enumerate()}
    assert stop.is_set()


def test_more_signals_than_a_pipe_holds_are_one() -> None:
    with ending() as stop:
        for _ in range(70_000):  # 65,536 bytes are what a pipe holds (pipe(7))
            signal.raise_signal(signal.SIGTERM)
        assert stop.wait(HANGS_AFTER_S)


IN_THE_LOCK = """
import os, signal, threading
from kiosk.machine.ending import ending
notify, left = threading.Condition.notify_all, [signal.SIGTERM, signal.SIGINT]
def interrupted(self):
    if left:
        os.kill(os.getpid(), left.pop())
    notify(self)
with ending() as stop:
    threading.Condition.notify_all = interrupted
    with stop._cond:
        os.kill(os.getpid(), signal.SIGTERM)
    stop.wait()
print("ended")
"""


def test_signals_while_the_events_lock_is_held_end_it_all_the_same() -> None:
    """By the main thread when the first signal comes, and by whoever sets the event when the next ones do."""
    done = subprocess.run(
        [sys.executable, "-c", IN_THE_LOCK],
        check=False,
        capture_output=True,
        text=True,
        timeout=HANGS_AFTER_S,
        cwd=ROOT,
    )
    assert (done.stdout, done.returncode) == ("ended\n", 0)
