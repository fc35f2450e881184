"""tests.accuracy.patience scores nobody longer than until both rules have decided."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accuracy.patience import FRAMES, Newest, Seen, _settled, first, newest


def shown(seed: int) -> Seen:
    """The scores of somebody who looks more or less alive, now and then blurred."""
    rng = np.random.default_rng(seed)
    person = rng.normal(1.5, 2.0, 5)
    sharp = np.where(rng.random((FRAMES, 1)) < 0.2, 0.01, 0.1)
    return np.concatenate([sharp, person + rng.normal(0, 1.5, (FRAMES, 5))], axis=1)


def cut(seen: Seen) -> Seen:
    """What `moving` would have kept of it."""
    judge, rows = Newest(), list[list[float]]()
    while len(rows) < FRAMES and not (rows and _settled(judge, rows)):
        rows.append(list(seen[len(rows)]))
        judge.add(np.array(rows[-1]))
    return np.array([*rows, *[[np.nan] * 6] * (FRAMES - len(rows))])


def test_what_is_left_out_changes_neither_outcome() -> None:
    encounters = [shown(seed) for seed in range(30)]
    outcomes = [(first(seen), newest(seen)) for seen in encounters]
    assert [(first(cut(seen)), newest(cut(seen))) for seen in encounters] == outcomes
    assert {(False, False), (False, True), (True, True)} <= set(outcomes)
    assert sum(np.isnan(cut(seen)).any() for seen in encounters) > 10


@pytest.mark.parametrize(("score", "frames"), [(3.0, 8), (-5.0, 8), (1.0, FRAMES)])
def test_so_many_frames_are_needed(score: float, frames: int) -> None:
    """Eight for whoever both rules accept or give up at once; all for whoever is in mild doubt to the end."""
    kept = cut(np.tile([0.1, *[score] * 5], (FRAMES, 1)))
    assert int((~np.isnan(kept[:, 0])).sum()) == frames
