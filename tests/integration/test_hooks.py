"""The checks before a commit: each is there, lets a good tree pass, and stops what it is for."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"
HOOKS: list[dict[str, Any]] = [
    hook for repo in yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["repos"] for hook in repo["hooks"]
]

if shutil.which("git") is None or not (ROOT / ".git").exists():
    pytest.skip("not a git checkout", allow_module_level=True)


class Clone:
    """The files of this checkout as they are now, in a repository of their own with this environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "PRE_COMMIT"))}
        self._environ = environ | {"PRE_COMMIT_HOME": str(folder.with_name("hooks-home"))}
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for name in tracked.rstrip("\0").split("\0"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():  # a file that is about to be deleted is still listed
                shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(sys.prefix)
        self.git("init", "--quiet")
        self.git("add", "--all")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.folder, env=self._environ, check=True, capture_output=True)

    def hooks(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pre_commit", "run", "--color", "never", *words]
        return subprocess.run(
            command, cwd=self.folder, env=self._environ, capture_output=True, text=True, check=False, timeout=300
        )

    def stops(self, hook: str, name: str, content: bytes) -> bool:
        """Whether `hook` stops a commit of this file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.git("add", "--force", name)
        try:
            return self.hooks(hook).returncode != 0
        finally:
            self.git("rm", "--quiet", "--force", name)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return Clone(tmp_path_factory.mktemp("clone") / "presensi")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_every_hook_is_a_tool_that_is_here(hook: dict[str, Any]) -> None:
    assert hook["language"] == "system", "nothing is fetched"
    program, *arguments = shlex.split(hook["entry"])
    assert shutil.which(ROOT / program if "/" in program else program), f"{program} is missing"
    for argument in arguments:
        assert "/" not in argument or " " in argument or (ROOT / argument).exists(), f"{argument} is missing"


def test_a_good_tree_passes_and_every_hook_has_looked(clone: Clone) -> None:
    done = clone.hooks("--all-files")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == len(HOOKS), done.stdout


@pytest.mark.parametrize(
    ("hook", "name", "content"),
    [
        ("ruff-check", "kiosk/extra.py", b"import os\n"),
        ("ruff-format", "kiosk/extra.py", b"x = { 'a':1 }\n"),
        ("lint-imports", "etpp/extra.py", b"import kiosk.camera\n"),
        ("guard-files", "tests/golden/person.jpg", b"\xff\xd8\xff\xe0"),
        ("guard-files", "docs/images/person.jpg", b"\xff\xd8\xff\xe0"),
        ("guard-files", "kiosk/person.PNG", b"\x89PNG"),
        ("guard-files", "kiosk/face/model.onnx", b"\x08\x07"),
        ("guard-files", "tests/golden/empty.db", b"SQLite format 3"),
        ("guard-files", "kiosk/picture.py", b"# \0"),
        ("guard-files", "docs/list.csv", b"1\n" * 102_401),
        ("guard-files", "docs/images/huge.png", b"0" * 204_801),
    ],
)
def test_a_hook_stops_what_it_is_for(clone: Clone, hook: str, name: str, content: bytes) -> None:
    assert clone.stops(hook, name, content)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_a_careless_script_is_stopped(clone: Clone) -> None:
    assert clone.stops("shellcheck", "scripts/extra.sh", b"#!/bin/sh\nrm -rf $1\n")


@pytest.mark.parametrize(
    ("name", "content"), [("docs/images/new.png", b"\x89PNG\0"), ("docs/list.csv", b"1\n" * 102_400)]
)
def test_what_belongs_here_may_come(clone: Clone, name: str, content: bytes) -> None:
    assert not clone.stops("guard-files", name, content)
