"""For a process that a test starts: SIGKILL at a chosen one of its steps that touch the disk."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class KilledAt:
    """Wrap the functions that are steps, all with one counter: before the `step`-th call (from 1) of any of them the
    process is dead."""

    def __init__(self, step: int) -> None:
        self._left = step

    def __call__(self, real: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **options: P.kwargs) -> T:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*args, **options)

        return call
