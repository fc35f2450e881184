"""Whether a module's tests notice a mutant: each trial is a fork that holds the third-party modules already.

Nothing on the disk is changed, so that a kill leaves nothing behind and nobody else in the folder sees a mutant. Tests
that start a process of their own see the unchanged module: name those of the unit alone. One trial at a time.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import importlib.util
import json
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Literal

import pytest

_NO_TRIAL = 70
"""A fork's exit code when it did not come to the tests' own end (pytest has 0 to 5)."""

Outcome = Literal["killed", "survived", "timeout"]

MEMORY_BYTES = 6 * 2**30
"""A loop that a mutant made endless must not take the machine's memory."""


class TrialError(Exception):
    """The tests do not pass on the unchanged module, so that they say nothing about a changed one."""


@dataclass(frozen=True)
class Suite:
    """The tests of one module. `words`: pytest's, paths from `root`; `log`: what the latest trial printed."""

    root: Path
    module: str
    path: Path
    words: tuple[str, ...]
    log: Path


@dataclass(frozen=True)
class Patience:
    """After how much time of the processor, and of the clock, a trial has hung."""

    cpu_s: float = 600.0
    wall_s: float = 1800.0

    @classmethod
    def after(cls, cpu_s: float, wall_s: float) -> Patience:
        """Of tests that took so long on the unchanged module."""
        return cls(5 * cpu_s + 2, 20 * wall_s + 60)


def rehearse(tests: Suite) -> Patience:
    """Run the tests on the unchanged module, import here what they imported of others, and try the unchanged text.

    Raises TrialError when they fail, when there are none, or when the trial that changes nothing does not survive: then
    a kill would say nothing.
    """
    report = tests.log.with_suffix(".imports")
    began = time.monotonic()
    code, cpu_s = _in_fork(tests, None, Patience(), report)
    if code != 0:
        raise TrialError(f"{tests.module}: its tests do not pass unchanged (code {code}); see {tests.log}")
    for name in json.loads(report.read_text()):
        with contextlib.suppress(Exception):  # what cannot be imported here, each trial imports for itself
            importlib.import_module(name)
    report.unlink()
    patience = Patience.after(cpu_s, time.monotonic() - began)
    if attempt(tests, tests.path.read_text("utf-8"), patience) != "survived":
        raise TrialError(f"{tests.module}: its tests do not pass in a trial of the unchanged text; see {tests.log}")
    return patience


def attempt(tests: Suite, text: str, patience: Patience) -> Outcome:
    """What the module's tests say of `text` in its place. Raises TrialError when they could not be asked."""
    code, _ = _in_fork(tests, text, patience, None)
    if code == _NO_TRIAL:
        raise TrialError(f"{tests.module}: a trial could not begin; see {tests.log}")
    if code in {None, -signal.SIGXCPU, -signal.SIGKILL}:
        return "timeout"
    return "survived" if code == 0 else "killed"


def _in_fork(tests: Suite, text: str | None, patience: Patience, report: Path | None) -> tuple[int | None, float]:
    """The tests' exit code (None: they hung) and the seconds of the processor that they took."""
    child = os.fork()
    if child == 0:
        code = _NO_TRIAL
        try:
            code = _run(tests, text, patience, report)
        except BaseException:  # noqa: BLE001 - whatever it is, it must not count as the tests' word
            tests.log.write_text(traceback.format_exc())
        finally:
            os._exit(code)
    handle = os.pidfd_open(child)
    try:
        ended = bool(select.select([handle], [], [], patience.wall_s)[0])
    finally:
        os.close(handle)
        with contextlib.suppress(ProcessLookupError):  # the child leads its own group: what its tests left running
            os.killpg(child, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status, usage = os.wait4(child, 0)
    return (os.waitstatus_to_exitcode(status) if ended else None), usage.ru_utime + usage.ru_stime


def _run(tests: Suite, text: str | None, patience: Patience, report: Path | None) -> int:
    os.setsid()
    with tests.log.open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    resource.setrlimit(resource.RLIMIT_CPU, (int(patience.cpu_s) + 1, int(patience.cpu_s) + 10))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    os.chdir(tests.root)
    if str(tests.root) not in sys.path:
        sys.path.insert(0, str(tests.root))
    if text is not None:
        sys.meta_path.insert(0, _InPlaceOf(tests.module, tests.path, text))
    # Plain asserts: nobody reads why one failed, and pytest warns of plugins that it can no longer rewrite.
    quiet = ["-x", "-q", "--no-header", "--assert=plain", "-p", "no:cacheprovider"]
    code = int(pytest.main([*quiet, *tests.words], plugins=[_Repeatable()]))
    if report is not None:
        report.write_text(
            json.dumps([name for name, each in list(sys.modules.items()) if _of_others(each, tests.root)])
        )
    return code


class _Repeatable:
    """Property tests draw the same examples in every trial, and do not shrink: the first failure is all that counts.

    They come after the examples, which fail within milliseconds where they fail.
    """

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: hasattr(getattr(item, "obj", None), "hypothesis"))

    def pytest_sessionstart(self) -> None:  # after the conftest has chosen its profile, before any test is imported
        if "hypothesis" in sys.modules:
            from hypothesis import Phase, settings

            here = settings(database=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
            settings.register_profile("mutants", here)
            settings.load_profile("mutants")


class _InPlaceOf(importlib.abc.MetaPathFinder):
    def __init__(self, module: str, path: Path, text: str) -> None:
        self._module, self._path, self._text = module, path, text

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        inside = [str(self._path.parent)] if self._path.name == "__init__.py" else None
        loader = _Changed(fullname, str(self._path), self._text)
        return importlib.util.spec_from_file_location(
            fullname, self._path, loader=loader, submodule_search_locations=inside
        )


class _Changed(SourceFileLoader):
    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self._text = text

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._text, self.path, "exec", dont_inherit=True)


def _of_others(module: ModuleType, root: Path) -> bool:
    where = getattr(module, "__file__", None)
    if where is None:
        return False
    path = Path(where)
    return not path.is_relative_to(root) or path.is_relative_to(sys.prefix)
