"""What the terminal feels besides what it sees, by gpiozero: a motion sensor, and a switch on its case."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from kiosk.machine.lacks import Lost, cause

_LOST = partial(logging.getLogger(__name__).warning, "no sensors: %s")

NOT_CONNECTED = -1


class Sensors:
    """Tell of motion, and of the case's switch when it opens; in gpiozero's threads. An open switch at the start is
    told at once: whoever opened the case may have pulled the plug first."""

    def __init__(self, motion: Any, tamper: Any, moved: Callable[[], None], opened: Callable[[], None]) -> None:
        """gpiozero devices (DigitalInputDevice, Button), each None when it is not connected."""
        self._devices = [device for device in (motion, tamper) if device is not None]
        if motion is not None:
            motion.when_activated = moved
        if tamper is not None:
            tamper.when_released = opened
            if not tamper.is_pressed:
                opened()

    def close(self) -> None:
        for device in self._devices:
            with contextlib.suppress(Exception):  # a pin that cannot be freed keeps nobody from ending
                device.close()


def open_sensors(
    motion_pin: int,
    tamper_pin: int,
    *,
    moved: Callable[[], None],
    opened: Callable[[], None],
    lost: Lost = _LOST,
) -> Sensors:
    """At these BCM pins, -1 for one that is not connected. Never raises: when one cannot be opened `lost` is told, and
    the terminal records without them."""
    found: list[Any] = []
    if motion_pin == tamper_pin == NOT_CONNECTED:
        return Sensors(None, None, moved, opened)
    try:
        import gpiozero  # reads GPIOZERO_PIN_FACTORY; slow to import where it is not needed

        for kind, pin in ((gpiozero.DigitalInputDevice, motion_pin), (gpiozero.Button, tamper_pin)):
            found.append(None if pin == NOT_CONNECTED else kind(pin))
        return Sensors(found[0], found[1], moved, opened)
    except Exception as error:  # noqa: BLE001 - the pin factories raise what they like: lgpio.error is a plain Exception
        for device in found:
            if device is not None:
                device.close()
        lost(f"{cause(error)}. Check [sensors], and that the user is in the group gpio.")
        return Sensors(None, None, moved, opened)
