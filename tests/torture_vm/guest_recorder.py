"""Runs in the machine: records as fast as the disk allows, and tells the console of each event once it is recorded.

A second process acknowledges, as `kiosk sync` does beside `kiosk run`. With the word "careless" on the kernel's command
line a commit does not wait for the disk: the control, in which a power cut must lose events.
"""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import sys
import time
from pathlib import Path

from kiosk.journal import db
from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.journal.queue import JournalQueue
from kiosk.machine.clock import SystemClock
from kiosk.model import DeviceId
from tests.unit.kiosk.journal import records


def say(line: str) -> None:
    print(f"@ {line}", flush=True)


def open_outbox(path: Path) -> SqliteOutbox:
    return SqliteOutbox(path, DeviceId("machine"), key=bytes(32)).open()


def record(path: Path) -> None:
    outbox = open_outbox(path)
    audit = JournalAudit(outbox)
    held = sum(1 for chain in audit.chains() for _ in audit.rows(chain))
    say(f"held {held} chains {len(audit.chains())} findings {len(list(audit.verify()))} faults {len(outbox.faults())}")
    clock = SystemClock(outbox.anchors)
    person = 0
    while True:
        person += 1
        event = outbox.append(records.presence(f"p-{person % 500}"), clock.now())
        say(f"recorded {event.seq} {event.event_id} {event.hash}")


def acknowledge(path: Path) -> None:
    queue = JournalQueue(open_outbox(path))
    while True:
        claim = queue.claim(limit=20, max_bytes=100_000)
        if claim is not None and claim.entries:
            queue.acknowledge(claim.chain_id, claim.entries[-1].last_seq, dt.datetime.now(dt.UTC), {})
        time.sleep(0.1)


def be_careless() -> None:
    careful = db.open_database

    def open_database(path: Path) -> sqlite3.Connection:
        connection = careful(path)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    db.open_database = open_database


if __name__ == "__main__":
    if "careless" in Path("/proc/cmdline").read_text(encoding="ascii").split():
        be_careless()
    journal = Path(sys.argv[1])
    if os.fork():
        record(journal)
    else:
        acknowledge(journal)
