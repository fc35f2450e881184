"""Presentation attack detection: is a living person at the camera, or a picture or a recording of one?

The evidence of one encounter is joined: the passive model's scores, whether the movement seen was that of a flat thing,
and, where doubt is left, a challenge.
"""

from __future__ import annotations

import math
import random as random_module
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from kiosk.errors import ConfigError
from kiosk.liveness_challenge import ChallengeRun, Progress, pose_of
from kiosk.liveness_passive import PassiveModel
from kiosk.model import LIVENESS_OFF, Face, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.models_store import PAD_MINIFAS, ModelStore
from kiosk.ports import Randomness

Policy = Literal["off", "passive", "challenge-when-in-doubt", "always-challenge"]

ACCEPT_SCORE = 1.0
MIN_FRAMES = 5
MAX_FRAMES = 10


class Liveness:
    """The detector for one camera. One thread only.

    `models`: the folder of model files (a path or a ModelStore), or None for none. `random` draws the challenges.
    Raises ConfigError for an unknown policy, ModelError for a model file that is not the pinned one.
    """

    def __init__(
        self,
        policy: str,
        models: ModelStore | Path | str | None = None,
        random: Randomness | None = None,
        challenge_s: float = 5.0,
    ) -> None:
        if policy not in get_args(Policy):
            raise ConfigError(f"there is no liveness policy {policy!r}. Choose one of {', '.join(get_args(Policy))}.")
        self._policy = policy
        self._random = random or random_module.SystemRandom()
        self._challenge_s = challenge_s
        self._model = _load(models) if policy in {"passive", "challenge-when-in-doubt", "always-challenge"} else None
        self.reset()

    def reset(self) -> None:
        self._scores: list[float] = []
        self._run: ChallengeRun | None = None
        self._final: LivenessVerdict | None = None

    def update(self, frame_rgb: RgbImage, face: Face, t_s: float) -> LivenessVerdict:
        if self._policy == "off":
            return LIVENESS_OFF
        if self._final is not None:
            return self._final
        if self._run is not None:
            return self._challenge(self._run, face, t_s)
        if self._policy == "always-challenge" or self._model is None:
            return self._begin(face, t_s)
        self._scores.append(self._model.score(frame_rgb, face.box_px))
        median = float(np.median(self._scores))
        if len(self._scores) >= MIN_FRAMES and median >= ACCEPT_SCORE:
            return self._finish(LivenessVerdict(State.LIVE, _unit(median), "passive"))
        if len(self._scores) < MAX_FRAMES:
            return LivenessVerdict(State.PENDING, _unit(median), "gathering")
        if self._policy == "passive":
            return self._finish(LivenessVerdict(State.ATTACK, _unit(median), "passive_low"))
        return self._begin(face, t_s)

    def _begin(self, face: Face, t_s: float) -> LivenessVerdict:
        self._run = ChallengeRun(self._random, self._challenge_s)
        return self._challenge(self._run, face, t_s)

    def _challenge(self, run: ChallengeRun, face: Face, t_s: float) -> LivenessVerdict:
        score = _unit(float(np.median(self._scores))) if self._scores else 0.5
        pose = pose_of(face, t_s)
        progress = Progress.WAITING if pose is None else run.update(pose)
        if progress is Progress.PASSED:
            return self._finish(LivenessVerdict(State.LIVE, max(score, 0.5), "challenge_passed"))
        return LivenessVerdict(State.CHALLENGE, score, f"challenge_{progress.value}", run.asked)

    def _finish(self, verdict: LivenessVerdict) -> LivenessVerdict:
        self._final = verdict
        return verdict


def _load(models: ModelStore | Path | str | None) -> PassiveModel | None:
    if models is None:
        return None
    store = models if isinstance(models, ModelStore) else ModelStore(Path(models))
    path = store.find(PAD_MINIFAS)
    return None if path is None else PassiveModel(path)


def _unit(score: float) -> float:
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
