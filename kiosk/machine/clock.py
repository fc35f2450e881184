"""The terminal's clock on Linux: the port's implementation. Where a moment lies in true time is `timeline`'s matter."""

from __future__ import annotations

import contextlib
import ctypes
import datetime as dt
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from kiosk.errors import OutboxError
from kiosk.machine.timeline import NTP_ERROR_MS, from_ms, through, to_ms
from kiosk.model import Anchor, ClockState, Moment


class Kernel(Protocol):
    """The operating system's clocks: the seam at which tests move time."""

    def boot_id(self) -> str: ...

    def monotonic_s(self) -> float: ...

    def boottime_ms(self) -> int: ...

    def wall_utc(self) -> dt.datetime: ...

    def in_step(self) -> bool: ...


class LinuxKernel:
    """The real clocks."""

    def __init__(self, boot_id_path: Path = Path("/proc/sys/kernel/random/boot_id")) -> None:
        self._boot_id = boot_id_path.read_text(encoding="ascii").strip()
        self._adjtimex = ctypes.CDLL(None, use_errno=True).adjtimex
        self._timex = ctypes.create_string_buffer(512)  # struct timex is 208 bytes; `modes` = 0 at its head asks only

    def boot_id(self) -> str:
        return self._boot_id

    def monotonic_s(self) -> float:
        return time.monotonic()

    def boottime_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def wall_utc(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def in_step(self) -> bool:
        """Whether the kernel says that NTP disciplines its clock (adjtimex(2): 5 is TIME_ERROR, -1 a failure)."""
        return self._adjtimex(self._timex) not in {-1, 5}


class SystemClock:
    """Time with all that this boot knows of its truth. Thread-safe.

    `anchors` gives the anchors of a boot (the outbox holds them); it is asked at most every `refresh_s`, and its
    failure leaves the last answer in force. Once the boot has an anchor, `now().wall_utc` follows the anchor and not
    the wall clock, unless NTP disciplines the wall clock and both agree: the screen, the schedule and the record must
    say the same time.
    """

    def __init__(
        self,
        anchors: Callable[[str], Sequence[Anchor]] = lambda _boot_id: (),
        *,
        kernel: Kernel | None = None,
        refresh_s: float = 5.0,
    ) -> None:
        self._read_anchors = anchors
        self._kernel = kernel or LinuxKernel()
        self._refresh_s = refresh_s
        self._lock = threading.Lock()
        self._anchors: tuple[Anchor, ...] = ()
        self._refresh_at_s = -math.inf

    def monotonic_s(self) -> float:
        return self._kernel.monotonic_s()

    def now(self) -> Moment:
        anchors = self._current_anchors()
        kernel = self._kernel
        boot_id, m, wall, in_step = kernel.boot_id(), kernel.boottime_ms(), kernel.wall_utc(), kernel.in_step()
        if anchors:
            bounds = through(anchors, m)
            agree = bounds.low - NTP_ERROR_MS <= to_ms(wall) <= bounds.high + NTP_ERROR_MS
            if not (in_step and agree):
                wall = from_ms(round(bounds.middle))
        state = ClockState.SYNCHRONISED if anchors or in_step else ClockState.UNSYNCHRONISED
        return Moment(wall_utc=wall, boot_id=boot_id, monotonic_ms=m, clock_state=state)

    def in_step(self) -> bool:
        """Whether NTP disciplines the wall clock, whatever the anchors say."""
        return self._kernel.in_step()

    def _current_anchors(self) -> tuple[Anchor, ...]:
        with self._lock:
            now_s = self._kernel.monotonic_s()
            if now_s >= self._refresh_at_s:
                self._refresh_at_s = now_s + self._refresh_s
                # The journal's own fault is told where it is written to; time goes on with what is known.
                with contextlib.suppress(OutboxError):
                    self._anchors = tuple(self._read_anchors(self._kernel.boot_id()))
            return self._anchors
