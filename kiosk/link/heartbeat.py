"""The heartbeat: what the terminal says of itself."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk import __version__, wire
from kiosk.link.ports import EventQueue, GalleryCache
from kiosk.ports import Clock
from kiosk.wire import Json

SOFTWARE = f"presensi-kiosk {__version__}"
MAX_PARKED = 100
THERMAL_ZONE = Path("/sys/class/thermal/thermal_zone0/temp")


class Reporter:
    """Puts the heartbeat's request together. `terminal` says what `kiosk run` last wrote: camera state and faults."""

    def __init__(
        self,
        queue: EventQueue,
        cache: GalleryCache,
        clock: Clock,
        folder: Path,
        terminal: Callable[[], tuple[str, Sequence[str]]],
        thermal_zone: Path = THERMAL_ZONE,
    ) -> None:
        self._queue = queue
        self._cache = cache
        self._clock = clock
        self._folder = folder
        self._terminal = terminal
        self._thermal_zone = thermal_zone

    def report(self, *, gallery_version: int, faults: Sequence[str]) -> Json:
        now = self._clock.now()
        queue = self._queue.queue_state()
        camera, run_faults = self._terminal()
        return {
            "software": SOFTWARE,
            "wall_utc": wire.format_utc(now.wall_utc),
            "boot_id": now.boot_id,
            "monotonic_ms": now.monotonic_ms,
            "clock_state": now.clock_state.value,
            "queue": {"waiting": queue.waiting, "parked": queue.parked},
            "gallery_version": gallery_version,
            "erased_through": self._cache.erased_through(),
            "camera": camera,
            "temperature_c": self._temperature_c(),
            "disk_free_bytes": self._disk_free_bytes(),
            "faults": sorted({*faults, *run_faults}),
            "counters": dict(self._queue.counters()),
            "parked": [{"event_id": p.event_id, "problem": p.problem} for p in self._queue.parked(MAX_PARKED)],
        }

    def _disk_free_bytes(self) -> int | None:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return None  # a card that fails says nothing any more; that the terminal lives is to be known all the same

    def _temperature_c(self) -> float | None:
        try:
            return round(int(self._thermal_zone.read_text(encoding="ascii")) / 1000, 1)
        except (OSError, ValueError):
            return None  # not every machine has one
