"""The catalogue of activities: what is refused by name."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from etpp.activities.catalogue import Catalogue, WeightError
from tests.unit.etpp.activities.entries import ITEMS, WEIGHTS

FIRST, HEAD = WEIGHTS[0], WEIGHTS[2]
JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, 1) for month in (1, 2, 3))


def three(row: Any, middle_last: dt.date | None, **ids: str) -> tuple[Any, ...]:
    """January's, one from February to `middle_last`, and one from March on."""
    name = ids.get("name")
    spans = [(JANUARY, dt.date(2026, 1, 31)), (FEBRUARY, middle_last), (MARCH, None)]
    rows = [replace(row, first=first, last=last) for first, last in spans]
    return tuple(replace(each, **{name: id_}) for each, id_ in zip(rows, "abc", strict=True)) if name else tuple(rows)


@pytest.mark.parametrize(
    ("items", "weights", "says"),
    [
        ((*ITEMS, ITEMS[0]), (), "item letter: two of them"),
        (three(ITEMS[0], None), (), "item letter: two of them hold on 2026-03-01"),
        (
            three(ITEMS[0], MARCH),
            (),
            "item letter: two of them hold on 2026-03-01",
        ),  # its last day is the other's first
        (ITEMS, (FIRST, replace(FIRST, weight_id="again")), "hold on the same date"),
        (ITEMS, three(FIRST, None, name="weight_id"), "weights b and c hold on the same date"),
        (ITEMS, three(FIRST, MARCH, name="weight_id"), "weights b and c hold on the same date"),
        (ITEMS, (replace(FIRST, points=Decimal(-1)),), "not negative"),
        (ITEMS, (replace(FIRST, points=Decimal("NaN")),), "must be a number"),
        (ITEMS, (replace(HEAD, job_class=9),), "not for both"),
    ],
)
def test_contradictions_are_refused_by_name(items: Any, weights: Any, says: str) -> None:
    with pytest.raises(WeightError, match=says):
        Catalogue(items, weights)


@pytest.mark.parametrize("points", ["0", "0.5"])
def test_an_item_may_be_worth_little_or_nothing(points: str) -> None:
    catalogue = Catalogue(ITEMS, (replace(FIRST, points=Decimal(points)),))
    assert catalogue.worth("letter", JANUARY, "clerk", 7) == (Decimal(points), None)


def test_an_item_may_come_back_with_another_ceiling() -> None:
    old, new = ITEMS[2], replace(ITEMS[2], first=dt.date(2022, 1, 1), last=None, most_a_day=Decimal(5))
    catalogue = Catalogue((new, old), WEIGHTS)
    assert catalogue.worth("old", dt.date(2021, 12, 31), "clerk", 7) == (Decimal(1), None)
    assert catalogue.worth("old", dt.date(2022, 1, 1), "clerk", 7) == (Decimal(1), Decimal(5))
    assert catalogue.worth("old", dt.date(2019, 12, 31), "clerk", 7) is None
