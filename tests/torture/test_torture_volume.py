"""Thirty days without a network in an office of five hundred, and then all of it at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kiosk.journal.audit import JournalAudit
from tests.integration.office import office, open_outbox, sync_process
from tests.torture import append_cost
from tests.torture.test_torture_disk import strace_works

CONFIG = "[server]\nheartbeat_s = 5.0\n"
CARD_FLUSH_MS = 3
"""Assumed of a good card; none was measured."""


def rss_kib(pid: int) -> int:
    return int((Path(f"/proc/{pid}/status").read_text()).split("VmRSS:")[1].split()[0])


@pytest.mark.parametrize("count", [1500, pytest.param(30_000, marks=pytest.mark.torture)], ids=["short", "long"])
def test_a_month_offline_is_recorded_as_fast_as_ever_and_sent_in_one_go(
    tmp_path: Path, count: int, request: pytest.FixtureRequest
) -> None:
    with office(tmp_path / "etpp") as place:
        folder = place.terminal(tmp_path / "terminal")
        people = [place.person(f"198503152010011{n + 1:03d}") for n in range(50)]
        place.kill()

        outbox = open_outbox(folder)
        appended, cost = append_cost.measure(outbox, people, count, tmp_path / "bare.sqlite")

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
        f"\n{count} events: {cost}\n"
        f"drained in {seconds:.1f} s, {count / seconds:.0f} events a second; memory of sync {early // 1024} MiB at "
        f"first, {late // 1024} MiB at the end; journal {size_mib:.1f} MiB"
    )
    assert late < early + 16 * 1024, "memory is flat"
    if request.node.get_closest_marker("torture"):
        assert cost.ratio < 1.5


@pytest.mark.torture
@pytest.mark.skipif(not strace_works(), reason="strace is not installed or may not trace here")
def test_an_append_costs_what_a_bare_insert_does_where_a_flush_takes_its_time(tmp_path: Path) -> None:
    """The disk of this machine may answer a flush at once; strace lets each one take CARD_FLUSH_MS longer."""
    slow = ["-e", "trace=fdatasync,fsync", "-e", f"inject=fdatasync,fsync:delay_exit={CARD_FLUSH_MS * 1000}"]
    tracer = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", *slow]
    command = [*tracer, sys.executable, "-m", "tests.torture.append_cost", str(tmp_path), "3000"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cost = append_cost.Cost(**json.loads(done.stdout))
    print(f"\nwith {CARD_FLUSH_MS} ms more for a flush: {cost}")
    assert cost.bare_p50 > CARD_FLUSH_MS
    assert cost.ratio < 1.5
