"""`kiosk evaluate` as it is typed, on real photographs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

LFW = Path(os.environ.get("KIOSK_FACES", Path(__file__).parents[3] / "shared" / "faces")) / "lfw"

pytestmark = [
    pytest.mark.accuracy,
    pytest.mark.slow,
    pytest.mark.skipif(not LFW.is_dir(), reason="the evaluation faces are absent (KIOSK_FACES)"),
]


def _evaluate(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk", "evaluate", *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=600)


@pytest.fixture(scope="module")
def every_fourth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Links to every fourth person of LFW."""
    folder = tmp_path_factory.mktemp("faces")
    for person in sorted(LFW.iterdir())[::4]:
        (folder / person.name).symlink_to(person)
    return folder


@pytest.fixture(scope="module")
def kept(every_fourth: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "descriptors.npz"


def test_it_misses_less_than_half_of_what_face_recognition_misses(every_fourth: Path, kept: Path) -> None:
    done = _evaluate(every_fourth, "--json", "--rounds", 10, "--descriptors", kept)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["failure_to_acquire"] < 0.01
    assert not any(person.name in done.stdout + done.stderr for person in every_fourth.iterdir())

    def fnir(table: str, shown: int) -> float:
        rows = [row for row in report[table] if (row["probe_photos"], row["fpir"]) == (shown, 0.003)]
        best: float = max(rows, key=lambda row: (row["enrolled"], row["enrol_photos"]))["fnir"]
        return best

    assert fnir("rows", 1) < 0.5 * fnir("baseline", 1)
    assert fnir("rows", 1) < 0.2
    assert fnir("rows", 2) < 0.05
    asked = [row for row in report["product"] if row["probe_photos"] == 1]
    assert all(row["fpir"] < 0.015 for row in asked)  # asked for: 0.003, of some 1,000 attempts


def test_it_draws_the_curve_and_reads_as_a_table(every_fourth: Path, kept: Path, tmp_path: Path) -> None:
    done = _evaluate(every_fourth, "--rounds", 2, "--descriptors", kept, "--det", tmp_path / "det.png")
    assert done.returncode == 0, done.stderr
    assert "95 % interval" in done.stdout
    with Image.open(tmp_path / "det.png") as drawing:
        assert drawing.size[0] > 600
        assert len(drawing.convert("RGB").getcolors(1 << 20) or []) > 10


def test_it_makes_a_table_and_decides_by_it(every_fourth: Path, kept: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    assert _evaluate(every_fourth, "--descriptors", kept, "--write-table", table).returncode == 0
    assert {curve["normalisation"] for curve in json.loads(table.read_text())["curves"]} == {
        "cohort",
        "gallery",
        "none",
    }
    done = _evaluate(every_fourth, "--json", "--rounds", 2, "--descriptors", kept, "--table", table)
    assert done.returncode == 0, done.stderr


def test_a_handful_of_people_is_enough_and_fewer_are_refused(tmp_path: Path) -> None:
    people = [person for person in sorted(LFW.iterdir()) if len(list(person.iterdir())) >= 2]
    for person in people[:12]:
        shutil.copytree(person, tmp_path / "few" / person.name)
    done = _evaluate(tmp_path / "few", "--json", "--rounds", 2)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["people"] == 12
    shutil.copytree(people[0], tmp_path / "one" / "somebody")
    refused = _evaluate(tmp_path / "one")
    assert refused.returncode == 64
    assert "10 people" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("option", ["--descriptors", "--det", "--write-table"])
def test_a_result_that_cannot_be_written_is_said_before_the_measurement(option: str, tmp_path: Path) -> None:
    done = _evaluate(LFW, option, tmp_path / "absent" / "file")
    assert done.returncode == 64
    assert "cannot be written" in done.stderr
    assert "described" not in done.stderr


@pytest.mark.parametrize("words", [["--part", "3/2"], ["--part", "x"], ["--rounds", "0"], ["--engine", "magic"]])
def test_wrong_words_are_explained(words: list[str]) -> None:
    done = _evaluate(LFW, *words)
    assert done.returncode == 2
    assert "Error" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_is_checked_on_enough_people_only(every_fourth: Path, kept: Path) -> None:
    refused = _evaluate(every_fourth, "--descriptors", kept, "--check-table")
    assert refused.returncode != 0
    assert "500 at the least" in refused.stderr


def test_descriptors_of_one_recogniser_are_not_taken_for_another_s(every_fourth: Path, kept: Path) -> None:
    refused = _evaluate(every_fourth, "--descriptors", kept, "--model", "fp-112")
    assert refused.returncode != 0
    assert "holds descriptors of dlib-resnet-v1" in refused.stderr
