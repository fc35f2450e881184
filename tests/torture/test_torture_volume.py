"""Thirty days without a network in an office of five hundred, and then all of it at once."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk import wire
from kiosk.clock import SystemClock
from kiosk.journal_audit import JournalAudit
from kiosk.model import Event
from tests import records
from tests.office import office, open_outbox, sync_process

CONFIG = "[server]\nheartbeat_s = 5.0\n"


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


def timed_ms(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


def rss_kib(pid: int) -> int:
    return int((Path(f"/proc/{pid}/status").read_text()).split("VmRSS:")[1].split()[0])


@pytest.mark.parametrize("count", [1500, pytest.param(30_000, marks=pytest.mark.torture)], ids=["short", "long"])
def test_a_month_offline_is_recorded_as_fast_as_ever_and_sent_in_one_go(
    tmp_path: Path, count: int, request: pytest.FixtureRequest
) -> None:
    with office(tmp_path / "etpp") as place:
        folder = place.terminal(tmp_path / "terminal")
        people = [place.person(f"19850315201001{n:04d}") for n in range(50)]
        place.kill()

        outbox = open_outbox(folder)
        clock = SystemClock(outbox.anchors)
        bare = BareInsert(tmp_path / "bare.sqlite")
        appended: list[Event] = []
        append_ms, bare_ms = [], []
        for n in range(count):
            draft, moment = records.presence(people[n % len(people)]), clock.now()
            append_ms.append(timed_ms(lambda d=draft, m=moment: appended.append(outbox.append(d, m))))  # type: ignore[misc]
            body = wire.canonical(appended[-1].body)
            bare_ms.append(timed_ms(lambda b=body: bare(b)))  # type: ignore[misc]
        bare.close()
        ratio = p99(append_ms) / p99(bare_ms)

        place.start()
        samples: list[int] = []
        with sync_process(folder, CONFIG) as process:
            began = time.monotonic()
            while outbox.queue_state().waiting == count:
                time.sleep(0.01)
            first = time.monotonic()
            while (waiting := outbox.queue_state().waiting) and time.monotonic() - began < 1200:
                samples.append(rss_kib(process.pid))
                time.sleep(0.1)
            seconds = time.monotonic() - first
        rows = place.rows()
        size_mib = folder.outbox_path.stat().st_size / 2**20

    assert waiting == 0
    assert sorted(row["event_id"] for row in rows) == sorted(event.event_id for event in appended)
    assert list(JournalAudit(outbox).verify()) == []
    outbox.close()
    tenth = max(1, len(samples) // 10)
    early, late = max(samples[:tenth]), max(samples[-tenth:])
    print(
        f"\n{count} events: append p50 {statistics.median(append_ms):.2f} ms, p99 {p99(append_ms):.2f} ms; "
        f"bare insert p50 {statistics.median(bare_ms):.2f} ms, p99 {p99(bare_ms):.2f} ms; ratio of p99 {ratio:.2f}\n"
        f"drained in {seconds:.1f} s, {count / seconds:.0f} events a second; memory of sync {early // 1024} MiB at "
        f"first, {late // 1024} MiB at the end; journal {size_mib:.1f} MiB"
    )
    assert late < early + 16 * 1024, "memory is flat"
    if request.node.get_closest_marker("torture"):
        assert ratio < 1.5
