"""Is an offer beyond doubt? The terminal says so; the server compares again, with the templates that it has itself.

By dlib's descriptors, which every offer and every face on file has, whatever the terminal recognises by: where another
recogniser counts this is a second opinion, and where dlib's does it holds the terminal to its word. How near and how
much nearer was measured: docs/accuracy.md, "Renewal", and decision 108.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from etpp.faces.recognisers import DLIB
from kiosk.scores.likeness import threshold

NEAR = 0.36
"""How far the means of the pictures and of the templates on file may lie apart, for three and more of each."""

APART = 0.04
"""By how much everybody else of the office has to be farther: the margin of a presence."""

LEAST_ABOVE = 0.05
"""By how much the terminal's score lies above its threshold at least, whatever it recognises by: what the first
release that makes offers asks for. Later ones ask for more."""

Means = npt.NDArray[np.float32]
"""(n, 128) float32: a person's mean template a row."""


def beyond_doubt(
    pictures: Means, on_file: Means, counts: Sequence[int], own: int | None, claim: Mapping[str, Any]
) -> bool:
    """Whether `pictures` (m, 128) are of the person in row `own` of the office's means `on_file`, and of nobody else.

    `counts`: of how many templates each row is the mean; `claim`: the offer's match and liveness, as the terminal saw
    them. `own` None: whoever it is has no template any more.
    """
    if own is None or not _claimed(claim):
        return False
    gaps = np.linalg.norm(on_file - DLIB.rule.mean(pictures), axis=1)
    others = float(np.delete(gaps, own).min(initial=math.inf))
    allowed = threshold(NEAR, len(pictures), counts[own], DLIB.rule.noise)
    return float(gaps[own]) <= min(allowed, others - APART)


def _claimed(claim: Mapping[str, Any]) -> bool:
    match, liveness = claim["match"], claim["liveness"]
    return bool(match["score"] >= match["threshold"] + LEAST_ABOVE and liveness["state"] == "live")
