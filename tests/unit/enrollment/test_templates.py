"""Which pictures become templates: those of one person, few, good, and different."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrollment.quality import merit
from enrollment.refusal import Refusal
from enrollment.templates import Shot, check_agreement, choose, distance
from tests.unit.enrollment.kit import SETTINGS, descriptor, shots
from tests.unit.kiosk import factories


def shot(vector: np.ndarray, number: int = 1, **quality: float) -> Shot:
    return Shot(vector, factories.face(**quality).quality, number)


@pytest.mark.parametrize("pictures", [1, 2, 3, 5, 12])
def test_pictures_of_one_person_agree(pictures: int) -> None:
    check_agreement(shots(0, pictures), SETTINGS.same_person_distance)


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 1), (8, 1), (4, 4), (1, 8), (6, 2)])
def test_two_people_do_not_agree_in_whatever_shares(first: int, second: int) -> None:
    with pytest.raises(Refusal) as refused:
        check_agreement(shots(0, first) + shots(1, second), SETTINGS.same_person_distance_photos)
    assert refused.value.reason == "inconsistent_faces"


def test_copies_of_one_picture_agree_and_are_one_template() -> None:
    copies = tuple(shot(descriptor(0), n) for n in range(1, 6))
    check_agreement(copies, SETTINGS.same_person_distance)
    assert len(choose(copies, SETTINGS.spread, 5)) == 1


def test_noise_does_not_make_a_second_template() -> None:
    jittered = shots(0, 5, within=SETTINGS.spread * 0.9)
    assert len(choose(jittered, SETTINGS.spread, 5)) == 1


def test_at_most_so_many_are_chosen() -> None:
    assert len(choose(shots(0, 12), SETTINGS.spread, SETTINGS.max_templates)) == SETTINGS.max_templates


def test_the_best_is_always_among_them() -> None:
    poor = [shot(descriptor(0, n), n, sharpness=45.0, yaw=0.3) for n in range(1, 9)]
    best = shot(descriptor(0, 9), 9, sharpness=400.0)
    assert choose([*poor, best], SETTINGS.spread, 3)[0] is best


def test_of_equally_new_ones_the_better_is_taken() -> None:
    first, blurred, sharp = (
        shot(descriptor(0, 1), 1, sharpness=500.0),
        shot(descriptor(0, 2), 2, sharpness=41.0),
        shot(descriptor(0, 3), 3, sharpness=400.0),
    )
    assert choose([first, blurred, sharp], SETTINGS.spread, 2) == (first, sharp)


def test_merit_prefers_what_makes_a_good_template() -> None:
    best = merit(factories.face().quality)
    assert 0.0 < best < 1.0
    for worse in ({"yaw": 0.3}, {"pitch": -0.4}, {"roll_deg": 15.0}, {"sharpness": 45.0}, {"eye_distance_px": 35.0}):
        assert merit(factories.face(**worse).quality) < best


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 0.3)), min_size=1, max_size=12),
    st.integers(1, 6),
    st.floats(0.01, 0.3),
)
def test_chosen_templates_are_apart_and_nothing_new_is_left_out(
    spec: list[tuple[int, float]], at_most: int, spread: float
) -> None:
    candidates = [shot(descriptor(0, axis, within=length), n) for n, (axis, length) in enumerate(spec)]
    chosen = choose(candidates, spread, at_most)
    assert 1 <= len(chosen) <= at_most
    for i, one in enumerate(chosen):
        assert all(distance(one.descriptor, other.descriptor) >= spread for other in chosen[i + 1 :])
    if len(chosen) < at_most:
        for one in candidates:
            assert min(distance(one.descriptor, other.descriptor) for other in chosen) < spread
