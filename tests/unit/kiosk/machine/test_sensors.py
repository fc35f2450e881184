"""Motion and the case's switch on gpiozero's mock pins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

from kiosk.machine.sensors import open_sensors

MOTION, TAMPER = 5, 6


class WiredPin(MockPin):  # type: ignore[misc]
    """Something holds it high or low whatever the pull is, as a closed switch does; low at first."""

    def _set_pull(self, value: str) -> None:
        self._pull = value


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    factory = MockFactory(pin_class=WiredPin)
    monkeypatch.setattr(Device, "pin_factory", factory)
    yield factory
    factory.reset()


class Felt:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.lost: list[str] = []

    def open(self, motion: int = MOTION, tamper: int = TAMPER) -> object:
        return open_sensors(
            motion,
            tamper,
            moved=lambda: self.told.append("moved"),
            opened=lambda: self.told.append("opened"),
            lost=self.lost.append,
        )


def test_a_movement_is_told(pins: MockFactory) -> None:
    felt = Felt()
    pins.pin(TAMPER).drive_low()
    sensors = felt.open()
    assert felt.told == []
    pins.pin(MOTION).drive_high()
    assert felt.told == ["moved"]
    sensors.close()  # type: ignore[attr-defined]
    pins.pin(MOTION).drive_low()
    pins.pin(MOTION).drive_high()
    assert felt.told == ["moved"], "nothing is told of a closed one"


def test_a_case_that_is_opened_is_told_and_told_again_when_it_is_opened_again(pins: MockFactory) -> None:
    felt = Felt()
    pins.pin(TAMPER).drive_low()
    held = felt.open()
    for _ in range(2):
        pins.pin(TAMPER).drive_high()
        pins.pin(TAMPER).drive_low()
    held.close()  # type: ignore[attr-defined]
    assert felt.told == ["opened", "opened"]


def test_a_case_that_is_open_at_the_start_is_told_at_once(pins: MockFactory) -> None:
    felt = Felt()
    pins.pin(TAMPER).drive_high()
    felt.open(motion=-1)
    assert felt.told == ["opened"]


def test_without_pins_nothing_is_opened() -> None:
    felt = Felt()
    felt.open(-1, -1)
    assert (felt.told, felt.lost) == ([], [])


def test_pins_that_cannot_be_opened_keep_nobody_from_recording(pins: MockFactory) -> None:
    felt, first = Felt(), Felt()
    held = first.open(tamper=-1)
    felt.open()  # the motion sensor's pin is in use
    assert felt.told == []
    assert "Check [sensors]" in felt.lost[0]
    held.close()  # type: ignore[attr-defined]
