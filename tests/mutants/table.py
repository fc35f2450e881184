"""The table of modules and their tests, and the list of equivalent mutants, as they stand in their two files."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.change import Mutant

HERE = Path(__file__).parent


class TableError(Exception):
    """A file of this folder says something that does not hold."""


@dataclass(frozen=True)
class Row:
    """One module: its tests, which of them are left out (in pytest's `-k`), and how many mutants are tried (0: all)."""

    module: str
    path: Path
    tests: tuple[str, ...]
    without: str
    sample: int

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.tests, "-k", f"not ({self.without})") if self.without else self.tests


@dataclass(frozen=True)
class Table:
    rows: tuple[Row, ...]
    seed: int
    least_percent: float


def read_table(path: Path, root: Path) -> Table:
    """Raises TableError for a module or a test that is not there."""
    given = tomllib.loads(path.read_text("utf-8"))
    rows = []
    for module, words in given["modules"].items():
        stem = root / module.replace(".", "/")
        file = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
        for each in (file, *(root / test.split("::")[0] for test in words["tests"])):
            if not each.exists():
                raise TableError(f"{path}: {module} names {each.relative_to(root)}, which is not there")
        sample = words.get("sample", given["sample"])
        rows.append(Row(module, file, tuple(words["tests"]), words.get("without", ""), sample))
    return Table(tuple(rows), given["seed"], given["least_percent"])


@dataclass(frozen=True)
class Equivalents:
    """Which mutants of a module behave as the module does, and why."""

    reasons: dict[tuple[str, str, str], str]

    def reason(self, mutant: Mutant) -> str | None:
        return self.reasons.get((mutant.definition, mutant.was, mutant.now))

    def check(self, module: str, mutants: list[Mutant]) -> None:
        """Raises TableError for an entry whose lines the module no longer has."""
        there = {(mutant.definition, mutant.was, mutant.now) for mutant in mutants}
        for definition, was, now in self.reasons.keys() - there:
            raise TableError(
                f"equivalent of {module} that is no mutant of it, in {definition or 'the module'}: {was} -> {now}"
            )


def read_equivalents(path: Path) -> dict[str, Equivalents]:
    """By module. Raises TableError for an entry without a reason, or one that stands there twice."""
    modules: dict[str, Equivalents] = {}
    for module, entries in tomllib.loads(path.read_text("utf-8")).items():
        reasons: dict[tuple[str, str, str], str] = {}
        for entry in entries:
            for now in entry["now"]:
                key = (entry["in"], entry["was"], now)
                if not entry["why"].strip() or key in reasons:
                    raise TableError(f"{path}: {module}, {now!r} has no reason or stands there twice")
                reasons[key] = entry["why"]
        modules[module] = Equivalents(reasons)
    return modules
