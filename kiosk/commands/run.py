"""`kiosk run`: the terminal itself."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click

from kiosk import config as settings
from kiosk import schedule
from kiosk.commands.options import config_option, state_option
from kiosk.config import Config
from kiosk.errors import IdentityError, KioskError
from kiosk.machine.identity import Identity
from kiosk.machine.state import StateFolder

log = logging.getLogger(__name__)


@click.command("run")
@click.option(
    "--camera",
    "source",
    metavar="SOURCE",
    help="auto, pi, v4l:N, or replay:PATH (a video or a folder of pictures; #t=START,END plays a part).",
)
@click.option("--fps", type=float, help="Frames a second: asked of a camera, and the pace of a replay.")
@click.option("--display", type=click.Choice(["auto", "window", "offscreen"]), help="Where the screen is drawn.")
@click.option("--screens", type=click.Path(path_type=Path), help="Off-screen: write each screen as PNG to this folder.")
@click.option("--trace", type=click.Path(path_type=Path), help="Append a JSON line an encounter: where its time went.")
@click.option("--models", type=click.Path(path_type=Path), help="Folder of optional models [default: STATE/models].")
@click.option(
    "--wait-for-camera",
    is_flag=True,
    help="Whatever keeps the terminal from recording, say so on the screen and wait, instead of ending.",
)
@config_option
@state_option
def command(
    source: str | None,
    fps: float | None,
    display: str | None,
    screens: Path | None,
    trace: Path | None,
    models: Path | None,
    wait_for_camera: bool,
    config: Path | None,
    state: Path,
) -> None:
    """Watch the camera and record who confirms a presence. Ends on SIGTERM or when the window is closed."""
    overrides: dict[str, dict[str, Any]] = {"camera": {}, "display": {}}
    for table, key, value in (
        ("camera", "source", source),
        ("camera", "fps", fps),
        ("display", "mode", display),
        ("display", "screens_dir", str(screens) if screens else None),
    ):
        if value is not None:
            overrides[table][key] = value
    folder, load = StateFolder(state), partial(settings.load, config, overrides)
    with contextlib.ExitStack() as held:
        try:
            chosen = load()
            # Kivy and dlib take seconds to load: not before the settings are known to be good.
            from kiosk import app

            options = app.RunOptions(folder, models or state / "models", trace, wait_for_camera)
            kiosk = held.enter_context(app.opened(chosen, options))
        except Exception as error:
            held.close()
            if not wait_for_camera or _stand_still(error, folder, load, settings.load_usable(config, overrides)):
                raise
            return
        kiosk.run()


def _stand_still(error: Exception, state: StateFolder, load: Callable[[], Config], usable: Config) -> bool:
    """Say on the screen why the terminal does not start, until it could: then True, and the process ends with the
    error, for systemd to start it anew. False when it was told to stop meanwhile."""
    from kiosk.machine.backlight import Backlight
    from kiosk.machine.clock import SystemClock
    from kiosk.terminal import standstill
    from kiosk.ui import catalogue, main
    from kiosk.ui.sources import FaultSource

    fault = standstill.fault_at_start(error)
    if fault is None:
        return True
    log.error("the terminal cannot start: %s", error, exc_info=not isinstance(error, KioskError))

    def start() -> None:
        from kiosk import app

        app.check_start(load(), state)

    def show(over: Callable[[], bool], alive: Callable[[], None]) -> None:
        texts, display = catalogue.load(state.language(usable.terminal.language, catalogue.LANGUAGES)), usable.display
        zone = _timezone(state)
        Backlight().light_up()
        source = FaultSource(fault, over, clock=SystemClock(), timezone=zone, catalogue=texts, alive=alive)
        main.show(source, display.mode, display.fullscreen, display.rotation, display.screens_dir)

    return standstill.stand_still(fault, start, show)


def _timezone(state: StateFolder) -> str:
    try:
        return Identity.load(state.identity_dir).provisioning.timezone
    except IdentityError:
        return schedule.STANDARD_HOURS.timezone
