"""The panel's own light, by the kernel's files: low while the screen is dark, as it was before when somebody comes.

A black picture on a lit panel still shines through a corridor's night and wears its lamps. Documentation/ABI/stable/
sysfs-class-backlight: `brightness` is a number up to `max_brightness`, `bl_power` 0 is on and 4 off.
"""

from __future__ import annotations

import contextlib
import logging
import queue
from functools import partial
from pathlib import Path

from kiosk.machine.lacks import Lost

_LOST = partial(logging.getLogger(__name__).warning, "no backlight: %s")

BACKLIGHTS = Path("/sys/class/backlight")

LOW = 0.1
"""Of the brightest, while the screen is dark: the time that stands on it can still be read."""

ON, OFF = "0", "4"


class Panel:
    """One backlight. Raises OSError or ValueError where its files say or take nothing of use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._most = int(self._read("max_brightness"))
        if self._most < 1:
            raise ValueError(f"{folder.name}: max_brightness {self._most}")
        now = int(self._read("brightness"))
        self._usual = now if now > self._low else self._most  # else the last run was ended while it was dark
        self.dim(False)

    @property
    def _low(self) -> int:
        return max(1, round(LOW * self._most))

    @property
    def _switched(self) -> bool:
        """Whether it is only on or off, as a light on a pin is."""
        return self._most == 1

    def dim(self, dark: bool) -> None:
        if self._switched:
            self._write("bl_power", OFF if dark else ON)
            return
        if dark:  # as it is now: somebody may have turned it up or down since
            self._usual = max(self._low, int(self._read("brightness")))
        self._write("brightness", str(self._low if dark else self._usual))

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text(encoding="ascii").strip()

    def _write(self, name: str, value: str) -> None:
        (self._folder / name).write_text(value, encoding="ascii")


class Backlight:
    """All backlights of the machine, in a thread of its own: a panel behind a slow bus may take longer than a frame.

    One that cannot be used is told of once, and the screen is drawn black as ever.
    """

    def __init__(self, folder: Path = BACKLIGHTS, lost: Lost = _LOST) -> None:
        self._folder, self._lost = folder, lost
        self._orders: queue.SimpleQueue[bool | None] = queue.SimpleQueue()
        self._dark = False

    def dim(self, dark: bool) -> None:
        """Any one thread, as often as it likes."""
        if dark != self._dark:
            self._dark = dark
            self._orders.put(dark)

    def stop(self) -> None:
        self._orders.put(None)

    def light_up(self) -> None:
        """Once, where nothing else will be asked of them: the last run may have ended in the dark."""
        self._open()

    def run(self) -> None:
        """Until `stop`; leaves them lit."""
        panels = self._open()
        while (dark := self._orders.get()) is not None:
            for panel in list(panels):
                try:
                    panel.dim(dark)
                except (OSError, ValueError) as error:
                    panels.remove(panel)
                    self._say(error)
        for panel in panels:
            with contextlib.suppress(OSError, ValueError):
                panel.dim(False)

    def _open(self) -> list[Panel]:
        """None at all is no fault: a monitor on HDMI has its own."""
        found: list[Panel] = []
        with contextlib.suppress(OSError):
            for folder in sorted(self._folder.iterdir()):
                try:
                    found.append(Panel(folder))
                except (OSError, ValueError) as error:
                    self._say(error)
        return found

    def _say(self, error: Exception) -> None:
        self._lost(f"{error}. The screen is drawn black all the same; install.sh gives its files to the group video.")
