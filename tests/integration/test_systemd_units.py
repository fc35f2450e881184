"""The unit files: accepted by systemd, as closed as they claim to be, and in step with each other and the installer."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from etpp.__main__ import EXIT_CODES
from etpp.base.errors import StateError, StoreUnavailable

UNITS = Path(__file__).parents[2] / "systemd"
NAMES = ("kiosk.service", "kiosk-sync.service", "etpp.service", "etpp-cohort.service", "etpp-cohort.timer")

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
    for each in NAMES:  # all of them: a timer needs its service
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", (UNITS / each).read_text(), flags=re.MULTILINE)
        (tmp_path / each).write_text(text)
    done = run(["systemd-analyze", "verify", "--man=no", str(tmp_path / name)])
    complaints = [line for line in done.stderr.splitlines() if name in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


@needs_analyze
@pytest.mark.parametrize(
    ("name", "threshold"),
    [("kiosk.service", 10), ("kiosk-sync.service", 15), ("etpp.service", 15), ("etpp-cohort.service", 15)],
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


def test_only_a_link_without_an_identity_waits_for_a_person() -> None:
    """The terminal has its reason on the screen and ends when it could start, whatever its exit code."""
    terminal, link = read("kiosk.service")["Service"], read("kiosk-sync.service")["Service"]
    assert "RestartPreventExitStatus" not in terminal
    assert "--wait-for-camera" in terminal["ExecStart"].split()
    assert link["RestartPreventExitStatus"].split() == ["77"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".service")])
def test_a_working_directory_is_one_that_the_unit_may_write(name: str) -> None:
    """ProtectSystem=strict leaves only these; without the setting it is the root folder."""
    service = read(name)["Service"]
    kinds = {"StateDirectory": "/var/lib", "CacheDirectory": "/var/cache", "RuntimeDirectory": "/run"}
    writable = {f"{root}/{service[kind]}" for kind, root in kinds.items() if kind in service}
    assert service.get("WorkingDirectory", "/") in {*writable, "/"}


def test_the_terminal_works_where_lgpio_can_make_its_pipe() -> None:
    """In memory, gone with the terminal, and named by none of its paths: those are absolute."""
    service = read("kiosk.service")["Service"]
    assert service["WorkingDirectory"] == f"/run/{service['RuntimeDirectory']}"
    assert all(word.startswith(("/", "-", "run")) for word in service["ExecStart"].split()[1:])


def test_a_terminal_that_hangs_is_restarted() -> None:
    assert int(read("kiosk.service")["Service"]["WatchdogSec"]) > 0


def test_the_nightly_job_works_on_the_servers_database_in_the_servers_sandbox() -> None:
    server, job = read("etpp.service")["Service"], read("etpp-cohort.service")["Service"]
    shared = server.keys() - {
        "Type",
        "Environment",
        "ExecStart",
        "Restart",
        "RestartSec",
        "TimeoutStopSec",
        "LimitNOFILE",
    }
    assert {key: job.get(key) for key in shared} == {key: server[key] for key in shared}
    assert job["ExecStart"].split()[1:] == ["cohort"]
    assert "ETPP_OPTIONS" not in job["ExecStart"]  # they are of `etpp serve`


def test_the_nightly_job_ends_and_is_tried_again_while_the_database_is_busy() -> None:
    unit = read("etpp-cohort.service")
    service = unit["Service"]
    assert (service["Type"], service["Restart"]) == ("oneshot", "on-failure")
    assert str(EXIT_CODES[StoreUnavailable]) not in service["RestartPreventExitStatus"].split()
    assert str(EXIT_CODES[StateError]) in service["RestartPreventExitStatus"].split()
    assert "Install" not in unit  # the timer starts it, not the boot


def test_the_job_runs_nightly_and_makes_up_for_a_night_without_power() -> None:
    timer = read("etpp-cohort.timer")
    assert timer["Timer"]["Persistent"] == "yes"
    assert "RandomizedDelaySec" in timer["Timer"]
    assert timer["Install"]["WantedBy"] == "timers.target"


@needs_analyze
def test_the_job_runs_once_a_day_and_at_night() -> None:
    done = run(["systemd-analyze", "calendar", "--iterations=3", read("etpp-cohort.timer")["Timer"]["OnCalendar"]])
    hours = re.findall(r"(?:Next elapse|Iteration #\d+|Iter\. #\d+): \w+ (\S+) (\d\d):", done.stdout)
    assert len({day for day, _ in hours}) == 3, done.stdout
    assert all(int(hour) < 5 for _, hour in hours)


def test_the_installer_knows_every_unit() -> None:
    """What it does not name it would leave behind on --uninstall."""
    listed = re.search(r"^UNIT_FILES=\((.*)\)$", (UNITS / "install.sh").read_text(), re.MULTILINE)
    assert listed is not None
    units = {path.name for path in UNITS.iterdir() if path.suffix in (".service", ".timer")}
    assert set(listed[1].split()) == set(NAMES) == units


def test_the_panels_light_is_given_to_a_group_of_the_terminal_and_taken_away_again() -> None:
    rule = (UNITS / "70-presensi-backlight.rules").read_text().splitlines()[-1]
    assert rule.startswith('ACTION=="add", SUBSYSTEM=="backlight", ')
    for command, file in (("chgrp video", "brightness"), ("chmod g+w", "bl_power")):
        assert re.search(rf'RUN\+="/bin/{re.escape(command)} [^"]*\$sys\$devpath/{file}\b', rule)
    service = read("kiosk.service")["Service"]
    assert "video" in service["SupplementaryGroups"].split()
    assert service["ReadWritePaths"] == "-/sys/devices", "ProtectKernelTunables closes it else"
    installer = (UNITS / "install.sh").read_text()
    assert 'install -m 0644 "$SOURCE/systemd/$RULE" "$RULES/$RULE"' in installer
    assert 'rm -f "$RULES/$RULE"' in installer


def test_every_group_of_the_unit_is_made_by_the_installer() -> None:
    groups = read("kiosk.service")["Service"]["SupplementaryGroups"]
    assert f"DEVICE_GROUPS=({groups})" in (UNITS / "install.sh").read_text()


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", ["systemd/install.sh", "tests/install/inside.sh", "scripts/setup.sh", ".ci/run"])
def test_shell_scripts_are_clean(script: str) -> None:
    done = run(["shellcheck", str(UNITS.parent / script)])
    assert done.returncode == 0, done.stdout
