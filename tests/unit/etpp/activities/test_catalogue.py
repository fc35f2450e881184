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


@pytest.mark.parametrize(
    ("items", "weights", "says"),
    [
        ((*ITEMS, ITEMS[0]), (), "item letter: two of them"),
        (ITEMS, (FIRST, replace(FIRST, weight_id="again")), "hold on the same date"),
        (ITEMS, (replace(FIRST, points=Decimal(-1)),), "not negative"),
        (ITEMS, (replace(FIRST, points=Decimal("NaN")),), "must be a number"),
        (ITEMS, (replace(HEAD, job_class=9),), "not for both"),
    ],
)
def test_contradictions_are_refused_by_name(items: Any, weights: Any, says: str) -> None:
    with pytest.raises(WeightError, match=says):
        Catalogue(items, weights)


def test_an_item_may_come_back_with_another_ceiling() -> None:
    old, new = ITEMS[2], replace(ITEMS[2], first=dt.date(2022, 1, 1), last=None, most_a_day=Decimal(5))
    catalogue = Catalogue((new, old), WEIGHTS)
    assert catalogue.worth("old", dt.date(2021, 12, 31), "clerk", 7) == (Decimal(1), None)
    assert catalogue.worth("old", dt.date(2022, 1, 1), "clerk", 7) == (Decimal(1), Decimal(5))
    assert catalogue.worth("old", dt.date(2019, 12, 31), "clerk", 7) is None
