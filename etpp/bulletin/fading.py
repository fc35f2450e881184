"""Whose face grows harder to recognise: scores that fall over months, seen in the middle score of each month. Pure.

What moves an office's scores together (a lamp, a camera, a season) is taken off first, so that it lists nobody. What is
left of a person has to fall by DROP of what months usually differ, month by month nearly without a step back. The rule
changes no template: whoever is listed is to be enrolled anew, by people (docs/enrolment.md has what was measured).
"""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

FEWEST_PRESENCES = 8
"""Of a month; a middle of fewer says little."""
FEWEST_MONTHS, MONTHS = 4, 6
"""So many at least, and no more than the last ones."""
DROP = 5.0
"""How much the fitted line falls, in what a month usually differs from the one before."""
FALLING = 0.8
"""Of all pairs of months, in so many the later one is lower."""
FEWEST_PEOPLE = 20
"""Of whom it must be known what is usual, or nobody is listed."""


@dataclass(frozen=True, slots=True)
class ScoreMonth:
    """The middle score of one person's presences in one month at one office."""

    office_id: str
    person_id: str
    month: str
    model_id: str
    score: float
    presences: int


@dataclass(frozen=True, slots=True)
class Fading:
    """`drop`: by how much, in what a month usually differs; `months`: over which."""

    office_id: str
    person_id: str
    drop: float
    months: tuple[str, ...]


def fading(found: Iterable[ScoreMonth], enrolled: Mapping[tuple[str, str], str]) -> list[Fading]:
    """Of the whole regency, the farthest fallen first. `enrolled`: (office, person) -> the month of the last enrolment;
    that month and those before it say nothing of the present templates."""
    by_model: dict[str, list[ScoreMonth]] = defaultdict(list)
    for each in found:
        if each.presences >= FEWEST_PRESENCES:
            by_model[each.model_id].append(each)
    listed: dict[tuple[str, str], Fading] = {}
    for rows in by_model.values():
        for one in _of_model(rows, enrolled):
            key = one.office_id, one.person_id
            if key not in listed or listed[key].drop < one.drop:
                listed[key] = one
    return sorted(listed.values(), key=lambda each: (-each.drop, each.office_id, each.person_id))


def _of_model(rows: list[ScoreMonth], enrolled: Mapping[tuple[str, str], str]) -> list[Fading]:
    together: dict[tuple[str, str], list[float]] = defaultdict(list)
    for each in rows:
        together[each.office_id, each.month].append(each.score)
    usual = {key: statistics.median(scores) for key, scores in together.items()}
    series: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for each in rows:
        key = each.office_id, each.person_id
        if each.month > enrolled.get(key, ""):
            series[key][each.month] = each.score - usual[each.office_id, each.month]
    kept = {key: dict(sorted(own.items())[-MONTHS:]) for key, own in series.items()}
    steps = [abs(then - first) for own in kept.values() for first, then in itertools.pairwise(own.values())]
    if len(kept) < FEWEST_PEOPLE or not steps or not (step := statistics.median(steps)):
        return []
    found = []
    for (office_id, person_id), own in kept.items():
        values = list(own.values())
        if len(values) < FEWEST_MONTHS:
            continue
        pairs = list(itertools.combinations(range(len(values)), 2))
        falling = sum(1 for i, j in pairs if values[j] < values[i])
        slope = statistics.median((values[j] - values[i]) / (j - i) for i, j in pairs)  # Theil and Sen's
        drop = -slope * (len(values) - 1) / step
        if drop >= DROP and falling >= FALLING * len(pairs):
            found.append(Fading(office_id, person_id, drop, tuple(own)))
    return found
