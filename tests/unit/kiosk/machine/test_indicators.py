"""Lamps and buzzer on gpiozero's mock pins."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from gpiozero import LED, Buzzer, Device
from gpiozero.pins.mock import MockFactory

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
