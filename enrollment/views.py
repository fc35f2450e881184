"""Of pictures that come one by one: which look is still missing, and which picture the others are tried on. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from enrollment.capture import STRAIGHT, Pose, pose_of
from enrollment.templates import Shot, choose

Missing = Literal["front", "left", "right", "more", "nothing"]
"""What the next picture should show; "more": another one of any look, that differs from the others."""


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """`kept` become templates; `probe` is only compared with them, None while there are too few for that."""

    kept: tuple[Shot, ...]
    probe: Shot | None


def apart(shots: Sequence[Shot], needed: int, spread: float) -> Apart:
    """The last picture set apart, where the others are `needed` that differ without it.

    A picture that is among the templates says nothing when it is recognised by them.
    """
    kept = tuple(shots[:-1])
    return Apart(kept, shots[-1]) if differing(kept, spread) >= needed else Apart(tuple(shots), None)


def differing(shots: Sequence[Shot], spread: float) -> int:
    """How many of them could be templates."""
    return len(choose(shots, spread, len(shots)))


def poses(shots: Sequence[Shot]) -> frozenset[Pose]:
    """What they show. Without a straight look nothing can be said to be turned from it."""
    front = [shot for shot in shots if abs(shot.quality.yaw) <= STRAIGHT]
    if not front:
        return frozenset()
    return frozenset({Pose.FRONT, *(pose_of(shot.quality.yaw, front) for shot in shots)})


def missing(shots: Sequence[Shot], needed: int, spread: float) -> Missing:
    """What to ask for next. A straight look and enough pictures are asked for until they are there; a look to the left
    and one to the right are wished for, as the camera does, and hinder nobody who has none."""
    shown = poses(shots)
    for pose in Pose:
        if pose not in shown:
            return pose.value
    return "more" if apart(shots, needed, spread).probe is None else "nothing"


def enough(shots: Sequence[Shot], needed: int, spread: float) -> bool:
    """Whether these may be enrolled: a straight look among them, and one picture more than are needed."""
    return Pose.FRONT in poses(shots) and apart(shots, needed, spread).probe is not None
