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

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from kiosk.machine.lacks import Lost, cause
from kiosk.ports import Indicators

_log = logging.getLogger(__name__)

NOT_CONNECTED = -1

_LOST = partial(_log.warning, "no lamps: %s")

How = bool | float
"""On, off, or blinking with so many seconds on and as many off."""


class NoIndicators:
    """A terminal without lamps."""

    def idle(self) -> None: ...

    def busy(self) -> None: ...

    def success(self) -> None: ...

    def refusal(self) -> None: ...

    def fault(self) -> None: ...

    def close(self) -> None: ...


class GpioIndicators:
    """A state's lamps and tones begin at once and go on in gpiozero's threads; the state set again changes nothing.

    Lamps that fail are given up: `lost` is told, and nothing is lit any more.
    """

    def __init__(
        self, green: Any, red: Any, buzzer: Any, lost: Lost, is_quiet: Callable[[], bool] = lambda: False
    ) -> None:
        """gpiozero devices (LED, LED, Buzzer), each None when it is not connected. No tone sounds while `is_quiet`."""
        self._is_quiet = is_quiet
        self._green, self._red, self._buzzer = green, red, buzzer
        self._lost = lost
        self._state = ""

    def idle(self) -> None:
        self._show("idle", green=False, red=False)

    def busy(self) -> None:
        self._show("busy", green=0.25, red=False)

    def success(self) -> None:
        self._show("success", green=True, red=False, tones=1, tone_s=0.25)

    def refusal(self) -> None:
        self._show("refusal", green=False, red=True, tones=2)

    def fault(self) -> None:
        self._show("fault", green=False, red=1.0, tones=3)

    def close(self) -> None:
        """Everything off and the pins freed, as far as they let themselves."""
        self._state = "closed"
        _close((self._green, self._red, self._buzzer))

    def _show(self, state: str, *, green: How, red: How, tones: int = 0, tone_s: float = 0.1) -> None:
        if self._state in (state, "closed"):
            return
        self._state = state
        try:
            _set(self._green, green)
            _set(self._red, red)
            if tones and self._buzzer is not None and not self._is_quiet():
                self._buzzer.beep(on_time=tone_s, off_time=0.1, n=tones)
        except Exception as error:  # noqa: BLE001 - lgpio.error has no base but Exception
            self._lost(cause(error))
            self.close()


def open_indicators(
    enabled: bool,
    green_pin: int,
    red_pin: int,
    buzzer_pin: int,
    lost: Lost = _LOST,
    is_quiet: Callable[[], bool] = lambda: False,
) -> Indicators:
    """Lamps and buzzer at these BCM pins, -1 for one that is not connected.

    Never raises: when they cannot be opened, `lost` is told, and the terminal records without them.
    """
    if not enabled:
        return NoIndicators()
    opened: list[Any] = []
    told: list[warnings.WarningMessage] = []
    try:
        import gpiozero  # reads GPIOZERO_PIN_FACTORY; slow to import where it is not needed

        with _place_for_a_pipe(), warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            for kind, pin in ((gpiozero.LED, green_pin), (gpiozero.LED, red_pin), (gpiozero.Buzzer, buzzer_pin)):
                opened.append(None if pin == NOT_CONNECTED else kind(pin))
    except Exception as error:  # noqa: BLE001 - the pin factories raise what they like: lgpio.error is a plain Exception
        _close(opened)
        # gpiozero warns why each pin factory cannot be used, and then only says that none could.
        why = "; ".join((cause(error), *(str(warning.message) for warning in told)))
        lost(f"{why}. Check [indicators], and that the user is in the group gpio and no other program has the pins.")
        return NoIndicators()
    green, red, buzzer = opened
    return GpioIndicators(green, red, buzzer, lost, is_quiet)


@contextlib.contextmanager
def _place_for_a_pipe() -> Iterator[None]:
    """lgpio, when it is imported, makes a pipe in the working directory and cannot be used without (lgpio.py,
    `_callback_thread`; LG_WD, where it is set, names another). A command may be called from somebody else's folder."""
    if "LG_WD" in os.environ or os.access(".", os.W_OK | os.X_OK):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="presensi-lgpio-") as folder:
        before = os.open(".", os.O_PATH | os.O_DIRECTORY)
        os.chdir(folder)
        try:
            yield
        finally:
            with contextlib.suppress(PermissionError):  # a folder that cannot be entered was of no use before either
                os.fchdir(before)
            os.close(before)


def _set(lamp: Any, how: How) -> None:
    if lamp is None:
        return
    if how is True:
        lamp.on()
    elif how is False:
        lamp.off()
    else:
        lamp.blink(on_time=how, off_time=how)


def _close(devices: Any) -> None:
    for device in devices:
        if device is not None:
            with contextlib.suppress(Exception):  # a lamp that cannot be freed keeps nobody from ending
                device.close()
