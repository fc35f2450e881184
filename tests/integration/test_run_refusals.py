"""What `kiosk run` says, and with which exit code, when it cannot start. Each is a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from demo import faces, server
from demo.processes import Child, Family, family
from kiosk.face.descriptor import LANDMARKS_FILE, SHA256, weights_path
from kiosk.machine.model_files import MANIFEST
from kiosk.machine.state import StateFolder

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


def _until(holds: Callable[[], bool], child: Child, what: str) -> None:
    end_s = time.monotonic() + 90
    while not holds():
        assert child.ended() is None, f"{child.ended()}: {child.tail()}"
        assert time.monotonic() < end_s, f"{what}: {child.tail()}"
        time.sleep(0.05)


def _fault_on_screen(screens: Path, child: Child) -> None:
    _until((screens / "fault.png").exists, child, "no fault on the screen")


def _ended(child: Child) -> int | None:
    try:
        return child.process.wait(60)
    except subprocess.TimeoutExpired:
        return None


@dataclass
class Wall:
    """A terminal on the wall: `kiosk run` as its unit starts it, off-screen."""

    children: Family
    screens: Path

    def start(self, state: Path, *arguments: str, waits: bool = True) -> Child:
        given = ["--display", "offscreen", "--state", str(state), "--screens", str(self.screens), *arguments]
        child, _ = self.children.start("kiosk", ["kiosk", "run", *given, *(["--wait-for-camera"] if waits else [])])
        return child


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[Wall]:
    with family(tmp_path / "logs") as children:
        yield Wall(children, tmp_path / "screens")


def test_a_gallery_that_is_garbage_is_kept_aside_and_said(terminal: Path, wall: Wall) -> None:
    StateFolder(terminal).gallery_path.write_bytes(b"garbage")
    child = wall.start(terminal, "--camera", f"replay:{faces.talking_man()}", waits=False)
    _fault_on_screen(wall.screens, child)
    assert list(terminal.glob("gallery-damaged-*"))


def test_a_disk_that_is_broken_at_the_start_is_on_the_screen_until_it_is_not(tmp_path: Path, wall: Wall) -> None:
    state = tmp_path / "state"
    state.symlink_to("/proc/presensi")  # where nobody can write
    child = wall.start(state)
    _fault_on_screen(wall.screens, child)
    state.unlink()
    state.mkdir()
    assert _ended(child) == 73
    assert not (wall.screens / "idle.png").exists()


def test_a_machine_that_is_no_terminal_yet_says_so_until_it_is_one(terminal: Path, tmp_path: Path, wall: Wall) -> None:
    state = tmp_path / "state"
    child = wall.start(state)
    _fault_on_screen(wall.screens, child)
    assert "not provisioned" in child.tail()
    with StateFolder(state).lock("run"):  # as `kiosk provision` does: the waiting terminal must not be in its way
        shutil.copytree(terminal / "identity", state / "identity")
    assert _ended(child) == 77


def test_a_terminal_that_is_told_to_stop_while_it_waits_has_not_failed(tmp_path: Path, wall: Wall) -> None:
    child = wall.start(tmp_path / "state")
    _fault_on_screen(wall.screens, child)
    child.process.terminate()
    assert _ended(child) == 0


@pytest.mark.parametrize("name", ["provisioning.json", "device.key", "storage.key"])
def test_a_damaged_identity_is_on_the_screen_until_it_is_mended(
    terminal: Path, tmp_path: Path, wall: Wall, name: str
) -> None:
    state = tmp_path / "state"
    shutil.copytree(terminal / "identity", state / "identity")
    path = state / "identity" / name
    path.write_bytes(path.read_bytes()[:20])
    child = wall.start(state)
    _fault_on_screen(wall.screens, child)
    shutil.copy(terminal / "identity" / name, path)
    assert _ended(child) == 77


@pytest.mark.parametrize("text", ["[camera]\nfsp = 15\n", "[camera\n", '[recognition]\nfpir_table = "/nowhere"\n'])
def test_a_wrong_setting_is_on_the_screen_until_it_is_right(
    terminal: Path, tmp_path: Path, wall: Wall, text: str
) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text(text)
    child = wall.start(terminal, "--config", str(config))
    _fault_on_screen(wall.screens, child)
    config.write_text("")
    assert _ended(child) == 64


def test_a_truncated_model_file_is_on_the_screen_until_it_is_whole(
    terminal: Path, tmp_path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stays: as soon as the file is right it goes on by itself."""
    package = tmp_path / "packages" / "face_recognition_models"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in SHA256:
        (package / "models" / name).symlink_to(weights_path(name))
    landmarks = package / "models" / LANDMARKS_FILE
    content = landmarks.read_bytes()
    landmarks.unlink()
    landmarks.write_bytes(content[:5000])
    monkeypatch.setenv("PYTHONPATH", str(package.parent), prepend=os.pathsep)
    child = wall.start(terminal, "--camera", f"replay:{faces.talking_man()}")

    def faults() -> tuple[str, ...]:
        return StateFolder(terminal).read_terminal()[1]

    _until(lambda: "recogniser_failed" in faults(), child, "not told to the server")
    _fault_on_screen(wall.screens, child)
    landmarks.write_bytes(content)
    _until(lambda: "recogniser_failed" not in faults(), child, "it does not go on")


