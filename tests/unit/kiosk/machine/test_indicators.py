"""Lamps and buzzer on gpiozero's mock pins."""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero import LED, BadPinFactory, Buzzer, Device, PinFactoryFallback
from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.machine.indicators import GpioIndicators, NoIndicators, open_indicators
from kiosk.ports import Indicators

GREEN, RED, BUZZER = 17, 27, 22
WITHIN_S = 10.0


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    yield factory
    factory.reset()


@pytest.fixture
def lamps(pins: MockFactory) -> Iterator[Indicators]:
    opened = open_indicators(True, GREEN, RED, BUZZER)
    assert isinstance(opened, GpioIndicators)
    yield opened
    opened.close()


def until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end_s, "the pins did not get there"
        time.sleep(0.005)


def tones(pins: MockFactory) -> int:
    return sum(bool(state.state) for state in pins.pin(BUZZER).states)


def lit(pins: MockFactory) -> tuple[bool, bool]:
    return bool(pins.pin(GREEN).state), bool(pins.pin(RED).state)


def test_idle_is_dark_and_silent(lamps: Indicators, pins: MockFactory) -> None:
    lamps.success()
    lamps.idle()
    assert lit(pins) == (False, False)


def test_success_is_green_with_one_tone(lamps: Indicators, pins: MockFactory) -> None:
    lamps.success()
    assert lit(pins) == (True, False)
    until(lambda: tones(pins) == 1 and not pins.pin(BUZZER).state)


def test_refusal_is_red_with_two_tones(lamps: Indicators, pins: MockFactory) -> None:
    lamps.success()
    lamps.refusal()
    assert lit(pins) == (False, True)
    until(lambda: tones(pins) >= 2 and not pins.pin(BUZZER).state)


def test_fault_blinks_red_with_three_tones(lamps: Indicators, pins: MockFactory) -> None:
    lamps.fault()
    until(lambda: bool(pins.pin(RED).state))
    until(lambda: tones(pins) == 3 and not pins.pin(BUZZER).state)
    until(lambda: not pins.pin(RED).state)
    assert not pins.pin(GREEN).state


def test_busy_blinks_green(lamps: Indicators, pins: MockFactory) -> None:
    lamps.busy()
    until(lambda: sum(bool(state.state) for state in pins.pin(GREEN).states) >= 2)
    assert not pins.pin(RED).state


def test_the_same_state_again_does_not_sound_again(lamps: Indicators, pins: MockFactory) -> None:
    lamps.success()
    until(lambda: tones(pins) == 1 and not pins.pin(BUZZER).state)
    lamps.success()
    assert not pins.pin(BUZZER).state
    assert tones(pins) == 1


def test_closing_turns_all_off_and_is_final(lamps: Indicators, pins: MockFactory) -> None:
    lamps.success()
    lamps.close()
    assert [pins.pin(pin).function for pin in (GREEN, RED, BUZZER)] == ["input"] * 3
    lamps.refusal()
    assert not pins.pin(RED).state


def test_what_is_not_connected_is_left_alone(pins: MockFactory) -> None:
    opened = open_indicators(True, GREEN, -1, -1)
    for state in (opened.idle, opened.busy, opened.success, opened.refusal, opened.fault):
        state()
    assert list(pins.pins.values()) == [pins.pin(GREEN)]
    opened.close()


def test_disabled_lamps_touch_no_pin(pins: MockFactory) -> None:
    opened = open_indicators(False, GREEN, RED, BUZZER)
    assert isinstance(opened, NoIndicators)
    for state in (opened.idle, opened.busy, opened.success, opened.refusal, opened.fault, opened.close):
        state()
    assert not pins.pins


def test_a_pin_in_use_leaves_the_terminal_without_lamps_and_the_other_pins_free(
    pins: MockFactory, caplog: pytest.LogCaptureFixture
) -> None:
    taken = LED(RED)
    assert isinstance(open_indicators(True, GREEN, RED, BUZZER), NoIndicators)
    assert "no lamps" in caplog.text
    taken.close()
    LED(GREEN).close()
    Buzzer(BUZZER).close()


