"""What a process of e-TPP sets for itself when it begins."""

from __future__ import annotations

import gc
import os

_YOUNG = 50_000
"""New objects before the next look for cycles among them; Python's 700 is meant for programs that hold little. An
office's month is some hundred thousand facts that live until it is reckoned and hold no cycle: reading them took
twice the time (`python -m tests.bench.bench_regency`)."""


def begin() -> None:
    """Once, before anything else."""
    os.umask(0o077)  # what the server makes is its user's alone
    gc.set_threshold(_YOUNG, 20, 20)
