"""What the stated risk asks of people: the arithmetic, and the plan that follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.errors import ConfigError
from kiosk.liveness import risk as module
from kiosk.liveness.models import PassiveModels
from kiosk.liveness.risk import Plan, Risk, plan
from kiosk.liveness.wide import WideScores
from kiosk.model import Box, RgbImage


class Any:
    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> float:
        return 0.0


class AnyWide:
    def score(self, frame_rgb: RgbImage, box: Box, *, flipped: bool = False) -> WideScores:
        return 0.0, 0.0, 0.0, 0.0


FACE, ALL = PassiveModels(Any()), PassiveModels(Any(), AnyWide())


def test_one_try_without_any_model_is_three_movements_but_for_mild_doubt() -> None:
    mild = module.MILD
    assert Plan(2, 3, 0.0).chance(0.0, 1) == pytest.approx(mild / 9 + (1 - mild) / 27)


def test_one_try_against_models_that_are_deceived_always_passes_unless_it_is_drawn() -> None:
    assert Plan(2, 3, 0.0).chance(1.0, 1) == pytest.approx(1.0)
    assert Plan(2, 3, 0.25).chance(1.0, 1) == pytest.approx(0.75 + 0.25 / 9)
    assert Plan(3, 3, 1.0).chance(1.0, 1) == pytest.approx(1 / 27)


def test_one_of_three_passes_unless_all_fail() -> None:
    once = Plan(2, 3, 0.05).chance(0.045, 1)
    assert Plan(2, 3, 0.05).chance(0.045, 3) == pytest.approx(1 - (1 - once) ** 3)


def test_with_all_models_the_packaged_risk_asks_one_in_twenty() -> None:
    assert plan(Risk(), ALL) == Plan(2, 3, 0.05)


def test_with_the_model_of_the_face_alone_it_asks_most() -> None:
    """A telephone deceives it in a third of its starts."""
    assert plan(Risk(), FACE) == Plan(3, 4, 0.8)


def test_less_risk_asks_more_people_and_then_more_movements() -> None:
    assert plan(Risk(0.1, 3), ALL) == Plan(3, 4, 0.55)
    assert plan(Risk(0.05, 1), ALL) == Plan(3, 4, 0.2)


def test_what_is_asked_grows_in_steps() -> None:
    assert Plan() == Plan(2, 3, 0.0)
    assert plan(Risk(0.25, 3), None) == Plan(2, 3, 0.05)
    assert plan(Risk(0.22, 3), ALL) == Plan(3, 3, 0.05)


def test_a_plan_may_bear_exactly_the_risk() -> None:
    borne = Plan(2, 3, 0.05).chance(module.TAKEN_BY_ALL, 3)
    assert plan(Risk(borne, 3), ALL) == Plan(2, 3, 0.05)


def test_a_risk_that_movements_cannot_hold_is_refused_with_the_least_one() -> None:
    with pytest.raises(ConfigError, match=r"down to 0\.037"):
        plan(Risk(0.036, 3), ALL)
    assert plan(Risk(0.038, 3), None).sure == 4


@given(st.floats(0.04, 0.9), st.integers(1, 3), st.sampled_from([None, FACE, ALL]))
def test_every_plan_bears_its_risk_and_asks_somebody_at_random(
    chance: float, tries: int, models: PassiveModels | None
) -> None:
    made = plan(Risk(chance, tries), models)
    taken = 0.0 if models is None else module.TAKEN_BY_FACE if models.wide is None else module.TAKEN_BY_ALL
    assert made.chance(taken, tries) <= chance
    assert made.share >= 0.05
    assert 2 <= made.mild <= made.sure <= 4
