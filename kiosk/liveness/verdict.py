"""Presentation attack detection: is a living person at the camera, or a picture or a recording of one?

The evidence of one encounter (from `reset` to `reset`) is joined. What decides, and why so:

LIVE, for the rest of the encounter, by either of
  1. the passive models alone: over the newest 8, 10, 12 or 14 usable frames, every second one seen in a mirror, the
     median of the mean of all three is 2 or more and the median of each -1 or more, at any time within 2.5 s
     (kiosk/liveness/evidence.py); where only the model of the face is installed, its median is 1 or more and its lower
     quartile 0 or more. Policies `passive` and `challenge-when-in-doubt` only. Under the latter that does not end the
     matter for a share of the encounters, drawn at random, nor while the terminal's patience is lost: they are asked
     all the same, because some attacks score as the living do (worn masks, a telephone whose picture fills the crop),
     and what is always let in can be rehearsed. How large the share is, and how many movements are asked, follows from
     the risk that the office states (kiosk/liveness/risk.py).
  2. a challenge passed: a random sequence of two movements or more, each made from rest, in time, with the depth of a
     head, and seen without interruption. A picture cannot; a recording passes with a chance of (1/3) ^ movements. Two
     where the passive models leave mild doubt; three when one is sure of an attack (median below -2.5, as all attacks
     measured) or when there is no model.
PENDING with the reason TOO_NEAR while the face hides its surroundings: for two seconds the person is told to step back.
CHALLENGE while there is doubt. A low passive score never refuses by itself: a third of the living have one.
ATTACK, for the rest of the encounter, needs evidence that a living person does not give, in whatever light:
  3. twice the movement of a flat thing: points of the face squeezed together by a sixth in one direction and still in
     one homography. A head that turns so far shows its depth.
  4. three challenges answered by another movement than the asked one, with a passive median below -3 over frames in
     good light: a recording plays on. Either alone only leads to the next, longer challenge, because people confuse
     left and right, and because living people in dim or washed-out pictures score as low.
  5. under policy `passive`, which may not ask: doubt in good light. The office has chosen to refuse a third of the
     living. In poor light everybody is asked.
Time-outs, interruptions and wrong answers without that lead to a new challenge; after three in short order, of one
person or of several, the person is told to wait, 10 s at first, up to a minute (kiosk/liveness/challenge.py, Patience).
Somebody in doubt who leaves before anything was asked counts like one who failed: a start that is thrown away is a try.
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

from kiosk.errors import ConfigError
from kiosk.face.rgb import checked_rgb
from kiosk.liveness.challenge import NOD, TURN, ChallengeRun, Patience, Pose, Progress, pose_of
from kiosk.liveness.evidence import Opinion, PassiveEvidence
from kiosk.liveness.models import PassiveModels, Scorer, open_models
from kiosk.liveness.motion import QUIET, DepthTracker, Relief
from kiosk.liveness.risk import Plan, Risk, plan
from kiosk.machine.lacks import Lost
from kiosk.machine.model_files import PAD_MINIFAS, ModelStore
from kiosk.model import LIVENESS_OFF, NOT_DESCRIBED, TOO_NEAR, Challenge, Face, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.ports import Randomness

log = logging.getLogger(__name__)

_LOST = partial(log.warning, "no passive model: %s")

POLICIES = ("off", "passive", "challenge-when-in-doubt", "always-challenge")

SURE_OF_ATTACK = -2.5
"""Lowest median of a model below which, or without any, the longer sequence is asked: all 82 attacks are below, 7 of
23 living."""

FAILED = 3
FAILED_SCORE = -3.0
"""So many wrong answers with a median below this, in good light, are an attack."""

GOOD_LIGHT = (60.0, 200.0)
GOOD_CONTRAST = 30.0
"""Brightness and contrast of a face (Quality) in good light. Beyond, the score says more of the light than of the face:
of 122 living people washed out to a contrast of 22, 41 % are below -3 (tests/accuracy/passive_light.py)."""

FLAT_FRAMES = 3
FLAT_EVENTS = 2
"""So many flat frames in a row are an event, so many events (each with a reference frame of its own) are proof."""

REFERENCE_S = 2.0
"""Outside a challenge the reference frame is renewed this often: points drift, and faces change."""

NO_EVIDENCE = 0.5


class Liveness:
    """The detector at one camera. One thread only.

    `models`: the folder of model files (a path or a ModelStore), read once, here; or ready models; or None for none.
    `random` draws the challenges, and who is asked though nothing is doubted. `risk` is what `challenge-when-in-doubt`
    promises (None: nobody is asked at random, two movements in mild doubt, else three). `ask=False` is for recordings,
    where nobody hears a challenge: doubt is reported as CHALLENGE, no movement counts as an answer, and only the
    evidence of (1), (3) and (5) is gathered.

    A model file that cannot be used counts as none, and `lost` is told (open_models): asking everybody is safe. Raises
    ConfigError for an unknown policy, and for a risk that nothing can hold.
    """

    def __init__(
        self,
        policy: str,
        models: ModelStore | Path | str | PassiveModels | Scorer | None = None,
        random: Randomness | None = None,
        challenge_s: float = 5.0,
        *,
        risk: Risk | None = None,
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
        self._models = None if policy == "off" else _load(models, lost)
        self._plan = Plan() if risk is None else plan(risk, self._models)
        if policy == "passive" and self._models is None:
            log.warning("liveness policy `passive`, but no %s: everybody is asked for a movement", PAD_MINIFAS.name)
        self.reset()

    def reset(self) -> None:
        """Another face is at the camera: forget the evidence and draw a new challenge. One that was under way counts as
        failed, and so does a start that came to doubt and was thrown away before anything was asked, where there are
        models that a further start could deceive: the terminal's patience outlives the encounter."""
        if self._run is not None:
            self._run.leave(unasked_counts=self._models is not None)
        self._passive = PassiveEvidence(self._models) if self._models else None
        self._tracker: DepthTracker | None = None
        self._seeded_s = -math.inf
        self._flat_frames = 0
        self._flat_events = 0
        self._run = None
        self._doubt = False
        self._final: LivenessVerdict | None = None

    def update(
        self,
        frame_rgb: RgbImage,
        face: Face,
        t_s: float,
        *,
        ask: bool = True,
        good: bool = True,
        infrared: RgbImage | None = None,  # noqa: ARG002 - `infrared.InfraredWitness` looks at it
    ) -> LivenessVerdict:
        """Add one frame's evidence. LIVE and ATTACK stay until reset(). `ask` False: the screen would not show a
        challenge now; in doubt the state is CHALLENGE, and what is asked is drawn with the first frame that may ask.
        `good` False: whose face it is cannot be told. Such a frame shows a movement that was asked, or something flat;
        no model judges it, and no movement is asked in it.

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
        relief = self._tracker.update(frame, self._quiet()) if self._tracker else None
        verdict = self._flat(pose, relief) or self._judge(frame, face, pose, relief, ask=ask, good=good)
        if verdict.state in {State.LIVE, State.ATTACK}:
            self._final, self._tracker = verdict, None
        else:
            self._follow(frame, face, t_s, lost=relief is None)
        return verdict

    def _judge(
        self, frame_rgb: RgbImage, face: Face, pose: Pose, relief: Relief | None, *, ask: bool, good: bool
    ) -> LivenessVerdict:
        if not self._doubt:
            if not good:
                return LivenessVerdict(State.PENDING, self._score(), NOT_DESCRIBED)
            opinion = self._opinion(frame_rgb, face, pose.t_s)
            if opinion in {Opinion.GATHERING, Opinion.UNSURE}:
                return LivenessVerdict(State.PENDING, self._score(), opinion.value)
            if opinion is Opinion.NEAR:
                return LivenessVerdict(State.PENDING, self._score(), TOO_NEAR)
            if opinion is Opinion.LIVE and not self._asked_all_the_same(pose.t_s):
                return LivenessVerdict(State.LIVE, self._score(), "passive")
            if self._policy == "passive" and self._passive and self._passive.lit is not None:
                return LivenessVerdict(State.ATTACK, self._score(), "passive_low")
            self._doubt = True
        if self._run is None:
            if not (ask and good and self._ask):
                return LivenessVerdict(State.CHALLENGE, self._score(), "doubt")
            self._run = ChallengeRun(self._random, self._challenge_s, self._movements(), self._patience)
        return self._challenge(self._run, pose, relief, good=good)

    def _opinion(self, frame_rgb: RgbImage, face: Face, t_s: float) -> Opinion:
        if self._passive is None:
            return Opinion.DOUBT
        low, high = GOOD_LIGHT
        lit = low <= face.quality.brightness <= high and face.quality.contrast >= GOOD_CONTRAST
        return self._passive.add(frame_rgb, face.box_px, t_s, lit=lit)

    def _asked_all_the_same(self, t_s: float) -> bool:
        """Whether somebody who looks alive has to prove it: once an encounter, when it is decided."""
        if self._policy == "passive":
            return False
        drawn = self._plan.share > 0 and self._random.random() < self._plan.share
        return drawn or self._policy == "always-challenge" or self._patience.lost(t_s)

    def _challenge(self, run: ChallengeRun, pose: Pose, relief: Relief | None, *, good: bool) -> LivenessVerdict:
        progress = run.update(pose, relief if self._seeded_s == run.asked_s else None, good=good)
        if progress is Progress.PASSED:
            return LivenessVerdict(State.LIVE, max(self._score(), 1 - 3.0**-run.length), "challenge_passed")
        lit = self._passive.lit if self._passive else None
        if run.wrong >= FAILED and lit is not None and lit < FAILED_SCORE:
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

    def _quiet(self) -> float:
        """Turn and nod of which nothing is made in this frame: where no movement is asked only flatness counts."""
        if self._run is None or not self._run.under_way:
            return math.inf
        return QUIET if self._run.asked is None else min(TURN, NOD)

    def _movements(self) -> int:
        lowest = self._passive.lowest if self._passive else None
        return self._plan.sure if lowest is None or lowest < SURE_OF_ATTACK else self._plan.mild

    def _score(self) -> float:
        median = self._passive.median if self._passive else None
        return NO_EVIDENCE if median is None else 1 / (1 + math.exp(-max(-50.0, min(50.0, median))))


def _load(models: ModelStore | Path | str | PassiveModels | Scorer | None, lost: Lost) -> PassiveModels | None:
    if isinstance(models, (str, Path)):
        models = ModelStore(Path(models))
    if isinstance(models, ModelStore):
        return open_models(models, lost)
    return models if models is None or isinstance(models, PassiveModels) else PassiveModels(models)
