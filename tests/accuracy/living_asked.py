"""`python -m tests.accuracy.living_asked FACES MODELS [--also LIMIT]`: how many of the living would all three passive
models ask?

The sequences of NUAA are crops as wide as the face, so nothing of them says what the models of the surroundings do.
What shows a living person *and* what was really around: LFW's photographs that were not turned when they were aligned
(the others have black corners, which no camera gives), each as an encounter of frames that are all alike, every second
one seen in a mirror: so both looks count by their mean. Their faces
fill 0.40 to 0.55 of a square: what a terminal's picture of 4:3 shows of one at 0.30 to 0.41, without its sides. The
rule on the width is left out here.

Could crops as tight as NUAA's be given surroundings? `ways` tries it on photographs whose own surroundings are known: a
way would do if it brought back the scores of the photograph as it was; none does. `--also`: a second limit for the
median of the model of the face, beside the packaged one. People are split in halves, in turn by name: the first is for
choosing, the second is judged. Intervals count people.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.face import open_engine
from kiosk.liveness import open_models
from kiosk.liveness.evidence import HOPELESS_EACH, LEAST_EACH, LEAST_MEAN, MAX_FRAMES, MIN_FRAMES
from kiosk.liveness.models import PassiveModels
from kiosk.liveness.wide import LIMIT
from kiosk.machine.model_files import ModelStore
from kiosk.measure.rates import interval
from kiosk.model import Box, RgbImage
from kiosk.ports import FaceEngine
from kiosk.replay import read_picture, scale_to_fit

BLACK = 4
MOST_BLACK = 0.01
"""Share of a photograph's pixels that may be darker than BLACK: more are corners of a turned one."""

TIGHT = 1.02
"""Side of a crop of NUAA's over its face."""

PHOTOS = 2

Scores = npt.NDArray[np.float64]
"""(frames, 5): of the face, of the wide crops shrunk, of the wide crops mirrored."""

Fill = Callable[[RgbImage, RgbImage, Box], RgbImage]
"""A photograph, another one, the place of the tight crop -> the tight crop with other surroundings."""


@dataclass(frozen=True)
class Photograph:
    person: str
    rgb: RgbImage
    box: Box


@dataclass(frozen=True)
class Shown:
    """What was shown of one person, as scores: one encounter a row of `starts`."""

    person: str
    starts: Sequence[Scores]


def photographs(lfw: Path, engine: FaceEngine) -> Iterator[Photograph]:
    """Up to two of everybody that are as they were taken and show one face."""
    for person in sorted(lfw.iterdir()):
        for path in sorted(person.glob("*.jpg"))[:PHOTOS]:
            picture = read_picture(path)
            if picture is None or (cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) < BLACK).mean() > MOST_BLACK:
                continue
            rgb = scale_to_fit(picture, 640, 480)
            faces = engine.faces(rgb)
            if len(faces) == 1:
                yield Photograph(person.name, rgb, faces[0].box_px)


def scores(models: PassiveModels, rgb: RgbImage, box: Box, *, flipped: bool = False) -> Scores:
    wide = models.wide.score(rgb, box, flipped=flipped) if models.wide is not None else ()
    near = models.near.score(rgb, box, flipped=flipped)
    return np.asarray(np.clip([near, *wide], -LIMIT, LIMIT), dtype=np.float64)


def live(start: Scores, least_face: float) -> bool:
    """What PassiveEvidence says of frames that are all usable, with another limit for the model of the face."""
    for frames in range(MIN_FRAMES, min(len(start), MAX_FRAMES) + 1):
        seen = start[:frames]
        median = np.median(seen, axis=0)
        if (
            float(np.median(seen[:, :3].mean(axis=1))) >= LEAST_MEAN
            and median[0] >= least_face
            and median[1:].min() >= LEAST_EACH
        ):
            return True
        if median.min() < HOPELESS_EACH:
            return False
    return False


def looks(models: PassiveModels, rgb: RgbImage, box: Box) -> Scores:
    """(2, 5): as it is, and in a mirror."""
    return np.stack([scores(models, rgb, box, flipped=flipped) for flipped in (False, True)])


