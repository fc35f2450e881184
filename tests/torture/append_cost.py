"""What an append costs against a bare insert, both in one process run, one after the other.

As a program it prints the figures as JSON: `python -m tests.torture.append_cost FOLDER COUNT`.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kiosk import wire
from kiosk.journal.outbox import SqliteOutbox
from kiosk.machine.clock import SystemClock
from kiosk.model import DeviceId, Event
from tests.unit.kiosk.journal import records


class BareInsert:
    """The yardstick: one row of the same size in a table without an index, WAL, synchronous FULL, a commit each."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY, body BLOB)")

    def __call__(self, body: bytes) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("INSERT INTO events (body) VALUES (?)", (body,))
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Cost:
    """Milliseconds."""

    append_p50: float
    append_p99: float
    bare_p50: float
    bare_p99: float

    @property
    def ratio(self) -> float:
        return self.append_p99 / self.bare_p99

    def __str__(self) -> str:
        return (
            f"append p50 {self.append_p50:.2f} ms, p99 {self.append_p99:.2f} ms; "
            f"bare insert p50 {self.bare_p50:.2f} ms, p99 {self.bare_p99:.2f} ms; ratio of p99 {self.ratio:.2f}"
        )


def measure(outbox: SqliteOutbox, person_ids: Sequence[str], count: int, yardstick: Path) -> tuple[list[Event], Cost]:
    """Append `count` presences, each followed by a bare insert of the same text into a new database `yardstick`."""
    clock = SystemClock(outbox.anchors)
    bare = BareInsert(yardstick)
    events: list[Event] = []
    append_ms, bare_ms = [], []
    for n in range(count):
        draft, moment = records.presence(person_ids[n % len(person_ids)]), clock.now()
        append_ms.append(_timed_ms(lambda d=draft, m=moment: events.append(outbox.append(d, m))))  # type: ignore[misc]
        body = wire.canonical(events[-1].body)
        bare_ms.append(_timed_ms(lambda b=body: bare(b)))  # type: ignore[misc]
    bare.close()
    return events, Cost(*_p50_and_p99(append_ms), *_p50_and_p99(bare_ms))


def _timed_ms(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def _p50_and_p99(values: Iterable[float]) -> tuple[float, float]:
    hundredths = statistics.quantiles(values, n=100)
    return hundredths[49], hundredths[98]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    outbox = SqliteOutbox(folder / "outbox.sqlite", DeviceId("device-1")).open()
    _, cost = measure(outbox, [f"p-{n}" for n in range(50)], int(sys.argv[2]), folder / "bare.sqlite")
    outbox.close()
    print(json.dumps(dataclasses.asdict(cost)))
