"""Rates and intervals on attempts small enough to count by hand, and coverage on simulated ones."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from kiosk.measure.identification.statistics import Attempts, fnir_intervals, wilson

NONE = -np.inf


def attempts(mated: list[float], nonmated: list[float], wrong: list[float] | None = None) -> Attempts:
    return Attempts(
        np.array(mated),
        np.array(wrong or [NONE] * len(mated)),
        np.arange(len(mated)),
        np.array(nonmated),
        np.arange(len(nonmated)),
    )


FOUR = attempts([0.9, 0.5, NONE, 0.3], [0.1, 0.6, 0.2, 0.4, NONE, 0.0, 0.0, 0.0, 0.0, 0.0], [NONE, NONE, 0.7, NONE])


@pytest.mark.parametrize(
    ("fpir", "threshold", "fnir"),
    [(0.0, 0.6, 0.75), (0.09, 0.6, 0.75), (0.1, 0.4, 0.5), (0.25, 0.2, 0.25), (0.5, 0.0, 0.25)],
)
def test_the_threshold_lets_no_more_than_the_share_through(fpir: float, threshold: float, fnir: float) -> None:
    assert FOUR.threshold(fpir) == threshold
    assert FOUR.fpir(threshold) <= fpir
    assert FOUR.fnir(threshold) == fnir


def test_rank_1_error_and_mistaken_identity() -> None:
    assert FOUR.rank1_error == 0.25
    assert FOUR.misidentified(0.6) == 0.25
    assert FOUR.misidentified(0.7) == 0.0


def test_wilson_against_published_values() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson(0 / 20, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(1 / 29, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)
    assert wilson(0.0, 0) == (0.0, 1.0)


def test_no_error_seen_is_no_proof_of_none() -> None:
    low, high = fnir_intervals(attempts([0.9] * 50, [0.1] * 300), [0.003], seed=1)[0]
    assert low == 0.0
    assert high == pytest.approx(wilson(0.0, 50).high)


def test_attempts_of_one_person_are_no_independent_evidence() -> None:
    rng = np.random.default_rng(0)
    people = 40
    missed = np.repeat(rng.random(people) < 0.3, 25)
    scores = np.where(missed, 0.0, 1.0)
    often = Attempts(scores, np.full(1000, NONE), np.repeat(np.arange(people), 25), np.full(500, 0.5), np.arange(500))
    once = attempts([0.0 if m else 1.0 for m in missed[::25]], [0.5] * 500)
    wide, reference = (fnir_intervals(each, [0.01], seed=2)[0] for each in (often, once))
    assert wide.high - wide.low == pytest.approx(reference.high - reference.low, abs=0.05)
    naive = wilson(float(missed.mean()), 1000)
    assert wide.high - wide.low > 3 * (naive.high - naive.low)


def test_the_interval_holds_the_truth_in_about_95_of_100_experiments() -> None:
    rng = np.random.default_rng(7)
    truth = statistics.NormalDist(2.5, 1).cdf(statistics.NormalDist().inv_cdf(0.95))
    held = 0
    for experiment in range(120):
        simulated = attempts(rng.normal(2.5, 1, 200).tolist(), rng.normal(0, 1, 400).tolist())
        low, high = fnir_intervals(simulated, [0.05], seed=experiment, resamples=200)[0]
        held += low <= truth <= high
    assert 107 <= held <= 120
