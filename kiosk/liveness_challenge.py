"""The challenge: movements of the head, asked at random, that a recording cannot follow. Pure: no pixels, no clock."""

from __future__ import annotations

import enum
import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from kiosk.model import Challenge, Face
from kiosk.ports import Randomness


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
    points = np.asarray(face.landmarks_px, dtype=np.float64)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        return None
    across = points[0] - points[2]
    scale = float(math.hypot(across[0], across[1]))
    if scale < 2.0:
        return None
    middle = points[:4].mean(axis=0)
    along = across / scale
    offset = points[4] - middle
    return Pose(
        t_s=t_s,
        yaw=float(offset @ along) / scale,
        pitch=float(along[0] * offset[1] - along[1] * offset[0]) / scale,
        scale_px=scale,
        x_px=float(middle[0]),
        y_px=float(middle[1]),
    )


class Progress(enum.Enum):
    """What one more pose made of the challenge."""

    WAITING = "waiting"  # for a face that looks straight, before anything is asked
    ASKED = "asked"
    PASSED = "passed"  # the whole sequence
    TIMED_OUT = "timed_out"  # a new sequence will be asked
    WRONG = "wrong"  # another movement than the asked one: a new, longer sequence will be asked
    BROKEN = "broken"  # the face jumped: not one continuous movement


NEUTRAL_YAW = 0.10
TURN_YAW = 0.12
NOD_PITCH = 0.07
CLOSER_SCALE = 1.25
REACTION_S = 0.25
SETTLE_S = 0.3
JUMP = 1.2
GAP_S = 1.0
MAX_STEPS = 4


class ChallengeRun:
    """One encounter's challenges. Give every pose to `update`; `asked` is what the screen must show now."""

    def __init__(self, randomness: Randomness, challenge_s: float, steps: int = 2) -> None:
        self._randomness = randomness
        self._challenge_s = challenge_s
        self._steps = steps
        self._recent: deque[Pose] = deque()
        self._todo: list[Challenge] = []
        self._base: Pose | None = None
        self._asked_at = 0.0
        self._hits = 0
        self._wrong_hits = 0
        self.wrong = 0
        self.timed_out = 0
        self._draw()

    @property
    def asked(self) -> Challenge:
        return self._todo[0]

    def update(self, pose: Pose) -> Progress:
        if self._jumped(pose):
            self._restart()
            self._recent.append(pose)
            return Progress.BROKEN
        self._recent.append(pose)
        while pose.t_s - self._recent[0].t_s > 2 * SETTLE_S:
            self._recent.popleft()
        if self._base is None:
            return self._settle(pose)
        return self._respond(pose, self._base)

    def _settle(self, pose: Pose) -> Progress:
        still = [p for p in self._recent if pose.t_s - p.t_s <= SETTLE_S]
        seen_long_enough = pose.t_s - self._recent[0].t_s >= SETTLE_S
        if not seen_long_enough or any(abs(p.yaw) > NEUTRAL_YAW for p in still):
            return Progress.WAITING
        self._base = Pose(
            pose.t_s,
            float(np.median([p.yaw for p in still])),
            float(np.median([p.pitch for p in still])),
            float(np.median([p.scale_px for p in still])),
            pose.x_px,
            pose.y_px,
        )
        self._asked_at = pose.t_s
        self._hits = self._wrong_hits = 0
        return Progress.ASKED

    def _respond(self, pose: Pose, base: Pose) -> Progress:
        since = pose.t_s - self._asked_at
        if since > self._challenge_s:
            self.timed_out += 1
            self._restart()
            return Progress.TIMED_OUT
        made = _movements(pose, base)
        right = self.asked in made
        self._hits = self._hits + 1 if right else 0
        self._wrong_hits = self._wrong_hits + 1 if made and not right else 0
        if (right and since < REACTION_S) or self._wrong_hits >= 2:
            self.wrong += 1
            self._steps = min(self._steps + 1, MAX_STEPS)
            self._restart()
            return Progress.WRONG
        if self._hits < 2:
            return Progress.ASKED
        self._todo.pop(0)
        if not self._todo:
            return Progress.PASSED
        self._base = None
        return Progress.WAITING

    def _jumped(self, pose: Pose) -> bool:
        if not self._recent:
            return False
        last = self._recent[-1]
        moved = math.hypot(pose.x_px - last.x_px, pose.y_px - last.y_px)
        ratio = max(pose.scale_px, last.scale_px) / min(pose.scale_px, last.scale_px)
        return moved > JUMP * last.scale_px or ratio > 1.5 or pose.t_s - last.t_s > GAP_S

    def _restart(self) -> None:
        self._recent.clear()
        self._base = None
        self._draw()

    def _draw(self) -> None:
        """A random sequence in which no movement follows itself, and not only of steps towards the camera."""
        todo: list[Challenge] = []
        while len(todo) < self._steps:
            kinds = [kind for kind in Challenge if not todo or kind is not todo[-1]]
            todo.append(kinds[self._randomness.randrange(len(kinds))])
        self._todo = todo


def _movements(pose: Pose, base: Pose) -> set[Challenge]:
    made = set()
    if pose.yaw - base.yaw > TURN_YAW:
        made.add(Challenge.TURN_LEFT)
    if base.yaw - pose.yaw > TURN_YAW:
        made.add(Challenge.TURN_RIGHT)
    if pose.pitch - base.pitch > NOD_PITCH:
        made.add(Challenge.NOD)
    if pose.scale_px > CLOSER_SCALE * base.scale_px:
        made.add(Challenge.COME_CLOSER)
    return made
