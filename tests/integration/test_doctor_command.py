"""`kiosk doctor` and `kiosk config` on a real terminal: provisioned by the real server, with a real journal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from kiosk.machine.clock import SystemClock
from kiosk.machine.state import StateFolder
from tests.integration.office import Office, office, open_outbox
from tests.unit.kiosk.journal import records


def kiosk(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=os.environ)


def examine(state: Path, *only: str) -> dict[str, Any]:
    words = [word for name in only for word in ("--only", name)]
    done = kiosk("doctor", "--json", "--state", state, *words)
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("etpp")) as place:
        yield place


@pytest.fixture(scope="module")
def terminal(place: Office, tmp_path_factory: pytest.TempPathFactory) -> StateFolder:
    """It has recorded two presences and has not sent them."""
    folder = place.terminal(tmp_path_factory.mktemp("terminal") / "state")
    outbox = open_outbox(folder)
    for number in range(2):
        outbox.append(records.presence(f"p-{number}"), SystemClock(outbox.anchors).now())
    outbox.close()
    return folder


def test_a_machine_that_is_no_terminal_yet_is_told_how_to_become_one(tmp_path: Path) -> None:
    done = kiosk("doctor", "--state", tmp_path / "none", "--only", "identity", "--only", "gallery", "--only", "server")
    assert done.returncode == 1
    assert "kiosk provision CODE --server URL" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_provisioned_terminal(terminal: StateFolder, place: Office) -> None:
    found = examine(terminal.path, "identity", "outbox", "chain", "server", "state", "gallery")
    assert {name: check["verdict"] for name, check in found.items()} == {
        "state": "ok",
        "identity": "ok",
        "gallery": "failed",  # nothing has been synced yet: nobody can be recognised
        "outbox": "ok",
        "chain": "ok",
        "server": "ok",
    }
    assert found["outbox"]["facts"]["waiting"] == 2
    assert found["chain"]["facts"]["events"] == 2
    assert found["server"]["facts"] == {"url": place.url, "protocol": "1"}


def test_the_doctor_leaves_no_trace(terminal: StateFolder) -> None:
    def listing() -> dict[str, int]:
        return {str(p): p.stat().st_size for p in terminal.path.rglob("*") if not p.name.startswith("outbox.sqlite")}

    before = listing()
    examine(terminal.path, "identity", "outbox", "chain", "server", "state", "gallery", "models", "clock")
    assert listing() == before


def test_a_running_terminal_keeps_its_camera(terminal: StateFolder) -> None:
    with terminal.lock("run"):
        assert examine(terminal.path, "camera")["camera"]["verdict"] == "skipped"


@pytest.mark.parametrize("rotation", [0, 90])
def test_a_camera_that_is_mounted_turned_is_told_by_the_faces_in_it(tmp_path: Path, rotation: int) -> None:
    """The portrait hangs to the left: it has to be turned clockwise, and once the settings say so all is well."""
    above = np.pad(data.astronaut()[:288, :448], ((48, 0), (0, 0), (0, 0)), mode="edge")
    portrait = Image.fromarray(above).resize((640, 480))
    portrait.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "left.png")
    config = tmp_path / "kiosk.toml"
    config.write_text(f"[camera]\nsource = {json.dumps(f'replay:{tmp_path}')}\nrotation = {rotation}\n")
    done = kiosk("doctor", "--json", "--state", tmp_path / "none", "--config", config, "--only", "camera")
    (check,) = json.loads(done.stdout)["checks"]
    facts = check["facts"]
    if rotation:
        assert (check["verdict"], facts["faces_turned_deg"]) == ("ok", 0)
        assert (facts["width"], facts["height"]) == (480, 360)
    else:
        assert (check["verdict"], facts["faces_turned_deg"]) == ("warning", 90)
        assert "Set rotation = 90" in check["advice"]


@pytest.mark.parametrize(("level", "verdict"), [(90, "ok"), (2, "warning")])
def test_an_infrared_camera_is_looked_at_too(tmp_path: Path, level: int, verdict: str) -> None:
    for name, shade in (("colour", 120), ("infrared", level)):
        (tmp_path / name).mkdir()
        Image.fromarray(np.full((480, 640, 3), shade, np.uint8)).save(tmp_path / name / "seen.png")
    config = tmp_path / "kiosk.toml"
    colour, infrared = (json.dumps(f"replay:{tmp_path / name}") for name in ("colour", "infrared"))
    config.write_text(f"[camera]\nsource = {colour}\ninfrared = {infrared}\n")
    done = kiosk("doctor", "--json", "--state", tmp_path / "none", "--config", config, "--only", "camera")
    (check,) = json.loads(done.stdout)["checks"]
    assert (check["verdict"], check["facts"]["infrared_brightness"]) == (verdict, level)
    assert ("infrared picture is black" in check["advice"]) is (verdict == "warning")


def test_wrong_settings_are_a_finding_and_not_the_end(terminal: StateFolder, tmp_path: Path) -> None:
    wrong = tmp_path / "kiosk.toml"
    wrong.write_text("[camera]\nspeed = 3\n")
    done = kiosk("doctor", "--state", terminal.path, "--config", wrong, "--only", "settings", "--only", "outbox")
    assert done.returncode == 1
    assert "camera.speed: there is no such setting" in done.stdout
    assert "2 events wait" in done.stdout


def test_a_journal_without_an_identity_is_never_taken_for_an_empty_one(terminal: StateFolder, tmp_path: Path) -> None:
    """The installer asks this before it removes a terminal's state."""
    (tmp_path / "outbox.sqlite").write_bytes(terminal.outbox_path.read_bytes())
    assert "waiting" not in examine(tmp_path, "outbox")["outbox"]["facts"]


def test_an_unknown_check_is_refused_with_the_names_of_all(tmp_path: Path) -> None:
    done = kiosk("doctor", "--state", tmp_path, "--only", "camara")
    assert done.returncode == 2
    assert "camera" in done.stderr


def test_config_prints_a_file_that_config_accepts(tmp_path: Path) -> None:
    printed = kiosk("config")
    (tmp_path / "kiosk.toml").write_text(printed.stdout)
    assert kiosk("config", "--check", tmp_path / "kiosk.toml").returncode == 0


def test_config_names_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_text("[encounter]\nconfirm_s = -1\n")
    done = kiosk("config", "--check", tmp_path / "kiosk.toml")
    assert done.returncode == 64
    assert "encounter.confirm_s" in done.stderr


def test_the_installed_settings_are_valid() -> None:
    assert kiosk("config", "--check", Path(__file__).parents[2] / "systemd/kiosk.toml").returncode == 0
