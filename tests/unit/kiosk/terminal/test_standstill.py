"""What is on the screen of a terminal that does not start, and how long."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from kiosk import errors
from kiosk.model import BLOCKING_FAULTS, Fault
from kiosk.terminal.encounter import Phase
from kiosk.terminal.standstill import fault_at_start, stand_still
from kiosk.ui import catalogue
from kiosk.ui.sources import FaultSource
from tests.unit.kiosk.machine.fake_clock import FakeClock

NOT_YET = errors.NotProvisioned("not yet")


def caused(error: errors.KioskError, number: int) -> errors.KioskError:
    error.__cause__ = OSError(number, "…")
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (errors.ConfigError("x"), Fault.SETTINGS_WRONG),
        (errors.NotProvisioned("x"), Fault.NOT_PROVISIONED),
        (errors.IdentityError("x"), Fault.IDENTITY_DAMAGED),
        (errors.DiskFull("x"), Fault.DISK_FULL),
        (caused(errors.StateError("x"), errno.ENOSPC), Fault.DISK_FULL),
        (caused(errors.StateError("x"), errno.EROFS), Fault.DISK_READ_ONLY),
        (caused(errors.StateError("x"), errno.EACCES), Fault.STATE_FOREIGN),
        (errors.StateError("x"), Fault.DISK_ERROR),
        (ImportError("x"), Fault.PROGRAM_FAILED),
        (RuntimeError("x"), Fault.PROGRAM_FAILED),
        (errors.StateInUse("x"), None),
    ],
)
def test_each_reason_has_its_fault(error: Exception, fault: Fault | None) -> None:
    assert fault_at_start(error) is fault
    assert fault is None or fault in BLOCKING_FAULTS


def source_of(fault: Fault, over: Callable[[], bool], alive: Callable[[], None]) -> FaultSource:
    texts = catalogue.load("id")
    return FaultSource(fault, over, clock=FakeClock(), timezone="Asia/Jakarta", catalogue=texts, alive=alive)


def until_it_ends(over: Callable[[], bool], alive: Callable[[], None]) -> None:
    """A screen: its main thread looks until the source stops."""
    source = source_of(Fault.NOT_PROVISIONED, over, alive)
    while not source.stopping():
        assert source.pump().hint == "Terminal belum dihubungkan"


class Start:
    """Raises the errors one after the other, then starts."""

    def __init__(self, *errors_then: Exception) -> None:
        self.left = list(errors_then)

    def __call__(self) -> None:
        if self.left:
            raise self.left.pop(0)


@pytest.mark.parametrize(
    "then",
    [
        (NOT_YET, NOT_YET),
        (errors.StateInUse("`kiosk provision` is at it"),),
        (NOT_YET, errors.IdentityError("another reason is the next start's to tell")),
        (NOT_YET, RuntimeError("so is one that nobody thought of")),
    ],
)
def test_it_lasts_until_the_reason_has_gone(monkeypatch: pytest.MonkeyPatch, then: tuple[Exception, ...]) -> None:
    monkeypatch.setattr("kiosk.terminal.standstill.LOOK_EVERY_S", 0.001)
    start = Start(*then)
    assert stand_still(Fault.NOT_PROVISIONED, start, until_it_ends)
    assert start.left == []


def test_told_to_stop_is_not_over() -> None:
    def window_closed(over: Callable[[], bool], alive: Callable[[], None]) -> None:
        assert source_of(Fault.NOT_PROVISIONED, over, alive).pump().phase is Phase.FAULT

    assert not stand_still(Fault.NOT_PROVISIONED, Start(), window_closed)


def test_it_never_says_how_many_wait_and_is_alive_with_every_picture() -> None:
    pats: list[int] = []
    shown = source_of(Fault.SETTINGS_WRONG, lambda: False, lambda: pats.append(1)).pump()
    assert (shown.title, shown.code, shown.connection) == ("Presensi tidak dapat dicatat", "Kode T-13", "")
    assert pats == [1]
