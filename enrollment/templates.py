"""From good pictures of one person to the few descriptors that are enrolled: they must agree, and they must differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from enrollment.quality import merit
from enrollment.refusal import Refusal
from kiosk.model import Descriptor, Quality


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One good picture of a face. `number` counts the pictures or frames it was taken from, from 1."""

    descriptor: Descriptor
    quality: Quality
    number: int


def distance(one: Descriptor, other: Descriptor) -> float:
    return float(np.linalg.norm(one - other))


def check_agreement(shots: Sequence[Shot], farthest: float) -> None:
    """Every shot must lie within `farthest` of the mean of the others. Raises Refusal inconsistent_faces.

    The mean of the others, and not each pair: it averages a single frame's noise out, so that the limit can be tight.
    """
    if len(shots) < 2:
        return
    vectors = np.stack([shot.descriptor for shot in shots]).astype(np.float64)
    others = (vectors.sum(axis=0) - vectors) / (len(vectors) - 1)
    if float(np.linalg.norm(vectors - others, axis=1).max()) > farthest:
        raise Refusal("inconsistent_faces")


def choose(shots: Sequence[Shot], spread: float, at_most: int) -> tuple[Shot, ...]:
    """The best shot, then again and again the one that adds most: far from those chosen, and good.

    None is nearer than `spread` to another: a repeated picture, or one that differs by noise, adds nothing.
    """
    if not shots:
        return ()
    chosen = [max(shots, key=lambda shot: merit(shot.quality))]
    while len(chosen) < at_most:
        gains = [(_nearest(shot, chosen), shot) for shot in shots]
        new = [(gap * (1.0 + merit(shot.quality)), shot) for gap, shot in gains if gap >= spread]
        if not new:
            break
        chosen.append(max(new, key=lambda item: item[0])[1])
    return tuple(chosen)


def _nearest(shot: Shot, chosen: Sequence[Shot]) -> float:
    return min(distance(shot.descriptor, other.descriptor) for other in chosen)
