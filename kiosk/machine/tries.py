"""How often PINs were wrong, and for how long none is looked at after that.

A PIN has few digits, so what keeps it is that guesses cost time: three are free, then pauses grow to an hour. They are
counted on the disk *before* a PIN is compared, so that neither a restart nor a pulled plug gives a guess back; and in
the time since the boot, which no wall clock that somebody sets can shorten.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kiosk.errors import StateError
from kiosk.machine import small_file
from kiosk.machine.durable import atomic_write
from kiosk.model import Moment

log = logging.getLogger(__name__)

FREE_TRIES = 3
FIRST_PAUSE_S = 30.0
LONGEST_PAUSE_S = 3600.0

ANYBODY = ""
"""Whose wrong PINs they are that are known of nobody in particular."""


def pause_s(failures: int, free: int = FREE_TRIES, longest_s: float = LONGEST_PAUSE_S) -> float:
    """After so many wrong PINs in a row, of which so many are free."""
    if failures < free:
        return 0.0
    return float(min(longest_s, FIRST_PAUSE_S * 2 ** min(failures - free, 10)))


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int
    boot_id: str
    monotonic_ms: int

    def ago_s(self, now: Moment) -> float:
        """Since the last of them, as far as this boot goes back."""
        return (now.monotonic_ms - (self.monotonic_ms if self.boot_id == now.boot_id else 0)) / 1e3


class Tries:
    """The wrong PINs in a row, by who they were meant for. One thread's.

    A pause that a restart falls into begins anew with the boot: the terminal cannot know how long it was off.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._failures = self._read()

    def wait_s(self, whose: str, now: Moment, free: int = FREE_TRIES, longest_s: float = LONGEST_PAUSE_S) -> float:
        """For how long no PIN is looked at."""
        failures = self._of(whose)
        return 0.0 if failures is None else max(0.0, pause_s(failures.count, free, longest_s) - failures.ago_s(now))

    def left(self, whose: str) -> int:
        """Tries before the next pause."""
        failures = self._of(whose)
        return max(0, FREE_TRIES - (0 if failures is None else failures.count))

    def begin(self, whose: str, now: Moment) -> None:
        """A PIN is about to be compared: counted as wrong until `succeeded`. Raises StateError; then it must not be."""
        before = self._of(whose)
        count = 1 if before is None else before.count + 1
        self._write({**self._failures, whose: _Failures(count, now.boot_id, now.monotonic_ms)})

    def succeeded(self, whose: str) -> None:
        """It was right. Raises StateError."""
        self._write({name: each for name, each in self._failures.items() if name not in (whose, ANYBODY)})

    def spare(self, whose: str) -> None:
        """The last try was right, and says nothing of those before it. Raises StateError."""
        failures = self._failures.get(whose)
        if failures is not None:
            self._write({**self._failures, whose: replace(failures, count=max(0, failures.count - 1))})

    def forgive(self, whose: str, now: Moment, after_s: float) -> None:
        """Forget them when nobody has tried for so long. Raises StateError."""
        failures = self._failures.get(whose)
        if failures is not None and failures.ago_s(now) >= after_s:
            self._write({name: each for name, each in self._failures.items() if name != whose})

    def _of(self, whose: str) -> _Failures | None:
        return self._failures.get(whose, self._failures.get(ANYBODY))

    def _write(self, failures: Mapping[str, _Failures]) -> None:
        content = {
            whose: {"count": each.count, "boot_id": each.boot_id, "monotonic_ms": each.monotonic_ms}
            for whose, each in failures.items()
        }
        try:
            atomic_write(self._path, json.dumps(content).encode())
        except OSError as error:
            raise StateError(f"{self._path}: cannot be written ({error.strerror}). Check the disk.") from error
        self._failures = dict(failures)

    def _read(self) -> Mapping[str, _Failures]:
        """A file that cannot be read is one of somebody who has just used up the free tries."""
        if not self._path.exists():
            return {}
        found = small_file.read(self._path, _failures, None)
        if found is None:
            log.warning("%s cannot be read: there is a pause before the next try", self._path.name)
            return {ANYBODY: _Failures(FREE_TRIES, "", 0)}
        return found


def _failures(found: Any) -> Mapping[str, _Failures] | None:
    made = {
        str(whose): _Failures(int(each["count"]), str(each["boot_id"]), int(each["monotonic_ms"]))
        for whose, each in found.items()
    }
    # No program writes a count below 0: it would give tries away.
    return None if any(each.count < 0 for each in made.values()) else made
