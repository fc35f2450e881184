"""Guided capture: asks for one pose after the other and keeps the good frames of each."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from enrollment import quality
from enrollment.refusal import Refusal
from enrollment.templates import Shot
from kiosk.face.looks import LOOKS
from kiosk.face.quality import Limits
from kiosk.model import Frame
from kiosk.ports import FaceEngine, FrameSource
from kiosk.replay import ReplayEnded

STRAIGHT = 0.2
"""Yaw within which the first frames must lie: the nose a tenth of the eyes' distance off the middle."""

TURN = 0.12
"""Change of yaw from the straight look that counts as slightly turned: the nose moves by 6 % of the eyes' distance."""

GAP_S = 0.15
"""Frames nearer in time are too alike to be worth a description."""

REPEAT_S = 2.0
"""An unchanged correction is said again after this long."""

PATIENCE_S = 0.6
"""A fault must last this long before the person is corrected: a blink of blur is not worth a word."""


class Pose(enum.Enum):
    """In the order in which they are asked for; a pose that is taken unasked counts too. The values are catalogue keys.

    Left and right are the person's own: a face that turns to its left points to the picture's right.
    """

    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"


WANTED = {Pose.FRONT: 3, Pose.LEFT: 2, Pose.RIGHT: 2}
"""Good frames of each pose that are enough to go on."""

KEPT = 8
"""Good frames of one pose that are described at most."""


@dataclass(frozen=True, slots=True)
class Captured:
    """`missing` are the poses that were asked for in vain."""

    shots: tuple[Shot, ...]
    missing: tuple[Pose, ...]


Tell = Callable[[Pose, str | None], None]
"""(the pose that is wanted, the refusal's code that keeps the present frames from being used)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame gave. `wanted`: the pose that is asked for, `done` how much of it there is, 0..1; `face` and what
    keeps it from being used, as in quality.Verdict."""

    wanted: Pose
    done: float
    verdict: quality.Verdict
    frame: Frame


def _unwatched(_seen: Seen) -> None:
    """For who is told by `tell` alone."""


class GuidedCapture:
    """One person's capture. `tell` is called when there is something new to say to the person, `watch` with each
    frame, for a screen that follows the face."""

    def __init__(
        self,
        engine: FaceEngine,
        bounds: Limits,
        *,
        pose_s: float,
        tell: Tell,
        watch: Callable[[Seen], None] = _unwatched,
    ) -> None:
        self._engine = engine
        self._bounds = bounds
        self._pose_s = pose_s
        self._coach = _Coach(tell)
        self._watch = watch
        self._shots: dict[Pose, list[Shot]] = {pose: [] for pose in Pose}
        self._faults: Counter[str] = Counter()
        self._described_s = -1e9

    def run(self, source: FrameSource) -> Captured:
        """Read the opened source until every pose is there, has been waited for in vain, or a clip has ended.

        Raises Refusal with the commonest fault when no frame was good, and CameraError when the camera is lost.
        """
        missing: list[Pose] = []
        wanted = [*Pose]
        deadline_s: float | None = None
        try:
            while wanted:
                frame = source.read()
                if deadline_s is None:
                    deadline_s = frame.t_s + self._pose_s
                verdict = self._look(frame, wanted[0])
                self._watch(Seen(wanted[0], len(self._shots[wanted[0]]) / WANTED[wanted[0]], verdict, frame))
                if len(self._shots[wanted[0]]) >= WANTED[wanted[0]]:
                    wanted.pop(0)
                    deadline_s = None
                elif frame.t_s >= deadline_s:
                    if not self._shots[Pose.FRONT]:
                        break
                    missing.append(wanted.pop(0))
                    deadline_s = None
        except ReplayEnded:
            pass  # a clip shows what it shows: judged by what was seen
        missing += [pose for pose in wanted if not self._shots[pose]]
        shots = [shot for pose in Pose for shot in self._shots[pose]]
        if not shots:
            raise Refusal(self._faults.most_common(1)[0][0] if self._faults else "no_face")
        return Captured(tuple(shots), tuple(pose for pose in missing if not self._shots[pose]))

    def _look(self, frame: Frame, wanted: Pose) -> quality.Verdict:
        verdict = quality.assess(self._engine.faces(frame.rgb), self._bounds)
        if verdict.face is None or verdict.reason is not None:
            reason = verdict.reason or "no_face"
            self._faults[reason] += 1
            self._coach.fault(frame.t_s, wanted, reason)
            return verdict
        pose = self._pose(verdict.face.quality.yaw)
        if pose is None:
            self._faults["face_turned"] += 1
            self._coach.fault(frame.t_s, wanted, "face_turned")
            return quality.Verdict(verdict.face, "face_turned")
        self._coach.good(frame.t_s, wanted)
        if len(self._shots[pose]) >= KEPT or frame.t_s - self._described_s < GAP_S:
            return verdict
        self._described_s = frame.t_s
        descriptor = self._engine.describe(frame.rgb, verdict.face, LOOKS)
        more = self._engine.describe_more(frame.rgb, verdict.face)
        self._shots[pose].append(Shot(descriptor, verdict.face.quality, frame.seq + 1, more))
        return verdict

    def _pose(self, yaw: float) -> Pose | None:
        """The pose a good frame belongs to; None before the straight look, which turns are measured from."""
        front = self._shots[Pose.FRONT]
        if not front:
            return Pose.FRONT if abs(yaw) <= STRAIGHT else None
        return pose_of(yaw, front)


def pose_of(yaw: float, front: Sequence[Shot]) -> Pose:
    """Which pose it is, measured from the straight looks: the camera may stand beside."""
    turned = yaw - sum(shot.quality.yaw for shot in front) / len(front)
    if abs(turned) < TURN:
        return Pose.FRONT
    return Pose.LEFT if turned > 0 else Pose.RIGHT


class _Coach:
    """Decides when the person is told something: at once for a new pose, after a little patience for a fault."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._said: tuple[Pose, str | None] | None = None
        self._said_s = 0.0
        self._fault: str | None = None
        self._fault_since_s = 0.0

    def good(self, t_s: float, pose: Pose) -> None:
        self._fault = None
        self._say(t_s, pose, None)

    def fault(self, t_s: float, pose: Pose, reason: str) -> None:
        if self._said is None or self._said[0] is not pose:
            self._say(t_s, pose, None)
        if reason != self._fault:
            self._fault, self._fault_since_s = reason, t_s
        if t_s - self._fault_since_s >= PATIENCE_S:
            self._say(t_s, pose, reason)

    def _say(self, t_s: float, pose: Pose, reason: str | None) -> None:
        what = (pose, reason)
        if what == self._said and (reason is None or t_s - self._said_s < REPEAT_S):
            return
        self._said, self._said_s = what, t_s
        self._tell(pose, reason)
