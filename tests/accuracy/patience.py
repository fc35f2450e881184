"""`nice -n 5 python -m tests.accuracy.patience FACES MODELS [--every N] [--scores FILE] [--pictures DIR]`: how many of
the living do all three passive models accept over the first frames, how many when the newest are judged anew, and how
many when of those every second is seen in a mirror, as it is now?

Each of the photographs of tests.accuracy.living_asked is shown as 2.5 s of a picture that sways, turns and grows a
little, with noise, blur and compression, its box a little off. Each is shown again *pasted*, its tight crop in another
photograph, which nobody filmed but which shows who loosens a rule; each third one on a drawn telephone (rim, moire,
glare, a hand) before another photograph. What moves and what the telephone is are drawn: this compares rules on the
same frames, and is no share of a terminal's. The rule on the width is left out.

In a mirror: the scores are handed to PassiveEvidence itself. The newest frames: the rule before decision 126, of
windows of 8 to 15 frames. The first frames: the rule before decision 109, as living_asked has it. People are split in
halves, in turn by name; intervals count people. `--every 2`: only each second photograph. `--scores`: a file (.npz)
where the scores are kept, and read when it is there. `--pictures`: a folder for PNGs of the first telephones.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.face import open_engine
from kiosk.liveness import open_models
from kiosk.liveness.evidence import (
    LEAST_EACH,
    LEAST_MEAN,
    MAX_FRAMES,
    MIN_FRAMES,
    MIN_SHARPNESS,
    Opinion,
    PassiveEvidence,
)
from kiosk.liveness.models import PassiveModels
from kiosk.liveness.passive import sharpness
from kiosk.liveness.wide import LIMIT, WideScores
from kiosk.machine.model_files import ModelStore
from kiosk.measure.rates import interval
from kiosk.model import Box, RgbImage
from tests.accuracy.living_asked import WAYS, Photograph, live, photographs, scores, tight

FRAMES = 38
FPS = 15
"""Together PATIENCE_S."""

SEED = 7
TELEPHONES = 3
"""Each so-manieth photograph is shown on a telephone too."""

WIDTH, HEIGHT = 640, 480

PLACE = Box(250, 170, 390, 310)
"""Of the face in the frames that are handed to PassiveEvidence beside the scores: not too near, not too small."""

BLURRED = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
SHARP = np.where(np.indices((HEIGHT, WIDTH)).sum(axis=0)[..., None] // 4 % 2, BLURRED + 60, BLURRED - 60)

Seen = npt.NDArray[np.float64]
"""(FRAMES, 11): the sharpness, then the scores of living_asked.Scores, then those in a mirror."""


@dataclass(frozen=True)
class Encounter:
    person: str
    seen: Seen


class Told:
    """Both scorers of PassiveModels, saying what was measured of the frame at hand."""

    def __init__(self) -> None:
        self.scores = np.zeros((2, 5))
        """As it is, and in a mirror."""

    @property
    def models(self) -> PassiveModels:
        """To be handed to PassiveEvidence."""
        return PassiveModels(_Near(self), _Wide(self))


@dataclass(frozen=True)
class _Near:
    told: Told

    def score(self, _frame_rgb: RgbImage, _box: Box, /, *, flipped: bool = False) -> float:
        return float(self.told.scores[int(flipped), 0])


@dataclass(frozen=True)
class _Wide:
    told: Told

    def score(self, _frame_rgb: RgbImage, _box: Box, /, *, flipped: bool = False) -> WideScores:
        return tuple(map(float, self.told.scores[int(flipped), 1:]))  # type: ignore[return-value]


class Before(PassiveEvidence):
    """The rule of decision 109: windows of any length. Of models that see nothing in a mirror."""

    def _accepted(self) -> bool:
        lengths = range(MIN_FRAMES, min(len(self._wide), MAX_FRAMES) + 1)
        windows = [np.array(self._wide[-length:]) for length in lengths]
        means = [float(np.median(each[:, :3].mean(axis=1))) for each in windows]
        lowest = [float(np.median(each, axis=0).min()) for each in windows]
        return any(mean >= LEAST_MEAN and low >= LEAST_EACH for mean, low in zip(means, lowest, strict=True))


class Judge:
    """What PassiveEvidence says of an encounter, frame by frame; `mirror` False: what it said before decision 126."""

    def __init__(self, *, mirror: bool) -> None:
        self._mirror = mirror
        self._told = Told()
        self._evidence = (PassiveEvidence if mirror else Before)(self._told.models)
        self._frames = 0
        self.live: bool | None = None
        """None while it is open."""

    def add(self, row: Seen) -> None:
        """One row of Seen."""
        looks = row[1:].reshape(2, 5)
        self._told.scores = looks if self._mirror else looks[[0, 0]]
        frame = SHARP if row[0] >= MIN_SHARPNESS else BLURRED
        opinion = self._evidence.add(frame, PLACE, self._frames / FPS)
        self._frames += 1
        if self.live is None and opinion in (Opinion.LIVE, Opinion.DOUBT):
            self.live = opinion is Opinion.LIVE


def mirrored(seen: Seen) -> bool:
    """What PassiveEvidence says of the encounter."""
    return _judged(seen, mirror=True)


def newest(seen: Seen) -> bool:
    """What the rule before decision 126 said of it."""
    return _judged(seen, mirror=False)


def _judged(seen: Seen, *, mirror: bool) -> bool:
    judge = Judge(mirror=mirror)
    for row in seen[:FRAMES]:
        judge.add(row)
        if judge.live is not None:
            break
    return bool(judge.live)


def first(seen: Seen) -> bool:
    """What the rule before decision 109 said of it."""
    usable = seen[:FRAMES][seen[:FRAMES, 0] >= MIN_SHARPNESS, 1:6]
    return live(np.clip(usable, -LIMIT, LIMIT), LEAST_EACH)


def _settled(now: Judge, before: Judge, rows: list[Seen]) -> bool:
    """Whether no further frame changes what any rule says. Doubt without a mirror within the first frames is that of
    the first frames too."""
    seen = np.array(rows)
    usable = int((seen[:, 0] >= MIN_SHARPNESS).sum())
    decided = now.live is not None and before.live is not None
    return decided and (usable >= MAX_FRAMES or not before.live or first(seen))


def moving(models: PassiveModels, still: RgbImage, box: Box, rng: np.random.Generator) -> Seen:
    """What is seen of a picture that is held or stands before the camera for FRAMES; not a number once all rules have
    decided."""
    middle = np.array([(box.left + box.right) / 2, (box.top + box.bottom) / 2])
    sway = np.zeros(4)  # right, down, turn, growth: deviation 1, four frames in six alike
    rows: list[Seen] = []
    now, before = Judge(mirror=True), Judge(mirror=False)
    while len(rows) < FRAMES and not (rows and _settled(now, before, rows)):
        sway = 0.85 * sway + rng.normal(0, 1, 4) * 0.53
        growth = 1 + 0.015 * sway[3]
        shift = 0.02 * box.width * sway[:2]
        frame = _noisy(_turned(still, middle, 1.0 * sway[2], growth, shift), rng)
        x, y = middle + shift + rng.normal(0, 0.03 * box.width, 2)
        across, down = box.width * growth / 2, box.height * growth / 2
        place = Box(round(x - across), round(y - down), round(x + across), round(y + down))
        looks = [scores(models, frame, place, flipped=flipped) for flipped in (False, True)]
        rows.append(np.concatenate([[sharpness(frame, place)], *looks]))
        now.add(rows[-1])
        before.add(rows[-1])
    return np.array([*rows, *[[np.nan] * 11] * (FRAMES - len(rows))])


def _turned(rgb: RgbImage, middle: Seen, degrees: float, growth: float, shift: Seen) -> RgbImage:
    moved = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), degrees, growth)
    moved[:, 2] += shift
    size = rgb.shape[1], rgb.shape[0]
    turned = cv2.warpAffine(rgb, moved, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(turned, dtype=np.uint8)


def _noisy(rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """A camera's picture: a little blur now and then, light that flickers, noise, JPEG."""
    blur = abs(rng.normal(0, 0.5))
    soft = cv2.GaussianBlur(rgb, (0, 0), blur) if blur > 0.3 else rgb
    lit = soft * (1 + rng.normal(0, 0.03)) + rng.normal(0, 2.0, soft.shape)
    frame = np.clip(lit, 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return np.asarray(cv2.cvtColor(cv2.imdecode(packed, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def telephone(shown: Photograph, around: RgbImage, rng: np.random.Generator) -> tuple[RgbImage, Box]:
    """The photograph on a telephone that a hand holds before `around`, and where its face is then."""
    face_px = rng.uniform(90, 230)
    scene = np.asarray(cv2.resize(cv2.GaussianBlur(around, (0, 0), 6), (WIDTH, HEIGHT)), dtype=np.uint8)
    display = _display(shown, face_px, rng)
    rim = max(3, round(rng.uniform(0.02, 0.06) * display.shape[1]))
    case = tuple(int(each) for each in rng.integers(5, 40, 3))
    body = cv2.copyMakeBorder(display, 2 * rim, 2 * rim, rim, rim, cv2.BORDER_CONSTANT, value=case)
    tall, wide = body.shape[:2]
    left, top = (WIDTH - wide) // 2 + int(rng.integers(-30, 31)), (HEIGHT - tall) // 2
    _hand(scene, left, top, wide, tall, rng)
    scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), 1.2), dtype=np.uint8)
    inside = slice(max(0, top), min(HEIGHT, top + tall)), slice(max(0, left), min(WIDTH, left + wide))
    scene[inside] = body[max(0, -top) : HEIGHT - top, max(0, -left) : WIDTH - left]
    x, y = left + rim + display.shape[1] / 2, top + 2 * rim + display.shape[0] / 2
    across, down = face_px / 2, shown.box.height * face_px / shown.box.width / 2
    return scene, Box(round(x - across), round(y - down), round(x + across), round(y + down))


def _display(shown: Photograph, face_px: float, rng: np.random.Generator) -> RgbImage:
    """The face in the middle of an upright display: its tone and blue, moire, a streak of glare."""
    across = rng.uniform(1.3, 2.2)  # widths of the face
    down = across * rng.choice([1.6, 1.9])
    box = shown.box
    scale = face_px / box.width
    left, top = (box.left + box.right - across * box.width) / 2, (box.top + box.bottom - down * box.width) / 2
    size = round(across * face_px), round(down * face_px)
    placed = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    cut = cv2.warpAffine(shown.rgb, placed, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT_101)
    light = (cut / 255.0) ** rng.uniform(0.85, 1.25) * rng.uniform(0.75, 1.1) + rng.uniform(0.0, 0.06)
    light *= np.array([1.0, 1.0, rng.uniform(1.0, 1.15)])
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    angle, often = rng.uniform(0, np.pi), rng.uniform(0.15, 0.45)
    waves = np.sin(2 * np.pi * often * (x * np.cos(angle) + y * np.sin(angle)))
    light *= (1 + rng.uniform(0, 0.03) * waves)[..., None]
    streak = ((x - rng.uniform(0, size[0])) / (0.3 * size[0])) ** 2 + (
        (y - rng.uniform(0, size[1])) / (0.12 * size[1])
    ) ** 2
    light += rng.uniform(0, 0.15) * np.exp(-streak)[..., None]
    return np.asarray(np.clip(light * 255, 0, 255), dtype=np.uint8)


def _hand(scene: RgbImage, left: int, top: int, wide: int, tall: int, rng: np.random.Generator) -> None:
    """Draw four fingers, a thumb and a palm around the telephone."""
    skin = tuple(int(each) for each in np.array([190, 140, 115]) * rng.uniform(0.5, 1.1))
    for finger in range(4):
        tip = left + wide + 4, int(top + tall * (0.35 + 0.15 * finger))
        cv2.ellipse(scene, tip, (round(0.16 * wide), round(0.055 * tall)), 0, 0, 360, skin, -1)
    cv2.ellipse(
        scene, (left - 6, int(top + tall * 0.55)), (round(0.12 * wide), round(0.2 * tall)), 10, 0, 360, skin, -1
    )
    palm = (left + wide // 8, min(HEIGHT - 1, top + tall - 10)), (left + 7 * wide // 8, HEIGHT)
    cv2.rectangle(scene, *palm, skin, -1)


def encounters(models: PassiveModels, taken: Sequence[Photograph], every: int) -> Iterator[Encounter]:
    """Of the living, one a photograph."""
    for place, each in list(enumerate(taken))[::every]:
        yield Encounter(each.person, moving(models, each.rgb, each.box, np.random.default_rng([SEED, place])))


def attacks(
    models: PassiveModels, taken: Sequence[Photograph], every: int, pictures: Path | None
) -> Iterator[Encounter]:
    """Of the telephones, their light, rim and hand drawn by chance."""
    for place, each in list(enumerate(taken))[:: every * TELEPHONES]:
        rng = np.random.default_rng([SEED, place])
        scene, box = telephone(each, taken[(place * 7 + 3) % len(taken)].rgb, rng)
        if pictures is not None and place < 20 * every:
            cv2.imwrite(str(pictures / f"telephone-{place}.png"), cv2.cvtColor(scene, cv2.COLOR_RGB2BGR))
        yield Encounter(each.person, moving(models, scene, box, rng))


def pasted(models: PassiveModels, taken: Sequence[Photograph], every: int) -> Iterator[Encounter]:
    """Of tight crops in other photographs, one a photograph."""
    for place, each in list(enumerate(taken))[::every]:
        paste = WAYS["another photograph around it"](each.rgb, taken[place - 1].rgb, tight(each.box, each.rgb.shape))
        yield Encounter(each.person, moving(models, paste, each.box, np.random.default_rng([SEED, place])))


def told(name: str, shown: Sequence[Encounter]) -> None:
    """Print the share that is accepted by each rule, for each half of the people, and what the mirror changes."""
    people: dict[str, list[Seen]] = {}
    for each in shown:
        people.setdefault(each.person, []).append(each.seen)
    names = sorted(people)
    for half, members in (("first half", names[0::2]), ("second half", names[1::2]), ("all", names)):
        shares = []
        for rule in (first, newest, mirrored):
            each_share = [float(np.mean([rule(seen) for seen in people[one]])) for one in members]
            low, high = interval(sum(each_share), len(each_share)) or (0.0, 1.0)
            shares.append(f"{rule.__name__} {np.mean(each_share):.1%} ({low:.1%}-{high:.1%})")
        outcomes = [(newest(seen), mirrored(seen)) for one in members for seen in people[one]]
        print(
            f"{name}, {half}: {len(members)} people, {len(outcomes)} photographs; accepted: {', '.join(shares)}; "
            f"by the mirror alone {outcomes.count((False, True))}, without it alone {outcomes.count((True, False))}",
            flush=True,
        )


def kept(path: Path) -> dict[str, list[Encounter]]:
    """The scores of an earlier run."""
    with np.load(path, allow_pickle=False) as scores:
        return {
            kind: [
                Encounter(str(person), seen)
                for person, seen in zip(scores[f"{kind}_people"], scores[kind], strict=True)
            ]
            for kind in ("living", "telephones", "pasted")
            if kind in scores
        }


def keep(path: Path, shown: dict[str, list[Encounter]]) -> None:
    arrays = {}
    for kind, each in shown.items():
        arrays[kind] = np.stack([one.seen for one in each])
        arrays[f"{kind}_people"] = np.array([one.person for one in each])
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("faces", type=Path)
    parser.add_argument("models", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--scores", type=Path)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    shown = kept(options.scores) if options.scores is not None and options.scores.exists() else {}
    if len(shown) < 3:
        models = open_models(ModelStore(options.models))
        if models is None or models.wide is None:
            raise SystemExit(f"the passive models are not in {options.models}")
        taken = list(photographs(options.faces / "lfw", open_engine("auto", models_dir=options.models, follow=False)))
        if "telephones" not in shown:
            shown["telephones"] = list(attacks(models, taken, options.every, options.pictures))
        if "living" not in shown:
            shown["living"] = list(encounters(models, taken, options.every))
        if "pasted" not in shown:
            shown["pasted"] = list(pasted(models, taken, options.every))
        if options.scores is not None:
            keep(options.scores, shown)
    for kind in ("living", "telephones", "pasted"):
        told(kind, shown[kind])


if __name__ == "__main__":
    main()
