"""Which of the entries that wait for a superior are worth a second look, and why. Pure."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal

from etpp.activities.model import Entry

Unusual = Literal["quantity", "first_use", "leave", "late"]

TIMES = Decimal(3)
"""So many times the person's usual quantity of an item is far above it."""
KNOWN = 3
"""Entries of an item from which on there is a usual quantity."""
HISTORY = 5
"""Entries of a person from which on an item can be new: at the beginning everything is."""
LATE_DAYS = 3
"""A week-end and a day: what is entered later than that after its date was not written down on the day."""


def unusual(entry: Entry, before: Sequence[Entry], entered: dt.date, *, on_leave: bool) -> tuple[Unusual, ...]:
    """In the order in which a superior would ask. `before`: the person's other entries of the months until then;
    `entered`: the local day on which it was written down; `on_leave`: a letter says that the person did not work."""
    found: list[Unusual] = []
    if on_leave:
        found.append("leave")
    same = [each.quantity for each in before if each.item_id == entry.item_id]
    if len(same) >= KNOWN and entry.quantity > TIMES * statistics.median(same):
        found.append("quantity")
    if not same and len(before) >= HISTORY:
        found.append("first_use")
    if (entered - entry.date).days > LATE_DAYS:
        found.append("late")
    return tuple(found)


def usual_quantity(entry: Entry, before: Iterable[Entry]) -> Decimal | None:
    """The middle one of the quantities of the same item."""
    same = [each.quantity for each in before if each.item_id == entry.item_id]
    return statistics.median(same) if same else None
