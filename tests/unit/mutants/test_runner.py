"""`make mutants` itself: a survivor is seen, a kill, what hangs, and a run that stopped goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.__main__ import sampled
from tests.mutants.change import mutants_of
from tests.mutants.record import Record, digest
from tests.mutants.table import HERE, Equivalents, TableError, read_equivalents, read_table
from tests.mutants.trial import Patience, Suite, TrialError, attempt

ROOT = HERE.parents[1]

PART = """
def grown(age: int) -> bool:
    return age >= 18
"""

TESTS = """
from part import grown

def test_grown():
    assert grown(20) and not grown(3)
"""

AT_THE_EDGE = "\ndef test_the_edge():\n    assert grown(18) and not grown(17)\n"

TABLE = 'sample = 0\nseed = 1\nleast_percent = 95\n[modules]\npart = { tests = ["test_part.py"] }\n'

EDGE_IS_NOBODY = '[[part]]\nin = "grown"\nwas = "return age >= 18"\nnow = ["return age > 18"]\nwhy = "nobody is 18"\n'

LOOP = """
def counted(total):
    done = 0
    while done < total:
        done += 1
    return done
"""

COUNTING = "\nfrom part import counted\n\ndef test_counted():\n    assert counted(4) == 4\n"


class Office:
    """A folder with one module, its tests and the two tables; what a run of it says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in (("part.py", PART), ("test_part.py", TESTS), ("table.toml", TABLE), ("equivalent.toml", "")):
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def run(self, *words: str) -> tuple[int, str, int]:
        """The exit code, the report, and how many mutants were tried."""
        folders = ("--root", str(self.folder), "--tables", str(self.folder))
        command = [sys.executable, "-m", "tests.mutants", *folders, *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        return (
            done.returncode,
            done.stdout + done.stderr,
            sum(" part" in f" {line}" for line in done.stderr.splitlines()),
        )

    @property
    def record(self) -> Path:
        return self.folder / "out/mutants/part.jsonl"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def rows(report: str) -> list[list[str]]:
    return [line.split() for line in report.splitlines() if line.startswith("part ") and line.endswith("%")]


def test_a_survivor_is_seen_until_a_test_kills_it(office: Office) -> None:
    code, report, _ = office.run("--sample", "0")
    assert code == 1
    assert "part:3 in grown survived\n  - return age >= 18\n  + return age > 18" in report
    assert "+ return age < 18" not in report
    (before,) = rows(report)
    assert before[1:5] == ["4", "1", "3", "0"]  # survived: > 18, >= 17, >= 19; killed: < 18
    office.write("test_part.py", TESTS + AT_THE_EDGE)
    code, report, tried = office.run("--keep-kills")
    (after,) = rows(report)
    assert (code, tried, after[1:]) == (0, 3, ["4", "4", "0", "0", "100.0%"])


@pytest.mark.slow
def test_a_loop_that_became_endless_is_a_kill(office: Office) -> None:
    office.write("part.py", LOOP)
    office.write("test_part.py", COUNTING)
    endless = next(mutant for mutant in mutants_of(LOOP) if mutant.now == "done += 0")
    record = Record(office.record, digest(office.folder / "part.py"), digest(office.folder / "test_part.py"))
    for mutant in mutants_of(LOOP):
        if mutant != endless:
            record.add(mutant.name, "killed")
    _, report, tried = office.run()
    assert tried == 1
    assert "1/1 timeout" in report
    assert rows(report)[0][3] == "0"


def test_a_stopped_run_goes_on_where_it_was(office: Office) -> None:
    _, whole, tried = office.run()
    assert tried == 4
    lines = office.record.read_text("utf-8").splitlines()
    office.record.write_text("\n".join(lines[:3]) + "\n" + lines[3][:20], "utf-8")  # stopped while it wrote the third
    _, again, tried_again = office.run()
    assert tried_again == 2
    assert rows(again) == rows(whole)
    assert office.run()[2] == 0


def test_a_changed_module_is_tried_anew(office: Office) -> None:
    assert [office.run()[2], office.run()[2]] == [4, 0]
    office.write("part.py", PART + "\n")
    assert office.run()[2] == 4


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    mutants = mutants_of("\n".join(f"A{number} = {number}" for number in range(50)))
    first = sampled(mutants, "part", 10, 1)
    assert len(first) == 10
    assert sampled(mutants, "part", 10, 1) == first
    assert sampled(mutants, "part", 10, 2) != first
    assert sampled(mutants, "other", 10, 1) != first
    assert sampled(mutants, "part", 0, 1) == mutants


def test_an_equivalent_one_counts_for_nothing(office: Office) -> None:
    office.write("equivalent.toml", EDGE_IS_NOBODY)
    _, report, _ = office.run()
    assert rows(report)[0][1:] == ["4", "1", "2", "1", "33.3%"]


def test_what_is_listed_as_equivalent_must_survive(office: Office) -> None:
    office.write("equivalent.toml", EDGE_IS_NOBODY)
    office.write("test_part.py", TESTS + AT_THE_EDGE)
    code, report, _ = office.run()
    assert code == 2
    assert "part:3 is listed as equivalent, but was killed" in report


def test_tests_that_fail_by_themselves_are_no_measure(office: Office) -> None:
    office.write("test_part.py", TESTS.replace("grown(3)", "grown(30)"))
    code, report, _ = office.run()
    assert code == 2
    assert "its tests do not pass unchanged" in report


def test_a_trial_that_cannot_begin_is_no_kill(office: Office, tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    tests = Suite(tmp_path / "gone", "part", tmp_path / "part.py", ("test_part.py",), tmp_path / "log")
    (tmp_path / "gone").rmdir()
    with pytest.raises(TrialError, match="could not begin"):
        attempt(tests, PART, Patience())
    assert "FileNotFoundError" in tests.log.read_text("utf-8")


@pytest.mark.slow
@pytest.mark.mutants
def test_the_tables_of_this_repository_hold() -> None:
    table = read_table(HERE / "table.toml", ROOT)
    equivalents = read_equivalents(HERE / "equivalent.toml")
    paths = {row.module: row.path for row in table.rows}
    assert set(equivalents) <= set(paths)
    for module, listed in equivalents.items():
        listed.check(module, mutants_of(paths[module].read_text("utf-8")))


def test_an_equivalent_that_is_no_mutant_any_more_is_refused() -> None:
    stale = Equivalents({("grown", "return age >= 21", "return age > 21"): "nobody"})
    with pytest.raises(TableError, match="no mutant of it"):
        stale.check("part", mutants_of(PART))


def test_an_equivalent_needs_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "equivalent.toml"
    file.write_text(EDGE_IS_NOBODY.replace("nobody is 18", " "), "utf-8")
    with pytest.raises(TableError, match="no reason"):
        read_equivalents(file)
