"""The demo's processes and the signals that end it, with real ones."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANGS_AFTER_S = 60.0
"""Only a process that hangs is waited for so long."""

DEMO = """
import os, signal, subprocess, sys
from pathlib import Path
from demo.processes import ChildFailed, family
SERVER = ["http.server", "0", "--bind", "127.0.0.1"]
SILENT = ["timeit", "-n1", "-r1", "import threading; threading.Event().wait()"]
send_signal = subprocess.Popen.send_signal
def interrupted(process, number):
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    send_signal(process, number)
subprocess.Popen.send_signal = interrupted
try:
    with family(Path(sys.argv[1])) as children:
        for name in ("one", "two"):
            child, _ = children.start(name, SERVER, wait_for_line=True)
            print(child.process.pid, flush=True)
        {then}
except KeyboardInterrupt:
    sys.exit(130)
"""
WAITS = {
    "for a command": "print('ready', flush=True); children.run('command', SERVER)",
    "for a first line": "print('ready', flush=True); children.start('silent', SILENT, wait_for_line=True)",
    "in its own loop": "print('ready', flush=True)\n        while children.first_ended() is None: pass",
    "for nothing": "print('ready', flush=True); sys.stdin.read()",
}


@pytest.fixture(params=WAITS)
def demo(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    script = DEMO.format(then=WAITS[request.param])
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        yield process
        process.kill()


def test_signals_leave_no_process_behind(demo: subprocess.Popen[str]) -> None:
    """One that ends it, and two more for each process that is then stopped."""
    if demo.stdout is None or demo.stdin is None:
        pytest.fail("the demo has no pipes")
    *pids, ready = (demo.stdout.readline().strip() for _ in range(3))
    assert ready == "ready"
    demo.send_signal(signal.SIGTERM)
    demo.stdin.close()
    try:
        assert demo.wait(HANGS_AFTER_S) == 130
        for pid in map(int, pids):
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
    finally:
        for pid in map(int, pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
