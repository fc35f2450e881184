"""Lamps and buzzer at the terminal's front, by gpiozero.

    state     green            red              buzzer
    idle      off              off              off
    busy      blinks           off              off
    success   on               off              one long tone
    refusal   off              on               two short tones
    fault     off              blinks slowly    three short tones

Tones differ in number, so that they are told apart without seeing. They sound once on the change, never on and on.
"""

from __future__ import annotations

import logging
from typing import Any

from kiosk.ports import Indicators

_log = logging.getLogger(__name__)

NOT_CONNECTED = -1


class NoIndicators:
    """A terminal without lamps."""

    def idle(self) -> None: ...

    def busy(self) -> None: ...

    def success(self) -> None: ...

    def refusal(self) -> None: ...

    def fault(self) -> None: ...

    def close(self) -> None: ...


class GpioIndicators:
    """A state's lamps and tones begin at once and go on in gpiozero's threads; the state set again changes nothing."""

    def __init__(self, green: Any, red: Any, buzzer: Any) -> None:
        """gpiozero devices (LED, LED, Buzzer), each None when it is not connected."""
        self._green, self._red, self._buzzer = green, red, buzzer
        self._state = ""

    def idle(self) -> None:
        if self._enter("idle"):
            self._steady(self._green, on=False)
            self._steady(self._red, on=False)

    def busy(self) -> None:
        if self._enter("busy"):
            self._blink(self._green, 0.25, 0.25)
            self._steady(self._red, on=False)

    def success(self) -> None:
        if self._enter("success"):
            self._steady(self._green, on=True)
            self._steady(self._red, on=False)
            self._tones(1, 0.25)

    def refusal(self) -> None:
        if self._enter("refusal"):
            self._steady(self._green, on=False)
            self._steady(self._red, on=True)
            self._tones(2, 0.1)

    def fault(self) -> None:
        if self._enter("fault"):
            self._steady(self._green, on=False)
            self._blink(self._red, 1.0, 1.0)
            self._tones(3, 0.1)

    def close(self) -> None:
        """Everything off and the pins freed."""
        self._state = "closed"
        for device in (self._green, self._red, self._buzzer):
            if device is not None:
                device.close()

    def _enter(self, state: str) -> bool:
        if self._state in (state, "closed"):
            return False
        self._state = state
        return True

    @staticmethod
    def _steady(lamp: Any, *, on: bool) -> None:
        if lamp is not None:
            lamp.on() if on else lamp.off()

    @staticmethod
    def _blink(lamp: Any, on_s: float, off_s: float) -> None:
        if lamp is not None:
            lamp.blink(on_time=on_s, off_time=off_s)

    def _tones(self, count: int, on_s: float) -> None:
        if self._buzzer is not None:
            self._buzzer.beep(on_time=on_s, off_time=0.1, n=count)


def open_indicators(enabled: bool, green_pin: int, red_pin: int, buzzer_pin: int) -> Indicators:
    """Lamps and buzzer at these BCM pins, -1 for one that is not connected.

    Never raises: a terminal whose lamps cannot be opened says so in the log and records without them.
    """
    if not enabled:
        return NoIndicators()
    import gpiozero  # reads GPIOZERO_PIN_FACTORY; slow to import where it is not needed

    opened: list[Any] = []
    try:
        for kind, pin in ((gpiozero.LED, green_pin), (gpiozero.LED, red_pin), (gpiozero.Buzzer, buzzer_pin)):
            opened.append(None if pin == NOT_CONNECTED else kind(pin))
    except (gpiozero.GPIOZeroError, OSError) as error:
        for device in opened:
            if device is not None:
                device.close()
        _log.warning(
            "no lamps: %s (%s); check [indicators] and that the user is in the group gpio", type(error).__name__, error
        )
        return NoIndicators()
    return GpioIndicators(*opened)
