"""Power cuts of a virtual machine that records: what its console confirmed is on its disk, and the chain is whole.

Each boot ends by `kill -9` of QEMU. From the log of all that the machine wrote, the disk is then rebuilt as a cut at
many other moments would have left it, with the writes after the last flush dropped and torn at random; the next boot
goes on with one of these. So a machine whose disk lost what was not flushed boots again, and its kernel mends the file
system, as many times as there are cuts.
"""

from __future__ import annotations

import os
import random
import select
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.journal.audit import JournalAudit
from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import DeviceId
from tests.torture_vm import machine, write_log

CUTS = int(os.environ.get("TORTURE_CUTS", "12"))
REPLAYS = int(os.environ.get("TORTURE_REPLAYS", "25"))
SEED = int(os.environ.get("TORTURE_SEED", "20261124"))
BOOT_S = 600.0

pytestmark = [
    pytest.mark.torture,
    pytest.mark.slow,
    pytest.mark.skipif(bool(machine.missing()), reason=machine.missing()),
]


@dataclass(frozen=True)
class Confirmed:
    """An event that the console told of, when the log of writes held `position` requests: all it needs is in these."""

    seq: int
    event_id: str
    event_hash: str
    position: int


@dataclass
class Console:
    """Reads the machine's console. Lines of the kernel are passed over."""

    process: subprocess.Popen[bytes]
    log: Path
    greeting: str = ""
    confirmed: list[Confirmed] = field(default_factory=list)
    last_lines: list[str] = field(default_factory=list)
    _rest: bytes = b""

    def read(self, within_s: float) -> bool:
        """What has come by now. False when nothing came, or the machine is gone."""
        stream = self.process.stdout
        if stream is None or not select.select([stream], [], [], max(0.0, within_s))[0]:
            return False
        came = os.read(stream.fileno(), 65536)
        *lines, self._rest = (self._rest + came).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace").strip())
        return bool(came)

    def _take(self, line: str) -> None:
        self.last_lines = [*self.last_lines[-20:], line]
        word, _, rest = line.removeprefix(machine.PREFIX).partition(" ")
        if not line.startswith(machine.PREFIX):
            return
        if word == "recorded":
            seq, event_id, event_hash = rest.split()
            self.confirmed.append(Confirmed(int(seq), event_id, event_hash, write_log.length(self.log)))
        elif word == "held":
            self.greeting = rest
        else:
            pytest.fail("\n".join(self.last_lines))


def record_until_the_cut(system: Path, state: Path, log: Path, events: int, then_s: float, *words: str) -> Console:
    """Boot, let it record so many events and a moment more, and cut the power."""
    with machine.booted(system, state, log, *words) as process:
        console = Console(process, log)
        end_s = time.monotonic() + BOOT_S
        while len(console.confirmed) < events:
            if not console.read(end_s - time.monotonic()):
                pytest.fail("the machine does not record:\n" + "\n".join(console.last_lines))
        time.sleep(then_s)
        process.kill()
        process.wait()
        while console.read(0.0):
            pass  # what it had still said
    return console


def held_on(disk: Path, work: Path) -> dict[int, tuple[str, str]]:
    """Mend the file system as a boot does, take the journal out, and read it with the terminal's own code."""
    mended = subprocess.run(["e2fsck", "-p", disk], capture_output=True, text=True, check=False)
    assert mended.returncode in {0, 1}, mended.stdout
    for name in ("outbox.sqlite", "outbox.sqlite-wal", "outbox.sqlite-shm"):
        (work / name).unlink(missing_ok=True)
    for name in ("outbox.sqlite", "outbox.sqlite-wal"):
        subprocess.run(["debugfs", "-R", f"dump /{name} {work / name}", disk], capture_output=True, check=True)
    outbox = SqliteOutbox(work / "outbox.sqlite", DeviceId("machine"), key=bytes(32)).open()
    try:
        audit = JournalAudit(outbox)
        assert not outbox.faults(), "nothing had to be salvaged"
        assert list(audit.verify()) == [], "the chain is whole"
        (chain,) = audit.chains()
        return {row.seq: (str((row.body or {})["event_id"]), row.hash) for row in audit.rows(chain)}
    finally:
        outbox.close()


