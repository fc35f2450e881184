"""The request counter, which outlives power cuts."""

from __future__ import annotations

import threading
from pathlib import Path

from kiosk.errors import StateError
from kiosk.machine.durable import atomic_write

NONCE_BLOCK = 1000
"""The counter's bound is written to disk once for so many requests; a restart skips what is left of the block."""

MAX_NONCE = 2**53 - 1
MAX_NONCE_STEP = 10**9
"""Of the protocol: what is further above the highest that the server has seen, it refuses."""


class NonceCounter:
    """Numbers that no request uses twice, power cuts included. Thread-safe; one process at a time (the sync lock).

    What is on disk is a bound that no number given out has passed. A new bound is on disk before the first number of
    its block is given out.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._next = 0
        self._bound = 0

    def take(self) -> int:
        with self._lock:
            if self._next >= self._bound:
                self._reserve(max(self._stored(), self._bound))
            self._next += 1
            return self._next

    def raise_above(self, nonce: int) -> None:
        """The highest that the server has seen is `nonce`, and it refused the one that it was given: too low, on a
        terminal restored from an old copy of its card, or too far above, where the counter was damaged."""
        if not 0 <= nonce <= MAX_NONCE - NONCE_BLOCK:
            return
        with self._lock:
            own = max(self._stored(), self._bound)
            self._reserve(own if nonce < own <= nonce + MAX_NONCE_STEP else nonce)

    def _reserve(self, start: int) -> None:
        try:
            atomic_write(self._path, b"%d\n" % (start + NONCE_BLOCK))
        except OSError as error:
            raise StateError(f"{self._path}: cannot be written ({error.strerror}). Check the disk.") from error
        self._next, self._bound = start, start + NONCE_BLOCK

    def _stored(self) -> int:
        try:
            bound = int(self._path.read_bytes())
        except (OSError, ValueError):
            bound = 0
        # What is none, or no server takes: start over. It answers with its highest number, and the counter goes on
        # above that.
        return bound if 0 <= bound <= MAX_NONCE - NONCE_BLOCK else 0
