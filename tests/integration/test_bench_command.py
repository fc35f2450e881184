"""`kiosk bench` measures what it says it measures. How fast is not asserted: that is for a quiet machine."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from demo.faces import talking_man
from kiosk.commands.bench import command
from kiosk.config import load
from kiosk.errors import CameraError
from kiosk.face.quality import Limits
from kiosk.measure import bench
from kiosk.measure.loops import WARM, Loop, Side, run_loops, times_faster, times_faster_by_rounds
from kiosk.model import RgbImage

KEYS = {
    "descriptor_speedup",
    "descriptor_max_abs_diff",
    "pipeline_speedup_plain",
    "pipeline_speedup_quarter",
    "decision_ms_p50",
    "matcher_speedup",
    "decision_all_looks_cpu_ms_p50",
}


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "short.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 480))
    source = cv2.VideoCapture(str(talking_man()))
    for _ in range(12):
        writer.write(cv2.resize(source.read()[1], (640, 480)))
    writer.release()
    return path


@pytest.mark.slow
def test_prints_every_figure_as_json(short_clip: Path) -> None:
    arguments = ["--json", "--clip", str(short_clip), "--rounds", "1", "--employees", "20", "--templates", "5000"]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    figures = json.loads(result.stdout)
    assert set(figures) >= KEYS
    assert all(math.isfinite(figures[key]) and figures[key] > 0 for key in KEYS)
    assert figures["descriptor_max_abs_diff"] < 1e-3
    assert figures["sides"][0]["side"] == "presensi"
    assert all(side["recognised_frames"] > 0.5 for side in figures["sides"]), "each way recognises the person"


def test_a_clip_that_cannot_be_played_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(CameraError, match="--clip"):
        CliRunner().invoke(command, ["--clip", str(tmp_path / "text.mp4")], catch_exceptions=False)


def test_a_clip_without_a_face_is_said() -> None:
    limits = Limits(**load().quality.model_dump(exclude={"max_face_width"}))
    grey = [np.full((480, 640, 3), 120, dtype=np.uint8)] * 6
    with pytest.raises(CameraError, match="no face"):
        bench.run(grey, rounds=1, employees=1, templates=10, min_frames=3, limits=limits, models_dir=None)


def test_a_person_whom_nobody_recognises_still_makes_json() -> None:
    class Blind(Loop):
        def see(self, bgr: RgbImage, number: int) -> bool:
            return False

    sides = run_loops([Blind() for _ in range(4)], [np.zeros((4, 4, 3), dtype=np.uint8)] * 2, rounds=1)
    step = bench.Pair("", 1.0, 1.0, 0.0)
    steps = [dataclasses.replace(step, what=what) for what in ("descriptor", "detection", "matching")]
    results = bench.Results(sides, steps, 2, 1, 2)
    figures = json.loads(json.dumps(results.as_json(), allow_nan=False))
    assert figures["decision_ms_p50"] is None
    assert results.as_table()


class Counting(Loop):
    """Recognises from its third frame on, and writes down whose turn it was."""

    def __init__(self, name: str, turns: list[str]) -> None:
        self.name = name
        self.turns = turns
        self.seen = 0

    def begin(self) -> None:
        self.seen = 0

    def see(self, bgr: RgbImage, number: int) -> bool:
        self.turns.append(self.name)
        self.seen += 1
        return self.seen >= 3


def test_the_sides_take_turns_on_the_same_frames() -> None:
    turns: list[str] = []
    frames = [np.zeros((4, 4, 3), dtype=np.uint8)] * 20
    sides = run_loops([Counting("a", turns), Counting("b", turns)], frames, rounds=2)
    assert [side.frames for side in sides] == [40, 40]
    assert [side.recognised for side in sides] == [36, 36]
    assert [len(side.decision_wall_s) for side in sides] == [2, 2]
    each = 20 + WARM
    assert turns == ["a"] * each + ["b"] * 2 * each + ["a"] * each, "rounds, and who begins alternates"


def test_what_a_side_sees_before_its_round_does_not_count() -> None:
    class Noting(Loop):
        def __init__(self) -> None:
            self.numbers: list[int] = []

        def see(self, bgr: RgbImage, number: int) -> bool:
            self.numbers.append(number)
            return True

    noting = Noting()
    (side,) = run_loops([noting], [np.zeros((4, 4, 3), dtype=np.uint8)] * 5, rounds=2)
    assert (side.frames, side.recognised, len(side.decision_cpu_s), len(side.round_cpu_s)) == (10, 10, 2, 2)
    assert noting.numbers == list(range(2 * (5 + WARM))), "time goes on, also for a clip shorter than what warms up"


def test_a_round_counts_piece_by_piece_at_the_least_that_it_took() -> None:
    one = Side("a", frames=10, piece=2, frame_cpu_s=[[1.0, 5.0, 1.0, 1.0, 9.0], [3.0, 2.0, 4.0, 4.0, 2.0]])
    assert one.undisturbed_cpu_s == (3 + 2) + (1 + 1) + 2
    assert one.round_cpu_s == [17.0, 15.0]
    each = Side("b", frames=10, frame_cpu_s=[[10.0] * 5, [8.0] * 4 + [50.0]])
    assert each.undisturbed_cpu_s == 8 * 4 + 10
    assert times_faster(one, each) == 42 / 9
    assert times_faster_by_rounds(one, each) == [50 / 17, 82 / 15]
    assert times_faster(Side("nothing measured"), each) is None


def test_random_descriptors_are_spread_like_real_ones() -> None:
    vectors = bench.random_descriptors(2000, np.random.default_rng(1))
    assert vectors.shape == (2000, 128)
    assert vectors.dtype == np.float32
    variances = np.sort(np.linalg.eigvalsh(np.cov(vectors.T)))[::-1]
    assert variances.sum() == pytest.approx(0.34, rel=0.05)
    assert variances[:32].sum() / variances.sum() == pytest.approx(0.8, abs=0.05)
    assert np.linalg.norm(vectors[:1000] - vectors[1000:], axis=1).mean() == pytest.approx(0.82, abs=0.05)
