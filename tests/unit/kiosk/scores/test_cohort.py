"""The two cohort numbers, against the definition in docs/protocol.md worked out number by number."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import numpy as np
import pytest

from kiosk.scores import cohort
from kiosk.scores.cohort import cohort_numbers, cohort_numbers_many

RNG = np.random.default_rng(5)


def _by_definition(descriptor: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    scores = sorted((-float(np.linalg.norm(descriptor - other)) for other in others), reverse=True)
    nearest = scores[: min(max(5, round(len(scores) / 10)), len(scores))]
    return statistics.fmean(nearest), statistics.pstdev(nearest)


@pytest.mark.parametrize("others", [2, 4, 5, 30, 99, 1500])
def test_numbers_are_those_of_the_definition(others: int) -> None:
    descriptor = RNG.normal(size=128).astype(np.float32)
    cohort_vectors = RNG.normal(size=(others, 128)).astype(np.float32)
    assert cohort_numbers(descriptor, cohort_vectors) == pytest.approx(
        _by_definition(descriptor, cohort_vectors), abs=1e-4
    )


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    descriptors = RNG.normal(size=(1030, 128)).astype(np.float32)
    others = RNG.normal(size=(40, 128)).astype(np.float32)
    means, sds = cohort_numbers_many(descriptors, others)
    for row in (0, 1023, 1024, 1029):
        assert (means[row], sds[row]) == pytest.approx(cohort_numbers(descriptors[row], others), abs=1e-5)


def test_a_cohort_of_copies_gives_no_zero_deviation() -> None:
    assert cohort_numbers(np.zeros(128), np.ones((30, 128)))[1] == pytest.approx(cohort.SD_FLOOR)


def test_a_more_crowded_place_gives_a_higher_mean() -> None:
    others = RNG.normal(size=(300, 128)).astype(np.float32)
    crowded = others[:40].mean(axis=0)
    others[:40] = crowded + 0.1 * others[:40]
    lonely = np.full(128, 3.0, dtype=np.float32)
    assert cohort_numbers(crowded, others)[0] > cohort_numbers(lonely, others)[0]


@pytest.mark.parametrize(
    ("descriptor", "others"),
    [
        (np.zeros(128), np.zeros((1, 128))),
        (np.zeros(128), np.zeros((0, 128))),
        (np.zeros(64), np.zeros((9, 128))),
        (np.zeros((2, 128)), np.zeros((9, 128))),
        (np.zeros(128), np.zeros(128)),
        (np.full(128, np.nan), np.zeros((9, 128))),
        (np.zeros(128), np.full((9, 128), np.inf)),
    ],
)
def test_unusable_input_is_refused(descriptor: np.ndarray, others: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"descriptors|cohort|others"):
        cohort_numbers(descriptor, others)


def test_the_module_imports_numpy_only() -> None:
    tree = ast.parse(Path(cohort.__file__).read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module.split(".")[0] for module in modules} == {"numpy", "__future__"}
