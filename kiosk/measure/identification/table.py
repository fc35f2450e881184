"""The threshold table: measured on people's pairs, bounded, smoothed, written as the file that the matcher reads.

For each normalisation, gallery size and number of photos shown it is measured how the FPIR falls with the threshold
(`pairs`). The score that is written is not the one at which these people meet the FPIR asked, but one that BOUND of
their resamples meet: others will stand at the terminal. Of one, two and three photos the strictest counts. These
figures are smoothed by a plane in the logarithms of people and FPIR, bent in the latter, each weighted by the strangers
it rests on. What is written are points of that surface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np

from kiosk.errors import ConfigError
from kiosk.matcher import OWN_COHORT_PEOPLE
from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Presensi
from kiosk.measure.identification.pairs import Pairs, pairs
from kiosk.model import ModelId
from kiosk.model.recognisers import RECOGNISERS, Score
from kiosk.scores.threshold import Curve, Normalisation, ThresholdTable

PEOPLE = (10, 25, 50, 100, 200, 400)
FPIRS = (0.001, 0.003, 0.01, 0.03, 0.1)

PHOTOS = (1, 2, 3)

BOUND: Mapping[Score, float] = {"distance": 0.8, "cosine": 0.9}
"""Share of the resamples of people that must keep the FPIR asked at the score written. With distances a further tenth
costs more than a point of FNIR, with angles nothing that can be seen (docs/accuracy.md)."""

_RESAMPLES = 200
_ROUNDS = 20
"""Draws of cohort and photos; with its own gallery as cohort, so many times all people are dealt into galleries."""

_FEWEST = 40
"""People with as many photos, below which that number of photos is left out of account."""


def _no_table(model_id: ModelId) -> ThresholdTable:
    """What the matcher needs to be made; its thresholds are not used here."""
    return ThresholdTable(
        model_id=str(model_id),
        made_by="",
        made_from="",
        curves=[
            Curve(normalisation=each, people=[1, 2], fpirs=[0.1, 0.2], scores=[[0.0, 0.0], [0.0, 0.0]])
            for each in get_args(Normalisation)
        ],
    )


Tell = Callable[[str], None]


@dataclass(frozen=True)
class Point:
    """One bounded threshold and how many strangers it rests on: those who would lie above it."""

    people: int
    fpir: float
    score: float
    above: float


def make_table(collection: Collection, made_from: str, seed: int, tell: Tell, part: str = "1/1") -> ThresholdTable:
    """Measure all curves; minutes. `part`: which of the folder's people the collection has.

    Raises ConfigError when the folder has too few people for two gallery sizes.
    """
    curves, bound = [], BOUND[RECOGNISERS[collection.model_id].score]
    for normalisation in normalisations(collection.model_id):
        tell(f"threshold table: scores normalised by {normalisation}")
        points = _measure(collection, normalisation, seed, bound)
        if len({point.people for point in points}) < 2:
            raise ConfigError("a threshold table needs a folder of more people: 100 at the least, best 1,000.")
        curves.append(smoothed(points, normalisation))
    return ThresholdTable(
        model_id=str(collection.model_id),
        made_by=made_by(collection.model_id, seed),
        made_from=made_from,
        folder=collection.folder,
        part=part,
        curves=curves,
    )


def made_by(model_id: ModelId, seed: int) -> str:
    """What a table of this recogniser says of itself."""
    bound = BOUND[RECOGNISERS[model_id].score]
    return f"kiosk evaluate --write-table (seed {seed}), {bound:.0%} of resamples below the FPIR"


def normalisations(model_id: ModelId) -> tuple[Normalisation, ...]:
    """The ways in which scores of this recogniser are corrected; there is no crowd where angles are compared."""
    return get_args(Normalisation) if RECOGNISERS[model_id].score == "distance" else ("none",)


def write(table: ThresholdTable, path: Path) -> None:
    """Raises ConfigError when the file cannot be written."""
    try:
        path.write_text(table.model_dump_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}).") from error


def _measure(collection: Collection, normalisation: Normalisation, seed: int, bound: float) -> list[Point]:
    sizes = [people for people in PEOPLE if people <= collection.people - 20]
    if normalisation == "gallery":
        sizes = [people for people in sizes if people >= OWN_COHORT_PEOPLE]
    shown = [photos for photos in PHOTOS if sum(len(rows) >= photos for rows in collection.photos()) >= _FEWEST]
    strictest = np.full((len(sizes), len(FPIRS)), -np.inf)
    rests_on = np.zeros(len(sizes))
    for photos in shown:
        for rows in [[row] for row in range(len(sizes))] if normalisation == "gallery" else [[*range(len(sizes))]]:
            here = [sizes[row] for row in rows]
            found = _pairs(collection, normalisation, photos, seed, here[0] if normalisation == "gallery" else None)
            strictest[rows] = np.maximum(strictest[rows], found.bounds(here, FPIRS, bound, seed, _RESAMPLES))
            rests_on[rows] = np.maximum(rests_on[rows], np.count_nonzero(found.met.sum(axis=1)))
    return [
        Point(people, fpir, float(score), fpir * strangers)
        for people, row, strangers in zip(sizes, strictest, rests_on, strict=True)
        for fpir, score in zip(FPIRS, row, strict=True)
    ]


def _pairs(collection: Collection, normalisation: Normalisation, photos: int, seed: int, gallery: int | None) -> Pairs:
    rounds = _ROUNDS if gallery is None else max(_ROUNDS, _ROUNDS * 100 // gallery)
    return pairs(collection, Presensi(normalisation, _no_table(collection.model_id)), photos, rounds, seed, gallery)


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
