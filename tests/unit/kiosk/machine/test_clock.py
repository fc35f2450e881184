"""The terminal's clock: what the screen and the record say, with and without anchors."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence

import pytest

from kiosk.errors import DiskFault
from kiosk.machine.clock import LinuxKernel, SystemClock
from kiosk.model import Anchor, ClockState
from tests.unit.kiosk.machine.fake_clock import START, FakeKernel

WRONG = dt.datetime(1970, 1, 1, 0, 10, tzinfo=dt.UTC)


class Anchors:
    def __init__(self, *anchors: Anchor) -> None:
        self.anchors = list(anchors)
        self.asked = 0
        self.failing = False

    def __call__(self, boot_id: str) -> Sequence[Anchor]:
        self.asked += 1
        if self.failing:
            raise DiskFault("the card is gone")
        return [anchor for anchor in self.anchors if anchor.boot_id == boot_id]


def test_without_anchor_and_ntp_the_wall_clock_is_told_with_its_doubt() -> None:
    kernel = FakeKernel(WRONG)
    moment = SystemClock(kernel=kernel).now()
    assert (moment.wall_utc, moment.clock_state) == (WRONG, ClockState.UNSYNCHRONISED)
    assert (moment.boot_id, moment.monotonic_ms) == ("boot-1", 60_000)


def test_ntp_makes_the_wall_clock_believed() -> None:
    moment = SystemClock(kernel=FakeKernel(in_step=True)).now()
    assert (moment.wall_utc, moment.clock_state) == (START, ClockState.SYNCHRONISED)


def test_an_anchor_puts_a_wrong_wall_clock_right() -> None:
    kernel = FakeKernel(WRONG)
    clock = SystemClock(Anchors(Anchor("boot-1", 60_000, START, 100)), kernel=kernel)
    kernel.advance(90)
    moment = clock.now()
    assert moment.wall_utc == START + dt.timedelta(seconds=90)
    assert moment.clock_state is ClockState.SYNCHRONISED


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_the_machines_time_zone_moves_nothing(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """WIB, WITA, WIT: set by a technician while the terminal runs."""
    kernel = LinuxKernel()
    before = time.time()
    with monkeypatch.context() as machine:
        machine.setenv("TZ", zone)
        time.tzset()
        wall = kernel.wall_utc()
    time.tzset()
    assert before <= wall.timestamp() <= time.time()
    assert wall.utcoffset() == dt.timedelta(0)


@pytest.mark.parametrize(
    "jump", [dt.timedelta(days=-3650), dt.timedelta(days=3650), dt.timedelta(hours=7), dt.timedelta(hours=-2)]
)
def test_a_wall_clock_that_jumps_moves_nothing(jump: dt.timedelta) -> None:
    kernel = FakeKernel(START)
    clock = SystemClock(Anchors(Anchor("boot-1", 60_000, START, 100)), kernel=kernel)
    kernel.wall += jump
    kernel.advance(10)
    assert clock.now().wall_utc == START + dt.timedelta(seconds=10)


def test_ntp_that_agrees_is_finer_than_an_anchor_and_ntp_that_does_not_is_not_believed() -> None:
    near = START + dt.timedelta(milliseconds=300)
    kernel = FakeKernel(near, in_step=True)
    clock = SystemClock(Anchors(Anchor("boot-1", 60_000, START, 100)), kernel=kernel)
    assert clock.now().wall_utc == near
    kernel.wall = START + dt.timedelta(hours=1)
    assert clock.now().wall_utc == START


def test_an_anchor_of_another_boot_says_nothing() -> None:
    clock = SystemClock(Anchors(Anchor("boot-0", 60_000, START, 100)), kernel=FakeKernel(WRONG))
    assert clock.now().clock_state is ClockState.UNSYNCHRONISED


def test_the_journal_is_asked_only_now_and_then() -> None:
    anchors, kernel = Anchors(), FakeKernel(WRONG)
    clock = SystemClock(anchors, kernel=kernel, refresh_s=5)
    for _ in range(100):
        clock.now()
    assert anchors.asked == 1
    anchors.anchors.append(Anchor("boot-1", 60_000, START, 100))
    kernel.advance(5)
    assert clock.now().clock_state is ClockState.SYNCHRONISED
    assert anchors.asked == 2


def test_a_journal_that_fails_leaves_the_last_anchors_in_force() -> None:
    anchors, kernel = Anchors(Anchor("boot-1", 60_000, START, 100)), FakeKernel(WRONG)
    clock = SystemClock(anchors, kernel=kernel)
    clock.now()
    anchors.failing = True
    kernel.advance(60)
    assert clock.now().wall_utc == START + dt.timedelta(seconds=60)


def test_the_real_clocks_run() -> None:
    kernel = LinuxKernel()
    assert len(kernel.boot_id()) == 36
    assert abs(kernel.wall_utc() - dt.datetime.now(dt.UTC)) < dt.timedelta(minutes=1)
    assert abs(kernel.boottime_ms() - time.clock_gettime(time.CLOCK_BOOTTIME) * 1000) < 60_000
    assert kernel.in_step() in {True, False}
    first = SystemClock().monotonic_s()
    assert SystemClock().monotonic_s() >= first
