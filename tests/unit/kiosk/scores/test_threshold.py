"""The threshold table: interpolation, its ends, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kiosk.errors import ModelError
from kiosk.model import DLIB_RESNET_V1, ModelId
from kiosk.scores.threshold import Curve, ThresholdTable, load_table, packaged_table

CURVE = Curve(
    normalisation="cohort",
    people=[10, 100, 1000],
    fpirs=[0.001, 0.01, 0.1],
    scores=[[-0.5, -0.6, -0.7], [-0.4, -0.5, -0.6], [-0.3, -0.4, -0.5]],
)


@pytest.mark.parametrize(
    ("fpir", "people", "score"),
    [
        (0.01, 100, -0.5),
        (0.001, 10, -0.5),
        (0.1, 1000, -0.5),
        (0.01 * 10**0.5, 100, -0.55),
        (0.01, 316.2278, -0.45),
        (0.0001, 100, -0.3),  # beyond the FPIRs the slope goes on
        (0.01, 3, -0.6),  # below the smallest gallery: as that one
        (0.01, 10_000, -0.3),  # ten times as many people as measured: as a tenth of the FPIR
    ],
)
def test_scores_between_and_beyond_the_points(fpir: float, people: float, score: float) -> None:
    assert CURVE.score(fpir, people) == pytest.approx(score, abs=1e-6)  # type: ignore[arg-type]


def test_the_packaged_table_is_whole_and_sane() -> None:
    table = packaged_table()
    table.check_model(DLIB_RESNET_V1)
    for normalisation in ("cohort", "gallery", "none"):
        for people in (1, 25, 420, 5000, 100_000):
            scores = [table.score(fpir, people, normalisation) for fpir in (0.1, 0.03, 0.003, 0.0003)]
            assert scores == sorted(scores)
            assert -0.65 < scores[0] < scores[-1] < -0.15  # beyond: nobody's own photos would match
    for people in (25, 420):
        assert table.score(0.003, people, "cohort") < table.score(0.003, people, "none")


def test_another_model_is_refused() -> None:
    with pytest.raises(ModelError, match="other-model"):
        packaged_table().check_model(ModelId("other-model"))


def test_a_missing_curve_is_said() -> None:
    table = ThresholdTable(model_id="dlib-resnet-v1", made_by="", made_from="", curves=[CURVE])
    with pytest.raises(ModelError, match="gallery"):
        table.score(0.01, 10, "gallery")


def test_an_own_table_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "table.json"
    path.write_text(packaged_table().model_dump_json(), encoding="utf-8")
    assert load_table(path) == packaged_table()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1",
        "\x00",
        json.dumps(
            {"model_id": "m", "made_by": "", "made_from": "", "curves": [{**CURVE.model_dump(), "scores": [[1]]}]}
        ),
        json.dumps(
            {"model_id": "m", "made_by": "", "made_from": "", "curves": [{**CURVE.model_dump(), "people": [9, 8, 7]}]}
        ),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"mine\.json"):
        load_table(path)
    with pytest.raises(ModelError, match="cannot be read"):
        load_table(tmp_path / "absent.json")
