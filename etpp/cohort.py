"""The two numbers by which a terminal normalises a template's scores, computed over the whole regency.

The arithmetic belongs to the matcher and stands in `kiosk.cohort`, the only module that server and terminal share:
numbers made by another formula than the terminal's would be wrong without anybody noticing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kiosk.cohort import cohort_numbers_many

MIN_PEOPLE = 400
"""Fewer other people than this make no cohort: measured on LFW, 50 do not help at all and 420 already do. The terminal
uses the raw scores until every template of its gallery has numbers."""

Numbers = tuple[float, float]


def numbers_for(descriptors: Sequence[bytes], others: Sequence[bytes]) -> list[Numbers]:
    """(mean, deviation) of each of one person's templates against the templates of other people."""
    mean, sd = cohort_numbers_many(_matrix(descriptors), _matrix(others))
    return [(round(float(m), 6), round(float(s), 6)) for m, s in zip(mean, sd, strict=True)]


def _matrix(descriptors: Sequence[bytes]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.frombuffer(b"".join(descriptors), dtype="<f4").reshape(len(descriptors), -1).astype(np.float32)
