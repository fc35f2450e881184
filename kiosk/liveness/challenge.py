"""The challenge: movements of the head, asked at random, that a recording cannot follow. Pure: no pixels, no clock.

One challenge is a sequence of movements drawn at random. Each of them must be made from rest, within the time allowed,
by something with the depth of a head (kiosk/liveness/motion.py), and without an interruption of what is seen. Three
kinds prove something: TURN_LEFT, TURN_RIGHT and NOD, one chance in three for a recording that moves at all. COME_CLOSER
proves nothing against a picture in a hand, so it comes only in addition, to make the order harder to foresee.

    SETTLING ──still and facing──> ASKED ──the asked movement──> SETTLING (next movement) … ──> PASSED
                                     ├── time is up ──────────> TIMED_OUT   a new sequence
                                     ├── another movement ────> WRONG       a new sequence, one movement longer
                                     ├── reject() ────────────> WRONG       likewise: the caller saw something flat
                                     └── a jump, a face that cannot be followed,
                                         moved before it was asked ─> BROKEN      a new sequence

Each new sequence is another chance for a recording, whichever way the old one ended. So all that ended without a pass
are counted, whoever stood there (Patience): after three in short order nothing is asked for a while (PAUSED).
"""

from __future__ import annotations

import cmath
import enum
import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from kiosk.liveness.motion import Relief
from kiosk.model import Challenge, Face
from kiosk.ports import Randomness

TURN = 0.25
"""Sine of the angle that counts as a turn: 15 degrees. Real turns in the clips reach 0.35 to 0.5; a photograph turned
or tilted by 38 degrees about any axis, flat or bent about an upright one, stays below 0.05."""

NOD = 0.18
"""The same for a nod, up or down: 10 degrees. People nod less far than they turn."""

TURN_YAW = 0.02
"""The landmarks must not disagree with a turn: the nose must have moved to that side by this much of the eye distance.
No more is asked of them, for on some faces they stay behind: 0.03 where most move by 0.1 (1 of 20 drawn heads)."""

CERTAIN = 3.0
"""A movement counts only when it is this many times its standard error: lost or drifting points do not pass."""

CLOSER = 1.2
"""Growth of the eye distance that counts as a step towards the camera."""

HELD_FRAMES = 2
"""A movement must be seen in so many frames in a row: one bad frame decides nothing."""

CLEARLY = 1.4
"""A wrong movement must go so many times as far as a right one: nobody turns without nodding a little."""

REACTION_S = 0.2
"""Nobody answers faster (a choice takes people 0.3 s and more): the movement was under way before it was asked."""

SETTLE_S = 0.3
STILL_YAW = 0.06
STILL_PITCH = 0.10
FACING_YAW = 0.15
"""At rest: the pose stays within these for SETTLE_S. It may be a little off the axis: cameras hang aside, and what is
described must not be turned further either (default.toml, max_yaw)."""

JUMP = 1.2
GROWTH = 1.5
GAP_S = 1.0
"""Between two frames a face may move by so many eye distances, grow by this factor and be out of sight for so long."""

HOME_YAW = 0.08
HOME_PITCH = 0.07
HOME_SHARE = 0.4
HOME_S = 1.0
"""Before the next movement the head must be back where it was before the first, not still turned, waiting: by its
landmarks, and for SETTLE_S by its relief to this share of TURN and NOD. Points may have drifted on the way, so after
HOME_S the landmarks are enough."""

LOST_S = 1.0
"""When the texture of the face could not be followed for so long, it must be looked at anew."""

MAX_MOVEMENTS = 4

PATIENCE = 2.5
FORGIVE_S = 60.0
"""Sequences that came to nothing in short order until the terminal pauses: the third. One is forgiven every so often,
and one for each that is passed, so that a queue of people who mostly manage never meets a pause."""

PAUSE_S = 10.0
LONGEST_PAUSE_S = 60.0
"""The pause doubles with each further sequence that comes to nothing, up to the longest."""

PROVING = (Challenge.TURN_LEFT, Challenge.TURN_RIGHT, Challenge.NOD)

CLOSER_SHARE = 0.25
"""Share of the sequences that also ask to come closer."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the head points, from the five landmarks, in units of the distance between the outer eye corners.

    `yaw`: how far the base of the nose lies along the eye line from the middle of the eyes, > 0 to the picture's right,
    which is the person's own left. `pitch`: how far it lies below the eye line. `scale_px`: that distance itself.
    `x_px`, `y_px`: the middle of the eyes.
    """

    t_s: float
    yaw: float
    pitch: float
    scale_px: float
    x_px: float
    y_px: float


