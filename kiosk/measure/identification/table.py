"""The threshold table: measured on strangers' attempts, smoothed, written as the file that the matcher reads.

For each normalisation and gallery size the score is measured above which the given share of strangers lies, one photo
each. At 0.1 % that rests on a handful of attempts, so the figures of one normalisation are smoothed by a plane in the
logarithms of people and FPIR, bent in the latter, each weighted by the attempts it rests on. What is written are points
of that surface.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from kiosk.errors import ConfigError
from kiosk.matcher import OWN_COHORT_PEOPLE
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi, attempts
from kiosk.measure.identification.protocol import Condition, eligible, rounds
from kiosk.model import DLIB_RESNET_V1, ModelId
from kiosk.scores.threshold import Curve, Normalisation, ThresholdTable

PEOPLE = (10, 25, 50, 100, 200, 400)
FPIRS = (0.001, 0.003, 0.01, 0.03, 0.1)

_ATTEMPTS = 12_000
"""Strangers' attempts a point: at 0.3 % some 36 lie above the threshold."""

_NO_TABLE = ThresholdTable(
    model_id=str(DLIB_RESNET_V1),
    made_by="",
    made_from="",
    curves=[
        Curve(normalisation=each, people=[1, 2], fpirs=[0.1, 0.2], scores=[[0.0, 0.0], [0.0, 0.0]])
        for each in get_args(Normalisation)
    ],
)
"""What the matcher needs to be made; its thresholds are not used here."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Point:
    """One measured threshold and how many of the strangers' attempts lie above it."""

    people: int
    fpir: float
    score: float
    above: float


def make_table(collection: Collection, model_id: ModelId, made_from: str, seed: int, tell: Tell) -> ThresholdTable:
    """Measure all curves; minutes. Raises ConfigError when the folder has too few people for two gallery sizes."""
    curves = []
    for normalisation in get_args(Normalisation):
        tell(f"threshold table: scores normalised by {normalisation}")
        points = _measure(collection, normalisation, seed)
        if len({point.people for point in points}) < 2:
            raise ConfigError("a threshold table needs a folder of more people: 100 at the least, best 1,000.")
        curves.append(smoothed(points, normalisation))
    return ThresholdTable(
        model_id=str(model_id),
        made_by=f"kiosk evaluate --write-table (seed {seed})",
        made_from=made_from,
        curves=curves,
    )


def write(table: ThresholdTable, path: Path) -> None:
    """Raises ConfigError when the file cannot be written."""
    try:
        path.write_text(table.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from error


def _measure(collection: Collection, normalisation: Normalisation, seed: int) -> list[Point]:
    points = []
    for people in PEOPLE:
        if people > eligible(collection, 2) - 20 or (normalisation == "gallery" and people < OWN_COHORT_PEOPLE):
            continue
        condition = Condition(people)
        strangers = len(next(rounds(collection, condition, 1, seed)).strangers)
        drawn = rounds(collection, condition, max(10, _ATTEMPTS // strangers), seed)
        found = attempts(collection, drawn, Presensi(normalisation, _NO_TABLE))
        points += [Point(people, fpir, found.threshold(fpir), fpir * len(found.nonmated)) for fpir in FPIRS]
    return points


def smoothed(points: list[Point], normalisation: Normalisation) -> Curve:
    """The curve of a least-squares surface through the points."""

    def terms(people: float, fpir: float) -> list[float]:
        n, f = np.log(people), np.log(fpir)
        return [1.0, n, f, n * f, f * f]

    weights = np.sqrt([point.above for point in points])
    design = np.array([terms(point.people, point.fpir) for point in points])
    scores = np.array([point.score for point in points])
    factors, *_ = np.linalg.lstsq(design * weights[:, None], scores * weights, rcond=None)
    people = sorted({point.people for point in points})
    return Curve(
        normalisation=normalisation,
        people=people,
        fpirs=list(FPIRS),
        scores=[[round(float(np.dot(terms(count, fpir), factors)), 4) for fpir in FPIRS] for count in people],
    )
