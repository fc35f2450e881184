"""Exact search for the people whose faces are most alike to a probe, among up to hundreds of thousands.

Reading the vectors from memory is what a search costs. So the space is turned (which changes no distance) until its
first axes hold most of the variance, and these are kept apart: the distance along them alone can only be too small, and
rules out nearly everybody with a quarter of the reading. What is found is what the full search finds, always.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

HEAD = 32
"""Axes read for everybody; they hold 77 % of the variance of LFW's descriptors (tests/bench/bench_matcher.py)."""

PRUNE_FROM = 4096
"""Below as many people one plain product is faster than any cleverness."""

_ROOM = 1e-4
"""Allowance for float32 rounding when people are ruled out, in units of distance; rounding itself is under 1e-5."""


class Found(NamedTuple):
    """Rows of people and their scores, in no order."""

    rows: npt.NDArray[np.intp]
    scores: Vectors


class Centroids:
    """One vector a person: the mean of the person's templates. Filled once by `add`, then closed by `finish`.

    `rotation` (length, length) orthogonal, its first columns the axes of most variance (`axes`). Memory: the vectors
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
        """Add templates (n, length) of the people in rows `owners` (n,), which must not decrease."""
        turned = templates @ self._rotation
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        rows = owners[starts]
        self._head[rows] += np.add.reduceat(turned[:, :HEAD], starts)
        self._tail[rows] += np.add.reduceat(turned[:, HEAD:], starts)
        self._squares[rows] += np.add.reduceat(np.einsum("ij,ij->i", turned, turned), starts)
        self._count[rows] += np.diff(starts, append=len(owners))

    def finish(self, *, unit: bool = False) -> Vectors:
        """Divide the sums; returns (people,) the mean squared distance of each one's templates from their mean.

        `unit`: the means are then made unit vectors, for recognisers that are compared by angle.
        """
        self._head /= self._count[:, None]
        self._tail /= self._count[:, None]
        mean_square = self._squares / self._count
        self._head_squares = np.einsum("ij,ij->i", self._head, self._head)
        self._squares = self._head_squares + np.einsum("ij,ij->i", self._tail, self._tail)
        spread: Vectors = np.maximum(mean_square - self._squares, 0.0)
        if unit:
            lengths = np.sqrt(np.maximum(self._squares, 1e-12))[:, None]
            self._head /= lengths
            self._tail /= lengths
            self._head_squares = np.einsum("ij,ij->i", self._head, self._head)
            self._squares = np.ones_like(self._squares)
        return spread

    def turn(self, probe: Vectors) -> Vectors:
        """`probe` (length,) in the turned space, which the searches ask for."""
        turned: Vectors = probe @ self._rotation
        return turned

    def turned(self, row: int) -> Vectors:
        """The vector of the person in `row`, in the turned space."""
        return np.concatenate([self._head[row], self._tail[row]])

    def scores(self, turned: Vectors, bias: Vectors, further: float = 0.0) -> Vectors:
        """(people,) bias - distance to the probe; `further` is added to every squared distance."""
        dots = self._head @ turned[:HEAD]
        dots += self._tail @ turned[HEAD:]
        return _scores(self._squares, dots, float(turned @ turned) + further, bias)

    def reaching(self, turned: Vectors, bias: Vectors, limit: float, further: float = 0.0) -> Found:
        """Everybody whose score is `limit` or more, and some whose score is not: the most promising at the least."""
        if len(self) < PRUNE_FROM:
            return Found(np.arange(len(self)), self.scores(turned, bias, further))
        head, square = turned[:HEAD], float(turned @ turned) + further
        dots = self._head @ head
        at_best = _scores(self._head_squares, dots.copy(), float(head @ head) + further, bias)
        rows = np.flatnonzero(at_best >= min(limit, float(at_best.max())) - _ROOM)
        if len(rows) > len(self) // 8:  # gathering them would cost more than reading all
            dots += self._tail @ turned[HEAD:]
            return Found(np.arange(len(self)), _scores(self._squares, dots, square, bias))
        dots = dots[rows] + self._tail[rows] @ turned[HEAD:]
        return Found(rows, _scores(self._squares[rows], dots, square, bias[rows]))


def axes(sample: Vectors) -> Vectors:
    """(length, length) orthogonal: the axes of the sample's (n, length) covariance, most variance first."""
    centred = sample - sample.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.ascontiguousarray(vectors[:, ::-1], dtype=np.float32)


def _scores(squares: Vectors, dots: Vectors, square: float, bias: Vectors) -> Vectors:
    """bias - sqrt(squares - 2 dots + square), in the memory of `dots`."""
    dots *= -2.0
    dots += squares
    dots += np.float32(square)
    np.maximum(dots, 0.0, out=dots)
    scores: Vectors = np.subtract(bias, np.sqrt(dots, out=dots), out=dots)
    return scores
