"""All conditions of `kiosk evaluate`, as rows of JSON and as a table to read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kiosk.measure.identification.collection import Collection
from kiosk.measure.identification.experiment import Method, Presensi, attempts, decisions, face_recognition_method
from kiosk.measure.identification.protocol import Condition, eligible, rounds
from kiosk.measure.identification.statistics import Attempts, fnir_intervals
from kiosk.measure.identification.table import normalisations
from kiosk.model import DLIB_RESNET_V1
from kiosk.scores.threshold import ThresholdTable

FPIRS = [0.001, 0.003, 0.01, 0.03]
MARGINS = [0.0, 0.02, 0.04, 0.06]
LARGEST = 420
"""The gallery of the yardsticks: about the employees of the largest office."""

PRODUCT_FPIR = 0.003
PRODUCT_MARGIN = 0.04

Row = dict[str, Any]
Tell = Callable[[str], None]


@dataclass
class Report:
    """What was measured. `curves` are for the DET plot, the rest is for JSON."""

    facts: Row
    rows: list[Row] = field(default_factory=list)
    fallback: list[Row] = field(default_factory=list)
    baseline: list[Row] = field(default_factory=list)
    product: list[Row] = field(default_factory=list)
    curves: dict[str, dict[str, Attempts]] = field(default_factory=dict)

    def as_json(self) -> Row:
        tables = ("rows", "fallback", "baseline", "product")
        return {**self.facts, **{name: getattr(self, name) for name in tables}}


def conditions(collection: Collection) -> list[Condition]:
    """Gallery sizes, then photos enrolled, then photos of an attempt, as far as the folder reaches.

    At the most 420 are enrolled, and 200 people stay for the cohort and the strangers. Attempts of several photos ask
    for people with two more (so that at least two are enrolled), half of whom are enrolled.
    """
    largest = min(LARGEST, eligible(collection, 2), collection.people - 200)
    if largest < 20:
        largest = min(eligible(collection, 2), collection.people // 2)
    four, five = (min(LARGEST, eligible(collection, photos) // 2) for photos in (4, 5))
    wanted = [Condition(largest)]
    wanted += [Condition(people) for people in (25, 50, 100, 200) if people < largest]
    wanted += [Condition(largest, enrol_photos=photos) for photos in (1, 2)]
    wanted += [Condition(four, photos, 1, 4) for photos in (1, 2, 3)]
    wanted += [Condition(four, 3, 2, 4), Condition(five, 3, 3, 5)]
    return [condition for condition in wanted if condition.enrolled >= 2]


def measure(collection: Collection, count: int, seed: int, tell: Tell, table: ThresholdTable | None = None) -> Report:
    """Run every condition in `count` rounds. Raises ValueError when the folder has too few people for any."""
    acquired = collection.acquired
    report = Report(
        {
            "model": str(collection.model_id),
            "people": collection.people,
            "photos": len(acquired),
            "label_errors": collection.label_errors,
            "failure_to_acquire": round(float(np.mean(~acquired)), 5),
            "rounds": count,
            "seed": seed,
        }
    )
    wanted = conditions(collection)
    if not wanted:
        raise ValueError("too few people with two photos or more")
    if not acquired.any():
        raise ValueError("no face was found in any photo")
    shown = [condition for condition in wanted if condition == wanted[0] or condition.probe_photos > 1]
    best, *others = normalisations(collection.model_id)
    for condition in wanted:
        tell(_title(condition))
        found = _attempts(collection, condition, count, seed, Presensi(best))
        report.rows += _rows(condition, found, seed)
        if condition not in shown:
            continue
        report.curves[_title(condition)] = {"Presensi": found}
        if collection.model_id == DLIB_RESNET_V1:
            plain = _attempts(collection, condition, count, seed, face_recognition_method)
            report.curves[_title(condition)]["face_recognition"] = plain
            report.baseline += _rows(condition, plain, seed)
        report.product += _product_rows(collection, condition, count, seed, Presensi(best, table))
    for condition in [condition for condition in wanted if condition.probe_photos == 1 and condition.min_photos == 2]:
        for normalisation in others:
            if condition.enrol_photos == 3:
                tell(f"{_title(condition)}, normalisation: {normalisation}")
                found = _attempts(collection, condition, count, seed, Presensi(normalisation))
                report.fallback += _rows(condition, found, seed, normalisation=normalisation)
    return report


def _attempts(collection: Collection, condition: Condition, count: int, seed: int, method: Method) -> Attempts:
    return attempts(collection, rounds(collection, condition, count, seed), method)


def _title(condition: Condition) -> str:
    enrolled = f"{condition.enrolled} people with up to {condition.enrol_photos} photos"
    return f"{enrolled}, {condition.probe_photos} shown"


def _rows(condition: Condition, found: Attempts, seed: int, **more: str) -> list[Row]:
    intervals = fnir_intervals(found, FPIRS, seed)
    return [
        {
            "enrolled": condition.enrolled,
            "enrol_photos": condition.enrol_photos,
            "probe_photos": condition.probe_photos,
            "min_photos": condition.min_photos,
            **more,
            "fpir": fpir,
            "fnir": round(found.fnir(found.threshold(fpir)), 5),
            "fnir_ci95": [round(interval.low, 5), round(interval.high, 5)],
            "rank1_error": round(found.rank1_error, 5),
            "misidentified": round(found.misidentified(found.threshold(fpir)), 5),
            "threshold": _finite(found.threshold(fpir)),
            "mated": len(found.mated),
            "nonmated": len(found.nonmated),
            "mated_people": len(np.unique(found.mated_people)),
            "nonmated_people": len(np.unique(found.nonmated_people)),
        }
        for fpir, interval in zip(FPIRS, intervals, strict=True)
    ]


def _finite(score: float) -> float | None:
    """JSON has no infinity: None where no stranger's face was found."""
    return round(score, 4) if math.isfinite(score) else None


