"""Of pictures that come one by one: what is asked for next, and that the last one is kept apart."""

from __future__ import annotations

import pytest

from enrollment import views
from enrollment.capture import STRAIGHT, TURN, Pose
from enrollment.templates import Shot
from tests.unit.enrollment.kit import descriptor
from tests.unit.kiosk import factories

NEEDED, SPREAD = 3, 0.12
FRONT, LEFT, RIGHT = 0.02, 0.25, -0.25


def shots(*looks: float | tuple[float, int]) -> list[Shot]:
    """Of one person, each another view unless a variant is named."""
    given = [look if isinstance(look, tuple) else (look, number) for number, look in enumerate(looks)]
    return [
        Shot(descriptor(0, variant), factories.face(yaw=yaw).quality, number + 1)
        for number, (yaw, variant) in enumerate(given)
    ]


@pytest.mark.parametrize(
    ("looks", "wanted"),
    [
        ((), "front"),
        ((LEFT,), "front"),  # nothing is turned but from a straight look
        ((FRONT,), "left"),
        ((FRONT, RIGHT), "left"),
        ((FRONT, LEFT), "right"),
        ((FRONT, LEFT, RIGHT), "more"),
        ((FRONT, LEFT, RIGHT, FRONT), "nothing"),
        ((FRONT, LEFT, RIGHT, (FRONT, 0)), "nothing"),  # the last is compared, and may be like another
        ((FRONT, LEFT, (RIGHT, 0), FRONT), "more"),
        ((FRONT, FRONT, FRONT, FRONT), "left"),
    ],
)
def test_what_is_asked_for_next(looks: tuple[float, ...], wanted: str) -> None:
    assert views.missing(shots(*looks), NEEDED, SPREAD) == wanted


@pytest.mark.parametrize(
    ("looks", "enough"),
    [
        ((), False),
        ((FRONT, FRONT, FRONT), False),
        ((FRONT, FRONT, FRONT, FRONT), True),  # who has no turned picture is enrolled all the same
        ((LEFT, LEFT, LEFT, LEFT), False),
        ((LEFT, LEFT, LEFT, FRONT), True),
        ((FRONT, (FRONT, 0), (FRONT, 0), (FRONT, 0)), False),
    ],
)
def test_when_they_may_be_enrolled(looks: tuple[float, ...], enough: bool) -> None:
    assert views.enough(shots(*looks), NEEDED, SPREAD) is enough


def test_the_last_one_is_set_apart_only_where_enough_are_left() -> None:
    four = shots(FRONT, LEFT, RIGHT, FRONT)
    found = views.apart(four, NEEDED, SPREAD)
    assert (found.kept, found.probe) == (tuple(four[:3]), four[3])
    found = views.apart(four[:3], NEEDED, SPREAD)
    assert (found.kept, found.probe) == (tuple(four[:3]), None)
    found = views.apart([], NEEDED, SPREAD)
    assert (found.kept, found.probe) == ((), None)


def test_a_turn_is_measured_from_the_straight_looks() -> None:
    assert views.poses(shots(STRAIGHT)) == {Pose.FRONT}
    assert views.poses(shots(STRAIGHT + 0.01)) == frozenset()
    beside = shots(0.1, 0.1 + TURN + 0.11)
    assert views.poses(beside) == {Pose.FRONT, Pose.LEFT}, "the camera stands beside"
    assert views.poses(shots(0.1, 0.1 - TURN - 0.2)) == {Pose.FRONT, Pose.RIGHT}
    assert views.poses(shots(-0.1, 0.1)) == {Pose.FRONT}


def test_copies_of_one_picture_are_one_view() -> None:
    assert views.differing(shots(FRONT, (FRONT, 0), LEFT), SPREAD) == 2
    assert views.differing([], SPREAD) == 0
