"""Each example looks as it did when somebody last looked (tests/golden/views/generate.py)."""

from __future__ import annotations

import pytest

from kiosk.model import BLOCKING_FAULTS, Challenge, Hint
from kiosk.terminal.encounter import Phase
from kiosk.ui import examples
from tests.golden.views import generate

VIEWS = dict(generate.golden())


@pytest.mark.parametrize("name", VIEWS)
def test_the_view_is_the_golden_one(name: str) -> None:
    assert VIEWS[name] == (generate.FOLDER / f"{name}.json").read_text(encoding="utf-8")


def test_no_golden_view_is_left_over() -> None:
    assert {path.stem for path in generate.FOLDER.glob("*.json")} == set(VIEWS)


def test_every_phase_hint_challenge_and_fault_has_an_example() -> None:
    encounters = [example.encounter for example in examples.states()]
    assert {encounter.phase for encounter in encounters} == set(Phase)
    assert {encounter.sighting.hint for encounter in encounters} >= set(Hint)
    assert {encounter.liveness.challenge for encounter in encounters} >= set(Challenge)
    assert {fault for encounter in encounters for fault in encounter.faults} >= BLOCKING_FAULTS
