"""Presentation attack detection: is a living person at the camera, or a picture or a recording of one?

The evidence of one encounter (from `reset` to `reset`) is joined. What decides, and why so:

LIVE, for the rest of the encounter, by either of
  1. the passive model alone: over at least 8 usable frames the median score is 1.0 or more and the lower quartile 0 or
     more. Policies `passive` and `challenge-when-in-doubt` only. A high score
     accepts: none of the 82 attacks that the levels were chosen on had one, but worn masks and telephones whose picture
     fills the crop do (docs/accuracy.md, "What the figures do not show").
  2. a challenge passed: a random sequence of two or three movements, each made from rest, in time, with the depth of a
     head, and seen without interruption. A picture cannot; a recording passes with a chance of (1/3) ^ movements. Two
     where the passive model leaves mild doubt; three when it is sure of an attack (median below -2.5, as all attacks
     measured) or when there is no model.
CHALLENGE while there is doubt. A low passive score never refuses by itself: a third of the living have one.
ATTACK, for the rest of the encounter, needs evidence that a living person does not give:
  3. twice the movement of a flat thing: points of the face squeezed together by a sixth in one direction and still in
     one homography. A head that turns so far shows its depth.
  4. three challenges answered by another movement than the asked one, with a passive median below -3: a recording
     plays on. Either alone only leads to the next, longer challenge, because people confuse left and right.
  5. under policy `passive`, which may not ask: doubt. The office has chosen to refuse a third of the living.
Time-outs, interruptions and wrong answers without that lead to a new challenge; after three in short order, of one
person or of several, the person is told to wait, 10 s at first, up to a minute (kiosk/liveness/challenge.py, Patience).
So nobody is refused for being slow, and a guesser pays with time, whether he stays or steps out and in again.

Without the model every policy but `off` asks everybody: `passive` cannot do what it promises then, and accepting or
refusing all would be worse. While a person comes to rest before and between movements the state is PENDING and the
reason `challenge_look_straight`.
"""

from __future__ import annotations

import logging
import math
import random as random_module
from functools import partial
from pathlib import Path

from kiosk.errors import ConfigError, ModelError
from kiosk.face.rgb import checked_rgb
from kiosk.liveness.challenge import ChallengeRun, Patience, Pose, Progress, pose_of
from kiosk.liveness.motion import DepthTracker, Relief
from kiosk.liveness.passive import Opinion, PassiveEvidence, PassiveModel, Scorer
from kiosk.machine.lacks import Lost
from kiosk.machine.model_files import PAD_MINIFAS, ModelStore
from kiosk.model import LIVENESS_OFF, Challenge, Face, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.ports import Randomness

log = logging.getLogger(__name__)

_LOST = partial(log.warning, "no passive model: %s")

POLICIES = ("off", "passive", "challenge-when-in-doubt", "always-challenge")

MOVEMENTS = 2
MOVEMENTS_IF_SURE = 3
SURE_OF_ATTACK = -2.5
"""Median below which, or without a model, the longer sequence is asked: all 82 attacks are below, 7 of 23 living."""

FAILED = 3
FAILED_SCORE = -3.0
"""So many wrong answers with a median below this are an attack."""

FLAT_FRAMES = 3
FLAT_EVENTS = 2
"""So many flat frames in a row are an event, so many events (each with a reference frame of its own) are proof."""

REFERENCE_S = 2.0
"""Outside a challenge the reference frame is renewed this often: points drift, and faces change."""

NO_EVIDENCE = 0.5


