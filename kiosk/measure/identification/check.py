"""Does a threshold table keep its promise on people who are not in it? What was asked against what is reached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kiosk.errors import ConfigError
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi, outcomes
from kiosk.measure.identification.protocol import Condition, eligible, rounds
from kiosk.measure.identification.report import PRODUCT_FPIR, PRODUCT_MARGIN, Tell
from kiosk.measure.identification.statistics import share_interval
from kiosk.measure.identification.table import normalisations
from kiosk.scores.threshold import ThresholdTable

SIZES = (100, 200, 420)
OTHERS = 400
"""People who must be left for cohort and strangers: below 260 in the cohort its numbers ask for another threshold
(docs/accuracy.md, "Size of the cohort"), and the server sends none."""

Row = dict[str, Any]


def outside(collection: Collection, table: ThresholdTable) -> Collection:
    """The people of the folder who are not in the table. Raises ConfigError when all of them are."""
    if collection.folder != table.folder:
        return collection
    which, _, parts = table.part.partition("/")
    if int(parts) == 1:
        raise ConfigError("the table was made from all people of this folder. Make one with --part 1/2.")
    return collection.without(int(which), int(parts))


def check(
    collection: Collection, table: ThresholdTable, count: int, seed: int, tell: Tell, fpir: float = PRODUCT_FPIR
) -> list[Row]:
    """Rows of what was asked (`fpir`) and reached. Raises ConfigError when the folder has too few people."""
    rows = []
    method = normalisations(collection.model_id)[0]
    for condition in _conditions(collection):
        tell(f"check: {condition.enrolled} people, {condition.probe_photos} shown")
        drawn = rounds(collection, condition, count, seed)
        found = outcomes(collection, drawn, Presensi(method, table), fpir=fpir, margin=PRODUCT_MARGIN)
        reached = found.accepted
        interval = share_interval(reached, found.nonmated_people, seed)
        rows.append(
            {
                "model": str(collection.model_id),
                "enrolled": condition.enrolled,
                "probe_photos": condition.probe_photos,
                "fpir_asked": fpir,
                "fpir_reached": round(float(np.mean(reached)), 5),
                "fpir_ci95": [round(interval.low, 5), round(interval.high, 5)],
                "fnir": round(float(np.mean(found.missed)), 5),
                "mated": len(found.missed),
                "nonmated": len(reached),
            }
        )
    if not rows:
        raise ConfigError("a table is checked on more people: 500 at the least, 60 of them with two photos or more.")
    return rows


def _conditions(collection: Collection) -> Iterator[Condition]:
    room = collection.people - OTHERS
    for people in SIZES:
        if people <= min(eligible(collection, 2), room):
            yield Condition(people)
    for photos in (2, 3):
        people = min(SIZES[-1], eligible(collection, photos + 2) // 2, room)
        if people >= 20:
            yield Condition(people, 3, photos, photos + 2)


def as_lines(rows: list[Row]) -> list[str]:
    lines = ["  people  shown   asked  reached  95 % interval      FNIR  attempts: own, strangers'"]
    for row in rows:
        low, high = row["fpir_ci95"]
        lines.append(
            f"{row['enrolled']:8}  {row['probe_photos']:5}  {row['fpir_asked']:6.2%}  {row['fpir_reached']:7.2%}"
            f"  {low:7.2%}-{high:7.2%}  {row['fnir']:7.2%}  {row['mated']:6}, {row['nonmated']:6}"
        )
    return lines
