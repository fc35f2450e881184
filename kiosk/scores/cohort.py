"""The two cohort numbers of a template: how near to it the most alike of other people lie.

numpy only: the server imports it (and `kiosk.scores.likeness`, no more of the terminal), so that both mean the same
by it.

A *score* is minus the Euclidean distance of two descriptors: higher is more alike, 0 is identical. dlib's network packs
some kinds of faces densely, so that one distance for everybody accepts strangers there and refuses employees elsewhere.
The mean and deviation of a template's scores against the nearest tenth of a cohort tell how dense its place is. A
*share* of the cohort, not a fixed count, keeps the numbers of small and large regencies comparable: from 260 to 520
people in the cohort the threshold moves by 0.002 (docs/accuracy.md, "Size of the cohort").
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NEAREST_SHARE = 0.1
"""The numbers are taken over this share of the cohort, the nearest ones: only they can be mistaken for the person."""

NEAREST_MIN = 5
"""… but over no fewer than this many, if there are as many: a deviation of two or three values says nothing."""

SD_FLOOR = 1e-3
"""The smallest deviation that is given (in units of score): a cohort of copies would give 0."""

_BLOCK = 1024
"""Templates in one matrix product: bounds the working memory to 1024 x cohort float32."""

Vectors = npt.NDArray[np.float32]
"""(n, 128) float32, one descriptor a row."""


def cohort_numbers(descriptor: npt.ArrayLike, others: npt.ArrayLike) -> tuple[float, float]:
    """Mean and standard deviation of one template's scores against the nearest tenth of `others`.

    `descriptor` (128,); `others` (n, 128) with n >= 2: templates of other people than the template's own, best of the
    whole regency. The mean is negative. Raises ValueError for another shape, NaN or infinity.
    """
    mean, sd = cohort_numbers_many(np.asarray(descriptor, dtype=np.float32)[None, ...], others)
    return float(mean[0]), float(sd[0])


def cohort_numbers_many(descriptors: npt.ArrayLike, others: npt.ArrayLike) -> tuple[Vectors, Vectors]:
    """The same for (m, 128) descriptors at once: two arrays (m,) float32."""
    ours = _checked(descriptors, "descriptors")
    cohort = _checked(others, "others")
    if len(cohort) < 2 or ours.shape[1] != cohort.shape[1]:
        raise ValueError("the cohort needs two or more descriptors, of the same length as the template's")
    mean = np.empty(len(ours), dtype=np.float32)
    sd = np.empty(len(ours), dtype=np.float32)
    for start in range(0, len(ours), _BLOCK):
        rows = slice(start, start + _BLOCK)
        mean[rows], sd[rows] = numbers_of_scores(pair_scores(ours[rows], cohort), len(cohort))
    return mean, sd


def pair_scores(descriptors: Vectors, others: Vectors) -> Vectors:
    """(m, n) scores of m descriptors with n others."""
    squares = np.einsum("ij,ij->i", descriptors, descriptors)[:, None] + np.einsum("ij,ij->i", others, others)
    squares -= 2.0 * (descriptors @ others.T)
    np.maximum(squares, 0.0, out=squares)
    scores: Vectors = np.sqrt(squares, out=squares)
    return np.negative(scores, out=scores)


def numbers_of_scores(scores: Vectors, cohort_size: int) -> tuple[Vectors, Vectors]:
    """The two numbers of each row of `scores` (m, n). `cohort_size` counts a row's valid entries; others are -inf."""
    keep = min(max(NEAREST_MIN, round(NEAREST_SHARE * cohort_size)), cohort_size)
    top = np.partition(scores, scores.shape[1] - keep, axis=1)[:, scores.shape[1] - keep :]
    return top.mean(axis=1), np.maximum(top.std(axis=1), SD_FLOOR)


def _checked(vectors: npt.ArrayLike, name: str) -> Vectors:
    array = np.ascontiguousarray(vectors, dtype=np.float32)
    if array.ndim != 2:
        raise ValueError(f"{name}: two dimensions are needed, one row a template")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: hold NaN or infinity")
    return array