def test_a_terminal_that_no_gallery_has_reached_yet_says_so(terminal: Path, tmp_path: Path, wall: Wall) -> None:
    state = tmp_path / "state"
    shutil.copytree(terminal / "identity", state / "identity")
    child = wall.start(state, "--camera", f"replay:{faces.talking_man()}")
    _fault_on_screen(wall.screens, child)
    _until(lambda: StateFolder(state).read_terminal() == ("ok", ("gallery_empty",)), child, "not told to the server")
    assert not (wall.screens / "unknown.png").exists()


def test_a_terminal_without_any_of_its_optional_parts_records_and_the_doctor_says_why(
    terminal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, config = tmp_path / "state", tmp_path / "kiosk.toml"
    shutil.copytree(terminal / "identity", state / "identity")
    for model in MANIFEST:
        (state / "models" / model.file_name).parent.mkdir(exist_ok=True)
        if model.model_id is None:
            (state / "models" / model.file_name).write_bytes(b"damaged")
        else:  # a recogniser's cannot even be read
            (state / "models" / model.file_name).mkdir()
    config.write_text("[indicators]\nenabled = true\n")
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "none")
    monkeypatch.setenv("PATH", str(tmp_path))  # no espeak-ng
    nowhere = Path("/proc/presensi")
    with family(tmp_path / "logs") as children:
        child = Wall(children, nowhere / "screens").start(
            state,
            *("--config", str(config), "--trace", str(nowhere / "trace.jsonl")),
            *("--camera", f"replay:{faces.talking_man()}"),
        )
        folder = StateFolder(state)
        _until(lambda: folder.read_terminal() == ("ok", ("gallery_empty",)), child, "it does not run")
        _until(lambda: len(folder.read_lacks()) == 7, child, "it does not say what it goes without")
        optional = json.loads(
            children.run("doctor", ["kiosk", "doctor", "--json", "--only", "optional", "--state", str(state)])
        )
        child.process.terminate()
        assert _ended(child) == 0
    (check,) = optional["checks"]
    assert check["verdict"] == "warning"
    assert set(check["facts"]) == {
        "lamps",
        "voice",
        "trace",
        "pictures of the screens",
        "detector model",
        "passive model",
        "recogniser",
    }
    assert child.log.read_text().count("no lamps: ") == 1


def test_a_truncated_model_file_ends_it_at_the_shell(
    terminal: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "face_recognition_models"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    code, said = _run(terminal, "--camera", f"replay:{faces.talking_man()}")
    assert code == 65
    assert ".dat cannot be read" in said


def test_a_program_that_cannot_be_loaded_is_on_the_screen(
    terminal: Path, tmp_path: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "dlib.py").write_text("raise ImportError('not an ELF file')")
    monkeypatch.setenv("PYTHONPATH", str(broken), prepend=os.pathsep)
    child = wall.start(terminal)
    _fault_on_screen(wall.screens, child)
    assert "not an ELF file" in child.tail()


def test_the_demo_ends_with_a_reason_when_nobody_comes(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    Image.new("RGB", (640, 480), "gray").save(empty / "wall.png")
    limits = ["--exit-after-events", "1", "--timeout-s", "15", "--out", str(tmp_path / "out")]
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
