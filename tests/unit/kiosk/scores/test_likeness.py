"""One-to-many over means of templates: who is nearest, and when that is the same person."""

from __future__ import annotations

import numpy as np

from kiosk.scores.likeness import FEWEST_OTHERS, MOST_OTHERS, Nearest, Rule, nearest
from tests.unit.enrollment.kit import descriptor

RULE = Rule(distance=0.40, ratio=0.77)


def on_file(*people: int, apart: float = 0.75) -> np.ndarray:
    return np.stack([descriptor(person, apart=apart, within=0.0) for person in people])


def ask(person: int, file: np.ndarray, owners: list[str], apart: float = 0.75, **options: object) -> Nearest | None:
    templates = np.stack([descriptor(person, n, apart=apart) for n in range(3)])
    return nearest(templates, file, [3] * len(file), owners, RULE, **options)  # type: ignore[arg-type]


def test_the_nearest_is_told_with_its_row() -> None:
    found = ask(1, on_file(0, 1, 2), ["a", "b", "c"])
    assert found is not None
    assert (found.row, found.same) == (1, True)
    assert found.distance < 0.2


def test_nobody_on_file_and_nobody_but_those_ignored_are_none() -> None:
    assert ask(1, np.zeros((0, 128), np.float32), []) is None
    assert ask(1, on_file(1), ["a"], ignored={"a"}) is None


def test_a_stranger_is_nobody_s_face() -> None:
    found = ask(9, on_file(*range(8)), list("abcdefgh"))
    assert found is not None
    assert not found.same


def test_the_crowd_is_of_people_and_not_of_rows() -> None:
    """Somebody on file ten times over would otherwise be a crowd against whom nobody stands out."""
    crowd = on_file(*range(1, 8), apart=0.6)
    file = np.concatenate([on_file(*[0] * 10, apart=0.6), crowd])
    found = ask(0, file, ["same"] * 10 + [str(n) for n in range(7)], apart=0.6)
    assert found is not None
    assert found.same


def test_with_fewer_others_than_make_a_crowd_the_distance_alone_decides() -> None:
    apart = 0.36  # all within the distance
    people = list(range(1, FEWEST_OTHERS + 2))
    few = ask(0, on_file(*people[:-1], apart=apart), [str(n) for n in people[:-1]], apart=apart)
    enough = ask(0, on_file(*people, apart=apart), [str(n) for n in people], apart=apart)
    assert few is not None
    assert enough is not None
    assert (few.same, enough.same) == (True, False)


def test_people_far_away_do_not_thin_the_crowd() -> None:
    """The nearest MOST_OTHERS count, however many thousands there are."""
    near = on_file(*range(1, MOST_OTHERS + 2), apart=0.36)
    far = on_file(*range(MOST_OTHERS + 2, 60), apart=1.4)
    file = np.concatenate([near, np.repeat(far, 50, axis=0)])
    found = ask(0, file, [str(n) for n in range(len(file))], apart=0.36)
    assert found is not None
    assert found.distance < RULE.distance
    assert not found.same