def pose_of(face: Face, t_s: float) -> Pose | None:
    """The pose of a face, or None when its landmarks are degenerate or not finite."""
    if face.landmarks_px.shape != (5, 2):
        return None
    marks = [complex(x, y) for x, y in face.landmarks_px.tolist()]  # so few are quicker without NumPy
    across = marks[0] - marks[2]
    if not all(map(cmath.isfinite, marks)) or abs(across) < 2.0:
        return None
    middle = sum(marks[:4]) / 4
    nose = (marks[4] - middle) / across
    return Pose(t_s, yaw=nose.real, pitch=nose.imag, scale_px=abs(across), x_px=middle.real, y_px=middle.imag)


class Progress(enum.Enum):
    """What one more frame made of the challenge."""

    SETTLING = "look_straight"
    ASKED = "asked"
    PASSED = "passed"
    TIMED_OUT = "timed_out"
    WRONG = "wrong"
    BROKEN = "broken"
    PAUSED = "paused"


class Patience:
    """How often this terminal has asked in vain lately, of whomever: it outlives the encounter.

    Else a forger would step out and in, let the time run out or jerk the picture until what is asked is what was
    recorded. Now a sequence a minute is left in the long run, of MAX_MOVEMENTS movements: one pass in 81 minutes.
    """

    def __init__(self) -> None:
        self._in_vain = self._at_s = 0.0
        self.paused_from_s = self.paused_until_s = -math.inf

    def lost(self, t_s: float) -> bool:
        """Whether so much has come to nothing that sequences are long."""
        return self._now(t_s) >= PATIENCE

    def count(self, t_s: float, *, passed: bool) -> None:
        """A sequence of which at least one movement was asked has come to its end."""
        self._in_vain = self._now(t_s) + (-1.0 if passed else 1.0)
        self._at_s = t_s
        if not passed and self._in_vain >= PATIENCE:
            doubled = PAUSE_S * 2.0 ** math.floor(self._in_vain - PATIENCE)
            self.paused_from_s, self.paused_until_s = t_s, t_s + min(doubled, LONGEST_PAUSE_S)

    def _now(self, t_s: float) -> float:
        return max(0.0, self._in_vain - max(0.0, t_s - self._at_s) / FORGIVE_S)


class ChallengeRun:
    """The challenges of one encounter.

    Call `update` with every frame's pose and with the relief since the frame of `asked_s` (None when it is not known):
    whenever `asked_s` has changed, the caller starts to follow the face anew from that frame.
    """

    # Of the movement that is asked, and set when it is: frames in a row that show it, or another one clearly; and when
    # the face was last followed.
    _made: int
    _mistaken: int
    _followed_s: float

    def __init__(
        self, randomness: Randomness, challenge_s: float, movements: int, patience: Patience | None = None
    ) -> None:
        """`movements`: how many proving movements the first sequence has. `patience`: the terminal's, or a new one."""
        self._randomness = randomness
        self._challenge_s = challenge_s
        self._movements = movements
        self._patience = patience or Patience()
        self._recent: deque[tuple[Pose, Relief | None]] = deque()
        self._rest: Pose | None = None
        self._home: Pose | None = None
        self._still_since_s: float | None = None
        self._last_s = -math.inf
        self._todo: list[Challenge] = []
        self.asked_s: float | None = None
        self.wrong = 0
        self.length = movements

    @property
    def asked(self) -> Challenge | None:
        """What is asked of the person in this frame; None while they come to rest."""
        return None if self._rest is None else self._todo[0]

    @property
    def under_way(self) -> bool:
        """Whether the first movement of the present sequence has been asked."""
        return self._home is not None

    def update(self, pose: Pose, relief: Relief | None, *, good: bool = True) -> Progress:
        """One more frame. From one that is not `good` on no movement is asked: it would be another's to make."""
        self._last_s = pose.t_s
        if self._recent and _jumped(self._recent[-1][0], pose):
            self._begin_anew(pose)
            return Progress.BROKEN
        self._recent.append((pose, relief))
        while pose.t_s - self._recent[0][0].t_s > 2 * SETTLE_S:
            self._recent.popleft()
        if self._patience.paused_from_s <= pose.t_s < self._patience.paused_until_s:
            return Progress.PAUSED
        if self._rest is None or self.asked_s is None:
            return self._settle(pose, good=good)
        return self._answer(pose, relief, self._rest, pose.t_s - self.asked_s)

    def _settle(self, pose: Pose, *, good: bool) -> Progress:
        still = [(p, relief) for p, relief in self._recent if pose.t_s - p.t_s <= SETTLE_S]
        long_enough = pose.t_s - self._recent[0][0].t_s >= SETTLE_S and len(still) > 1
        if not long_enough or not _at_rest([p for p, _ in still], self._home):
            self._still_since_s = None
            return Progress.SETTLING
        self._still_since_s = pose.t_s if self._still_since_s is None else self._still_since_s
        away = self._home is not None and not all(_is_home(relief) for _, relief in still)
        if away and pose.t_s - self._still_since_s < HOME_S:
            return Progress.SETTLING
        if not good:
            return Progress.SETTLING
        if self._home is None:
            self._home, self._todo = pose, self._draw(pose.t_s)
        self._rest, self._still_since_s = pose, None
        self.asked_s = self._followed_s = pose.t_s
        self._made = self._mistaken = 0
        return Progress.ASKED

    def _answer(self, pose: Pose, relief: Relief | None, rest: Pose, since_s: float) -> Progress:
        asked = self._todo[0]
        made, how_far = _movement(pose, rest, relief, asked) or (None, 0.0)
        self._made = self._made + 1 if made is asked else 0
        self._mistaken = self._mistaken + 1 if made not in {None, asked} and how_far >= CLEARLY else 0
        if relief is not None:
            self._followed_s = pose.t_s
        if (made is not None and since_s < REACTION_S) or pose.t_s - self._followed_s > LOST_S:
            self._begin_anew(pose)
            return Progress.BROKEN
        if self._mistaken >= HELD_FRAMES:
            return self.reject(pose)
        if self._made >= HELD_FRAMES:
            del self._todo[0]
            self._rest = None
            if self._todo:
                return Progress.SETTLING
            self._end(pose.t_s, passed=True)
            return Progress.PASSED
        if since_s > self._challenge_s:
            self._begin_anew(pose)
            return Progress.TIMED_OUT
        return Progress.ASKED

    def reject(self, pose: Pose) -> Progress:
        """Count the sequence as failed, and ask a new, longer one."""
        self.wrong += 1
        self._movements = min(self._movements + 1, MAX_MOVEMENTS)
        self._begin_anew(pose)
        return Progress.WRONG

    def leave(self, *, unasked_counts: bool = False) -> None:
        """The face is gone, or another one: what had been asked has come to nothing. `unasked_counts`: so has a start
        in which nothing was asked yet."""
        if unasked_counts and self.asked_s is None:
            self._patience.count(self._last_s, passed=False)
        self._end(self._last_s, passed=False)

    def _begin_anew(self, pose: Pose) -> None:
        self._end(pose.t_s, passed=False)
        self._recent.clear()
        self._recent.append((pose, None))

    def _end(self, t_s: float, *, passed: bool) -> None:
        if self.under_way:
            self._patience.count(t_s, passed=passed)
        self._rest = self._home = self._still_since_s = None

    def _draw(self, t_s: float) -> list[Challenge]:
        """Repetitions are allowed: what was asked before must tell a recording's maker nothing about what comes."""
        self.length = MAX_MOVEMENTS if self._patience.lost(t_s) else self._movements
        todo = [PROVING[self._randomness.randrange(len(PROVING))] for _ in range(self.length)]
        if self._randomness.random() < CLOSER_SHARE:
            todo.insert(self._randomness.randrange(len(todo) + 1), Challenge.COME_CLOSER)
        return todo


