"""docs/operations.md: a technician finds every check, every fault by its words on the screen, and every exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from etpp.__main__ import EXIT_CODES
from kiosk import errors
from kiosk.commands.doctor import Patient
from kiosk.machine.state import StateFolder
from kiosk.model import BLOCKING_FAULTS, Fault
from kiosk.ui import catalogue
from kiosk.ui.wording import FAULT_NUMBERS

TEXT = (Path(__file__).parents[4] / "docs/operations.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize("name", Patient(None, StateFolder(Path("/nowhere"))).checks())
def test_every_check_is_explained(name: str) -> None:
    assert any(row[0] == f"`{name}`" for row in ROWS)


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_found_by_its_words_on_the_screen(fault: Fault) -> None:
    (row,) = [row for row in ROWS if len(row) > 1 and row[1] == f"`{fault.value}`"]
    assert row[0] == catalogue.load("id").text(f"fault.{fault.value}.title")
    assert (row[2] == "no") == (fault in BLOCKING_FAULTS), "whether it records meanwhile"


def test_every_fault_is_found_by_the_number_that_the_screen_shows() -> None:
    codes = {f"`{fault.value}`" for fault in Fault}
    told = {row[1]: row[3] for row in ROWS if len(row) == 5 and row[1] in codes}
    assert FAULT_NUMBERS.keys() == BLOCKING_FAULTS
    assert len(set(FAULT_NUMBERS.values())) == len(FAULT_NUMBERS)
    assert {code: number for code, number in told.items() if number != "-"} == {
        f"`{fault.value}`": f"T-{number:02d}" for fault, number in FAULT_NUMBERS.items()
    }


def every_exit_code() -> set[int]:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.KioskError)]
    return {kind.exit_code for kind in kinds} | set(EXIT_CODES.values()) | {0, 1, 2}


def test_every_exit_code_is_explained() -> None:
    explained = {int(code) for row in ROWS for code in re.findall(r"\d+", row[0]) if re.fullmatch(r"[\d, ]+", row[0])}
    assert every_exit_code() <= explained


def test_the_installers_exit_codes_are_explained() -> None:
    for script in ("systemd/install.sh", "scripts/setup.sh"):
        source = (Path(__file__).parents[4] / script).read_text()
        for code in re.findall(r"\bstop (\d+) ", source):
            assert re.search(rf"^\| {code} \|", TEXT, re.MULTILINE), f"{script} ends with {code}"
