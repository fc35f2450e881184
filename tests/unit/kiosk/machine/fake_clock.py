"""Time in memory: a kernel and a clock that stand still until the test moves them."""

from __future__ import annotations

import datetime as dt

from kiosk.model import ClockState, Moment

START = dt.datetime(2026, 11, 24, 0, 30, tzinfo=dt.UTC)


class FakeKernel:
    """`clock.Kernel`: time that passes only when the test says so, and a wall clock that may be wrong."""

    def __init__(self, wall: dt.datetime = START, boot: str = "boot-1", in_step: bool = False) -> None:
        self.wall, self.boot, self.step = wall, boot, in_step
        self.ms = 60_000

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        self.wall += dt.timedelta(seconds=seconds)

    def boot_id(self) -> str:
        return self.boot

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def boottime_ms(self) -> int:
        return self.ms

    def wall_utc(self) -> dt.datetime:
        return self.wall

    def in_step(self) -> bool:
        return self.step


class FakeClock:
    """`ports.Clock`: stands still until it is advanced."""

    def __init__(
        self, wall: dt.datetime = START, boot_id: str = "boot-1", state: ClockState = ClockState.SYNCHRONISED
    ) -> None:
        self.wall, self.boot_id, self.state = wall, boot_id, state
        self.ms = 60_000

    def advance(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        self.wall += dt.timedelta(seconds=seconds)

    def monotonic_s(self) -> float:
        return self.ms / 1000

    def now(self) -> Moment:
        return Moment(self.wall, self.boot_id, self.ms, self.state)
