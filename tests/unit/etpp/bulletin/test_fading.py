"""Whose scores fall over months: who is listed and who is not, and what was measured on drawn people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from etpp.bulletin.fading import FEWEST_PEOPLE, FEWEST_PRESENCES, Fading, ScoreMonth, fading

MONTHS = [f"2026-{n:02d}" for n in range(1, 7)]
STEP = 0.1
"""What a month of the crowd differs from the one before."""


def months(person: str, scores: Sequence[float], office: str = "a", presences: int = 40) -> list[ScoreMonth]:
    return [ScoreMonth(office, person, month, "dlib", score, presences) for month, score in zip(MONTHS, scores)]  # noqa: B905


def crowd(office: str = "a", lamp: Sequence[float] = (0.0,) * 6) -> list[ScoreMonth]:
    """People whose scores go up and down by STEP, half of them the other way round."""
    rows = []
    for n in range(2 * FEWEST_PEOPLE):
        sway = [STEP / 2 * (-1) ** (n + month) for month in range(6)]
        rows += months(f"p{n}", [6 + each + light for each, light in zip(sway, lamp, strict=True)], office)
    return rows


def listed(rows: list[ScoreMonth], enrolled: dict[tuple[str, str], str] | None = None) -> list[str]:
    return [each.person_id for each in fading(rows, enrolled or {})]


FALLING = [6.0, 5.8, 5.7, 5.5, 5.4, 5.2]


def test_whoever_falls_month_by_month_is_listed_and_nobody_else() -> None:
    assert listed([*crowd(), *months("sri", FALLING)]) == ["sri"]
    assert listed([*crowd(), *months("sri", FALLING[::-1])]) == []
    (found,) = fading([*crowd(), *months("sri", FALLING)], {})
    assert isinstance(found, Fading)
    assert found.months == tuple(MONTHS)
    assert found.drop == pytest.approx(8.0, abs=1.0)


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        ([6.0, 5.95, 5.9, 5.85, 5.8, 5.75], "half of what is asked"),
        ([6.0, 6.1, 6.0, 6.1, 6.0, 5.0], "one bad month"),
        ([6.0, 5.0, 6.0, 5.0, 6.0, 5.0], "up and down"),
        ([6.0, 5.0, 4.0], "three months"),
    ],
)
def test_whoever_does_not_is_not(scores: list[float], why: str) -> None:
    assert listed([*crowd(), *months("sri", scores)]) == [], why


def test_a_lamp_that_moves_everybody_lists_nobody() -> None:
    assert listed(crowd(lamp=[0.0, -0.3, -0.6, -0.9, -1.2, -1.5])) == []


def test_months_of_few_presences_say_nothing() -> None:
    assert listed([*crowd(), *months("sri", FALLING, presences=FEWEST_PRESENCES - 1)]) == []
    assert listed([*crowd(), *months("sri", FALLING, presences=FEWEST_PRESENCES)]) == ["sri"]


def test_an_enrolment_begins_anew() -> None:
    rows = [*crowd(), *months("sri", [6.0, 5.8, 5.5, 5.2, 4.9, 4.6])]
    assert listed(rows, {("a", "sri"): "2026-02"}) == ["sri"]  # four months of the new templates fall as well
    assert listed(rows, {("a", "sri"): "2026-03"}) == []


def test_of_few_people_nobody_knows_what_is_usual() -> None:
    assert listed([row for row in [*crowd(), *months("sri", FALLING)] if row.person_id in ("sri", "p0", "p1")]) == []
    assert listed([]) == []


def test_scores_of_two_recognisers_are_never_one_series() -> None:
    dlib, other = months("sri", FALLING[:3]), months("sri", FALLING)[3:]
    assert listed([*crowd(), *dlib, *(ScoreMonth("a", "sri", e.month, "fp-112", e.score, 40) for e in other)]) == []


def drawn(fall: float, people: int, falling: int, seed: int) -> list[ScoreMonth]:
    """40 offices under lamps that move by 0.3; a person's month is off by 0.1 (Student's t of 4, so now and then by
    much more), and is the middle of 40 presences that scatter by 0.6."""
    random = np.random.default_rng(seed)
    lamps = random.normal(0, 0.3, (40, 6))
    rows = []
    for n in range(people):
        base, own = random.normal(6, 1), random.standard_t(4, 6) * 0.1 + random.normal(0, 0.6 * 1.2533 / 40**0.5, 6)
        scores = [
            base + own[month] + lamps[n % 40, month] - (fall * month if n < falling else 0.0) for month in range(6)
        ]
        rows += months(f"p{n}", scores, f"o{n % 40}")
    return rows


def test_what_was_measured_on_drawn_people() -> None:
    """docs/enrolment.md has these figures."""
    assert len(listed(drawn(0.0, 8000, 0, seed=1))) <= 4
    found = listed(drawn(0.3, 2000, 100, seed=2))
    assert all(int(each[1:]) < 100 for each in found)
    assert len(found) >= 90
