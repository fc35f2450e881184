"""The demo's processes: started one after the other, stopped in reverse, none left behind.

A signal's handler only notes it: an exception from there could as well come between the start of a process and its
being known here, or in the middle of the stopping. It is raised where the demo waits.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

LONGEST_RUN_S = 300
"""No command of the demo takes longer on any machine that could run a terminal; the first one may convert a model."""

LOOK_S = 0.2
"""How often a wait looks whether a signal has come."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[str]
    log: Path

    def ended(self) -> int | None:
        return self.process.poll()

    def tail(self) -> str:
        """The last lines of its log, for the message about its end."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-8:])


class ChildFailed(Exception):
    """A command of the demo did not work; the message holds the end of its log."""


class Family:
    """Children share the demo's environment and write their logs to one folder. Whatever waits for one raises
    KeyboardInterrupt once a signal has been noted."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []
        self.signals: list[int] = []

    def note(self, number: int, _frame: FrameType | None = None) -> None:
        """A signal's handler."""
        self.signals.append(number)

    def start(self, name: str, arguments: Sequence[str], *, wait_for_line: bool = False) -> tuple[Child, str]:
        """Start `python -m MODULE …`; with `wait_for_line`, wait for the first line on its standard output."""
        child = self._start(name, arguments, piped=wait_for_line)
        line = self._first_line(child) if wait_for_line else ""
        if wait_for_line and not line:
            child.process.wait()
            raise ChildFailed(f"{name} did not start:\n{child.tail()}")
        return child, line

    def run(self, name: str, arguments: Sequence[str]) -> str:
        """Run a command to its end; its standard output. Raises ChildFailed."""
        child = self._start(name, arguments, piped=True)
        until_s = time.monotonic() + LONGEST_RUN_S
        while True:
            self._look()
            try:
                output, _ = child.process.communicate(timeout=LOOK_S)
                break
            except subprocess.TimeoutExpired as error:
                if time.monotonic() > until_s:
                    raise ChildFailed(f"{name} did not end within {LONGEST_RUN_S} s") from error
        self._children.remove(child)
        if child.process.returncode:
            raise ChildFailed(f"{name} ended with {child.process.returncode}:\n{child.tail()}")
        return output

    def _start(self, name: str, arguments: Sequence[str], *, piped: bool) -> Child:
        log = self._logs / f"{name}.log"
        with log.open("w", encoding="utf-8") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if piped else sink,
                stderr=sink,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        self._children.append(child := Child(name, process, log))
        return child

    def _first_line(self, child: Child) -> str:
        output = child.process.stdout
        while output is not None and not select.select([output], [], [], LOOK_S)[0]:
            self._look()
        return output.readline() if output is not None else ""

    def _look(self) -> None:
        if self.signals:
            raise KeyboardInterrupt

    def child(self, name: str) -> Child:
        """The newest of that name."""
        return next(child for child in reversed(self._children) if child.name == name)

    def first_ended(self) -> Child | None:
        self._look()
        return next((child for child in self._children if child.ended() is not None), None)

    def stop(self, patience_s: float = 10.0) -> None:
        """SIGTERM, newest first; SIGKILL for one that does not listen."""
        for child in reversed(self._children):
            if child.ended() is None:
                child.process.send_signal(signal.SIGTERM)
                try:
                    child.process.wait(patience_s)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
            if child.process.stdout:
                child.process.stdout.close()
        self._children.clear()


@contextlib.contextmanager
def family(logs: Path) -> Iterator[Family]:
    """SIGTERM and SIGINT are a KeyboardInterrupt where it waits next, or at its end. Main thread only."""
    logs.mkdir(parents=True, exist_ok=True)
    children = Family(logs)
    before = {number: signal.signal(number, children.note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield children
    finally:
        children.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    if children.signals:
        raise KeyboardInterrupt
