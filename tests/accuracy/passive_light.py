"""`python -m tests.accuracy.passive_light FACES MODELS`: what poor light makes of living people's passive scores.

Every twelfth person of LFW, one photograph each, darkened, washed out, overexposed: how many fall below the level at
which wrong answers become an attack, in all and of those whose light is good by the face's own measure. With all three
models each is looked at as it is and in a mirror, as an encounter's frames are.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.face import open_engine
from kiosk.liveness import open_models
from kiosk.liveness.verdict import FAILED_SCORE, GOOD_CONTRAST, GOOD_LIGHT
from kiosk.machine.model_files import ModelStore
from kiosk.replay import read_picture, scale_to_fit

Floats = npt.NDArray[np.float64]

CHANCE = np.random.default_rng(0)

LIGHTS: dict[str, Callable[[Floats], Floats]] = {
    "as photographed": lambda rgb: rgb,
    "light x 0.6": lambda rgb: rgb * 0.6,
    "light x 0.4, noise": lambda rgb: rgb * 0.4 + CHANCE.normal(0, 3, rgb.shape),
    "light x 0.25, noise": lambda rgb: rgb * 0.25 + CHANCE.normal(0, 3, rgb.shape),
    "washed out by half": lambda rgb: rgb * 0.5 + 110,
    "washed out by two thirds": lambda rgb: rgb * 0.3 + 160,
    "overexposed": lambda rgb: rgb * 1.7,
    "gamma 0.5": lambda rgb: 255 * (rgb / 255) ** 0.5,
    "gamma 2": lambda rgb: 255 * (rgb / 255) ** 2,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("models", type=Path)
    options = parser.parse_args()
    models = open_models(ModelStore(options.models))
    if models is None or models.wide is None:
        raise SystemExit(f"the passive models are not in {options.models}")
    cv2.setNumThreads(1)
    engine = open_engine("auto", models_dir=options.models, follow=False)
    rows: dict[str, list[tuple[float, float, bool]]] = {light: [] for light in LIGHTS}
    for person in sorted((options.faces / "lfw").iterdir())[1::12]:
        picture = read_picture(sorted(person.iterdir())[0])
        if picture is None:
            continue
        plain = scale_to_fit(picture, 640, 480).astype(np.float64)
        for light, change in LIGHTS.items():
            rgb = np.clip(change(plain), 0, 255).astype(np.uint8)
            for face in engine.faces(rgb)[:1]:
                near = [models.near.score(rgb, face.box_px, flipped=flipped) for flipped in (False, True)]
                wide = [models.wide.score(rgb, face.box_px, flipped=flipped) for flipped in (False, True)]
                highest = [max(one, *others) for one, others in zip(near, wide, strict=True)]
                low, high = GOOD_LIGHT
                good = low <= face.quality.brightness <= high and face.quality.contrast >= GOOD_CONTRAST
                rows[light].append((near[0], float(np.mean(highest)), good))
    print(f"below {FAILED_SCORE}: in all / in good light, by the model of the face / by all three")
    for light, seen in rows.items():
        face_alone, all_three, in_light = (np.array(column) for column in zip(*seen, strict=True))
        low = face_alone < FAILED_SCORE, all_three < FAILED_SCORE
        print(
            f"{light:26} {len(in_light)} faces, {in_light.mean():4.0%} in good light; "
            + "; ".join(f"{each.mean():5.1%} / {(each & in_light).mean():5.1%}" for each in low)
        )


if __name__ == "__main__":
    main()