class GpioError(Exception):
    """As lgpio.error: no base but Exception."""


class HeldFactory(MockFactory):
    """Its pins can be taken unless another program holds them."""

    def __init__(self) -> None:
        super().__init__()
        self.held: set[int] = set()

    def pin(self, name: Any) -> Any:
        if name in self.held:
            raise GpioError("GPIO busy")
        return super().pin(name)


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldFactory]:
    factory = HeldFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    yield factory
    factory.held.clear()
    factory.reset()


@pytest.mark.parametrize("pin", [GREEN, RED, BUZZER])
def test_a_pin_that_another_program_holds_leaves_the_terminal_without_lamps(factory: HeldFactory, pin: int) -> None:
    factory.held.add(pin)
    why: list[str] = []
    assert isinstance(open_indicators(True, GREEN, RED, BUZZER, why.append), NoIndicators)
    (told,) = why
    assert told.startswith("GPIO busy (GpioError)")
    factory.held.clear()
    LED(GREEN).close()  # what had been taken before is free again
    LED(RED).close()


def test_lamps_that_fail_later_are_given_up_once(pins: MockFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    why: list[str] = []
    opened = open_indicators(True, GREEN, RED, BUZZER, why.append)

    def broken(*_: object) -> None:
        raise GpioError("unknown handle")

    with monkeypatch.context() as breaking:
        breaking.setattr(MockPin, "_set_state", broken)
        for state in (opened.success, opened.idle, opened.refusal, opened.fault, opened.busy, opened.close):
            state()
    assert why == ["unknown handle (GpioError)"]


def test_lamps_that_cannot_be_freed_keep_nobody_from_ending(lamps: Indicators, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object) -> None:
        raise GpioError("unknown handle")

    monkeypatch.setattr(LED, "close", broken)
    lamps.close()
    monkeypatch.undo()


def test_a_pin_factory_that_is_missing_is_named_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """gpiozero's own words are "Unable to load any default pin factory!"."""

    def no_factory() -> None:
        warnings.warn("Falling back from lgpio: No module named 'lgpio'", PinFactoryFallback, stacklevel=2)
        raise BadPinFactory("Unable to load any default pin factory!")

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(Device, "_default_pin_factory", staticmethod(no_factory))
    why: list[str] = []
    assert isinstance(open_indicators(True, GREEN, RED, BUZZER, why.append), NoIndicators)
    assert "Unable to load any default pin factory! (BadPinFactory)" in why[0]
    assert "No module named 'lgpio'" in why[0]


def test_a_program_without_gpiozero_records_without_lamps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    why: list[str] = []
    assert isinstance(open_indicators(True, GREEN, RED, BUZZER, why.append), NoIndicators)
    assert "gpiozero" in why[0]


@pytest.mark.parametrize("writable", [True, False])
def test_the_pipe_that_lgpio_makes_finds_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    """In the working directory, where lgpio makes it, or in one that is gone afterwards: nobody moves for good."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.setattr(os, "access", lambda *_: writable)  # root may write everywhere
    places = []

    def as_lgpio() -> MockFactory:
        os.mkfifo(".lgd-nfy0")
        places.append(Path.cwd())
        return MockFactory()

    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setattr(Device, "_default_pin_factory", staticmethod(as_lgpio))
    open_indicators(True, GREEN, RED, BUZZER).close()
    assert Path.cwd() == here
    assert (places == [here]) is writable
    assert places[0].exists() is writable


def test_a_machine_without_pins_records_without_lamps(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "native")
    opened = open_indicators(True, GREEN, RED, BUZZER)
    if isinstance(opened, GpioIndicators):  # on a Raspberry Pi
        opened.close()
        pytest.skip("this machine has pins")
    assert "no lamps" in caplog.text


def test_in_quiet_hours_there_is_light_and_no_tone(pins: MockFactory) -> None:
    opened = open_indicators(True, GREEN, RED, BUZZER, is_quiet=lambda: True)
    opened.refusal()
    assert lit(pins) == (False, True)
    opened.success()
    assert lit(pins) == (True, False)
    assert tones(pins) == 0
    opened.close()
