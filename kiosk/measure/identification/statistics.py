"""Error rates with their uncertainty.

FPIR (false-positive identification rate): the share of attempts by strangers that reach the threshold with somebody.
FNIR (false-negative identification rate): the share of attempts by enrolled people that do not reach it with the right
person as the best one. Both as in ISO/IEC 19795-1; a photo without a face is a missed attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Whose = npt.NDArray[np.intp]

RESAMPLES = 500

_Z95 = 1.96


class Interval(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Attempts:
    """The attempts of all rounds: best scores, and whose they are.

    `mated`: (n,) the best score when the best is the right person, else -inf. `wrong`: (n,) the best score when it is
    another person, else -inf. `nonmated`: (m,) a stranger's best score. -inf throughout for a photo without a face.
    `mated_people`, `nonmated_people`: whose attempt it is.
    """

    mated: Numbers
    wrong: Numbers
    mated_people: Whose
    nonmated: Numbers
    nonmated_people: Whose

    @property
    def rank1_error(self) -> float:
        """Share of the enrolled people's attempts in which the right person is not the best, whatever the score."""
        return float(np.mean(np.isneginf(self.mated)))

    def threshold(self, fpir: float) -> float:
        """The lowest score at which no more than `fpir` of the strangers' attempts score *above* it."""
        ordered = np.sort(self.nonmated)[::-1]
        return float(ordered[int(fpir * len(ordered))])

    def fnir(self, threshold: float) -> float:
        return float(np.mean(self.mated <= threshold))

    def fpir(self, threshold: float) -> float:
        return float(np.mean(self.nonmated > threshold))

    def misidentified(self, threshold: float) -> float:
        """Share of the enrolled people's attempts that end as somebody else."""
        return float(np.mean(self.wrong > threshold))


def fnir_intervals(attempts: Attempts, fpirs: list[float], seed: int, resamples: int = RESAMPLES) -> list[Interval]:
    """95 % intervals of the FNIR at each FPIR.

    A bootstrap over *people*, not attempts: the same people come back in many rounds, so their attempts are not
    independent. Each resample draws enrolled people and strangers with replacement and sets its own threshold, so the
    threshold's uncertainty is in the interval. Where that is narrower than Wilson's interval for as many attempts as
    there are people (a bootstrap of no errors has no width), Wilson's ends count.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(-attempts.nonmated, kind="stable")
    strangers, whose = attempts.nonmated[order], attempts.nonmated_people[order]
    samples = np.empty((resamples, len(fpirs)))
    for sample in samples:
        above = np.cumsum(_draws(rng, whose))
        weights = _draws(rng, attempts.mated_people)
        for column, fpir in enumerate(fpirs):
            first_out = int(np.searchsorted(above, fpir * above[-1], side="right"))
            missed = attempts.mated <= strangers[min(first_out, len(strangers) - 1)]
            sample[column] = np.average(missed, weights=weights) if weights.any() else np.nan
    people = len(np.unique(attempts.mated_people))
    ends = []
    for column, fpir in enumerate(fpirs):
        low, high = np.nanpercentile(samples[:, column], (2.5, 97.5))
        plain = wilson(attempts.fnir(attempts.threshold(fpir)), people)
        ends.append(Interval(float(min(low, plain.low)), float(max(high, plain.high))))
    return ends


def share_interval(happened: npt.NDArray[np.bool_], whose: Whose, seed: int, resamples: int = RESAMPLES) -> Interval:
    """95 % interval of the share of attempts in which something happened: a bootstrap over the people whose they are,
    or Wilson's interval for as many attempts as there are people, if wider."""
    rng = np.random.default_rng(seed)
    shares = [np.average(happened, weights=_draws(rng, whose)) for _ in range(resamples)]
    low, high = np.percentile(shares, (2.5, 97.5))
    plain = wilson(float(np.mean(happened)), len(np.unique(whose)))
    return Interval(float(min(low, plain.low)), float(max(high, plain.high)))


def wilson(share: float, count: int) -> Interval:
    """Wilson's 95 % score interval of a share seen in `count` independent trials."""
    if not count:
        return Interval(0.0, 1.0)
    centre = (share + _Z95**2 / (2 * count)) / (1 + _Z95**2 / count)
    half = _Z95 / (1 + _Z95**2 / count) * np.sqrt(share * (1 - share) / count + _Z95**2 / (4 * count**2))
    return Interval(float(max(0.0, centre - half)), float(min(1.0, centre + half)))


def _draws(rng: np.random.Generator, whose: Whose) -> npt.NDArray[np.intp]:
    """How often each attempt is in a sample of people drawn with replacement."""
    people, attempt_of = np.unique(whose, return_inverse=True)
    times: npt.NDArray[np.intp] = np.bincount(rng.integers(len(people), size=len(people)), minlength=len(people))
    return times[attempt_of]
