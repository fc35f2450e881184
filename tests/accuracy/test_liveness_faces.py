"""The figures that must hold on real faces: no attack accepted, no living person refused."""

from __future__ import annotations

import os
import random
from collections import deque
from functools import partial
from pathlib import Path

import cv2
import pytest

from kiosk.face import open_engine
from kiosk.liveness import Liveness, open_models
from kiosk.liveness.passive import PassiveModel
from kiosk.machine.model_files import PAD_MINIFAS, PAD_WIDE, YUNET, ModelStore
from kiosk.measure.clips import find_clips
from kiosk.measure.remembered import remembered
from kiosk.measure.starts import ClipResult, judge
from kiosk.model import Challenge, Face, RgbImage
from kiosk.model import Liveness as State

SHARED = Path(__file__).parents[3] / "shared"
FACES = Path(os.environ.get("KIOSK_FACES", SHARED / "faces"))
MODELS = Path(os.environ.get("KIOSK_MODELS", SHARED / "models"))

pytestmark = [
    pytest.mark.accuracy,
    pytest.mark.slow,
    pytest.mark.skipif(not (FACES / "pad").exists(), reason="no evaluation faces: set KIOSK_FACES"),
]
FACE_ALONE = (PAD_MINIFAS, YUNET)

needs_model = pytest.mark.skipif(
    not (MODELS / PAD_MINIFAS.file_name).exists(), reason=f"no {PAD_MINIFAS.file_name}: set KIOSK_MODELS"
)


def judged(models: Path | None, every: int) -> list[ClipResult]:
    """All living and every n-th attack sequence, as the terminal sees them."""
    engine = open_engine("auto", models_dir=models, follow=False)
    opened = None if models is None else open_models(ModelStore(models))
    kept_scores = None if opened is None else remembered(opened)
    open_liveness = partial(Liveness, "challenge-when-in-doubt", kept_scores, random.Random(0), ask=False)
    clips = [*find_clips(FACES / "pad"), *find_clips(FACES / "clips")]
    prints = [clip for clip in clips if clip.parent.name == "print"]
    kept = [clip for clip in clips if clip not in prints] + prints[::every]
    return [judge(clip, engine, open_liveness) for clip in kept]


needs_wide_models = pytest.mark.skipif(
    not all((MODELS / file.file_name).exists() for file in (PAD_MINIFAS, *PAD_WIDE)),
    reason="not all passive models are there: set KIOSK_MODELS",
)


@needs_model
def test_with_the_model_no_attack_is_accepted_and_nobody_living_refused(tmp_path: Path) -> None:
    """The model of the face alone, beside the detector."""
    for file in FACE_ALONE:
        if (MODELS / file.file_name).exists():
            (tmp_path / file.file_name).symlink_to(MODELS / file.file_name)
    results = judged(tmp_path, 2)
    attacks = [r for r in results if r.label == "attack"]
    living = [r for r in results if r.label != "attack"]  # the clips without a label show living people
    assert len(attacks) >= 42
    assert [r.path for r in attacks if r.verdict == "live"] == []
    assert len(living) >= 22
    assert [r.path for r in living if r.verdict == "attack"] == []
    assert sum(r.verdict == "live" for r in living) >= 9


@needs_wide_models
def test_with_all_models_no_start_of_an_attack_is_accepted_and_nobody_living_refused() -> None:
    results = judged(MODELS, 2)
    attacks = [r for r in results if r.label == "attack"]
    living = [r for r in results if r.label != "attack"]
    assert sum(r.starts for r in attacks) >= 490
    assert [r.path for r in attacks if r.starts_live] == []
    assert [r.path for r in living if r.starts_refused] == []
    assert sum(r.starts_live for r in living) >= 50, "of the one clip that shows what surrounds the face well enough"


def test_without_the_model_everybody_gets_a_challenge() -> None:
    assert {r.verdict for r in judged(None, 8)} == {"challenge"}


@needs_model
@pytest.mark.parametrize("gains", [(1.12, 1.0, 0.8), (1.2, 1.0, 0.6)], ids=["warm", "tungsten"])
def test_warm_light_does_not_make_prints_alive(gains: tuple[float, float, float]) -> None:
    """The plain score accepts a fifth of them then; the lower of the two scores none."""
    path = ModelStore(MODELS).find(PAD_MINIFAS)
    assert path is not None
    model = PassiveModel(path)
    engine = open_engine("auto", models_dir=MODELS, follow=False)
    medians = []
    for folder in sorted((FACES / "pad" / "nuaa" / "print").iterdir())[::5]:
        scores = []
        for file in sorted(folder.iterdir())[::2]:
            rgb = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
            warm = (rgb * gains).clip(0, 255).astype("uint8")
            scores += [model.score(warm, face.box_px) for face in engine.faces(warm)[:1]]
        if scores:
            medians.append(sorted(scores)[len(scores) // 2])
    assert len(medians) >= 14
    assert max(medians) < 1.0


class TurnsOnly(random.Random):
    """Asks only for what the clip shows: turns to either side, no step closer."""

    def randrange(self, stop: int, /) -> int:  # type: ignore[override]
        return super().randrange(2) if stop == 3 else super().randrange(stop)

    def random(self) -> float:
        return 0.9  # also what randrange is made of: 1.0 would never end


@pytest.mark.parametrize("seed", range(3))
def test_a_real_head_that_turns_as_asked_passes(seed: int) -> None:
    """Frames of a woman who looks ahead and to both sides, played in the order that is asked."""
    capture = cv2.VideoCapture(str(FACES / "clips" / "head-pose-face-detection-female.gif"))
    frames: dict[int, tuple[RgbImage, Face]] = {}
    engine = open_engine("auto", follow=False)
    for i in range(23):
        good, bgr = capture.read()
        assert good
        rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
        found = engine.faces(rgb)
        if found:
            frames[i] = (rgb, found[0])
    to_her_left = [9] * 6 + [9, 10, 11, 12, 12, 11, 10, 9] + [9] * 4
    to_her_right = [19] * 6 + [19, 20, 21, 22, 22, 21, 20, 19] + [19] * 4
    detector = Liveness("always-challenge", None, TurnsOnly(seed))
    to_play: deque[int] = deque([9])
    for i in range(150):
        verdict = detector.update(*frames[to_play[0]], i / 12.5)
        if verdict.state in {State.LIVE, State.ATTACK}:
            break
        if len(to_play) > 1:
            to_play.popleft()
        elif verdict.challenge is not None:
            to_play = deque(to_her_left if verdict.challenge is Challenge.TURN_LEFT else to_her_right)
    assert (verdict.state, verdict.reason) == (State.LIVE, "challenge_passed")
