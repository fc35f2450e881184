"""The catalogue out of a spreadsheet: shown first, recorded whole or not at all, and as often as one likes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from etpp.activities import sheet
from etpp.activities.catalogue import Catalogue, WeightError
from etpp.activities.store import ITEMS, WEIGHTS
from etpp.base.errors import Conflict
from etpp.base.sheets import Row
from etpp.db import Lock, Transaction, hold


@dataclass(frozen=True, slots=True)
class Imported:
    """`recorded`: whether it was done, rather than shown only."""

    plan: sheet.Plan
    recorded: bool


def take(
    tx: Transaction, rows: Sequence[Row], by: str, now: dt.datetime, *, dry_run: bool = False, partial: bool = False
) -> Imported:
    """What the rows change. With faults nothing is recorded, but for `partial`: then the rows without one.

    Raises Conflict where what comes out would contradict itself.
    """
    hold(tx, Lock.CATALOGUE)  # of two at once one is tried with what the other has recorded
    items, weights = ITEMS.find(tx), WEIGHTS.find(tx)
    plan = sheet.plan(rows, items, weights)
    to_come = {ITEMS.key_of(item): item for item in [*items, *plan.items]}
    weighed = {weight.weight_id: weight for weight in [*weights, *plan.weights]}
    try:
        Catalogue(to_come.values(), weighed.values())
    except WeightError as error:
        raise Conflict(f"the catalogue would contradict itself: {error}", key="catalogue_contradicts") from error
    if dry_run or (plan.faults and not partial):
        return Imported(plan, recorded=False)
    ITEMS.add(tx, plan.items, by, now)
    WEIGHTS.add(tx, plan.weights, by, now)
    return Imported(plan, recorded=True)


def table(tx: Transaction) -> list[list[str]]:
    """The catalogue's rows, in the form in which they are imported."""
    return sheet.table(ITEMS.find(tx), WEIGHTS.find(tx))