class Liveness:
    """The detector at one camera. One thread only.

    `models`: the folder of model files (a path or a ModelStore), read once, here; or a ready model; or None for none.
    `random` draws the challenges. `ask=False` is for recordings, where nobody hears a challenge: doubt is reported as
    CHALLENGE, no movement counts as an answer, and only the evidence of (1), (3) and (5) is gathered.

    A model file that cannot be used (another SHA-256, unreadable) counts as none, and `lost` is told: asking everybody
    is safe, and an optional file must not keep a terminal from starting. Raises ConfigError for an unknown policy.
    """

    def __init__(
        self,
        policy: str,
        models: ModelStore | Path | str | Scorer | None = None,
        random: Randomness | None = None,
        challenge_s: float = 5.0,
        *,
        ask: bool = True,
        lost: Lost = _LOST,
    ) -> None:
        if policy not in POLICIES:
            raise ConfigError(f"there is no liveness policy {policy!r}. Choose one of {', '.join(POLICIES)}.")
        self._policy = policy
        self._random = random or random_module.SystemRandom()
        self._challenge_s = challenge_s
        self._ask = ask
        self._patience = Patience()
        self._run: ChallengeRun | None = None
        self._model = None if policy == "off" else _load(models, lost)
        if policy == "passive" and self._model is None:
            log.warning("liveness policy `passive`, but no %s: everybody is asked for a movement", PAD_MINIFAS.name)
        self.reset()

    def reset(self) -> None:
        """Another face is at the camera: forget the evidence and draw a new challenge. A challenge that was under way
        counts as failed: the terminal's patience outlives the encounter."""
        if self._run is not None:
            self._run.leave()
        self._passive = PassiveEvidence(self._model) if self._model else None
        self._tracker: DepthTracker | None = None
        self._seeded_s = -math.inf
        self._flat_frames = 0
        self._flat_events = 0
        self._run = None
        self._doubt = False
        self._final: LivenessVerdict | None = None

    def update(self, frame_rgb: RgbImage, face: Face, t_s: float, *, ask: bool = True) -> LivenessVerdict:
        """Add one frame's evidence. LIVE and ATTACK stay until reset(). `ask` False: the screen would not show a
        challenge now; in doubt the state is CHALLENGE, and what is asked is drawn with the first frame that may ask.

        Raises ValueError for what is not a (height, width, 3) uint8 frame, ModelError when the model fails.
        """
        frame = checked_rgb(frame_rgb)
        if self._policy == "off":
            return LIVENESS_OFF
        if self._final is not None:
            return self._final
        pose = pose_of(face, t_s) if frame.size else None
        if pose is None:
            return LivenessVerdict(State.PENDING, self._score(), "no_landmarks")
        relief = self._tracker.update(frame) if self._tracker else None
        verdict = self._flat(pose, relief) or self._judge(frame, face, pose, relief, ask)
        if verdict.state in {State.LIVE, State.ATTACK}:
            self._final, self._tracker = verdict, None
        else:
            self._follow(frame, face, t_s, lost=relief is None)
        return verdict

    def _judge(self, frame_rgb: RgbImage, face: Face, pose: Pose, relief: Relief | None, ask: bool) -> LivenessVerdict:
        if not self._doubt:
            opinion = self._passive.add(frame_rgb, face.box_px, pose.t_s) if self._passive else Opinion.DOUBT
            if opinion is Opinion.GATHERING:
                return LivenessVerdict(State.PENDING, self._score(), "gathering")
            if opinion is Opinion.LIVE and self._policy != "always-challenge":
                return LivenessVerdict(State.LIVE, self._score(), "passive")
            if self._policy == "passive" and self._passive:
                return LivenessVerdict(State.ATTACK, self._score(), "passive_low")
            self._doubt = True
        if self._run is None:
            if not (ask and self._ask):
                return LivenessVerdict(State.CHALLENGE, self._score(), "doubt")
            self._run = ChallengeRun(self._random, self._challenge_s, self._movements(), self._patience)
        return self._challenge(self._run, pose, relief)

    def _challenge(self, run: ChallengeRun, pose: Pose, relief: Relief | None) -> LivenessVerdict:
        progress = run.update(pose, relief if self._seeded_s == run.asked_s else None)
        if progress is Progress.PASSED:
            return LivenessVerdict(State.LIVE, max(self._score(), 1 - 3.0**-run.length), "challenge_passed")
        median = self._median()
        if run.wrong >= FAILED and median is not None and median < FAILED_SCORE:
            return LivenessVerdict(State.ATTACK, self._score(), "challenge_failed")
        return self._asking(run, progress)

    def _asking(self, run: ChallengeRun, progress: Progress) -> LivenessVerdict:
        reason = f"challenge_{progress.value}"
        if progress is Progress.PAUSED:
            since_s, until_s = self._patience.paused_from_s, self._patience.paused_until_s
            return LivenessVerdict(State.CHALLENGE, self._score(), reason, Challenge.WAIT, since_s, until_s)
        if run.asked is None or run.asked_s is None:
            return LivenessVerdict(State.PENDING, self._score(), reason)
        answer_by_s = run.asked_s + self._challenge_s
        return LivenessVerdict(State.CHALLENGE, self._score(), reason, run.asked, run.asked_s, answer_by_s)

    def _flat(self, pose: Pose, relief: Relief | None) -> LivenessVerdict | None:
        """Count flat movements; a verdict when there are enough, or when one has just spoilt a challenge."""
        self._flat_frames = self._flat_frames + 1 if relief is not None and relief.flat else 0
        if self._flat_frames < FLAT_FRAMES:
            return None
        self._flat_frames = 0
        self._flat_events += 1
        self._tracker = None
        if self._flat_events >= FLAT_EVENTS:
            return LivenessVerdict(State.ATTACK, min(self._score(), 0.05), "flat_motion")
        if self._run is None:
            return None
        return self._asking(self._run, self._run.reject(pose))

    def _follow(self, frame_rgb: RgbImage, face: Face, t_s: float, *, lost: bool) -> None:
        """Start to follow the face from this frame where a challenge begins, or where the old reference has served."""
        if self._run is not None and self._run.asked is not None:
            due = self._seeded_s != self._run.asked_s
        else:  # between two movements the old reference still tells whether the head is back
            due = lost or (t_s - self._seeded_s > REFERENCE_S and not (self._run and self._run.under_way))
        if due or self._tracker is None:
            self._tracker = DepthTracker(frame_rgb, face)
            self._seeded_s = t_s

    def _movements(self) -> int:
        median = self._median()
        return MOVEMENTS_IF_SURE if median is None or median < SURE_OF_ATTACK else MOVEMENTS

    def _median(self) -> float | None:
        return self._passive.median if self._passive else None

    def _score(self) -> float:
        median = self._median()
        return NO_EVIDENCE if median is None else 1 / (1 + math.exp(-max(-50.0, min(50.0, median))))


def _load(models: ModelStore | Path | str | Scorer | None, lost: Lost) -> Scorer | None:
    if isinstance(models, (str, Path)):
        models = ModelStore(Path(models))
    if not isinstance(models, ModelStore):
        return models
    try:
        path = models.find(PAD_MINIFAS)
        return None if path is None else PassiveModel(path)
    except ModelError as error:
        lost(f"{error} Everybody is asked for a movement.")
        return None
