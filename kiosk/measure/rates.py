"""Error rates of presentation attack detection, from judged clips (ISO/IEC 30107-3 in miniature)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kiosk.measure.clips import Label
from kiosk.measure.starts import ClipResult, Verdict
from kiosk.model import TOO_NEAR

Bounds = tuple[float, float]

Count = Literal["starts_live", "starts_asked", "starts_refused"]

COUNTS: dict[Verdict, Count] = {"live": "starts_live", "challenge": "starts_asked", "attack": "starts_refused"}


@dataclass(frozen=True, slots=True)
class Rate:
    """A share `hits` of `total`, of `clips` clips. `ci95` None without trials.

    Starts of one clip are no trials of their own: the interval is that of as many trials as there are clips.
    """

    hits: int
    total: int
    clips: int

    @property
    def share(self) -> float | None:
        return self.hits / self.total if self.total else None

    @property
    def ci95(self) -> Bounds | None:
        return interval(self.hits / self.total * self.clips, self.clips) if self.total else None


def of_clips(results: Iterable[ClipResult], label: Label, verdict: Verdict) -> Rate:
    """How many of the readable clips with this label got this verdict; `challenge` for another reason than TOO_NEAR."""
    mine = [result for result in results if result.label == label and result.verdict is not None]
    return Rate(sum(result.verdict == verdict and not _near(result) for result in mine), len(mine), len(mine))


def near(results: Iterable[ClipResult], label: Label) -> tuple[Rate, Rate]:
    """How many of the clips with this label, and of their starts, came to nothing but being told to step back."""
    mine = [result for result in results if result.label == label and result.verdict is not None]
    decided = [result for result in mine if result.starts]
    starts = sum(result.starts_near for result in decided), sum(result.starts for result in decided)
    return Rate(sum(map(_near, mine)), len(mine), len(mine)), Rate(*starts, len(decided))


def _near(result: ClipResult) -> bool:
    return result.verdict == "challenge" and result.reason == TOO_NEAR


def of_starts(results: Iterable[ClipResult], label: Label, verdict: Verdict) -> Rate:
    """How many starts of the clips with this label ended so."""
    mine = [result for result in results if result.label == label and result.starts]
    hits = sum(getattr(result, COUNTS[verdict]) for result in mine)
    return Rate(hits, sum(result.starts for result in mine), len(mine))


def kinds(results: Sequence[ClipResult]) -> dict[str, list[ClipResult]]:
    """The clips of attacks by what they were made with: APCER is counted for each kind, never over all."""
    found: dict[str, list[ClipResult]] = {}
    for result in results:
        if result.label == "attack" and result.kind is not None:
            found.setdefault(result.kind, []).append(result)
    return dict(sorted(found.items()))


def seconds(results: Iterable[ClipResult], label: Label) -> tuple[float, float] | None:
    """Median and 95 % quantile of the time to a start's first verdict; None without starts."""
    taken = [each for result in results if result.label == label for each in result.seconds]
    if not taken:
        return None
    p50, p95 = np.quantile(taken, (0.5, 0.95))
    return float(p50), float(p95)


def interval(hits: float, total: int) -> Bounds | None:
    """95 % interval of a share (Wilson, which also says something of 0 hits); None without trials."""
    if total == 0:
        return None
    z2 = 1.96**2
    middle = (hits + z2 / 2) / (total + z2)
    half = 1.96 * math.sqrt(hits * (total - hits) / total + z2 / 4) / (total + z2)
    return max(0.0, middle - half), min(1.0, middle + half)
