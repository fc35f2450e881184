"""The passive score in other light, out of focus, smaller: the table in docs/accuracy.md.

    python tests/accuracy/passive_conditions.py FACES MODELS

For every sequence of FACES/pad and every living clip the median score over every third frame, plain (the model's own)
and as the terminal uses it (the lower of that and the cast-free one); and how many have a median of ACCEPT or more. No
frame is seen in a mirror here: it is the scores that are looked at, not the evidence.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from kiosk.face import open_engine
from kiosk.liveness import passive as lp
from kiosk.liveness.evidence import ACCEPT, MIN_BOX_PX, MIN_SHARPNESS
from kiosk.liveness.passive import PassiveModel
from kiosk.machine.model_files import PAD_MINIFAS, ModelStore
from kiosk.measure.clips import find_clips, frames, label_of
from kiosk.model import Box, RgbImage

Change = Callable[[RgbImage, Box], tuple[RgbImage, Box]]


def light(red: float, green: float, blue: float) -> Change:
    return lambda rgb, box: (np.clip(rgb * np.array([red, green, blue]), 0, 255).astype(np.uint8), box)


def gamma(power: float) -> Change:
    return lambda rgb, box: ((255 * (rgb / 255.0) ** power).astype(np.uint8), box)


def blur(sigma: float) -> Change:
    """Of a face 107 pixels wide."""
    return lambda rgb, box: (cv2.GaussianBlur(rgb, (0, 0), sigma * box.width / 107), box)


def width(pixels: int) -> Change:
    def change(rgb: RgbImage, box: Box) -> tuple[RgbImage, Box]:
        zoom = pixels / box.width
        method = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
        return cv2.resize(rgb, None, fx=zoom, fy=zoom, interpolation=method), Box(*(round(side * zoom) for side in box))

    return change


def jpeg(quality: int) -> Change:
    def change(rgb: RgbImage, box: Box) -> tuple[RgbImage, Box]:
        _, data = cv2.imencode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return cv2.imdecode(data, cv2.IMREAD_COLOR), box

    return change


def noise(sigma: float) -> Change:
    chance = np.random.default_rng(0)
    return lambda rgb, box: (np.clip(rgb + chance.normal(0, sigma, rgb.shape), 0, 255).astype(np.uint8), box)


CONDITIONS: dict[str, Change] = {
    "as recorded": lambda rgb, box: (rgb, box),
    "warm light": light(1.12, 1.0, 0.8),
    "tungsten light": light(1.2, 1.0, 0.6),
    "cold light": light(0.8, 1.0, 1.1),
    "darker (gamma 1.8)": gamma(1.8),
    "brighter (gamma 0.6)": gamma(0.6),
    "face 64 px wide": width(64),
    "face 48 px wide": width(48),
    "blur, sigma 0.75 px": blur(0.75),
    "blur, sigma 1.25 px": blur(1.25),
    "blur, sigma 2 px": blur(2.0),
    "noise, sigma 8": noise(8.0),
    "JPEG quality 60": jpeg(60),
    "JPEG quality 30": jpeg(30),
}


def pictures(faces: Path) -> Iterator[tuple[str, Path]]:
    for clip in [*find_clips(faces / "pad"), *find_clips(faces / "clips")]:
        yield label_of(clip) or "live", clip  # the clips without a label show living people


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=Path)
    parser.add_argument("models", type=Path)
    options = parser.parse_args()
    engine = open_engine("auto", models_dir=options.models, follow=False)
    path = ModelStore(options.models).find(PAD_MINIFAS)
    if path is None:
        raise SystemExit(f"{PAD_MINIFAS.name} is not in {options.models}")
    model = PassiveModel(path)
    medians: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for label, clip in pictures(options.faces):
        scores: dict[tuple[str, str], list[float]] = defaultdict(list)
        for frame in list(frames(clip))[:45:3]:
            for face in engine.faces(frame.rgb)[:1]:
                for name, change in CONDITIONS.items():
                    rgb, box = change(frame.rgb, face.box_px)
                    crop = cv2.resize(lp.crop(rgb, box), (lp.INPUT_PX, lp.INPUT_PX), interpolation=cv2.INTER_AREA)
                    scores[name, "plain"].append(model.logits(crop))
                    if max(box.width, box.height) >= MIN_BOX_PX and lp.sharpness(rgb, box) >= MIN_SHARPNESS:
                        scores[name, "used"].append(model.score(rgb, box))
        for (name, how), values in scores.items():
            medians[name, how, label].append(float(np.median(values)))
    print(
        "condition | plain: attacks accepted, highest | used: attacks accepted, highest | living accepted: plain, used"
    )
    for name in CONDITIONS:
        print(name, *(_cell(medians, name, how) for how in ("plain", "used")), _living(medians, name), sep=" | ")


def _cell(medians: dict[tuple[str, str, str], list[float]], name: str, how: str) -> str:
    total = len(medians["as recorded", "plain", "attack"])
    values = medians[name, how, "attack"]
    accepted = sum(value >= ACCEPT for value in values)
    return f"{accepted} of {total}, {max(values, default=float('nan')):.1f}"


def _living(medians: dict[tuple[str, str, str], list[float]], name: str) -> str:
    total = len(medians["as recorded", "plain", "live"])
    counts = (sum(value >= ACCEPT for value in medians[name, how, "live"]) for how in ("plain", "used"))
    return ", ".join(f"{count} of {total}" for count in counts)


if __name__ == "__main__":
    main()
