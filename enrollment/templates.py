"""From good pictures of one person to the few descriptors that are enrolled: they must agree, and they must differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from enrollment.quality import merit
from enrollment.refusal import Refusal
from kiosk.model import Descriptor, ModelId, Quality
from kiosk.scores.likeness import threshold


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One good picture of a face. `number` counts the pictures or frames it was taken from, from 1; `more`: the same
    picture by further recognisers."""

    descriptor: Descriptor
    quality: Quality
    number: int
    more: Mapping[ModelId, Descriptor] = field(default_factory=dict)


def distance(one: Descriptor, other: Descriptor) -> float:
    return float(np.linalg.norm(one - other))


def centre(descriptors: Sequence[Descriptor] | npt.NDArray[np.float32]) -> Descriptor:
    """The mean of a person's descriptors: less noisy than any one of them."""
    mean: Descriptor = np.mean(np.stack(list(descriptors)), axis=0, dtype=np.float32)
    return mean


def check_agreement(shots: Sequence[Shot], limit: float) -> None:
    """Raise Refusal inconsistent_faces when two people are among the shots, in whatever shares.

    The two shots that are farthest apart gather the others around them, and the means of these two groups must be one
    person's. Means, because single frames of one person lie as far apart as frames of two; groups, because the mean of
    all would lie between two people who share the shots evenly, and near to both.
    """
    vectors = np.stack([shot.descriptor for shot in shots])
    gaps = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    one, other = np.unravel_index(int(gaps.argmax()), gaps.shape)
    if one == other:  # a single shot, or copies of it
        return
    nearer = gaps[one] < gaps[other]
    mine, theirs = vectors[nearer], vectors[~nearer]
    if distance(centre(mine), centre(theirs)) > threshold(limit, len(mine), len(theirs)):
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
