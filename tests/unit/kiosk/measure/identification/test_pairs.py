"""The FPIR of galleries from all pairs, and a bound for it that holds for other people of the same kind."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi
from kiosk.measure.identification.pairs import Pairs, pairs
from kiosk.model import DLIB_RESNET_V1
from kiosk.scores.threshold import packaged_table
from tests.unit.kiosk.scores.gallery_kit import People

EVERYBODY = Presensi("none", packaged_table(DLIB_RESNET_V1))


def _pairs(scores: np.ndarray) -> Pairs:
    """Every stranger (row) met every other person (column) once."""
    met = np.ones(scores.shape) - np.eye(len(scores))
    strangers, enrolled = np.nonzero(met)
    return Pairs(strangers, enrolled, scores[strangers, enrolled], met)


def _share(found: Pairs, people: int, threshold: float) -> float:
    return float(np.interp(threshold, found.thresholds(), found.fpir(people)))


def test_one_in_a_crowd_counts_once_however_many_resemble_him() -> None:
    scores = np.zeros((101, 101))
    scores[0, 1:] = 1.0  # everybody lets the first stranger pass, nobody another
    assert _share(_pairs(scores), 50, 0.5) == pytest.approx(1 / 101)


def test_a_gallery_of_n_is_n_chances_to_meet_the_one_who_is_alike() -> None:
    scores = np.zeros((101, 101))
    scores[np.arange(101), (np.arange(101) + 1) % 101] = 1.0  # of the 100 others one lets each stranger pass
    assert _share(_pairs(scores), 1, 0.5) == pytest.approx(0.01)
    assert _share(_pairs(scores), 30, 0.5) == pytest.approx(1 - 0.99**30)


def test_people_are_weighted_in_both_roles() -> None:
    scores = np.zeros((3, 3))
    scores[0, 1] = 1.0
    weights = np.array([2.0, 3.0, 1.0])
    shares = _pairs(scores).fpir(1, weights)
    # Of the stranger 0, who is there twice, 3 of the 4 others let pass; everybody else is refused.
    assert shares[len(shares) // 2] == pytest.approx(2 * (3 / 4) / 6)


def test_a_bound_grows_with_the_share_and_the_gallery_and_falls_with_the_rate() -> None:
    scores = np.random.default_rng(5).normal(size=(80, 80))
    found = _pairs(scores)
    middle, high = (found.bounds((10, 40), (0.01, 0.05), share, 1, 60) for share in (0.5, 0.9))
    assert (high > middle).all()
    assert (high[1] > high[0]).all()
    assert (high[:, 0] > high[:, 1]).all()


def test_the_bound_holds_for_other_people_in_most_trials() -> None:
    """Each person is crowded by an own amount: what the people of one sample let pass says little of the next."""

    def sample(people: int, seed: int) -> Pairs:
        rng = np.random.default_rng(seed)
        crowded = rng.gamma(2.0, 0.5, size=people)
        return _pairs(rng.normal(size=(people, people)) + np.add.outer(crowded, crowded))

    everybody = sample(1000, 0)
    bounds = {
        share: [float(sample(80, 1 + trial).bounds((20,), (0.1,), share, trial, 40)[0, 0]) for trial in range(25)]
        for share in (0.5, 0.9)
    }
    held = {share: np.mean([_share(everybody, 20, each) <= 0.1 for each in found]) for share, found in bounds.items()}
    # Few people hide how crowded the most crowded are, so a bound holds less often than its share says.
    assert held[0.9] >= 0.6 > 0.4 > held[0.5]


@pytest.mark.parametrize("gallery", [None, 15])
def test_nobody_meets_himself(gallery: int | None) -> None:
    people = People(40)
    owners = np.repeat(np.arange(40), 2).astype(np.intp)
    described = np.stack([people.picture(int(owner)) for owner in owners])
    found = pairs(Collection(owners, described, described), EVERYBODY, 1, 5, 1, gallery)
    assert (np.diag(found.met) == 0).all()
    assert (found.strangers != found.enrolled).all()
    assert found.met.sum() == (5 * 40 * 39 if gallery is None else 5 * 25 * 15)
    assert (found.scores < -0.5).all()  # two people lie 0.9 apart, two pictures of one 0.3


def test_too_few_photos() -> None:
    vectors = np.ones((5, 128), np.float32)
    with pytest.raises(ValueError, match="nobody has 2 photos"):
        pairs(Collection(np.arange(5), vectors, vectors), EVERYBODY, 2, 1, 1)
