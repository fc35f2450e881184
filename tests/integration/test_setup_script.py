"""scripts/setup.sh on a machine made of fakes: an interpreter, apt and sudo that write down what is asked of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PYTHON = r"""
echo "python $*" >>"$FAKES/calls"
case "$*" in
  "-m venv "*)
    for folder; do :; done
    mkdir -p "$folder/bin" && cp "$0" "$folder/bin/python"
    case "$*" in *--system-site-packages*) answer=true ;; *) answer=false ;; esac
    echo "include-system-site-packages = $answer" >"$folder/pyvenv.cfg" ;;
  "-m pip "*)
    if [ -e "$FAKES/pip-fails" ]; then echo "no network" >&2; exit 1; fi
    if [ -e "$FAKES/power-cut" ]; then kill -KILL $PPID; fi ;;
  *ensurepip*) [ ! -e "$FAKES/no-venv-module" ] ;;
  *"import cv2, dlib"*) ;;
  *version_info\ \<\ *) [ ! -e "$FAKES/too-old" ] ;;
  *calcsize*) [ ! -e "$FAKES/32-bit" ] ;;
  *) exec "$REAL_PYTHON" "$@" ;;
esac
"""
DPKG_QUERY = r"""
outcome=0
shift 3
for name; do
  if [ -e "$FAKES/installed/$name" ]; then echo installed
  elif [ -e "$FAKES/removed" ]; then echo not-installed
  else outcome=1; fi
done
exit $outcome
"""
APT_GET = r"""
echo "apt-get $*" >>"$FAKES/calls"
if [ -e "$FAKES/archive-lacks-espeak" ]; then case "$*" in *espeak*) exit 100 ;; esac; fi
case "$*" in *update*) touch "$FAKES/lists"; exit 0 ;; esac
[ -e "$FAKES/lists" ] || { echo "E: Unable to locate package" >&2; exit 100; }
for name; do touch "$FAKES/installed/$name"; rm -f "$FAKES/no-venv-module"; done
"""
SYSTEM = (
    "libgl1",
    "libegl1",
    "libgles2",
    "libgl1-mesa-dri",
    "xvfb",
    "xauth",
    "xdotool",
    "chromium",
    "libmtdev1",
    "espeak-ng",
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-liberation",
    "fonts-dejavu-core",
    "poppler-utils",
)


class Machine:
    """A fresh checkout on a machine whose programs are fakes."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.fakes = folder / "fakes"
        (self.checkout / "scripts").mkdir(parents=True)
        (self.checkout / "requirements").mkdir()
        (self.fakes / "bin").mkdir(parents=True)
        (self.fakes / "installed").mkdir()
        shutil.copy(ROOT / "scripts/setup.sh", self.checkout / "scripts")
        for name in ("setup.py", "pyproject.toml", "requirements/face.txt"):
            (self.checkout / name).write_text("# as it was\n")
        for name, script in {
            "python3": PYTHON,
            "dpkg-query": DPKG_QUERY,
            "apt-get": APT_GET,
            "sudo": "exit 1",
            "id": 'echo "${FAKE_UID:-0}"',
        }.items():
            self.program(name, script)
        for name in SYSTEM:
            self.has(name)

    def program(self, name: str, script: str) -> None:
        path = self.fakes / "bin" / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def has(self, package: str) -> None:
        (self.fakes / "installed" / package).touch()

    def lacks(self, package: str) -> None:
        (self.fakes / "installed" / package).unlink()

    def set(self, condition: str, holds: bool = True) -> None:
        path = self.fakes / condition
        if holds:
            path.touch()
        else:
            path.unlink()

    def setup(self, **environ: str) -> subprocess.CompletedProcess[str]:
        calls = self.fakes / "calls"
        calls.unlink(missing_ok=True)
        calls.touch()
        base = {"PATH": f"{self.fakes}/bin:/usr/bin:/bin", "FAKES": str(self.fakes), "REAL_PYTHON": sys.executable}
        script = self.checkout / "scripts/setup.sh"
        return subprocess.run([script], env=base | environ, capture_output=True, text=True, timeout=60, check=False)

    def asked(self, what: str) -> list[str]:
        return [line for line in (self.fakes / "calls").read_text().splitlines() if what in line]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_first_run_makes_all_and_a_second_says_nothing(machine: Machine) -> None:
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    assert "ready after" in done.stdout.splitlines()[-1]
    assert machine.asked("-m venv")
    assert machine.asked("--editable .[server,demo,dev]")
    again = machine.setup()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert not machine.asked("-m pip")


def test_dlib_is_never_compiled(machine: Machine) -> None:
    machine.setup()
    installs = machine.asked("-m pip install")
    assert len(installs) == 2
    for call in installs:
        wheels_only = call.split("--only-binary ")[1].split()[0].split(",")
        assert {"dlib", "dlib-bin"} <= set(wheels_only)
    assert "--no-deps --requirement requirements/face.txt" in installs[1]


@pytest.mark.parametrize("changed", ["setup.py", "pyproject.toml", "requirements/face.txt"])
def test_a_changed_requirement_is_installed_into_the_same_environment(machine: Machine, changed: str) -> None:
    machine.setup()
    (machine.checkout / changed).write_text("# as it is now\n")
    assert machine.setup().returncode == 0
    assert machine.asked("-m pip install")
    assert not machine.asked("-m venv")


def test_a_newer_time_stamp_alone_changes_nothing(machine: Machine) -> None:
    machine.setup()
    os.utime(machine.checkout / "setup.py")
    machine.setup()
    assert not machine.asked("-m pip")