def still(of: Scores) -> Scores:
    """An encounter of frames that are all alike, of which there are two `looks`."""
    return np.tile(of, (MIN_FRAMES // 2, 1))


def _spread(photograph: RgbImage, _: RgbImage, box: Box) -> RgbImage:
    return _bordered(photograph, box, cv2.BORDER_REPLICATE)


def _blurred(photograph: RgbImage, _: RgbImage, box: Box) -> RgbImage:
    around = cv2.GaussianBlur(_bordered(photograph, box, cv2.BORDER_REPLICATE), (0, 0), 12)
    around[box.top : box.bottom, box.left : box.right] = photograph[box.top : box.bottom, box.left : box.right]
    return np.asarray(around, dtype=np.uint8)


def _mirrored(photograph: RgbImage, _: RgbImage, box: Box) -> RgbImage:
    return _bordered(photograph, box, cv2.BORDER_REFLECT_101)


def _pasted(photograph: RgbImage, other: RgbImage, box: Box) -> RgbImage:
    result = other.copy()
    result[box.top : box.bottom, box.left : box.right] = photograph[box.top : box.bottom, box.left : box.right]
    return result


def _faded(photograph: RgbImage, other: RgbImage, box: Box) -> RgbImage:
    weight = np.zeros(photograph.shape[:2], np.float32)
    weight[box.top + 5 : box.bottom - 5, box.left + 5 : box.right - 5] = 1
    weight = cv2.GaussianBlur(weight, (0, 0), 4)[..., None]
    return np.asarray(photograph * weight + other * (1 - weight), dtype=np.uint8)


WAYS: Mapping[str, Fill] = {
    "mirrored": _mirrored,
    "its edge spread out": _spread,
    "the same, blurred": _blurred,
    "another photograph around it": _pasted,
    "the same, its edge softened": _faded,
}


def _bordered(photograph: RgbImage, box: Box, border: int) -> RgbImage:
    height, width = photograph.shape[:2]
    tight = photograph[box.top : box.bottom, box.left : box.right]
    sides = box.top, height - box.bottom, box.left, width - box.right
    return np.ascontiguousarray(cv2.copyMakeBorder(tight, *sides, border), dtype=np.uint8)


def tight(box: Box, shape: Sequence[int]) -> Box:
    """The place of a crop as NUAA's are."""
    across, down = (TIGHT - 1) * box.width / 2, (TIGHT - 1) * box.height / 2
    left, top = max(0, round(box.left - across)), max(0, round(box.top - down))
    return Box(left, top, min(shape[1], round(box.right + across)), min(shape[0], round(box.bottom + down)))


def ways(models: PassiveModels, taken: Sequence[Photograph], limits: Sequence[float]) -> None:
    """Print whether any way of giving a tight crop surroundings brings back the scores of the real ones."""
    natural = np.stack([looks(models, each.rgb, each.box) for each in taken])
    print(f"\n{len(taken)} photographs, cut out as tightly as NUAA's and given other surroundings")
    _way("as photographed", natural, natural, limits)
    for name, fill in WAYS.items():
        filled = []
        for place, each in enumerate(taken):
            rgb = fill(each.rgb, taken[place - 1].rgb, tight(each.box, each.rgb.shape))
            filled.append(looks(models, rgb, each.box))
        _way(name, np.stack(filled), natural, limits)


def _way(name: str, filled: Scores, natural: Scores, limits: Sequence[float]) -> None:
    alive = [np.array([live(still(each), limit) for each in filled]) for limit in limits]
    as_it_was = np.array([live(still(each), limits[0]) for each in natural])
    joined, own = filled.mean(axis=1), natural.mean(axis=1)
    alike = [float(np.corrcoef(joined[:, model], own[:, model])[0, 1]) for model in range(5)]
    print(
        f"{name:30} accepted "
        + ", ".join(f"{each.mean():.1%} ({limit})" for each, limit in zip(alive, limits, strict=True))
        + f"; same outcome {(alive[0] == as_it_was).mean():.0%}; medians {np.round(np.median(joined, axis=0), 1)}"
        + f"; correlations {np.round(alike, 2)}",
        flush=True,
    )


def told(name: str, people: Sequence[Shown], limits: Sequence[float]) -> None:
    """Print the share of the starts that are accepted, for each half of the people."""
    for half, members in (("first half", people[0::2]), ("second half", people[1::2])):
        shares = []
        for limit in limits:
            each = [np.mean([live(start, limit) for start in one.starts]) for one in members if one.starts]
            low, high = interval(float(np.sum(each)), len(each)) or (0.0, 1.0)
            shares.append(f"{np.mean(each):.1%} ({low:.1%}-{high:.1%}) at {limit}")
        starts = sum(len(one.starts) for one in members)
        print(f"{name}, {half}: {len(each)} people, {starts} starts; accepted {', '.join(shares)}", flush=True)


def why(taken: Sequence[Scores]) -> None:
    """Print what asks those who are not accepted."""
    asked = np.stack([np.median(each, axis=0) for each in taken if not live(each, LEAST_EACH)])
    mean, face = asked[:, :3].mean(axis=1) < LEAST_MEAN, asked[:, 0] < LEAST_EACH
    alone = ~mean & (asked[:, 1:].min(axis=1) >= LEAST_EACH)
    print(
        f"of {len(asked)} photographs that are asked: the mean is low in {mean.mean():.0%}, "
        f"the face in {face.mean():.0%}, nothing but the face in {alone.mean():.0%}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--also", type=float)
    options = parser.parse_args()
    models = open_models(ModelStore(options.models))
    if models is None or models.wide is None:
        raise SystemExit(f"the passive models are not in {options.models}")
    cv2.setNumThreads(1)
    engine = open_engine("auto", models_dir=options.models, follow=False)
    limits = [LEAST_EACH] if options.also is None else [LEAST_EACH, options.also]
    taken = list(photographs(options.faces / "lfw", engine))
    print(f"{len(taken)} photographs, faces {_quantiles([each.box.width / each.rgb.shape[1] for each in taken])} wide")
    people: dict[str, list[Scores]] = {}
    for each in taken:
        people.setdefault(each.person, []).append(still(looks(models, each.rgb, each.box)))
    why([start for starts in people.values() for start in starts])
    told("living, as photographed", [Shown(*one) for one in sorted(people.items())], limits)
    ways(models, taken, limits)


def _quantiles(of: Sequence[float]) -> str:
    low, middle, high = np.quantile(of, (0.05, 0.5, 0.95))
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


if __name__ == "__main__":
    main()
