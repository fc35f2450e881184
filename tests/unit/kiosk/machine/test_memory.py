"""What is freed goes back to the machine, and threads share one pool: in a process of its own."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from kiosk.machine import memory

PROGRAM = """
import re, sys, threading
from kiosk.machine import memory

def resident_mb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

def arenas():
    # glibc makes each thread's pool in a mapping of its own that begins at a multiple of 64 MB
    starts = [int(line.split("-")[0], 16) for line in open("/proc/self/maps")]
    return sum(start % (64 << 20) == 0 for start in starts)

def work(ready, go):
    pieces = [bytearray(1000) for _ in range(1000)]
    ready.wait()
    go.wait()

if "one" in sys.argv:
    memory.one_arena()
ready, go = threading.Barrier(9), threading.Event()
threads = [threading.Thread(target=work, args=(ready, go)) for _ in range(8)]
for each in threads:
    each.start()
ready.wait()
print(arenas())
go.set()
pieces = [bytearray(100_000) for _ in range(500)]
last = bytearray(1000)  # above them on the heap, so that they cannot be cut off its end
full = resident_mb()
del pieces
memory.hand_back()
print(full - resident_mb())
"""


def _figures(*arguments: str) -> tuple[int, float]:
    run = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    arenas, freed_mb = run.stdout.split()
    return int(arenas), float(freed_mb)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc")
def test_threads_share_one_pool_and_what_is_free_is_handed_back() -> None:
    besides_the_heap, freed_mb = _figures("one")
    many, _ = _figures()
    assert besides_the_heap == 0 < many
    assert freed_mb > 40


def test_what_is_settled_is_not_looked_through_again() -> None:
    before = gc.get_freeze_count()
    kept = [[n] for n in range(1000)]
    try:
        memory.settle()
        assert gc.get_freeze_count() >= before + len(kept)
    finally:
        gc.unfreeze()
