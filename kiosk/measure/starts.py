"""Clips judged as the terminal would judge them, from every frame on: the measurement behind `kiosk pad`.

A forger chooses when he steps in, so a clip is judged from many starts: at each of them an encounter begins. Nobody in
a recording hears a challenge, so no movement in it counts as an answer: a start ends as `live` (accepted without a
challenge), `attack` (refused), or `challenge` (would be asked, or the clip ends while frames enough were in vain: more
of them might have helped, or not, and the worse is counted). Nor does anybody in it step back when told to: a start
that the clip ends before that is asked of anybody is counted for itself.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from kiosk.errors import CameraError
from kiosk.liveness import Liveness
from kiosk.liveness.evidence import Opinion
from kiosk.measure.clips import Label, frames, kind_of, label_of
from kiosk.model import TOO_NEAR, Face, Frame, LivenessVerdict, RgbImage
from kiosk.model import Liveness as State
from kiosk.ports import FaceEngine

START_S = 8.0
"""So long a start is followed at the most: a picture that is going to be moved is moved by then."""

TOLD_S = 0.45
"""A start that was told to step back counts when it was told so for as long as the eight frames of a verdict take."""

BORDER = 0.3
"""A clip in which no face is found is tried again with so much of its reflection around it: tight crops need it."""

SAME_FACE = 1.0
GAP_S = 0.6
"""A face further away than its own width, or unseen for longer, ends what was under way, as in the terminal."""

Verdict = Literal["live", "challenge", "attack"]

VERDICTS: dict[State, Verdict] = {State.LIVE: "live", State.CHALLENGE: "challenge", State.ATTACK: "attack"}

OpenLiveness = Callable[[], Liveness]
"""A detector for one start, made with `ask=False`."""


class Seen(enum.Enum):
    """Why a clip has no start that was decided about."""

    UNREADABLE = "unreadable"
    NO_FACE = "no_face"
    TOO_FEW_FRAMES = "too_few_frames"


@dataclass(frozen=True, slots=True)
class ClipResult:
    """One clip. `kind` what an attack was made with (None: no attack); `verdict` what most of its starts ended in (of
    equals the first of live, attack, challenge), None when it cannot be read; `score` the median over its starts, 0..1
    as in LivenessVerdict, None without a usable face; `reason` the commonest of that verdict.

    `starts` counts those that were decided about, `starts_live`, `starts_asked` and `starts_refused`, and those that
    were told to step back until the clip ended: `starts_near`, `challenge` in the clip's verdict.
    `seconds_p50`: the median time to a start's first verdict, `seconds` all of them.
    """

    path: str
    label: Label | None
    kind: str | None
    verdict: Verdict | None
    score: float | None
    reason: str
    frames: int
    faces: int
    starts: int = 0
    starts_live: int = 0
    starts_asked: int = 0
    starts_refused: int = 0
    starts_near: int = 0
    seconds_p50: float | None = None
    seconds: tuple[float, ...] = ()


@dataclass
class _Start:
    """One encounter under way: `first_s` when it began, `decided_s` when it had its first verdict."""

    liveness: Liveness
    first_s: float
    last: LivenessVerdict | None = None
    decided_s: float | None = None
    near_s: float | None = None

    @property
    def near(self) -> bool:
        """Whether all that it came to was to be told to step back, for as long as a verdict takes."""
        told = self.last is not None and self.last.reason == TOO_NEAR and self.decided_s is None
        return told and self.near_s is not None and self.near_s - self.first_s >= TOLD_S

    @property
    def in_vain(self) -> bool:
        """Whether the clip ended after an opinion that did not accept, and before doubt was declared."""
        return self.last is not None and self.decided_s is None and self.last.reason == Opinion.UNSURE.value

    def see(self, rgb: RgbImage, face: Face, t_s: float) -> bool:
        """One more frame; False when nothing further can change the outcome."""
        verdict = self.liveness.update(rgb, face, t_s)
        if verdict.state is not State.PENDING or self.decided_s is None:
            self.last = verdict
        self.near_s = t_s if verdict.reason == TOO_NEAR else self.near_s
        if self.decided_s is None and verdict.state is not State.PENDING:
            self.decided_s = t_s
        return verdict.state not in {State.LIVE, State.ATTACK} and t_s - self.first_s < START_S


@dataclass
class _Playing:
    """What one way through a clip has shown so far."""

    shown: int = 0
    faces: int = 0
    starts: list[_Start] = field(default_factory=list)


def judge(path: Path, engine: FaceEngine, open_liveness: OpenLiveness, every: int = 1) -> ClipResult:
    """Play one clip and begin anew at every frame with a face, or at every n-th. Raises ModelError."""
    label = label_of(path)
    kind = kind_of(path) if label == "attack" else None
    try:
        played = _play(frames(path), engine, open_liveness, every, 0.0)
        if played.faces == 0:
            played = _play(frames(path), engine, open_liveness, every, BORDER)
    except CameraError:
        return ClipResult(str(path), label, kind, None, None, Seen.UNREADABLE.value, 0, 0)
    return _result(path, label, kind, played)


def _play(
    clip: Iterator[Frame], engine: FaceEngine, open_liveness: OpenLiveness, every: int, border: float
) -> _Playing:
    played, under_way = _Playing(), list[_Start]()
    seen: tuple[Face, float] | None = None
    for frame in clip:
        played.shown += 1
        rgb = _bordered(frame.rgb, border)
        found = engine.faces(rgb)
        if not found:
            continue
        face = found[0]
        if seen is not None and (frame.t_s - seen[1] > GAP_S or _far(seen[0], face)):
            under_way = []
        seen = (face, frame.t_s)
        if played.faces % every == 0:
            under_way.append(_Start(open_liveness(), frame.t_s))
            played.starts.append(under_way[-1])
        played.faces += 1
        under_way = [start for start in under_way if start.see(rgb, face, frame.t_s)]
    return played


def _result(path: Path, label: Label | None, kind: str | None, played: _Playing) -> ClipResult:
    lasts = [start.last for start in played.starts if start.last is not None]
    score = float(np.median([last.score for last in lasts])) if lasts else None
    ends = [(VERDICTS[last.state], last.reason) for last in lasts if last.state in VERDICTS]
    near = sum(start.near for start in played.starts)
    ends += [("challenge", Opinion.UNSURE.value)] * sum(start.in_vain for start in played.starts)
    asked = sum(verdict == "challenge" for verdict, _ in ends)
    ends += [("challenge", TOO_NEAR)] * near
    if not ends:
        reason = Seen.TOO_FEW_FRAMES if lasts else Seen.NO_FACE
        return ClipResult(str(path), label, kind, "challenge", score, reason.value, played.shown, played.faces)
    verdicts = [verdict for verdict, _ in ends]
    commonest: Verdict = max(VERDICTS.values(), key=lambda each: (verdicts.count(each), each != "challenge", each))
    reasons = [reason for verdict, reason in ends if verdict == commonest]
    seconds = tuple(start.decided_s - start.first_s for start in played.starts if start.decided_s is not None)
    return ClipResult(
        path=str(path),
        label=label,
        kind=kind,
        verdict=commonest,
        score=score,
        reason=max(sorted(set(reasons)), key=reasons.count),
        frames=played.shown,
        faces=played.faces,
        starts=len(ends),
        starts_live=verdicts.count("live"),
        starts_asked=asked,
        starts_refused=verdicts.count("attack"),
        starts_near=near,
        seconds_p50=float(np.median(seconds)) if seconds else None,
        seconds=seconds,
    )


def _bordered(rgb: RgbImage, border: float) -> RgbImage:
    if border == 0:
        return rgb
    y, x = (min(round(border * side), side - 1) for side in rgb.shape[:2])
    return np.asarray(cv2.copyMakeBorder(rgb, y, y, x, x, cv2.BORDER_REFLECT_101), dtype=np.uint8)


def _far(before: Face, now: Face) -> bool:
    a, b = before.box_px, now.box_px
    shift = abs((a.left + a.right) - (b.left + b.right)) + abs((a.top + a.bottom) - (b.top + b.bottom))
    return shift / 2 > SAME_FACE * a.width
