"""The unit files: accepted by systemd, as closed as they claim to be, and in step with each other and the installer."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
NAMES = ("kiosk.service", "kiosk-sync.service", "etpp.service")

needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def read(name: str) -> dict[str, dict[str, str]]:
    """Section -> key -> value; the values of a key that stands several times are joined by blanks."""
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in (UNITS / name).read_text().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            section[key] = f"{section[key]} {value}" if key in section else value
    return sections


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@needs_analyze
@pytest.mark.parametrize("name", NAMES)
def test_systemd_accepts_the_unit(name: str, tmp_path: Path) -> None:
    # verify insists on the program's presence; every other word of the unit stays as it is.
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (UNITS / name).read_text(), flags=re.MULTILINE)
    (tmp_path / name).write_text(text)
    done = run(["systemd-analyze", "verify", "--man=no", str(tmp_path / name)])
    complaints = [line for line in done.stderr.splitlines() if name in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


@needs_analyze
@pytest.mark.parametrize(
    ("name", "threshold"),
    [("kiosk.service", 10), ("kiosk-sync.service", 15), ("etpp.service", 15)],
)
def test_the_sandbox_is_as_tight_as_documented(name: str, threshold: int) -> None:
    """Exposure in tenths, of 100; a plain unit without any of it scores 96."""
    done = run(["systemd-analyze", "security", "--offline=true", f"--threshold={threshold}", str(UNITS / name)])
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def test_the_terminal_has_no_network() -> None:
    service = read("kiosk.service")["Service"]
    assert service["PrivateNetwork"] == "yes"
    assert set(service["RestrictAddressFamilies"].split()) <= {"AF_UNIX", "AF_NETLINK"}


def test_the_link_has_no_devices() -> None:
    service = read("kiosk-sync.service")["Service"]
    assert service["PrivateDevices"] == "yes"
    assert "DeviceAllow" not in service
    assert "SupplementaryGroups" not in service


def test_both_processes_share_user_and_state_and_nothing_else() -> None:
    terminal, link = read("kiosk.service")["Service"], read("kiosk-sync.service")["Service"]
    for key in ("User", "StateDirectory", "StateDirectoryMode"):
        assert terminal[key] == link[key]
    assert terminal["StateDirectoryMode"] == "0700"


@pytest.mark.parametrize("name", ["kiosk.service", "kiosk-sync.service"])
def test_a_terminal_never_gives_up(name: str) -> None:
    unit = read(name)
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    assert unit["Service"]["Type"] == "notify"
    # A wrong setting and a missing identity need a person; all else is tried again.
    assert unit["Service"]["RestartPreventExitStatus"].split() == ["64", "77"]


def test_a_terminal_that_hangs_is_restarted() -> None:
    assert int(read("kiosk.service")["Service"]["WatchdogSec"]) > 0


def test_every_group_of_the_unit_is_made_by_the_installer() -> None:
    groups = read("kiosk.service")["Service"]["SupplementaryGroups"]
    assert f"DEVICE_GROUPS=({groups})" in (UNITS / "install.sh").read_text()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", ["systemd/install.sh", "scripts/setup.sh", ".ci/run"])
def test_shell_scripts_are_clean(script: str) -> None:
    done = run(["shellcheck", str(UNITS.parent / script)])
    assert done.returncode == 0, done.stdout
