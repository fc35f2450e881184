"""`nice -n 15 python -m tests.accuracy.living_why FACES MODELS [--half second]`: why are living people asked by
all three passive models, and would another way of looking or of joining ask fewer without letting more attacks pass?

What is packaged looks at every second frame in a mirror (decision 126); one look at a photograph that stands still is
what counted before, and what the other ways are compared with.

On the photographs of tests.accuracy.living_asked, one half of the people at a time: the first is for choosing, the
second for judging what was chosen. Each as it is; each third one on the drawn telephone of tests.accuracy.patience; and
each pasted, cut out tightly, into another photograph: no attack that anybody filmed, but one that the packaged rule
lets pass often, so that whoever loosens the rule is seen to. The rule on the width is left out.

*Ways of looking*: in a mirror; a crop that is a tenth smaller, a seventh larger; all six of those joined; YuNet's own
box, which is higher and narrower than dlib's; the photograph in its own 250 pixels in place of 480. *Ways of joining*:
without the look that takes the colour cast out; without the mirrored surroundings; a logistic regression over the five
scores, which accepts what is likelier alive than any attack that it was fitted on (on the half at hand, which flatters
it).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.face import open_engine
from kiosk.liveness import open_models
from kiosk.liveness.evidence import LEAST_EACH, LEAST_MEAN
from kiosk.liveness.models import PassiveModels
from kiosk.liveness.passive import INPUT_PX, PassiveModel, crop
from kiosk.liveness.wide import LIMIT
from kiosk.machine.model_files import YUNET, ModelStore
from kiosk.measure.rates import interval
from kiosk.model import Box, RgbImage
from tests.accuracy.living_asked import WAYS, Photograph, photographs, scores, tight
from tests.accuracy.patience import SEED, TELEPHONES, telephone

CROPS = (1.0, 0.9, 1.15)
OWN_PX = 250
"""Side of a photograph of LFW."""

MODELS = ("the face", "2.7", "4", "2.7 mirrored", "4 mirrored")

Looks = npt.NDArray[np.float64]
"""(looks, 5): scores of living_asked.Scores; the first look is the packaged one, PLAIN the same without GREY_MARGIN."""

MIRROR, ALL_SIX, LARGER, YUNETS, OWN, PLAIN = 1, slice(0, 6), 4, 6, 7, 8
"""Which of the looks: the six are the photograph and its mirror image by CROPS."""

Rule = Callable[[Looks], bool]

T = TypeVar("T")


@dataclass(frozen=True)
class Half:
    """What is shown of one half of the people: (n, looks, 5) each."""

    living: npt.NDArray[np.float64]
    telephones: npt.NDArray[np.float64]
    pasted: npt.NDArray[np.float64]


def accepted(five: npt.NDArray[np.float64], models: slice = slice(0, 5)) -> bool:
    """What PassiveEvidence says of frames that all have these scores."""
    return bool(five[:3].mean() >= LEAST_MEAN and five[models].min() >= LEAST_EACH)


def joined(looks: Looks) -> bool:
    """The same of frames that are looked at in turn in these ways."""
    mean, each = float(np.median(looks[:, :3].mean(axis=1))), float(np.median(looks, axis=0).min())
    return mean >= LEAST_MEAN and each >= LEAST_EACH


RULES: Mapping[str, Rule] = {
    "packaged": lambda looks: joined(looks[:2]),
    "one look": lambda looks: accepted(looks[0]),
    "one look in a mirror": lambda looks: accepted(looks[MIRROR]),
    "six looks": lambda looks: joined(looks[ALL_SIX]),
    "a crop larger by 0.15": lambda looks: accepted(looks[LARGER]),
    "YuNet's own box": lambda looks: accepted(looks[YUNETS]),
    "in its own 250 pixels": lambda looks: accepted(looks[OWN]),
    "without the cast-free look": lambda looks: accepted(looks[PLAIN]),
    "without mirrored surroundings": lambda looks: accepted(looks[0], slice(0, 3)),
}


class Looking:
    """All ways of looking at one picture."""

    def __init__(self, models: PassiveModels, models_dir: Path) -> None:
        self._models = models
        self._yunet = cv2.FaceDetectorYN.create(str(models_dir / YUNET.file_name), "", (320, 320), 0.5)

    def at(self, rgb: RgbImage, box: Box) -> Looks:
        ways = [scores(self._models, *each) for size in CROPS for each in _both(rgb, resized(box, size))]
        ways.append(scores(self._models, rgb, self._own_box(rgb, box)))
        share = OWN_PX / rgb.shape[0]
        size = round(rgb.shape[1] * share), OWN_PX
        small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        ways.append(scores(self._models, small, Box(*(round(side * share) for side in box))))
        plain = ways[0].copy()
        plain[0] = np.clip(self._plain(rgb, box), -LIMIT, LIMIT)
        return np.stack([*ways, plain])

    def _own_box(self, rgb: RgbImage, box: Box) -> Box:
        """YuNet's box where it has one in the place of `box`."""
        self._yunet.setInputSize((rgb.shape[1], rgb.shape[0]))
        _, rows = self._yunet.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        found = [Box(round(x), round(y), round(x + w), round(y + h)) for x, y, w, h in _places(rows)]
        near = [each for each in found if abs(each.left + each.right - box.left - box.right) < box.width]
        return max(near, key=lambda each: each.width, default=box)

    def _plain(self, rgb: RgbImage, box: Box) -> float:
        face = crop(rgb, box)
        method = cv2.INTER_AREA if face.shape[0] > INPUT_PX else cv2.INTER_LINEAR
        scaled = np.asarray(cv2.resize(face, (INPUT_PX, INPUT_PX), interpolation=method), dtype=np.uint8)
        assert isinstance(self._models.near, PassiveModel)
        return self._models.near.logits(scaled)


