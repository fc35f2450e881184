"""The server's own comparison of what a terminal offers as beyond doubt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from etpp.faces.doubt import APART, LEAST_ABOVE, NEAR, beyond_doubt

CLAIM: dict[str, Any] = {
    "match": {"score": 1.0, "margin": 0.1, "threshold": 1.0 - 2 * LEAST_ABOVE, "frames": 3},
    "liveness": {"state": "live", "score": 0.9, "reason": "passive"},
}


def away(distance: float, axis: int = 0) -> np.ndarray:
    """(128,): so far from nothing at all."""
    found = np.zeros(128, dtype=np.float32)
    found[axis] = distance
    return found


PICTURES = np.tile(away(0.0), (3, 1))


def found(own: float, *others: float, counts: int = 3, pictures: np.ndarray = PICTURES, claim: Any = CLAIM) -> bool:
    on_file = np.stack([away(own), *(away(each, axis) for axis, each in enumerate(others, 1))])
    return beyond_doubt(pictures, on_file, [counts] * len(on_file), 0, claim)


@pytest.mark.parametrize("near", [True, False])
def test_the_person_must_be_as_near_as_was_measured(near: bool) -> None:
    assert found(NEAR + (-0.001 if near else 0.001), 0.9) is near


@pytest.mark.parametrize("apart", [True, False])
def test_and_everybody_else_of_the_office_farther(apart: bool) -> None:
    assert found(0.2, 0.9, 0.2 + APART + (0.001 if apart else -0.001)) is apart


def test_the_only_face_of_an_office_has_nobody_beside_it() -> None:
    assert found(0.2)


def test_fewer_pictures_may_lie_a_little_farther_off() -> None:
    assert not found(NEAR + 0.01, 0.9)
    assert found(NEAR + 0.01, 0.9, counts=1)
    assert found(NEAR + 0.01, 0.9, pictures=PICTURES[:1])


def test_the_mean_of_the_pictures_counts() -> None:
    scattered = np.stack([away(0.3, 5), away(-0.3, 5), away(0.0)])
    assert found(NEAR - 0.001, 0.9, pictures=scattered)


def test_it_is_the_distance_of_the_pictures_that_counts() -> None:
    elsewhere = np.tile(away(0.8, 5), (3, 1))
    assert beyond_doubt(elsewhere, np.stack([away(0.9, 5), away(0.2)]), [3, 3], 0, CLAIM)
    assert not beyond_doubt(elsewhere, np.stack([away(-0.9, 5), away(0.2)]), [3, 3], 0, CLAIM)


@pytest.mark.parametrize(("threshold", "beyond"), [(1.0, True), (1.001, False)])
def test_a_twentieth_above_the_threshold_is_enough(threshold: float, beyond: bool) -> None:
    claim = CLAIM | {"match": CLAIM["match"] | {"score": 1.05, "threshold": threshold}}
    assert found(0.1, 0.9, claim=claim) is beyond


def test_who_is_not_on_file_any_more_is_in_doubt() -> None:
    assert not beyond_doubt(PICTURES, np.stack([away(0.1)]), [3], None, CLAIM)


@pytest.mark.parametrize(
    "claim",
    [
        CLAIM | {"match": CLAIM["match"] | {"threshold": 1.0 - LEAST_ABOVE / 2}},
        CLAIM | {"liveness": CLAIM["liveness"] | {"state": "challenge"}},
    ],
    ids=["score", "liveness"],
)
def test_what_the_terminal_itself_was_not_sure_of_is_in_doubt(claim: Any) -> None:
    assert not found(0.1, 0.9, claim=claim)