def _jumped(before: Pose, now: Pose) -> bool:
    moved = math.hypot(now.x_px - before.x_px, now.y_px - before.y_px)
    growth = max(now.scale_px, before.scale_px) / min(now.scale_px, before.scale_px)
    return moved > JUMP * before.scale_px or growth > GROWTH or not 0 <= now.t_s - before.t_s <= GAP_S


def _at_rest(poses: list[Pose], home: Pose | None) -> bool:
    yaws, pitches = [p.yaw for p in poses], [p.pitch for p in poses]
    if max(yaws) - min(yaws) > STILL_YAW or max(pitches) - min(pitches) > STILL_PITCH:
        return False
    yaw, pitch = float(np.median(yaws)), float(np.median(pitches))
    if home is None:
        return abs(yaw) <= FACING_YAW
    return abs(yaw - home.yaw) <= HOME_YAW and abs(pitch - home.pitch) <= HOME_PITCH


def _is_home(relief: Relief | None) -> bool:
    """Unless it is known that the head is elsewhere: a face that was lost on its way back has its landmarks only."""
    return relief is None or max(abs(relief.turn) / TURN, abs(relief.nod) / NOD) <= HOME_SHARE


def _movement(pose: Pose, rest: Pose, relief: Relief | None, asked: Challenge) -> tuple[Challenge, float] | None:
    """The movement that was made since rest and how far it went (1: as far as it must); None for an unclear one."""
    if asked is Challenge.COME_CLOSER and pose.scale_px >= CLOSER * rest.scale_px:
        return Challenge.COME_CLOSER, 1.0
    if relief is None:
        return None
    turn, nod, doubt = relief.turn / TURN, relief.nod / NOD, CERTAIN * relief.error
    if abs(turn) >= max(1.0, abs(nod)) and abs(relief.turn) >= doubt:
        agrees = (pose.yaw - rest.yaw) * math.copysign(1, turn) >= TURN_YAW
        kind = Challenge.TURN_LEFT if turn > 0 else Challenge.TURN_RIGHT
        return (kind, abs(turn)) if agrees else None
    if abs(nod) >= max(1.0, abs(turn)) and abs(relief.nod) >= doubt:
        return Challenge.NOD, abs(nod)
    return None