def _product_rows(collection: Collection, condition: Condition, count: int, seed: int, method: Presensi) -> list[Row]:
    """What the terminal decides at its own threshold: the only rows whose threshold was not set on these strangers."""
    rows = []
    for margin in MARGINS:
        drawn = rounds(collection, condition, count, seed)
        decided = decisions(collection, drawn, method, fpir=PRODUCT_FPIR, margin=margin)
        shares = {name: round(share, 5) for name, share in dataclasses.asdict(decided).items()}
        rows.append(
            {
                "enrolled": condition.enrolled,
                "enrol_photos": condition.enrol_photos,
                "probe_photos": condition.probe_photos,
                "margin": margin,
                "fpir_asked": PRODUCT_FPIR,
                **shares,
            }
        )
    return rows


def as_text(report: Report) -> str:
    """The report for a person at a terminal."""
    facts = report.facts
    lines = [
        f"{facts['people']} people, {facts['photos']} photos, no face found in {facts['failure_to_acquire']:.2%}",
        f"recogniser {facts['model']}, {facts['label_errors']} photos with wrong names left out",
        f"{facts['rounds']} rounds, seed {facts['seed']}",
        "",
        "Presensi, threshold set on these strangers (FNIR with 95 % interval)",
        *_lines(report.rows),
        "",
        *_section("without the server's cohort numbers", report.fallback),
        *_section("face_recognition's distance", report.baseline),
        f"the terminal's own decision: packaged threshold for FPIR {PRODUCT_FPIR:.1%}",
        "  people  enrol  shown  margin    FPIR     FNIR  as somebody else  asked for NIP",
        *(
            f"{row['enrolled']:8}  {row['enrol_photos']:5}  {row['probe_photos']:5}  {row['margin']:6.2f}"
            f"  {row['fpir']:6.2%}  {row['fnir']:7.2%}  {row['misidentified']:16.2%}  {row['asked_for_nip']:13.2%}"
            for row in report.product
        ),
    ]
    return "\n".join(lines)


def _section(title: str, rows: list[Row]) -> list[str]:
    return [title, *_lines(rows), ""] if rows else []


def _lines(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = ["  people  enrol  shown  least    FPIR     FNIR  95 % interval     rank 1   attempts: own, strangers'"]
    for row in rows:
        low, high = row["fnir_ci95"]
        lines.append(
            f"{row['enrolled']:8}  {row['enrol_photos']:5}  {row['probe_photos']:5}  {row['min_photos']:5}"
            f"  {row['fpir']:6.1%}  {row['fnir']:7.2%}  {low:7.2%}-{high:7.2%}  {row['rank1_error']:7.2%}"
            f"  {row['mated']:6} ({row['mated_people']}), {row['nonmated']:6} ({row['nonmated_people']})"
            f"  {row.get('normalisation', '')}".rstrip()
        )
    return lines
