"""The Makefile and .ci/run: what they promise is there, and a failure stays a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

if shutil.which("make") is None:
    pytest.skip("make is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]


def make(*words: str) -> subprocess.CompletedProcess[str]:
    # Under `make test` the outer make's options and variables would reach the inner one through these.
    outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "WORKERS"}
    environ = {name: value for name, value in os.environ.items() if name not in outer}
    return subprocess.run(
        ["make", *words], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def targets() -> list[str]:
    return [line.split()[0] for line in make("help").stdout.splitlines()]


def test_the_promised_targets_are_there() -> None:
    assert {"run", "test", "check", "setup", "clean", "torture", "accuracy", "bench", "test-install"} <= set(targets())


@pytest.mark.parametrize("target", targets())
def test_every_target_that_is_explained_can_be_made(target: str) -> None:
    done = make("--dry-run", target)
    assert done.returncode == 0, done.stderr


def test_options_reach_the_demo() -> None:
    assert "-m demo --display offscreen" in make("--dry-run", "run", "ARGS=--display offscreen").stdout


def test_the_tests_come_after_the_checks_so_that_pytest_has_the_last_word() -> None:
    commands = make("--dry-run", "test").stdout.splitlines()
    assert "pytest" in commands[-1]
    assert any("mypy" in command for command in commands[:-1])


def test_files_of_tests_run_side_by_side_unless_somebody_debugs() -> None:
    assert "pytest -n 3 --dist loadfile" in make("--dry-run", "test").stdout
    assert "pytest -n 0 --dist loadfile" in make("--dry-run", "test", "WORKERS=0").stdout


CHECKS = ("ruff check", "ruff format", "mypy", "lint-imports")


@pytest.mark.parametrize("failing", CHECKS)
def test_a_check_that_fails_fails_all(tmp_path: Path, failing: str) -> None:
    for tool in ("ruff", "mypy", "lint-imports"):
        fake = tmp_path / "bin" / tool
        fake.parent.mkdir(exist_ok=True)
        fake.write_text(f'#!/bin/sh\ncase "{tool} $*" in "{failing}"*) exit 1 ;; esac\n')
        fake.chmod(0o755)
    words = ["check", f"VENV={tmp_path}", "--assume-old", "setup"]
    assert make(*words).returncode == 2
    (tmp_path / "bin" / failing.split(maxsplit=1)[0]).write_text("#!/bin/sh\n")
    assert make(*words).returncode == 0


@pytest.mark.parametrize(("outcome", "code"), [(0, 0), (2, 2)])
def test_ci_runs_the_readmes_command_and_hands_on_its_outcome(tmp_path: Path, outcome: int, code: int) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    fake = tmp_path / "bin" / "make"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "make $*"\nexit {outcome}\n')
    fake.chmod(0o755)
    environ = {"PATH": f"{fake.parent}:/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", ".ci/run"], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (code, "make test\n")
