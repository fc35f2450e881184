"""What `kiosk run` says, and with which exit code, when it cannot start. Each is a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from demo import faces, server
from demo.processes import family
from kiosk.state import StateFolder

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A provisioned state folder."""
    folder = tmp_path_factory.mktemp("refusals")
    with family(folder / "logs") as children:
        etpp, _ = server.start(children, folder / "etpp")
        etpp.add_office()
        state = folder / "terminal"
        children.run("provision", ["kiosk", "provision", etpp.new_code(), "--server", etpp.url, "--state", str(state)])
        yield state


def _run(state: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "run", "--display", "offscreen", "--state", str(state), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_no_camera(terminal: Path) -> None:
    code, said = _run(terminal, "--camera", "v4l:63")
    assert code == 69
    assert "63" in said


def test_a_clip_that_is_none(terminal: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"this is no video" * 100)
    code, said = _run(terminal, "--camera", f"replay:{clip}")
    assert code == 69
    assert "clip" in said


def test_a_clip_that_is_not_there(terminal: Path, tmp_path: Path) -> None:
    assert _run(terminal, "--camera", f"replay:{tmp_path / 'nowhere.mp4'}")[0] == 69


def test_a_key_that_is_none(terminal: Path, tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text("[camera]\nfsp = 15\n")
    code, said = _run(terminal, "--config", str(config))
    assert code == 64
    assert "camera.fsp: there is no such setting" in said


def test_a_config_that_is_no_toml(terminal: Path, tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text("[camera\n")
    code, said = _run(terminal, "--config", str(config))
    assert code == 64
    assert str(config) in said


def test_a_value_out_of_range_is_named_but_not_repeated(terminal: Path, tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text("[recognition]\nfpir = 17.25\n")
    code, said = _run(terminal, "--config", str(config))
    assert code == 64
    assert "recognition.fpir" in said
    assert "17.25" not in said


def test_a_state_folder_that_cannot_be_written() -> None:
    code, said = _run(Path("/proc/presensi"))
    assert code == 73
    assert "/proc/presensi" in said


def test_a_machine_that_is_no_terminal_yet(tmp_path: Path) -> None:
    code, said = _run(tmp_path / "empty", "--camera", f"replay:{faces.talking_man()}")
    assert code == 77
    assert "kiosk provision" in said


@pytest.mark.parametrize("process", ["run", "sync"])
def test_a_second_one_on_the_same_folder(terminal: Path, process: str) -> None:
    with StateFolder(terminal).open().lock(process):
        done = subprocess.run(
            [sys.executable, "-m", "kiosk", process, "--state", str(terminal)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 73
    assert "already using this state folder" in done.stderr


def test_a_gallery_that_is_garbage_is_kept_aside_and_said(terminal: Path, tmp_path: Path) -> None:
    state = StateFolder(terminal)
    state.gallery_path.write_bytes(b"garbage")
    screens = tmp_path / "screens"
    with family(tmp_path / "logs") as children:
        files = ["--state", str(terminal), "--screens", str(screens)]
        camera = ["--camera", f"replay:{faces.talking_man()}"]
        child, _ = children.start("kiosk", ["kiosk", "run", "--display", "offscreen", *camera, *files])
        end_s = time.monotonic() + 60
        while not (screens / "fault.png").exists():
            assert child.ended() is None, child.tail()
            assert time.monotonic() < end_s, "no fault on the screen"
            time.sleep(0.05)
    assert list(terminal.glob("gallery-damaged-*"))


def test_a_disk_that_is_broken_at_the_start_is_on_the_screen_until_it_is_not(tmp_path: Path) -> None:
    state, screens = tmp_path / "state", tmp_path / "screens"
    state.symlink_to("/proc/presensi")  # where nobody can write
    with family(tmp_path / "logs") as children:
        files = ["--state", str(state), "--screens", str(screens), "--wait-for-camera"]
        child, _ = children.start("kiosk", ["kiosk", "run", "--display", "offscreen", *files])
        end_s = time.monotonic() + 60
        while not (screens / "fault.png").exists():
            assert child.ended() is None, child.tail()
            assert time.monotonic() < end_s, "no fault on the screen"
            time.sleep(0.05)
        state.unlink()
        state.mkdir()
        while child.ended() is None:
            assert time.monotonic() < end_s, "it did not end"
            time.sleep(0.05)
        assert child.ended() == 73


def test_the_demo_ends_with_a_reason_when_nobody_comes(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    Image.new("RGB", (640, 480), "gray").save(empty / "wall.png")
    limits = ["--exit-after-events", "1", "--timeout-s", "25", "--out", str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--display", "offscreen", "--camera", f"replay:{empty}", *limits],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "no face" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("text", [None, "{}", "no JSON"])
def test_a_threshold_table_that_is_none(terminal: Path, tmp_path: Path, text: str | None) -> None:
    table, settings = tmp_path / "table.json", tmp_path / "kiosk.toml"
    if text is not None:
        table.write_text(text)
    settings.write_text(f'[recognition]\nfpir_table = "{table}"\n')
    picture = tmp_path / "wall.png"
    Image.new("RGB", (640, 480)).save(picture)
    code, said = _run(terminal, "--camera", f"replay:{picture}", "--config", str(settings))
    assert code == 64
    assert "fpir_table" in said