def _places(rows: npt.NDArray[np.float32] | None) -> Sequence[Sequence[float]]:
    return [] if rows is None else [list(map(float, row[:4])) for row in rows]


def _both(rgb: RgbImage, box: Box) -> tuple[tuple[RgbImage, Box], tuple[RgbImage, Box]]:
    width = rgb.shape[1]
    place = Box(width - box.right, box.top, width - box.left, box.bottom)
    return (rgb, box), (np.asarray(cv2.flip(rgb, 1), dtype=np.uint8), place)


def resized(box: Box, size: float) -> Box:
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    across, down = size * box.width / 2, size * box.height / 2
    return Box(round(x - across), round(y - down), round(x + across), round(y + down))


def shown(looking: Looking, taken: Sequence[Photograph]) -> Half:
    living, telephones, pasted = [], [], []
    for place, each in enumerate(taken):
        living.append(looking.at(each.rgb, each.box))
        paste = WAYS["another photograph around it"](each.rgb, taken[place - 1].rgb, tight(each.box, each.rgb.shape))
        pasted.append(looking.at(paste, each.box))
        if place % TELEPHONES == 0:
            rng = np.random.default_rng([SEED, place])
            telephones.append(looking.at(*telephone(each, taken[(place * 7 + 3) % len(taken)].rgb, rng)))
    return Half(np.stack(living), np.stack(telephones), np.stack(pasted))


def logistic(alive: npt.NDArray[np.float64], attacks: npt.NDArray[np.float64]) -> Rule:
    """Fitted by Newton's steps on (n, 5) scores, both sides of equal weight, a little ridge."""
    x = np.concatenate([alive, attacks])
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    y = np.repeat([1.0, 0.0], [len(alive), len(attacks)])
    share = np.where(y == 1, 0.5 / len(alive), 0.5 / len(attacks)) * len(x)
    weights = np.zeros(x.shape[1])
    for _ in range(50):
        likely = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (share * (y - likely)) - 0.1 * weights
        bend = (x * (share * likely * (1 - likely))[:, None]).T @ x + 0.1 * np.eye(x.shape[1])
        weights += np.linalg.solve(bend, slope)
    highest = float((x[len(alive) :] @ weights).max())
    return lambda looks: bool(looks[0] @ weights[:-1] + weights[-1] > highest)


def why(living: npt.NDArray[np.float64]) -> None:
    """Print what asks those whom the packaged rule asks, and how much of a score is the look's chance."""
    asked = np.array([not accepted(each[0]) for each in living])
    five = living[asked, 0]
    low = five < LEAST_EACH
    print(
        f"{asked.sum()} of {len(living)} are asked; the mean of all three is low in {(_mean(five) < LEAST_MEAN).sum()}"
    )
    for place, name in enumerate(MODELS):
        alone = low[:, place] & (low.sum(axis=1) == 1) & (_mean(five) >= LEAST_MEAN)
        print(f"  {name}: low in {low[:, place].sum()}, and nothing else in {alone.sum()}")
    only_mirrored = low[:, 3:].any(axis=1) & ~low[:, :3].any(axis=1) & (_mean(five) >= LEAST_MEAN)
    cast = np.array([accepted(each[PLAIN]) for each in living[asked]])
    luck = np.array([any(accepted(look) for look in each[ALL_SIX]) for each in living[asked]])
    print(f"  only mirrored surroundings: {only_mirrored.sum()}; only without its cast: {cast.sum()}")
    print(f"  accepted by another of the six looks: {luck.sum()}")
    chance, people = living[:, ALL_SIX].std(axis=1).mean(axis=0), living[:, ALL_SIX].mean(axis=1).std(axis=0)
    print(f"  deviation of the six looks at one photograph {np.round(chance, 1)}, of people {np.round(people, 1)}")


def _mean(five: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(five[:, :3].mean(axis=1))


def compared(half: Half) -> None:
    attacks = np.concatenate([half.telephones[:, 0], half.pasted[:, 0]])
    fitted = {
        "logistic, against the telephones": logistic(half.living[:, 0], half.telephones[:, 0]),
        "logistic, against telephones and pasted": logistic(half.living[:, 0], attacks),
    }
    for name, rule in {**RULES, **fitted}.items():
        cells = []
        for pictures in (half.living, half.telephones, half.pasted):
            hits = sum(rule(each) for each in pictures)
            low, high = interval(hits, len(pictures)) or (0.0, 1.0)
            cells.append(f"{hits} of {len(pictures)}, {hits / len(pictures):.1%} ({low:.1%}-{high:.1%})")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--half", choices=("first", "second"), default="first")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    models = open_models(ModelStore(options.models))
    if models is None or models.wide is None:
        raise SystemExit(f"the passive models are not in {options.models}")
    engine = open_engine("auto", models_dir=options.models, follow=False)
    taken = list(photographs(options.faces / "lfw", engine))
    people = sorted({each.person for each in taken})[0 if options.half == "first" else 1 :: 2]
    print(f"{options.half} half: {len(people)} people")
    half = shown(Looking(models, options.models), [each for each in taken if each.person in set(people)])
    why(half.living)
    print("| rule | living | drawn telephones | pasted |")
    compared(half)


if __name__ == "__main__":
    main()
