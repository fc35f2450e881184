"""Opens the screen and keeps it up until its source stops. Kivy is imported only when `run` is called.

Kivy reads its environment on import, and by its defaults would parse the command line, write to the home folder and
take over logging: `run` forbids all three first.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Literal

from kiosk.errors import KioskError
from kiosk.machine.lacks import Lost
from kiosk.ui.pictures import Pictures
from kiosk.ui.ports import OfficerSource, ScreenSource
from kiosk.ui.rehearsal import Rehearsed

__all__ = ["ScreenSource", "display_available", "run", "show"]

Mode = Literal["auto", "window", "offscreen"]

PUMPS_PER_S = 30

_LOST = partial(logging.getLogger(__name__).warning, "no pictures of the screens: %s")


def show(
    source: ScreenSource,
    mode: Mode,
    fullscreen: bool,
    rotation: int,
    screens_dir: str,
    lost: Lost = _LOST,
    officer: OfficerSource | None = None,
    rehearsed: Iterable[Rehearsed] = (),
) -> None:
    """`run` for the terminal, with its settings of [display]."""
    folder = Path(screens_dir) if screens_dir else None
    run(
        source,
        title="Presensi",
        mode=mode,
        fullscreen=fullscreen,
        rotation=rotation,
        screens_dir=folder,
        lost=lost,
        officer=officer,
        rehearsed=rehearsed,
    )


def run(
    source: ScreenSource,
    *,
    title: str,
    mode: Mode,
    fullscreen: bool = False,
    rotation: int = 0,
    screens_dir: Path | None = None,
    size_px: tuple[int, int] = (800, 480),
    lost: Lost = _LOST,
    officer: OfficerSource | None = None,
    rehearsed: Iterable[Rehearsed] = (),
    pumps_per_s: int = PUMPS_PER_S,
) -> None:
    """Show `source`'s views, and `officer`'s while its area is open; blocks the main thread until `source` stops,
    SIGTERM or SIGINT comes, or the window is closed. What is `rehearsed` is drawn before, and not seen.

    "offscreen" renders without a display and writes each screen that comes up to `screens_dir`; "auto" is a window
    where there is a display, else that. A window shows everything turned by `rotation` degrees (0, 90, 180, 270)
    against the clock, for a screen that is mounted so, and takes touches where they are seen; `size_px` is before
    turning; `source` is pumped, and what it shows drawn, `pumps_per_s` times a second where the machine can. Where
    pictures cannot be written there are none, and `lost` is told. Once a process: Kivy cannot be started again.
    Raises KioskError when no window can be opened, and whatever `source.pump` raises.
    """
    if mode == "auto":
        mode = "window" if display_available() else "offscreen"
    if mode == "window" and not display_available():
        raise KioskError(
            "there is no display: start the terminal on the desktop or with a screen attached, or use "
            '--display offscreen (display.mode = "offscreen")'
        )
    pictures = Pictures(screens_dir, lost) if screens_dir is not None else None
    with tempfile.TemporaryDirectory(prefix="presensi-kivy-", dir=_in_memory()) as home, _signals() as stopped:
        _prepare(mode, Path(home), title, fullscreen, 0 if mode == "offscreen" else rotation, size_px, pumps_per_s)
        from kiosk.ui import stage

        stage.play(source, pictures, lambda: bool(stopped), pumps_per_s, officer, rehearsed)


def _in_memory() -> str | None:
    """Where a folder can be made although the disk is full or read-only, if there is such a place."""
    places = (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm")
    return next((place for place in places if place and os.access(place, os.W_OK | os.X_OK)), None)


def display_available() -> bool:
    """Whether a window could be opened: an X server or a Wayland compositor answers, or a screen is attached to the
    graphics card of a machine without either (SDL then draws through KMS)."""
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if wayland and _answers(Path(os.environ.get("XDG_RUNTIME_DIR", "/run")) / wayland):
        return True
    if x11:
        host, _, number = x11.rpartition(":")
        number = number.split(".", maxsplit=1)[0]
        if host and host != "unix":
            return True  # a forwarded display: only opening it can tell
        return _answers(Path(f"/tmp/.X11-unix/X{number}"))
    return any(_attached(card) for card in Path("/sys/class/drm").glob("card*-*/status"))


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(address))
        except OSError:
            return False
    return True


def _attached(status: Path) -> bool:
    try:
        return status.read_text(encoding="ascii").strip() == "connected"
    except OSError:
        return False


def _prepare(
    mode: Mode,
    home: Path,
    title: str,
    fullscreen: bool,
    rotation: int,
    size_px: tuple[int, int],
    pumps_per_s: int,
) -> None:
    os.environ.update(
        KIVY_NO_ARGS="1",
        KIVY_NO_CONSOLELOG="1",
        KIVY_NO_FILELOG="1",
        KIVY_LOG_MODE="PYTHON",  # to the logger "kivy", with no handler of its own
        KCFG_KIVY_LOG_LEVEL="warning",  # else its version stands in every log, and on an officer's terminal
        KIVY_HOME=str(home),
        KIVY_WINDOW="sdl2",  # its other provider ends the process when the X server has no GL
        KIVY_METRICS_DENSITY="1",
        SDL_NO_SIGNAL_HANDLERS="1",
    )
    if mode == "offscreen":
        os.environ["SDL_VIDEODRIVER"] = "offscreen"
    logging.getLogger("kivy").setLevel(logging.ERROR)  # that its new home has no settings yet is no news
    from kivy.config import Config

    width, height = size_px if rotation in (0, 180) else size_px[::-1]
    settings: dict[tuple[str, str], object] = {
        ("graphics", "width"): width,
        ("graphics", "height"): height,
        ("graphics", "rotation"): rotation,
        ("graphics", "fullscreen"): "auto" if fullscreen and mode == "window" else 0,
        ("graphics", "show_cursor"): 0 if fullscreen else 1,
        ("graphics", "resizable"): 0,
        ("graphics", "maxfps"): pumps_per_s,
        ("graphics", "multisamples"): 0,  # edges are smooth by their textures, which costs a small GPU far less
        ("graphics", "window_state"): "visible",
        ("kivy", "exit_on_escape"): 0,
        ("kivy", "window_title"): title,
        ("input", "mouse"): "mouse,disable_multitouch",
    }
    for (section, key), value in settings.items():
        Config.set(section, key, str(value))
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or mode == "offscreen":
        for key in [key for key in Config["input"] if "probesysfs" in Config.get("input", key)]:
            Config.remove_option("input", key)  # SDL reports touches there: the kernel's would come twice
    logging.getLogger("kivy").setLevel(logging.WARNING)


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that asked for the end; the handlers before are restored."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    ours = [n for n, handler in before.items() if handler in (signal.SIG_DFL, signal.default_int_handler)]
    for number in ours:
        signal.signal(number, note)
    try:
        yield came
    finally:
        for number in ours:
            signal.signal(number, before[number])
