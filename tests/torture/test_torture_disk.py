"""Every write, fsync, truncation and rename of the journal failing in turn: nothing that was confirmed is lost.

`strace --inject` makes the N-th call of a kind fail, once or from then on. What the process confirmed and what it
refused comes back over a mapped file, so that no traced call is needed for it.
"""

from __future__ import annotations

import itertools
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import DeviceId
from tests.torture import workers
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.machine.fake_clock import FakeClock

EVENTS = 8
CALLS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "write", "rename", "link", "unlink")
ERRORS = {"EIO": "DiskFault", "ENOSPC": "DiskFull", "EROFS": "DiskReadOnly"}
REFUSALS = {"DiskFault", "DiskFull", "DiskReadOnly", "JournalDamaged"}


def strace_works() -> bool:
    if shutil.which("strace") is None:
        return False
    return subprocess.run(["strace", "-qq", "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(not strace_works(), reason="strace is not installed or may not trace here")


@dataclass(frozen=True)
class Outcome:
    recorded: list[str]
    refused: list[str]
    ended: bool


def run(folder: Path, inject: str) -> Outcome:
    report = folder.parent / "report"
    report.write_bytes(bytes(8192))
    process = workers.start(workers.append_some, folder, EVENTS, report)
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", str(folder.parent / "trace"), "-p", str(process.pid), *inject.split()],
        stderr=subprocess.DEVNULL,
    )
    process.join(60)
    tracer.wait(60)
    exit_code = process.exitcode
    process.close()
    lines = report.read_bytes().rstrip(b"\0").decode().split("\n")
    words = [line.split() for line in lines if line]
    return Outcome(
        [word[1] for word in words if word[0] == "recorded"],
        [word[1] for word in words if word[0] == "refused"],
        words[-1:] == [["end"]] and exit_code == 0,
    )


def fresh(folder: Path) -> list[str]:
    """No journal yet."""
    return []


def existing(folder: Path) -> list[str]:
    """A journal with events."""
    outbox = SqliteOutbox(folder / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open()
    ids = [outbox.append(records.presence(), FakeClock().now()).event_id for _ in range(20)]
    outbox.close()
    return ids


def damaged(folder: Path) -> list[str]:
    """A journal whose first page is gone, so that the first append sets it aside and saves what it can."""
    ids = existing(folder)
    path = folder / "outbox.sqlite"
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])
    return ids


SCENARIOS = {"fresh": fresh, "existing": existing, "damaged": damaged}


def calls_of(trace: Path) -> Counter[str]:
    return Counter(line.split()[1].split("(")[0] for line in trace.read_text().splitlines() if "(" in line)


def faults(scenario: str, base: Path, calls: Sequence[str] = CALLS, errors: Iterable[str] = ERRORS) -> Iterator[str]:
    """Every fault that this scenario can meet, from a run without any."""
    folder = base / "count" / "state"
    folder.mkdir(parents=True)
    SCENARIOS[scenario](folder)
    outcome = run(folder, f"-e trace={','.join(calls)}")
    assert outcome.ended
    assert len(outcome.recorded) == EVENTS
    for call, count in sorted(calls_of(folder.parent / "trace").items()):
        for n, error, again in itertools.product(range(1, count + 1), errors, ("", "+")):
            yield f"-e trace={call} -e inject={call}:error={error}:when={n}{again}"


def meets(base: Path, scenario: str, fault: str) -> int:
    """One run with one fault; how many appends were refused."""
    shutil.rmtree(base / "run", ignore_errors=True)
    folder = base / "run" / "state"
    folder.mkdir(parents=True)
    before = SCENARIOS[scenario](folder)
    outcome = run(folder, fault)
    assert outcome.ended, fault
    assert set(outcome.refused) <= REFUSALS, fault
    assert len(outcome.recorded) + len(outcome.refused) == EVENTS, fault
    if not fault.endswith("+"):
        assert len(outcome.recorded) >= EVENTS - 2, f"recording did not go on: {fault}"

    # The card has been replaced, or room has been made: what was confirmed is there.
    outbox = SqliteOutbox(folder / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open()
    audit = JournalAudit(outbox)
    held = [row.body["event_id"] for chain in audit.chains() for row in audit.rows(chain) if row.body]
    assert set(before) | set(outcome.recorded) <= set(held), fault
    assert len(set(held)) == len(held), fault
    assert len(held) <= len(before) + EVENTS, fault
    assert list(audit.verify()) == [], fault
    outbox.append(records.presence(), FakeClock().now())
    outbox.close()
    return len(outcome.refused)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(
    "share", [pytest.param(8, id="short"), pytest.param(None, marks=pytest.mark.torture, id="long")]
)
def test_no_confirmed_event_is_lost_by_a_failing_disk(tmp_path: Path, scenario: str, share: int | None) -> None:
    workers.prepare()
    every = list(faults(scenario, tmp_path))
    chosen = every if share is None else random.Random(5).sample(every, share)
    refused = [meets(tmp_path, scenario, fault) for fault in chosen]
    print(
        f"\n{scenario} journal: {len(chosen)} of {len(every)} faults met; {sum(refused)} of {EVENTS * len(chosen)} "
        f"appends refused, {sum(map(bool, refused))} runs with a refusal; nothing confirmed was lost"
    )
    assert any(refused)


@pytest.mark.parametrize("scenario", ["existing", "damaged"])
@pytest.mark.parametrize(
    "share", [pytest.param(4, id="short"), pytest.param(None, marks=pytest.mark.torture, id="long")]
)
def test_no_confirmed_event_is_lost_by_a_sector_that_cannot_be_read(
    tmp_path: Path, scenario: str, share: int | None
) -> None:
    workers.prepare()
    every = list(faults(scenario, tmp_path, ["pread64"], ["EIO"]))
    chosen = every if share is None else random.Random(5).sample(every, share)
    refused = [meets(tmp_path, scenario, fault) for fault in chosen]
    print(f"\n{scenario} journal: {len(chosen)} of {len(every)} reads failed; {sum(refused)} appends refused")
    once = [n for n, fault in zip(refused, chosen, strict=True) if not fault.endswith("+")]
    assert scenario == "damaged" or not any(once), "a journal that can be set aside refuses nobody"
