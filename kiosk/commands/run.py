"""`kiosk run`: the terminal itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kiosk import config as settings
from kiosk.commands.options import config_option, state_option
from kiosk.state import StateFolder


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
    help="Without a camera, or a disk that takes writes, say so on the screen and wait.",
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
    chosen = settings.load(config, overrides)

    from kiosk import app  # Kivy and dlib take seconds to load: not before the settings are known to be good

    app.run(
        chosen,
        app.RunOptions(
            state=StateFolder(state),
            models_dir=models or state / "models",
            trace=trace,
            wait_for_camera=wait_for_camera,
        ),
    )
