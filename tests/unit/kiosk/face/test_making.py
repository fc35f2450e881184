"""The fast forms of networks: made apart they are the same; a terminal that can start no process makes them too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.errors import ModelError
from kiosk.face import making
from kiosk.face.descriptor import RESNET_FILE, weights_path

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def here() -> bytes:
    """dlib's network, made by this process."""
    return making.made("dlib", weights_path(RESNET_FILE), None)


def test_made_apart_it_is_the_same_and_nothing_stays_in_the_folder(here: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    assert making.made("dlib", weights_path(RESNET_FILE), folder) == here
    assert list(folder.iterdir()) == []


def test_the_process_that_asks_does_not_load_the_onnx_package(tmp_path: Path) -> None:
    asks = (
        "import sys; from pathlib import Path; from kiosk.face import making, descriptor;"
        "found = making.made('dlib', descriptor.weights_path(descriptor.RESNET_FILE), Path(sys.argv[1]));"
        "print(len(found), 'onnx' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(
        [sys.executable, "-c", asks, str(tmp_path)], capture_output=True, text=True, check=True, env=env, cwd=tmp_path
    )
    size, loaded = run.stdout.split()
    assert int(size) > 20_000_000
    assert loaded == "False"


@pytest.mark.parametrize("form", ["dlib", "aligned"])
def test_a_file_that_is_no_network_is_refused_alike(form: making.Form, tmp_path: Path) -> None:
    file = tmp_path / "some.onnx"
    file.write_bytes(b"no network")
    said = []
    for folder in (None, tmp_path / "cache"):
        with pytest.raises(ModelError) as refused:
            making.made(form, file, folder)
        said.append(str(refused.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("python", ["/nowhere/python", "/bin/false"], ids=["no process", "ends without a word"])
def test_where_no_process_can_do_it_it_is_made_here(
    python: str, here: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    assert making.made("dlib", weights_path(RESNET_FILE), tmp_path) == here
    assert "is made here" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_does_not_end_is_ended(
    here: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hangs = tmp_path / "python"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n")
    hangs.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hangs))
    monkeypatch.setattr(making, "WITHIN_S", 0.2)
    assert making.made("dlib", weights_path(RESNET_FILE), tmp_path / "cache") == here
    assert "TimeoutExpired" in caplog.text


def test_a_folder_that_cannot_be_made_is_no_reason_to_have_no_describer(
    here: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert making.made("dlib", weights_path(RESNET_FILE), Path("/proc/no-folder")) == here
    assert "is made here" in caplog.text
