"""How often a stranger of a population is taken for somebody of a gallery drawn from it, from all pairs of its people.

Rounds of enrolled people and strangers use each person as one or the other; the scores of all pairs of two different
people use everybody as both. A stranger whom the share q of the people would let pass meets at least one of them in a
gallery of N with the probability 1 - (1 - q)^N, and the FPIR is its mean over strangers: that keeps apart the many whom
nobody resembles and the few in a crowd. Its uncertainty is a bootstrap over people, whole, in both their roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.matcher import Matcher
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi
from kiosk.measure.identification.protocol import Round, Rows

ENROL_PHOTOS = 3

_STEPS = 400
"""Thresholds looked at between the lowest and the highest score kept."""

_KEPT = 0.03
"""Share of the pairs' scores that is kept, the highest: far more than any threshold lets pass."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pairs:
    """The highest scores of strangers with enrolled people.

    `strangers`, `enrolled`, `scores`: (n,) each pair that is kept; `met` (people, people): how often each stranger's
    attempt was compared with each person's templates.
    """

    strangers: Rows
    enrolled: Rows
    scores: Numbers
    met: npt.NDArray[np.float64]

    def thresholds(self) -> Numbers:
        return np.linspace(self.scores.min(), self.scores.max(), _STEPS)

    def fpir(self, people: int, weights: Numbers | None = None) -> Numbers:
        """(len(thresholds()),) the share of strangers who exceed each threshold in a gallery of `people`.

        `weights` (people,): how often each person is in a sample; None: once.
        """
        weights = np.ones(len(self.met)) if weights is None else weights
        let_pass, strangers = self._let_pass(weights)
        return _mean_of_galleries(let_pass, strangers, people)

    def bounds(self, sizes: Sequence[int], fpirs: Sequence[float], share: float, seed: int, resamples: int) -> Numbers:
        """(sizes, fpirs) scores: below each lies the threshold for that FPIR in `share` of the resamples of people."""
        rng = np.random.default_rng(seed)
        levels = self.thresholds()
        found = np.empty((resamples, len(sizes), len(fpirs)))
        for sample in found:
            drawn = np.bincount(rng.integers(len(self.met), size=len(self.met)), minlength=len(self.met))
            let_pass, strangers = self._let_pass(drawn.astype(np.float64))
            for row, people in zip(sample, sizes, strict=True):
                shares = _mean_of_galleries(let_pass, strangers, people)
                row[:] = [levels[int(np.argmax(shares <= fpir))] for fpir in fpirs]  # the last is exceeded by nobody
        bounds: Numbers = np.quantile(found, share, axis=0)
        return bounds

    def _let_pass(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """(strangers, thresholds) the share of people who would let each stranger pass, and the strangers' weights."""
        count = len(self.met)
        place = np.searchsorted(self.thresholds(), self.scores)  # exceeded are the thresholds below
        cells = self.strangers * (_STEPS + 1) + place
        passing = np.bincount(cells, weights[self.enrolled], count * (_STEPS + 1)).reshape(count, _STEPS + 1)
        above = passing[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
        met = self.met @ weights
        seen = (met > 0) & (weights > 0)
        return np.minimum(above[seen] / met[seen, None], 1.0), weights[seen]


def _mean_of_galleries(let_pass: Numbers, strangers: Numbers, people: int) -> Numbers:
    shares: Numbers = strangers @ (1 - (1 - let_pass) ** people) / strangers.sum()
    return shares


def pairs(
    collection: Collection, method: Presensi, probe_photos: int, rounds: int, seed: int, gallery: int | None = None
) -> Pairs:
    """All pairs of `rounds` draws. `gallery`: so many people make one, because they are their own cohort; None: all.

    Every round draws the cohort (half of the people, where the method has one), and which photos are enrolled and
    shown: of each person up to three are enrolled, and fewer than there are where there are two or more.
    """
    photos = [rows[collection.acquired[rows]] for rows in collection.photos()]
    count = len(photos)
    met = np.zeros((count, count))
    kept: list[tuple[Rows, Rows, Numbers]] = []
    for number in range(rounds):
        rng = np.random.default_rng([seed, number])
        order = rng.permutation(np.flatnonzero([len(rows) > 0 for rows in photos]))
        half = len(order) // 2 if method.normalisation == "cohort" else 0
        cohort, others = order[:half], order[half:]
        enrolled = others[:gallery]
        shuffled = {person: rng.permutation(photos[person]) for person in others}
        drawn = Round(
            enrolled,
            [shuffled[person][: max(1, min(ENROL_PHOTOS, len(photos[person]) - 1))] for person in enrolled],
            [],
            others,
            [],
            np.concatenate([photos[person] for person in cohort]) if half else np.empty(0, dtype=np.intp),
        )
        matcher = method.matcher(collection, drawn)
        people = enrolled[[int(person) for person in matcher.people]]
        shown = [person for person in others[gallery or 0 :] if len(photos[person]) >= probe_photos]
        if shown:
            scores = np.stack([_scores(matcher, collection, shuffled[person][-probe_photos:]) for person in shown])
            kept.append(_highest(scores, np.array(shown), people))
            met[np.ix_(shown, people)] += 1
    np.fill_diagonal(met, 0.0)
    if not kept:
        raise ValueError(f"nobody has {probe_photos} photos with a face")
    strangers, taken_for, best = (np.concatenate(part) for part in zip(*kept, strict=True))
    return Pairs(strangers, taken_for, best, met)


def _scores(matcher: Matcher, collection: Collection, rows: Rows) -> npt.NDArray[np.float32]:
    return matcher.scores(list(collection.described[rows]))


def _highest(scores: npt.NDArray[np.float32], shown: Rows, people: Rows) -> tuple[Rows, Rows, Numbers]:
    scores[shown[:, None] == people] = -np.inf
    least = np.quantile(scores, 1 - _KEPT)
    row, column = np.nonzero(scores > least)
    return shown[row], people[column], scores[row, column].astype(np.float64)
