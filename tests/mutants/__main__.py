"""`make mutants`: change the modules of table.toml one place at a time, and see whether their tests notice.

ARGS="--module kiosk.schedule" takes one of them, "--sample 0" all mutants instead of a sample, "--seed 7" another
sample, "--keep-kills" tries after a change of the tests only what had survived, "--list" prints the mutants. A run that
was stopped goes on where it was. The exit code is 1 when a module is below the table's share, 2 when the table or the
list of equivalents is wrong or a module's tests fail by themselves.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: one worker, and no thread that a fork would lose

from tests.mutants.change import Mutant, mutants_of
from tests.mutants.record import Record, digest
from tests.mutants.table import HERE, Equivalents, Row, TableError, read_equivalents, read_table
from tests.mutants.trial import Outcome, Suite, TrialError, attempt, rehearse


@dataclass(frozen=True)
class Result:
    """What the tests of one module are worth. `survivors`: those that are not equivalent; `misjudged`: those that are
    listed as equivalent and were killed."""

    module: str
    mutants: int
    killed: int
    equivalent: int
    survivors: tuple[Mutant, ...]
    misjudged: tuple[Mutant, ...]

    @property
    def percent(self) -> float:
        counted = self.mutants - self.equivalent
        return 100.0 * self.killed / counted if counted else 100.0


def sampled(mutants: Sequence[Mutant], module: str, size: int, seed: int) -> list[Mutant]:
    """`size` of the mutants (0: all), the same for the same seed."""
    if not 0 < size < len(mutants):
        return list(mutants)
    chosen = random.Random(f"{seed} {module}").sample(range(len(mutants)), size)
    return [mutants[number] for number in sorted(chosen)]


def examine(row: Row, equivalents: Equivalents, options: argparse.Namespace, seed: int) -> Result:
    """Try the row's mutants, those of an earlier run excepted. Raises TableError, TrialError."""
    mutants = mutants_of(row.path.read_text("utf-8"))
    equivalents.check(row.module, mutants)
    chosen = sampled(mutants, row.module, row.sample if options.sample is None else options.sample, seed)
    files = [path for test in row.tests for path in _files(options.root / test.split("::")[0])]
    record = Record(
        options.out / f"{row.module}.jsonl", digest(row.path), digest(*files), keep_kills=options.keep_kills
    )
    tests = Suite(options.root, row.module, row.path, row.words, options.out / f"{row.module}.log")
    waiting = [mutant for mutant in chosen if mutant.name not in record.outcomes]
    if waiting:
        patience = rehearse(tests)
        for number, mutant in enumerate(waiting, 1):
            outcome = attempt(tests, mutant.text, patience)
            record.add(mutant.name, outcome)
            print(f"{row.module} {number}/{len(waiting)} {outcome}", file=sys.stderr, flush=True)
    return _result(row, equivalents, chosen, record.outcomes)


def _result(row: Row, equivalents: Equivalents, chosen: list[Mutant], outcomes: dict[str, Outcome]) -> Result:
    survivors = [mutant for mutant in chosen if outcomes[mutant.name] == "survived"]
    misjudged = [mutant for mutant in chosen if mutant not in survivors and equivalents.reason(mutant) is not None]
    open_ones = tuple(mutant for mutant in survivors if equivalents.reason(mutant) is None)
    killed, equivalent = len(chosen) - len(survivors), len(survivors) - len(open_ones)
    return Result(row.module, len(chosen), killed, equivalent, open_ones, tuple(misjudged))


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]


def report(results: Sequence[Result]) -> str:
    """The survivors and what the list of equivalents says wrongly, then a line a module."""
    lines = []
    for each in results:
        for mutant in each.survivors:
            lines.append(f"{each.module}:{mutant.line} in {mutant.definition or 'the module'} survived")
            lines += [f"  - {mutant.was}", f"  + {mutant.now}"]
        for mutant in each.misjudged:
            lines.append(f"{each.module}:{mutant.line} is listed as equivalent, but was killed: {mutant.now}")
    lines.append(f"{'module':26} mutants  killed  survived  equivalent   share")
    for each in results:
        counts = f"{each.mutants:7} {each.killed:7} {len(each.survivors):9} {each.equivalent:11}"
        lines.append(f"{each.module:26} {counts} {each.percent:6.1f}%")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--module", action="append", help="one of the table's modules; may be given several times")
    parser.add_argument("--sample", type=int, help="how many mutants of each module, 0 for all (default: the table's)")
    parser.add_argument("--seed", type=int, help="which ones (default: the table's)")
    parser.add_argument("--keep-kills", action="store_true", help="after a change of tests, try only what had survived")
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help=argparse.SUPPRESS)
    parser.add_argument("--tables", type=Path, default=HERE, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="where the outcomes are kept (default: out/mutants)")
    options = parser.parse_args(words)
    options.out = options.out or options.root / "out/mutants"
    try:
        table = read_table(options.tables / "table.toml", options.root)
        equivalents = read_equivalents(options.tables / "equivalent.toml")
        unknown = {*(options.module or ()), *equivalents} - {row.module for row in table.rows}
        if unknown:
            raise TableError(f"not in the table: {', '.join(sorted(unknown))}")
        rows = [row for row in table.rows if not options.module or row.module in options.module]
        seed = table.seed if options.seed is None else options.seed
        if options.list:
            for row in rows:
                for mutant in mutants_of(row.path.read_text("utf-8")):
                    print(f"{row.module}:{mutant.line} {mutant.definition}: {mutant.was} -> {mutant.now}")
            return 0
        results = [examine(row, equivalents.get(row.module, Equivalents({})), options, seed) for row in rows]
    except (TableError, TrialError) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2
    print(report(results))
    if any(result.misjudged for result in results):
        return 2
    return 1 if any(result.percent < table.least_percent for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
