"""Items and weights by date, post and job class."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from etpp.activities.model import Item, Weight

Worth = tuple[Decimal, Decimal | None]
"""Points of one unit, and the quantity that counts in a day."""


class WeightError(ValueError):
    """The catalogue contradicts itself; the message names its rows by their ids."""


class Catalogue:
    """What an activity is worth. Raises WeightError where two rows hold for the same case on one date."""

    def __init__(self, items: Iterable[Item], weights: Iterable[Weight]) -> None:
        self._items: dict[str, list[Item]] = defaultdict(list)
        for item in sorted(items, key=lambda i: (i.first, i.item_id)):
            held = self._items[item.item_id]
            if held and (held[-1].last is None or item.first <= held[-1].last):
                raise WeightError(f"item {item.item_id}: two of them hold on {item.first}")
            held.append(item)
        self._weights: dict[tuple[str, str | None, int | None], list[Weight]] = defaultdict(list)
        for weight in sorted(weights, key=lambda w: (w.first, w.weight_id)):
            if not (weight.points.is_finite() and weight.points >= 0):
                raise WeightError(f"weight {weight.weight_id}: points must be a number and not negative")
            if weight.post_id is not None and weight.job_class is not None:
                raise WeightError(f"weight {weight.weight_id}: it is for a post or for a class, not for both")
            same = self._weights[weight.item_id, weight.post_id, weight.job_class]
            if same and (same[-1].last is None or weight.first <= same[-1].last):
                raise WeightError(f"weights {same[-1].weight_id} and {weight.weight_id} hold on the same date")
            same.append(weight)
        self._worths: dict[tuple[dt.date, str, int], _Worths] = {}

    def item(self, item_id: str, date: dt.date) -> Item | None:
        return next((item for item in self._items.get(item_id, ()) if _holds(item, date)), None)

    def worths(self, date: dt.date, post_id: str, job_class: int) -> Mapping[str, Worth | None]:
        """What each item is worth to a post on a date, by item: found once for all who hold such a post.

        A weight for the post goes before one for the job class, and that before the one for everybody. Any item may be
        asked for by `[]`, None when it is worth nothing to the post.
        """
        key = date, post_id, job_class
        found = self._worths.get(key)
        if found is None:
            found = self._worths[key] = _Worths(self, date, post_id, job_class)
        return found

    def worth(self, item_id: str, date: dt.date, post_id: str, job_class: int) -> Worth | None:
        return self.worths(date, post_id, job_class)[item_id]

    def find(self, item_id: str, date: dt.date, post_id: str, job_class: int) -> Worth | None:
        item = self.item(item_id, date)
        if item is None:
            return None
        for case in ((item_id, post_id, None), (item_id, None, job_class), (item_id, None, None)):
            for weight in self._weights.get(case, ()):
                if _holds(weight, date):
                    return weight.points, item.most_a_day
        return None


class _Worths(dict[str, Worth | None]):
    """One post's worths on one date, looked up in the catalogue when they are asked for first."""

    def __init__(self, catalogue: Catalogue, date: dt.date, post_id: str, job_class: int) -> None:
        super().__init__()
        self._case = date, post_id, job_class
        self._catalogue = catalogue

    def __missing__(self, item_id: str) -> Worth | None:
        worth = self[item_id] = self._catalogue.find(item_id, *self._case)
        return worth


def _holds(row: Item | Weight, date: dt.date) -> bool:
    return row.first <= date and (row.last is None or date <= row.last)
