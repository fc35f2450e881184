"""The pruned search finds what the full one finds, in spaces that suit it and in spaces that do not."""

from __future__ import annotations

import numpy as np
import pytest

from kiosk.scores.nearest import PRUNE_FROM, Centroids, axes

PEOPLE = PRUNE_FROM + 1000


def _space(kind: str, rng: np.random.Generator) -> np.ndarray:
    vectors = rng.normal(size=(PEOPLE, 128))
    if kind == "faces":  # a few axes hold most of the variance
        vectors *= 0.9 ** np.arange(128)
    elif kind == "clumped":
        vectors = rng.normal(size=(20, 128))[rng.integers(20, size=PEOPLE)] + 0.05 * vectors
    elif kind == "copies":
        vectors[:] = vectors[0]
    return vectors.astype(np.float32)


@pytest.mark.parametrize("kind", ["faces", "isotropic", "clumped", "copies"])
@pytest.mark.parametrize("probe_is", ["enrolled", "stranger"])
@pytest.mark.parametrize("further", [0.0, 0.05])
def test_all_who_reach_the_limit_are_found_with_their_scores(kind: str, probe_is: str, further: float) -> None:
    rng = np.random.default_rng(3)
    vectors = _space(kind, rng)
    bias = rng.uniform(-0.1, 0.1, size=PEOPLE).astype(np.float32)
    centroids = Centroids(PEOPLE, axes(vectors[:500]))
    centroids.add(vectors, np.arange(PEOPLE))
    centroids.finish()
    probe = vectors[77] + 0.01 if probe_is == "enrolled" else rng.normal(size=128)
    expected = bias - np.sqrt(np.sum((vectors.astype(float) - probe) ** 2, axis=1) + further)
    turned = centroids.turn(probe.astype(np.float32))
    assert np.allclose(centroids.scores(turned, bias, further), expected, atol=2e-3)
    for limit in np.quantile(expected, [0.5, 0.9, 0.99, 0.9995, 1.0]) - 1e-3:
        found = centroids.reaching(turned, bias, float(limit), further)
        assert set(np.flatnonzero(expected >= limit + 2e-3)) <= set(found.rows.tolist())
        assert np.allclose(found.scores, expected[found.rows], atol=2e-3)
    nobody = centroids.reaching(turned, bias, float(expected.max()) + 5.0, further)
    assert len(nobody.rows) >= 1


def test_a_person_is_the_mean_of_the_templates_in_any_blocks() -> None:
    rng = np.random.default_rng(4)
    templates = rng.normal(size=(50, 128)).astype(np.float32)
    owners = np.sort(rng.integers(8, size=50))
    owners = np.unique(owners, return_inverse=True)[1]
    people = int(owners[-1]) + 1
    centroids = Centroids(people, axes(templates))
    for rows in np.array_split(np.arange(50), 7):
        centroids.add(templates[rows], owners[rows])
    spread = centroids.finish()
    zero = np.zeros(people, dtype=np.float32)
    for person in range(people):
        own = templates[owners == person]
        mean = own.mean(axis=0)
        assert spread[person] == pytest.approx(np.mean(np.sum((own - mean) ** 2, axis=1)), abs=1e-3)
        assert centroids.scores(centroids.turn(mean), zero)[person] == pytest.approx(0, abs=0.01)
        assert np.allclose(centroids.turned(person), centroids.turn(mean), atol=1e-4)