def moment(writes: list[write_log.Write], first: int, chance: random.Random) -> int:
    """When to cut: anywhere, or just before a flush, when most is at stake."""
    flushes = [number for number in range(first, len(writes)) if writes[number].flags & write_log.FLUSH]
    return chance.choice([chance.choice(flushes), chance.randint(first, len(writes))])


def missing_from(held: dict[int, tuple[str, str]], expected: list[Confirmed]) -> list[Confirmed]:
    return [event for event in expected if held.get(event.seq) != (event.event_id, event.event_hash)]


def test_a_power_cut_takes_nothing_that_was_confirmed(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    began = time.monotonic()
    system = machine.build()
    built_s = time.monotonic() - began
    state, log, disk = tmp_path / "state.img", tmp_path / "writes.log", tmp_path / "disk.img"
    machine.new_state_disk(state)
    before: list[Confirmed] = []
    sums: Counter[str] = Counter()
    for number in range(1, CUTS + 1):
        base = state.read_bytes()
        console = record_until_the_cut(system, state, log, chance.randrange(5, 120), chance.uniform(0.0, 0.3))
        held, whole = console.greeting.split(" ", 1)
        assert whole == "chains 1 findings 0 faults 0", "the machine found its own journal whole"
        assert int(held) >= len(before)
        confirmed = [*before, *console.confirmed]
        writes, sector = write_log.read(log)

        disk.write_bytes(state.read_bytes())
        lost = missing_from(held_on(disk, tmp_path), confirmed)
        assert not lost, f"cut {number}, all writes kept: {lost}"
        first = 0 if before else console.confirmed[0].position  # from when there is a journal
        for replay in range(REPLAYS):
            at = len(writes) if replay == 0 else moment(writes, first, chance)
            cut = write_log.cut(base, writes, at, sector, chance)
            disk.write_bytes(cut.disk)
            if replay == 0:
                state.write_bytes(cut.disk)
            expected = [*before, *(event for event in console.confirmed if event.position <= at)]
            lost = missing_from(held_on(disk, tmp_path), expected)
            assert not lost, f"cut {number}, replayed up to write {at} of {len(writes)}: {lost}"
            sums.update(replays=1, unflushed=cut.unflushed, dropped=cut.dropped, torn=cut.torn)
        before = confirmed
        sums.update(writes=len(writes))
    print(
        f"\nimage ready in {built_s:.0f} s; {CUTS} power cuts (seed {SEED}): {len(before)} events confirmed on the "
        f"console, 0 missing, chain whole"
        f"\n{sums['replays']} cuts replayed from {sums['writes']} logged requests: of {sums['unflushed']} unflushed "
        f"writes {sums['dropped']} dropped, {sums['torn']} torn; 0 confirmed events missing, chain whole; "
        f"{time.monotonic() - began:.0f} s in all"
    )


def test_the_cuts_find_a_journal_that_does_not_wait_for_the_disk(tmp_path: Path) -> None:
    """The control: with `synchronous = NORMAL` the same cut must lose confirmed events, or it proves nothing."""
    system = machine.build()
    state, log, disk = tmp_path / "state.img", tmp_path / "writes.log", tmp_path / "disk.img"
    machine.new_state_disk(state)
    base = state.read_bytes()
    console = record_until_the_cut(system, state, log, 60, 0.0, "careless")
    writes, sector = write_log.read(log)
    disk.write_bytes(write_log.cut(base, writes, len(writes), sector, random.Random(SEED)).disk)
    lost = missing_from(held_on(disk, tmp_path), console.confirmed)
    print(
        f"\ncontrol, synchronous = NORMAL: {len(lost)} of {len(console.confirmed)} confirmed events missing after a cut"
    )
    assert lost
