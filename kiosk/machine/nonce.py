"""The request counter, which outlives power cuts."""

from __future__ import annotations

import threading
from pathlib import Path

from kiosk.errors import StateError
from kiosk.machine.durable import atomic_write

NONCE_BLOCK = 1000
"""The counter's bound is written to disk once for so many requests; a restart skips what is left of the block."""


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
        """The server has seen `nonce` (a terminal restored from an old copy of its card)."""
        with self._lock:
            self._reserve(max(nonce, self._stored(), self._bound))

    def _reserve(self, start: int) -> None:
        try:
            atomic_write(self._path, b"%d\n" % (start + NONCE_BLOCK))
        except OSError as error:
            raise StateError(f"{self._path}: cannot be written ({error.strerror}). Check the disk.") from error
        self._next, self._bound = start, start + NONCE_BLOCK

    def _stored(self) -> int:
        try:
            return int(self._path.read_bytes())
        except FileNotFoundError:
            return 0
        except (OSError, ValueError):
            # Unreadable: start over; the server answers with its highest number, and the counter goes on above that.
            return 0
