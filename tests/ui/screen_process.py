"""Starts `scripted_screen.py` and reads what it tells, line by line."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WITHIN_S = 60.0
SCRIPT = Path(__file__).with_name("scripted_screen.py")
ROOT = SCRIPT.parents[2]


class ScreenProcess:
    """The running screen. `heard` holds all lines read so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.heard: list[dict[str, Any]] = []
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.put(line)
        self._lines.put("")

    def until(self, **wanted: Any) -> None:
        """Read on to the line with these members; fails when the process ends before or WITHIN_S have passed."""
        while True:
            line = self._lines.get(timeout=WITHIN_S)
            if not line:
                raise AssertionError(f"the screen ended before {wanted}: {self.heard}")
            told = json.loads(line)
            self.heard.append(told)
            if wanted.items() <= told.items():
                return

    def end(self) -> int:
        """Read to the end; the exit code."""
        while line := self._lines.get(timeout=WITHIN_S):
            self.heard.append(json.loads(line))
        return self.process.wait(timeout=WITHIN_S)


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[ScreenProcess]:
    """The screen with these arguments, without the display of whoever runs the tests."""
    env = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env |= {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **environment}
    command = [sys.executable, str(SCRIPT), *arguments]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    try:
        yield ScreenProcess(process)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
