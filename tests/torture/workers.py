"""The processes that the torture tests start and kill, forked from one that has everything imported already.

A kill must not cost a second of imports: a thousand of them would take all afternoon.
"""

from __future__ import annotations

import contextlib
import mmap
import multiprocessing as mp
import os
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import click

CONTEXT = mp.get_context("forkserver")
PRELOAD = [
    "kiosk.commands.sync",
    "kiosk.sync",
    "etpp.commands.serve",
    "etpp.__main__",
    "tests.integration.office",
    "tests.torture.workers",
]


def prepare() -> None:
    """Before the first start(). OpenBLAS must not start threads in a process that is forked from."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    CONTEXT.set_forkserver_preload(PRELOAD)


def start(target: Any, *arguments: object) -> BaseProcess:
    process = CONTEXT.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def kill(process: BaseProcess) -> None:
    process.kill()
    process.join()
    process.close()


def record(folder: Path, person_id: str, screen: Path, pause_s: float) -> None:
    """What `kiosk run` does once a person has confirmed: append, and only then say so on the screen (a FIFO)."""
    from kiosk.machine.clock import SystemClock
    from kiosk.machine.state import StateFolder
    from tests.integration.office import open_outbox
    from tests.unit.kiosk.journal import records

    outbox = open_outbox(StateFolder(folder))
    clock = SystemClock(outbox.anchors)
    shown = os.open(screen, os.O_WRONLY)
    while True:
        event = outbox.append(records.presence(person_id), clock.now())
        os.write(shown, f"{event.event_id}\n".encode())
        time.sleep(pause_s)


def sync(folder: Path, config: Path) -> None:
    """`kiosk sync`."""
    from kiosk.commands.sync import command

    _quiet(folder / "sync.log")
    with contextlib.suppress(SystemExit):
        command.main(["--state", str(folder), "--config", str(config)], standalone_mode=False)


def serve(state: Path, port: int) -> None:
    """`etpp serve`."""
    from etpp.__main__ import cli

    _quiet(state / "serve.log")
    with contextlib.suppress(SystemExit, click.exceptions.Exit):
        cli(["--state", str(state), "serve", "--port", str(port), "--approve", "auto"])


def _quiet(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(descriptor, stream.fileno())


def append_and_show(folder: Path, screen: Path) -> None:
    """Append without an end, with nothing around the journal; each id goes to a FIFO once it is recorded."""
    from kiosk.journal.outbox import SqliteOutbox
    from kiosk.model import DeviceId
    from tests.unit.kiosk.journal import records
    from tests.unit.kiosk.machine.fake_clock import FakeClock

    _quiet(folder.parent / "worker.log")
    shown = os.open(screen, os.O_WRONLY)
    clock = FakeClock()
    outbox = SqliteOutbox(folder / "outbox.sqlite", DeviceId("device-1"), key=bytes(32))
    while True:
        os.write(shown, f"{outbox.append(records.presence(), clock.now()).event_id}\n".encode())


def append_some(folder: Path, count: int, report: Path) -> None:
    """Append events once a tracer has attached; what came of each goes to a mapped file, past the traced calls."""
    from kiosk.errors import OutboxError
    from kiosk.journal.outbox import SqliteOutbox
    from kiosk.model import DeviceId
    from tests.unit.kiosk.journal import records
    from tests.unit.kiosk.machine.fake_clock import FakeClock

    _quiet(folder.parent / "worker.log")
    with report.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as page:
        said = 0

        def say(line: str) -> None:
            nonlocal said
            page[said : said + len(line) + 1] = f"{line}\n".encode()
            said += len(line) + 1

        clock = FakeClock()
        outbox = SqliteOutbox(folder / "outbox.sqlite", DeviceId("device-1"), key=bytes(32))
        drafts = [records.presence(f"p-{n}") for n in range(count)]
        while "TracerPid:\t0" in Path("/proc/self/status").read_text():
            time.sleep(0.001)
        for draft in drafts:
            clock.advance(1)
            try:
                say(f"recorded {outbox.append(draft, clock.now()).event_id}")
            except OutboxError as error:
                say(f"refused {type(error).__name__}")
        outbox.close()
        say("end")
