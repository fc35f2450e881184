"""Exact search for the two people whose faces are most alike to a probe, among up to hundreds of thousands.

Reading the vectors from memory is what a search costs. So the space is turned (which changes no distance) until its
first axes hold most of the variance, and these are kept apart: the distance along them alone can only be too small, and
rules out nearly everybody with a quarter of the reading. The result is that of the full search, always.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

HEAD = 32
"""Axes read for everybody. 24 or 48 are slower (tests/bench/bench_matcher.py)."""

PRUNE_FROM = 4096
"""Below as many people one plain product is faster than any cleverness."""

_ROOM = 1e-4
"""Allowance for float32 rounding when people are ruled out, in units of distance; rounding itself is under 1e-5."""

_SEEDS = 64
"""So many people, the most promising of each stretch of the gallery, give the first bound."""


class Two(NamedTuple):
    """Rows and scores of the best and second best; `second` is None with only one person."""

    best: int
    score: float
    second: int | None
    second_score: float


class Centroids:
    """One vector a person: the mean of the person's templates. Filled once by `add`, then closed by `finish`.

    `rotation` (128, 128), orthogonal, its first columns the axes of most variance (see `axes`). Memory: the vectors
    once, as float32, and three numbers a person.
    """

    def __init__(self, people: int, rotation: Vectors) -> None:
        width = rotation.shape[0]
        self._rotation = rotation
        self._head: Vectors = np.zeros((people, HEAD), dtype=np.float32)
        self._tail: Vectors = np.zeros((people, width - HEAD), dtype=np.float32)
        self._count = np.zeros(people, dtype=np.float32)
        self._squares: Vectors = np.zeros(people, dtype=np.float32)
        self._head_squares: Vectors = np.zeros(people, dtype=np.float32)

    def __len__(self) -> int:
        return len(self._head)

    def add(self, templates: Vectors, owners: npt.NDArray[np.intp]) -> None:
        """Add templates (n, 128) of the people in rows `owners` (n,), which must not decrease."""
        turned = templates @ self._rotation
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        rows = owners[starts]
        self._head[rows] += np.add.reduceat(turned[:, :HEAD], starts)
        self._tail[rows] += np.add.reduceat(turned[:, HEAD:], starts)
        self._squares[rows] += np.add.reduceat(np.einsum("ij,ij->i", turned, turned), starts)
        self._count[rows] += np.diff(starts, append=len(owners))

    def finish(self) -> Vectors:
        """Divide the sums; returns (people,) the mean squared distance of each one's templates from their mean."""
        self._head /= self._count[:, None]
        self._tail /= self._count[:, None]
        mean_square = self._squares / self._count
        self._head_squares = np.einsum("ij,ij->i", self._head, self._head)
        self._squares = self._head_squares + np.einsum("ij,ij->i", self._tail, self._tail)
        spread: Vectors = np.maximum(mean_square - self._squares, 0.0)
        return spread

    def scores(self, probe: Vectors, bias: Vectors) -> Vectors:
        """(people,) bias - distance of everybody to `probe` (128,)."""
        return self._all(probe @ self._rotation, bias)

    def scores_of(self, row: int, bias: Vectors) -> Vectors:
        """`scores` of the person in `row` as the probe."""
        return self._all(self._turned(row), bias)

    def best_two(self, probe: Vectors, bias: Vectors) -> Two:
        """The two largest of `scores`, without computing them all."""
        return self._search(probe @ self._rotation, bias)

    def neighbours_of(self, row: int, bias: Vectors) -> Two:
        """`best_two` of the person in `row` as the probe; the first is that person."""
        return self._search(self._turned(row), bias)

    def _turned(self, row: int) -> Vectors:
        return np.concatenate([self._head[row], self._tail[row]])

    def _all(self, turned: Vectors, bias: Vectors) -> Vectors:
        dots = self._head @ turned[:HEAD]
        dots += self._tail @ turned[HEAD:]
        return _scores(self._squares, dots, float(turned @ turned), bias)

    def _search(self, turned: Vectors, bias: Vectors) -> Two:
        everybody = np.arange(len(self))
        if len(self) < PRUNE_FROM:
            return _two(everybody, self._all(turned, bias))
        head, tail = turned[:HEAD], turned[HEAD:]
        dots = self._head @ head
        at_best = _scores(self._head_squares, dots.copy(), float(head @ head), bias)
        at_best += _ROOM
        promising = self._exact(_stretch_maxima(at_best), turned, dots, bias)
        rows = np.flatnonzero(at_best >= promising.second_score)
        if len(rows) > len(self) // 8:  # gathering them would cost more than reading all
            dots += self._tail @ tail
            return _two(everybody, _scores(self._squares, dots, float(turned @ turned), bias))
        return self._exact(rows, turned, dots, bias)

    def _exact(self, rows: npt.NDArray[np.intp], turned: Vectors, head_dots: Vectors, bias: Vectors) -> Two:
        dots = head_dots[rows] + self._tail[rows] @ turned[HEAD:]
        return _two(rows, _scores(self._squares[rows], dots, float(turned @ turned), bias[rows]))


def axes(sample: Vectors) -> Vectors:
    """(128, 128) orthogonal: the axes of the sample's (n, 128) covariance, most variance first."""
    centred = sample - sample.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(vectors[:, ::-1], dtype=np.float32)


def _scores(squares: Vectors, dots: Vectors, probe_square: float, bias: Vectors) -> Vectors:
    dots *= -2.0
    dots += squares
    dots += np.float32(probe_square)
    np.maximum(dots, 0.0, out=dots)
    scores: Vectors = np.subtract(bias, np.sqrt(dots, out=dots), out=dots)
    return scores


def _stretch_maxima(values: Vectors) -> npt.NDArray[np.intp]:
    """Of each of `_SEEDS` equal stretches of `values`, where its largest stands."""
    length = len(values) // _SEEDS
    inside = values[: length * _SEEDS].reshape(_SEEDS, length).argmax(axis=1)
    rows: npt.NDArray[np.intp] = inside + np.arange(_SEEDS) * length
    return rows


def _two(rows: npt.NDArray[np.intp], scores: Vectors) -> Two:
    """Best and second best of `scores`, which belong to `rows`."""
    if len(scores) == 1:
        return Two(int(rows[0]), float(scores[0]), None, -np.inf)
    first, second = np.argpartition(scores, len(scores) - 2)[-2:][::-1]
    if scores[first] < scores[second]:
        first, second = second, first
    return Two(int(rows[first]), float(scores[first]), int(rows[second]), float(scores[second]))