def test_a_run_that_was_cut_off_is_repaired_by_the_next(machine: Machine) -> None:
    machine.set("power-cut")
    assert machine.setup().returncode == -9
    machine.set("power-cut", False)
    assert machine.setup().returncode == 0
    assert machine.asked("-m venv"), "half an environment must not be built upon"
    assert machine.setup().stdout == ""


def test_a_failed_download_is_shown_and_leaves_the_old_environment_in_use(machine: Machine) -> None:
    machine.setup()
    (machine.checkout / "setup.py").write_text("# as it is now\n")
    machine.set("pip-fails")
    failed = machine.setup()
    assert failed.returncode == 70
    assert "no network" in failed.stderr
    assert "out/setup.log" in failed.stderr
    machine.set("pip-fails", False)
    assert machine.setup().returncode == 0
    assert not machine.asked("-m venv")


def test_a_moved_checkout_gets_a_new_environment(machine: Machine) -> None:
    machine.setup()
    elsewhere = machine.checkout.with_name("elsewhere")
    machine.checkout.rename(elsewhere)
    machine.checkout = elsewhere
    assert machine.setup().returncode == 0
    assert machine.asked("-m venv")


def test_a_folder_that_is_no_environment_is_not_deleted(machine: Machine) -> None:
    precious = machine.checkout / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("years of work")
    done = machine.setup(VENV="precious")
    assert done.returncode == 69
    assert (precious / "thesis.txt").exists()


def test_another_interpreter_makes_another_environment(machine: Machine) -> None:
    machine.setup()
    machine.program("python3.12", PYTHON.replace('exec "$REAL_PYTHON"', 'echo "3.12.9"; true'))
    done = machine.setup(PYTHON="python3.12")
    assert done.returncode == 0, done.stderr
    assert machine.asked("-m venv")
    machine.setup()
    assert not machine.asked("-m venv"), "without PYTHON the environment that is there is kept"


def test_root_gets_missing_packages_by_apt_with_fresh_lists(machine: Machine) -> None:
    machine.lacks("libgl1")
    machine.lacks("espeak-ng")
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    assert [call.split()[-1] for call in machine.asked("apt-get")] == ["libgl1", "update", "libgl1", "espeak-ng"]


def test_a_package_that_was_removed_is_missing(machine: Machine) -> None:
    machine.set("removed")
    machine.lacks("libgl1")
    machine.setup()
    assert machine.asked("apt-get")[-1].endswith("install libgl1")


def test_debian_13s_new_name_of_a_package_counts(machine: Machine) -> None:
    machine.lacks("libmtdev1")
    machine.has("libmtdev1t64")
    machine.setup()
    assert not machine.asked("apt-get")


def test_without_root_the_missing_packages_are_listed_for_copying(machine: Machine) -> None:
    machine.lacks("libgl1")
    machine.lacks("xvfb")
    done = machine.setup(FAKE_UID="1000")
    assert done.returncode == 69
    assert "\n    sudo apt-get install --no-install-recommends libgl1 xvfb\n" in done.stderr
    assert not machine.asked("apt-get")


def test_an_archive_that_lacks_a_comfort_does_not_cost_the_others(machine: Machine) -> None:
    machine.set("archive-lacks-espeak")
    machine.lacks("espeak-ng")
    machine.lacks("xdotool")
    done = machine.setup()
    assert done.returncode == 0
    assert "espeak-ng is not to be had" in done.stdout
    assert (machine.fakes / "installed/xdotool").exists()


def test_without_root_a_missing_comfort_is_told_and_borne(machine: Machine) -> None:
    machine.lacks("espeak-ng")
    done = machine.setup(FAKE_UID="1000")
    assert done.returncode == 0
    assert "going on without espeak-ng" in done.stdout


def test_what_only_tests_need_is_installed_when_asked_for(machine: Machine) -> None:
    machine.setup()
    assert not machine.asked("postgresql")
    assert machine.setup(TEST_TOOLS="yes").returncode == 0
    assert machine.asked("install postgresql")
    assert machine.setup(TEST_TOOLS="yes").stdout == ""


def test_a_missing_venv_module_is_named_with_its_package(machine: Machine) -> None:
    machine.set("no-venv-module")
    done = machine.setup(FAKE_UID="1000")
    assert done.returncode == 69
    assert "sudo apt-get install --no-install-recommends python3-venv" in done.stderr


def test_root_gets_the_venv_module(machine: Machine) -> None:
    machine.set("no-venv-module")
    assert machine.setup().returncode == 0
    assert machine.asked("apt-get")[-1].endswith("install python3-venv")


@pytest.mark.parametrize(
    ("condition", "advice"), [("too-old", "make PYTHON=python3.11"), ("32-bit", "64-bit Raspberry Pi OS")]
)
def test_an_unfit_interpreter_is_refused_with_advice(machine: Machine, condition: str, advice: str) -> None:
    machine.set(condition)
    done = machine.setup()
    assert done.returncode == 69
    assert advice in done.stderr
    assert not (machine.checkout / ".venv").exists()


def test_no_interpreter_at_all(machine: Machine) -> None:
    done = machine.setup(PYTHON="python3.99")
    assert done.returncode == 69
    assert "python3.99 is not installed" in done.stderr


def test_a_raspberry_pi_sees_the_systems_camera_library(machine: Machine, tmp_path: Path) -> None:
    board = tmp_path / "model"
    board.write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    done = machine.setup(BOARD_FILE=str(board), FAKE_UID="0")
    assert done.returncode == 0, done.stderr
    assert [call.split()[-1] for call in machine.asked("apt-get")][-1:] == ["python3-lgpio"]
    assert "--system-site-packages" in machine.asked("-m venv")[0]


def test_elsewhere_the_environment_is_closed_to_the_system(machine: Machine) -> None:
    machine.has("python3-picamera2")
    machine.setup()
    assert "--system-site-packages" not in machine.asked("-m venv")[0]
