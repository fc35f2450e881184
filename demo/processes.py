"""The demo's processes: started one after the other, stopped in reverse, none left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_RUN_S = 300
"""No command of the demo takes longer on any machine that could run a terminal; the first one may convert a model."""


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
    """Children share the demo's environment and write their logs to one folder."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._children: list[Child] = []

    def start(self, name: str, arguments: Sequence[str], *, wait_for_line: bool = False) -> tuple[Child, str]:
        """Start `python -m MODULE …`; with `wait_for_line`, wait for the first line on its standard output."""
        log = self._logs / f"{name}.log"
        with log.open("w", encoding="utf-8") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if wait_for_line else sink,
                stderr=sink,
                text=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        child = Child(name, process, log)
        self._children.append(child)
        line = process.stdout.readline() if process.stdout else ""
        if wait_for_line and not line:
            process.wait()
            raise ChildFailed(f"{name} did not start:\n{child.tail()}")
        return child, line

    def run(self, name: str, arguments: Sequence[str]) -> str:
        """Run a command to its end; its standard output. Raises ChildFailed."""
        command = [sys.executable, "-m", *arguments]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=LONGEST_RUN_S
            )
        except subprocess.TimeoutExpired as error:
            raise ChildFailed(f"{name} did not end within {LONGEST_RUN_S} s") from error
        (self._logs / f"{name}.log").write_text(done.stderr, encoding="utf-8")
        if done.returncode:
            raise ChildFailed(f"{name} ended with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
        return done.stdout

    def child(self, name: str) -> Child:
        """The newest of that name."""
        return next(child for child in reversed(self._children) if child.name == name)

    def first_ended(self) -> Child | None:
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
    logs.mkdir(parents=True, exist_ok=True)
    children = Family(logs)
    try:
        yield children
    finally:
        children.stop()
