"""The two cohort numbers of a template: how alike it is to people who it does not belong to.

numpy only: this is the one module of the terminal that the server imports, so that both mean the same by a score.

A *score* is minus the Euclidean distance of two descriptors: higher is more alike, 0 is identical. A template that
looks like many people scores high with strangers; the mean and deviation of its scores against a cohort take that out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NEAREST = 100
"""The numbers are taken over this many nearest members of the cohort: only they can be mistaken for the person."""

SD_FLOOR = 1e-3
"""Smallest deviation that is divided by (scores); a cohort of copies would give 0."""

_BLOCK = 1024
"""Templates in one matrix product: bounds the working memory to 1024 x cohort float32."""

Vectors = npt.NDArray[np.float32]


def cohort_numbers(descriptor: Vectors, others: Vectors) -> tuple[float, float]:
    """Mean and standard deviation of one template's scores against its nearest 100 of `others`.

    `descriptor` (128,), `others` (n, 128), n >= 2, people other than the template's own. Raises ValueError for
    another shape, NaN or infinity.
    """
    mean, sd = cohort_numbers_many(np.asarray(descriptor, dtype=np.float32)[None, :], others)
    return float(mean[0]), float(sd[0])


def cohort_numbers_many(
    descriptors: Vectors, others: Vectors, nearest: int = NEAREST
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The same for (m, 128) descriptors at once: two arrays (m,)."""
    ours = _checked(descriptors, "descriptors")
    cohort = _checked(others, "others")
    if len(cohort) < 2 or ours.shape[1] != cohort.shape[1]:
        raise ValueError("the cohort needs two or more descriptors of the same length as the template's")
    keep = min(nearest, len(cohort))
    mean = np.empty(len(ours), dtype=np.float32)
    sd = np.empty(len(ours), dtype=np.float32)
    cohort_squares = np.einsum("ij,ij->i", cohort, cohort)
    for start in range(0, len(ours), _BLOCK):
        block = ours[start : start + _BLOCK]
        squares = np.einsum("ij,ij->i", block, block)[:, None] + cohort_squares - 2.0 * (block @ cohort.T)
        scores = -np.sqrt(np.maximum(squares, 0.0))
        top = np.partition(scores, len(cohort) - keep, axis=1)[:, len(cohort) - keep :]
        mean[start : start + _BLOCK] = top.mean(axis=1)
        sd[start : start + _BLOCK] = np.maximum(top.std(axis=1), SD_FLOOR)
    return mean, sd


def _checked(vectors: Vectors, name: str) -> Vectors:
    array = np.ascontiguousarray(vectors, dtype=np.float32)
    if array.ndim != 2:
        raise ValueError(f"{name}: two dimensions are needed, one row a template")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: hold NaN or infinity")
    return array
