"""What a terminal goes without: an optional part that cannot be used must not keep people from being recorded."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

Lost = Callable[[str], None]
"""Told, by a part that gives up, why. It is not tried again before the next start."""


class Lacks:
    """The optional parts that have given up, and why. Thread-safe; the first cause of each is logged, and kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._why: Mapping[str, str] = {}

    def current(self) -> Mapping[str, str]:
        """Part to cause."""
        return self._why

    def of(self, part: str) -> Lost:
        """For the part to call. `part` as a technician would name it: lamps, voice, trace."""

        def lost(why: str) -> None:
            with self._lock:
                if part in self._why:
                    return
                self._why = {**self._why, part: why}
            log.warning("no %s: %s", part, why)

        return lost


def cause(error: Exception) -> str:
    """An exception of another library's, as a cause."""
    return f"{error} ({type(error).__name__})"
