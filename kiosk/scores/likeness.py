"""Is a face that of somebody on file? One-to-many over the means of people's templates.

numpy only, as `kiosk.scores.cohort`: `enroll` asks it of an office's people, the server of the whole regency's
(decision 33), each by a Rule of its own; the figures stand in docs/enrolment.md. A *distance* is the Euclidean one of
two descriptors or of two means of descriptors; 0 is identical.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

MANY = 3
"""Templates beyond which more do not make the mean any better: those of one sitting have its light in common."""

NOISE = 0.04
"""Squared distance that a single template of dlib's adds to a mean by chance; fitted to LFW so that the false alarms
are as many for one template as for three (docs/enrolment.md)."""

LEAST = 1e-6
"""For what has no direction, which no division makes one: it is at the distance of a right angle from everybody."""

FEWEST_OTHERS = 3
MOST_OTHERS = 10

Vectors = npt.NDArray[np.float32]
"""(n, length) float32, one descriptor or mean of descriptors a row."""

Owner = TypeVar("Owner", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a face is that of somebody known. `distance` of mean descriptors at most, for MANY templates and more; and
    at most `ratio` times the distance to the other people who are nearest.

    The ratio is what makes the rule hold anywhere: where people look alike to the network, and where many are known,
    everybody is near to somebody, but only the same person is much nearer than the next ones.

    `noise`: squared distance that a single template's chance adds to a mean. `by_angle`: the means are brought to unit
    length before they are compared.
    """

    distance: float
    ratio: float
    noise: float = NOISE
    by_angle: bool = False

    def mean(self, templates: Vectors) -> Vectors:
        """(length,) what stands for a person's `templates` (n, length)."""
        mean: Vectors = templates.mean(axis=0, dtype=np.float32)
        return mean / max(float(np.linalg.norm(mean)), LEAST) if self.by_angle else mean


@dataclass(frozen=True, slots=True)
class Nearest:
    """The `row` on file that is most like a face. `same`: by the rule it is the same person's."""

    row: int
    distance: float
    same: bool


def threshold(limit: float, ours: int, theirs: int, noise: float = NOISE) -> float:
    """The distance of two means up to which they are one person's, for the number of descriptors in each.

    `limit` holds for MANY and more on both sides. A mean of n descriptors lies off the person's true one by a variance
    that falls with 1/n; squared distances of means of fewer are larger by just that, for the same person and for
    others alike.
    """
    excess = 1 / min(ours, MANY) + 1 / min(theirs, MANY) - 2 / MANY
    return math.sqrt(limit**2 + noise * excess)


def nearest(
    templates: Vectors,
    on_file: Vectors,
    counts: Sequence[int],
    owners: Sequence[Owner],
    rule: Rule,
    ignored: Collection[Owner] = (),
    settled: Sequence[bool] | None = None,
) -> Nearest | None:
    """Compare the mean of `templates` (m, length) with the means `on_file` (n, length), but for those of `ignored`
    owners.

    `counts`: how many templates each mean is of; `owners`: whose it is, and a person may have several. None when
    nobody is left. Means, because they are nearer to the truth than the nearest pair of templates.

    `settled`: which rows say how near other people are; all when None. A row that is not settled is compared, but the
    rule is not moved by it, nor by how many of them there are.
    """
    others = set(owners).difference(ignored)
    if not others:
        return None
    gaps = np.linalg.norm(on_file - rule.mean(templates), axis=1)
    row, *rows = (row for row in np.argsort(gaps, kind="stable").tolist() if owners[row] in others)
    gap = float(gaps[row])
    near = gap <= threshold(rule.distance, len(templates), counts[row], rule.noise)
    crowd: dict[Owner, int] = {}
    for each in rows:
        if owners[each] != owners[row] and (settled is None or settled[each]):
            crowd.setdefault(owners[each], each)
    return Nearest(row, gap, near and gap <= rule.ratio * _crowd(gaps[list(crowd.values())], len(crowd)))


def _crowd(gaps: Vectors, people: int) -> float:
    """How far the next nearest people are: the mean of the nearest tenth of them, of FEWEST_OTHERS to MOST_OTHERS.

    Several, because one or two of them may be twins or the same face once more. With fewer people nothing can be
    said, and any face stands out.
    """
    if people < FEWEST_OTHERS:
        return math.inf
    return float(gaps[: min(MOST_OTHERS, max(FEWEST_OTHERS, people // 10))].mean())
