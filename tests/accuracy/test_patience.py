"""tests.accuracy.patience scores nobody longer than until all rules have decided."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accuracy.patience import FRAMES, Judge, Seen, _settled, first, mirrored, newest


def shown(seed: int) -> Seen:
    """The scores of somebody who looks more or less alive, now and then blurred, and otherwise in a mirror."""
    rng = np.random.default_rng(seed)
    person = rng.normal(1.5, 2.0, 5)
    sharp = np.where(rng.random((FRAMES, 1)) < 0.2, 0.01, 0.1)
    looks = [person + rng.normal(0, 1.0, 5) + rng.normal(0, 1.5, (FRAMES, 5)) for _ in range(2)]
    return np.concatenate([sharp, *looks], axis=1)


def cut(seen: Seen) -> Seen:
    """What `moving` would have kept of it."""
    now, before, rows = Judge(mirror=True), Judge(mirror=False), list[Seen]()
    while len(rows) < FRAMES and not (rows and _settled(now, before, rows)):
        rows.append(seen[len(rows)])
        now.add(rows[-1])
        before.add(rows[-1])
    return np.array([*rows, *[[np.nan] * seen.shape[1]] * (FRAMES - len(rows))])


def outcome(seen: Seen) -> tuple[bool, bool, bool]:
    return first(seen), newest(seen), mirrored(seen)


def test_what_is_left_out_changes_no_outcome() -> None:
    encounters = [shown(seed) for seed in range(40)]
    outcomes = [outcome(seen) for seen in encounters]
    assert [outcome(cut(seen)) for seen in encounters] == outcomes
    assert {(False, False), (False, True), (True, True)} <= {each[:2] for each in outcomes}
    assert {(False, True), (True, False)} <= {each[1:] for each in outcomes}, "the mirror speaks for some"
    assert sum(np.isnan(cut(seen)).any() for seen in encounters) > 10


@pytest.mark.parametrize(("score", "frames"), [(3.0, 8), (-5.0, 8), (1.0, FRAMES)])
def test_so_many_frames_are_needed(score: float, frames: int) -> None:
    """Eight for whoever all rules accept or give up at once; all for whoever is in mild doubt to the end."""
    kept = cut(np.tile([0.1, *[score] * 10], (FRAMES, 1)))
    assert int((~np.isnan(kept[:, 0])).sum()) == frames
