"""`kiosk pad` and `kiosk models` as they are called: real detector, drawn clips, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from kiosk.commands.models import command as models
from kiosk.commands.pad import command as pad
from kiosk.errors import CameraError, ModelError
from kiosk.machine.model_files import MANIFEST, PAD_MINIFAS
from tests.unit.kiosk.liveness import presentations
from tests.unit.kiosk.liveness.presentations import Photograph, Posture

MODELS = Path(os.environ.get("KIOSK_MODELS", Path(__file__).parents[3] / "shared" / "models"))
needs_model = pytest.mark.skipif(
    not (MODELS / PAD_MINIFAS.file_name).exists(), reason=f"no {PAD_MINIFAS.file_name}: set KIOSK_MODELS"
)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A living head that turns, as a video; a waved sheet, as a folder of pictures; one picture; a broken video."""
    folder = tmp_path_factory.mktemp("clips")
    drawn: Photograph = presentations.astronaut()
    head = [drawn.head(Posture(yaw=15 * np.sin(i / 4)))[0] for i in range(30)]
    sheet = [drawn.sheet(Posture(yaw=36 * np.sin(i / 5), pitch=15 * np.sin(i / 8)))[0] for i in range(75)]
    (folder / "live").mkdir()
    writer = cv2.VideoWriter(str(folder / "live" / "head.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 15, (320, 320))
    for rgb in head:
        writer.write(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    writer.release()
    (folder / "print" / "waved").mkdir(parents=True)
    for i, rgb in enumerate(sheet):
        cv2.imwrite(str(folder / "print" / "waved" / f"{i:03}.png"), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    cv2.imwrite(str(folder / "print" / "one.png"), cv2.cvtColor(sheet[0], cv2.COLOR_RGB2BGR))
    (folder / "broken.mp4").write_bytes(b"not a video")
    return folder


def test_without_the_model_nobody_is_accepted_and_a_waved_sheet_is_refused(folder: Path, tmp_path: Path) -> None:
    clips = [str(folder / "live"), str(folder / "print" / "waved"), str(folder / "print" / "one.png")]
    answer = CliRunner().invoke(pad, [*clips, "--json", "--model-dir", str(tmp_path)], catch_exceptions=False)
    report = json.loads(answer.stdout)
    assert "everybody gets a challenge" in answer.stderr
    verdicts = {Path(clip["path"]).name: (clip["label"], clip["verdict"], clip["reason"]) for clip in report["clips"]}
    assert verdicts == {
        "head.avi": ("live", "challenge", "doubt"),
        "waved": ("attack", "attack", "flat_motion"),
        "one.png": ("attack", "challenge", "doubt"),
    }
    assert (report["apcer"], report["bpcer"], report["bpcer_challenge"]) == (0.0, 0.0, 1.0)
    assert report["apcer_clips"] == 2


@needs_model
def test_with_the_model_one_picture_is_too_little_to_judge(folder: Path) -> None:
    answer = CliRunner().invoke(pad, [str(folder / "print" / "one.png"), "--json", "--model-dir", str(MODELS)])
    clip = json.loads(answer.stdout)["clips"][0]
    assert (clip["verdict"], clip["reason"], clip["frames"]) == ("challenge", "too_few_frames", 1)
    assert 0 <= clip["score"] <= 1


def test_a_clip_that_cannot_be_read_is_reported_and_makes_the_command_fail(folder: Path, tmp_path: Path) -> None:
    clips = [str(folder / "broken.mp4"), str(folder / "print" / "one.png")]
    answer = CliRunner().invoke(pad, [*clips, "--json", "--model-dir", str(tmp_path)])
    assert isinstance(answer.exception, CameraError)
    report = json.loads(answer.stdout)
    assert [clip["verdict"] for clip in report["clips"]] == [None, "challenge"]
    assert report["clips"][0]["reason"] == "unreadable"


def test_a_clip_without_a_face_is_neither_accepted_nor_refused(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 90, np.uint8))
    answer = CliRunner().invoke(pad, [str(tmp_path / "wall.png"), "--json", "--model-dir", str(tmp_path)])
    clip = json.loads(answer.stdout)["clips"][0]
    assert (clip["verdict"], clip["reason"], clip["score"]) == ("challenge", "no_face", None)


def test_a_damaged_model_is_not_measured_with(folder: Path, tmp_path: Path) -> None:
    (tmp_path / PAD_MINIFAS.file_name).write_bytes(b"damaged")
    answer = CliRunner().invoke(pad, [str(folder / "print" / "one.png"), "--model-dir", str(tmp_path)])
    assert isinstance(answer.exception, ModelError)


def test_the_list_says_status_licence_and_origin(tmp_path: Path) -> None:
    answer = CliRunner().invoke(models, ["--model-dir", str(tmp_path), "list"])
    for model in MANIFEST:
        assert f"{model.name}: absent" in answer.output
        assert model.licence in answer.output
        assert model.origin in answer.output
        assert model.sha256 in answer.output
    rows = json.loads(CliRunner().invoke(models, ["--model-dir", str(tmp_path), "list", "--json"]).output)
    assert [row["status"] for row in rows] == ["absent"] * len(MANIFEST)


@needs_model
def test_installing_shows_the_licence(tmp_path: Path) -> None:
    source = str(MODELS / PAD_MINIFAS.file_name)
    answer = CliRunner().invoke(models, ["--model-dir", str(tmp_path), "install", source])
    assert "Apache-2.0" in answer.output
    assert (tmp_path / PAD_MINIFAS.file_name).read_bytes() == Path(source).read_bytes()


def test_a_foreign_file_ends_with_the_exit_code_of_a_model_error(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.onnx"
    foreign.write_bytes(b"weights from somewhere")
    arguments = ["models", "--model-dir", str(tmp_path / "models"), "install", str(foreign)]
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == ModelError.exit_code
    assert "none of the known models" in done.stderr
    assert "Traceback" not in done.stderr
