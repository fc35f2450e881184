"""Scores to compare with the matcher's: for tests/accuracy/identification.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kiosk.matcher import CROWD_TYPICAL
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Method, Search
from kiosk.measure.identification.protocol import Round, Rows

Vectors = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """A round as arrays: `templates` and whose they are, the `cohort` and whose they are."""

    templates: Vectors
    owners: Rows
    cohort: Vectors
    cohort_owners: Rows
    people: int

    @classmethod
    def of(cls, collection: Collection, one: Round) -> Drawn:
        rows = [row[collection.acquired[row]] for row in one.gallery]
        flat, cohort = np.concatenate(rows), one.cohort[collection.acquired[one.cohort]]
        owners = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        vectors = collection.described.astype(np.float64)
        return cls(vectors[flat], owners, vectors[cohort], collection.owners[cohort], len(rows))

    def centres(self, vectors: Vectors) -> Vectors:
        """The mean of each person's rows; people without a face lie far from everybody."""
        sums = np.zeros((self.people, vectors.shape[1]))
        np.add.at(sums, self.owners, vectors)
        counts = np.bincount(self.owners, minlength=self.people)
        return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], 1e3)

    def best(self, scores: Vectors) -> Vectors:
        """The best of each person's templates."""
        best = np.full(self.people, -np.inf)
        np.maximum.at(best, self.owners, scores)
        return best


Score = Callable[[Drawn], Callable[[Vectors], Vectors]]
"""A round -> (photos of an attempt (n, 128) -> (people,) scores)."""


def method(score: Score) -> Method:
    def prepared(collection: Collection, one: Round) -> Search:
        search = score(Drawn.of(collection, one))
        return lambda rows: search(collection.described[rows].astype(np.float64))

    return prepared


def _distance(a: Vectors, b: Vectors) -> Vectors:
    squares = (a * a).sum(axis=1)[:, None] + (b * b).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def _top(scores: Vectors, count: int) -> Vectors:
    return -np.partition(-scores, count - 1, axis=-1)[..., :count]


def nearest_template(drawn: Drawn) -> Callable[[Vectors], Vectors]:
    return lambda probe: drawn.best(-_distance(probe.mean(axis=0, keepdims=True), drawn.templates)[0])


def mean_template(drawn: Drawn) -> Callable[[Vectors], Vectors]:
    centres = drawn.centres(drawn.templates)
    return lambda probe: -_distance(probe.mean(axis=0, keepdims=True), centres)[0]


def z_norm(nearest: int, centre: bool, both_sides: bool = False) -> Score:
    """(score - mean) / deviation over the template's `nearest` of the cohort; `both_sides`: also over the gallery."""

    def score(drawn: Drawn) -> Callable[[Vectors], Vectors]:
        enrolled = drawn.centres(drawn.templates) if centre else drawn.templates
        top = _top(-_distance(enrolled, drawn.cohort), nearest)
        mean, sd = top.mean(axis=1), top.std(axis=1)

        def search(probe: Vectors) -> Vectors:
            raw = -_distance(probe.mean(axis=0, keepdims=True), enrolled)[0]
            scores = (raw - mean) / sd
            if both_sides:
                others = _top(raw, 200)
                scores = (scores + (raw - others.mean()) / others.std()) / 2
            return scores if centre else drawn.best(scores)

        return search

    return score


def crowd(
    weight: float = 0.6, deviations: float = 2.5, share: float = 0.1, whiten: float = 0.0, probe_side: float = 0.0
) -> Score:
    """The matcher's score with other constants; `whiten`: in a space whose within-person deviations are evened out by
    this power, learned from the cohort's people; `probe_side`: weight of the probe's own crowd, its 20 next people."""

    def score(drawn: Drawn) -> Callable[[Vectors], Vectors]:
        turn = _whitening(drawn, whiten)
        centres, cohort = drawn.centres(drawn.templates @ turn), drawn.cohort @ turn
        top = _top(-_distance(centres, cohort), max(5, round(share * len(cohort))))
        edge = -top.mean(axis=1) - deviations * top.std(axis=1)

        def search(probe: Vectors) -> Vectors:
            distances = _distance((probe @ turn).mean(axis=0, keepdims=True), centres)[0]
            beside = np.sort(distances)[1:21].mean()
            return np.asarray(weight * (edge - CROWD_TYPICAL) - distances + probe_side * beside)

        return search

    return score


def _within(drawn: Drawn) -> tuple[Vectors, Vectors, Vectors]:
    """Mean, within-person and between-person covariance of the cohort; the former shrunk by a fifth to a sphere."""
    owners = np.unique(drawn.cohort_owners, return_inverse=True)[1]
    counts = np.bincount(owners)
    means = np.zeros((len(counts), drawn.cohort.shape[1]))
    np.add.at(means, owners, drawn.cohort)
    means /= counts[:, None]
    rest = drawn.cohort - means[owners]
    within = rest.T @ rest / (len(rest) - len(counts))
    between = np.cov(means.T) - within * np.mean(1 / counts)
    sphere = np.trace(within) / len(within) * np.eye(len(within))
    return drawn.cohort.mean(axis=0), 0.8 * within + 0.2 * sphere, between


def _whitening(drawn: Drawn, power: float) -> Vectors:
    if not power:
        return np.eye(drawn.cohort.shape[1])
    values, vectors = np.linalg.eigh(_within(drawn)[1])
    return np.asarray(vectors * (values / values.mean()) ** (-power / 2))


def plda(drawn: Drawn) -> Callable[[Vectors], Vectors]:
    """Log-likelihood ratio of the two-covariance model, learned from the cohort's people."""
    mean, within, between = _within(drawn)
    values, vectors = np.linalg.eigh(within)
    turn = vectors / np.sqrt(values)
    spread, axes = np.linalg.eigh(turn.T @ between @ turn)
    turn, spread = turn @ axes, np.maximum(spread, 1e-6)
    centres = drawn.centres((drawn.templates - mean) @ turn)
    counts = np.maximum(np.bincount(drawn.owners, minlength=drawn.people), 1)[:, None]
    expected = counts * spread / (counts * spread + 1) * centres

    def search(probe: Vectors) -> Vectors:
        seen = ((probe - mean) @ turn).mean(axis=0)
        known = spread / (counts * spread + 1) + 1 / len(probe)
        unknown = spread + 1 / len(probe)
        return np.asarray(
            0.5
            * (
                (seen**2 / unknown + np.log(unknown)).sum()
                - ((seen - expected) ** 2 / known + np.log(known)).sum(axis=1)
            )
        )

    return search


def joined(how: str) -> Score:
    """The matcher's score over several photos, joined in other ways."""

    def score(drawn: Drawn) -> Callable[[Vectors], Vectors]:
        one = crowd()(drawn)
        centres = drawn.centres(drawn.templates)
        bias = one(np.zeros((1, 128))) + _distance(np.zeros((1, 128)), centres)[0]

        def search(probe: Vectors) -> Vectors:
            if how == "mean of scores":
                return np.mean([one(photo[None]) for photo in probe], axis=0)
            if how == "best score":
                return np.max([one(photo[None]) for photo in probe], axis=0)
            mean = probe.mean(axis=0, keepdims=True)
            put_back = float(how) * ((probe - mean) ** 2).sum(axis=1).mean()
            return np.asarray(bias - np.sqrt(_distance(mean, centres)[0] ** 2 + put_back))

        return search

    return score
