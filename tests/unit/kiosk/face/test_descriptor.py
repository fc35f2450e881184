"""The converted descriptor: its cache, its self-test, and what happens to damaged files."""

from __future__ import annotations

import hashlib
import logging
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kiosk.errors import ModelError
from kiosk.face import descriptor, open_engine
from kiosk.face.descriptor import (
    RESNET_FILE,
    SHA256,
    FastDescriber,
    largest_difference,
    open_fast_describer,
    self_test_chips,
    weights_path,
)
from kiosk.face.dlib_model import FullyConnected, read_layers
from kiosk.face.onnx_writer import to_onnx


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cache")
    open_fast_describer(folder)
    return folder


def cached_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_the_vectors_are_those_of_dlib(cache: Path) -> None:
    assert largest_difference(open_fast_describer(cache), weights_path(RESNET_FILE)) < 1e-5


def test_many_faces_at_once_give_what_each_gives_alone(cache: Path) -> None:
    describer, chips = open_fast_describer(cache), self_test_chips(5)
    alone = np.concatenate([describer.describe_chips(chip[None]) for chip in chips])
    np.testing.assert_allclose(describer.describe_chips(chips), alone, atol=1e-5)


def test_the_self_test_pictures_are_the_same_everywhere() -> None:
    chips = self_test_chips()
    assert chips.shape == (2, 150, 150, 3)
    assert (chips.min(), chips.max()) == (0, 255)
    np.testing.assert_array_equal(chips, self_test_chips())
    assert chips[0].std() > 30
    assert chips[1].std() > 30


def test_the_conversion_is_kept_by_the_weights_hash_and_used_again(cache: Path) -> None:
    path = cached_file(cache)
    assert SHA256[RESNET_FILE][:16] in path.name
    before = path.stat().st_mtime_ns
    open_fast_describer(cache)
    assert cached_file(cache).stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["empty", "noise", "cut", "weights"])
def test_a_damaged_cache_is_made_anew(
    cache: Path, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    good = cached_file(cache).read_bytes()
    spoilt = {
        "empty": b"",
        "noise": bytes(range(256)) * 100,
        "cut": good[: len(good) // 2],
        "weights": good[:5_000_000] + bytes([good[5_000_000] ^ 1]) + good[5_000_001:],
    }[damage]
    path = tmp_path / cached_file(cache).name
    path.write_bytes(spoilt)
    describer = open_fast_describer(tmp_path)
    assert path.read_bytes() == good
    assert largest_difference(describer, weights_path(RESNET_FILE)) < 1e-5
    assert "made anew" in caplog.text


def test_a_cache_that_cannot_be_written_is_only_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    open_fast_describer(tmp_path / "file" / "cache")
    assert "converts again" in caplog.text


def test_a_cached_model_that_computes_something_else_is_made_anew(
    cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    layers = read_layers(weights_path(RESNET_FILE).read_bytes())
    last = layers[-1]
    assert isinstance(last, FullyConnected)
    model = to_onnx([*layers[:-1], FullyConnected(last.matrix * 1.01)])
    prefix = cached_file(cache).name.rpartition("-")[0]
    (tmp_path / f"{prefix}-{hashlib.sha256(model).hexdigest()[:16]}.onnx").write_bytes(model)
    open_fast_describer(tmp_path)
    assert "differs from dlib's" in caplog.text
    assert cached_file(tmp_path).name == cached_file(cache).name


def test_an_interrupted_conversion_leaves_nothing_under_the_caches_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def power_cut(descriptor: int) -> None:
        raise OSError(5, "power cut")

    monkeypatch.setattr("os.fsync", power_cut)
    open_fast_describer(tmp_path)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from kiosk.face import descriptor
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
descriptor.open_fast_describer(Path(sys.argv[1]))
"""
OPENED = """
import sys
from pathlib import Path
from kiosk.face.descriptor import open_fast_describer
open_fast_describer(Path(sys.argv[1]))
"""


def test_a_process_killed_while_it_writes_leaves_nothing_that_stays(cache: Path, tmp_path: Path) -> None:
    for _ in range(2):
        killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False, timeout=120)
        assert killed.returncode == -signal.SIGKILL
        assert len(list(tmp_path.iterdir())) == 1, "the part of the second has the place of the first's"
    open_fast_describer(tmp_path)
    assert cached_file(tmp_path).read_bytes() == cached_file(cache).read_bytes()


def test_two_processes_that_convert_at_once_leave_one_whole_model(cache: Path, tmp_path: Path) -> None:
    both = [subprocess.Popen([sys.executable, "-c", OPENED, str(tmp_path)]) for _ in range(2)]
    assert [process.wait(timeout=120) for process in both] == [0, 0]
    assert cached_file(tmp_path).read_bytes() == cached_file(cache).read_bytes()


def test_models_of_other_weights_make_room(tmp_path: Path) -> None:
    (tmp_path / "descriptor-0123456789abcdef-0123456789abcdef.onnx").write_bytes(b"of older weights")
    open_fast_describer(tmp_path)
    assert cached_file(tmp_path).name.startswith(f"descriptor-{SHA256[RESNET_FILE][:16]}")


def test_a_cache_that_cannot_be_read_is_only_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    name = f"descriptor-{SHA256[RESNET_FILE][:16]}-0123456789abcdef.onnx"
    (tmp_path / name).mkdir()
    open_fast_describer(tmp_path)
    assert "cannot be read" in caplog.text


@pytest.fixture
def weights_copy(tmp_path: Path) -> Path:
    return Path(shutil.copy(weights_path(RESNET_FILE), tmp_path / RESNET_FILE))


def test_cut_weights_are_refused(weights_copy: Path) -> None:
    with weights_copy.open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(ModelError, match="damaged or another one"):
        open_fast_describer(weights_dir=weights_copy.parent)


def test_other_weights_are_refused(weights_copy: Path) -> None:
    with weights_copy.open("r+b") as file:
        file.seek(10_000_000)
        file.write(b"\0")
    with pytest.raises(ModelError, match="damaged or another one"):
        open_fast_describer(weights_dir=weights_copy.parent)


def test_missing_weights_say_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"requirements/face\.txt"):
        open_fast_describer(weights_dir=tmp_path)


def test_an_unusable_model_is_refused() -> None:
    with pytest.raises(ModelError, match="cannot be loaded"):
        FastDescriber(b"not a model")


def test_a_failed_self_test_refuses_fast_and_makes_auto_use_the_reference(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(descriptor, "TOLERANCE", 0.0)
    with pytest.raises(ModelError, match="differs from dlib"):
        open_engine("fast")
    caplog.set_level(logging.WARNING)
    engine = open_engine("auto")
    assert "face_recognition itself" in caplog.text
    assert "face_recognition" in sys.modules
    assert engine.faces(np.zeros((120, 160, 3), dtype=np.uint8)) == []


def test_an_unknown_engine_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"Choose auto, fast or reference\."):
        open_engine("quick")
