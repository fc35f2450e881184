"""One line an encounter: when each phase was reached and what each stage took, and nothing about the person."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.terminal import encounter as enc
from kiosk.terminal.encounter import Phase
from kiosk.terminal.trace import Trace
from tests.unit.kiosk.factories import match, prospect


def _at(phase: Phase) -> enc.Encounter:
    return replace(enc.Encounter(), phase=phase, match=match(), prospect=prospect())


def test_an_encounter_is_one_line(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace.jsonl")
    trace.frame(10.0, True, {"detect": 30.0, "describe": 90.0})
    trace.stepped(_at(Phase.IDENTIFYING), 10.15)
    trace.frame(10.2, True, {"detect": 20.0})
    trace.stepped(_at(Phase.CONFIRM), 10.4)
    trace.stage("store", 12.5)
    trace.stepped(_at(Phase.RECORDED), 13.5)
    trace.close()
    text = (tmp_path / "trace.jsonl").read_text()
    (line,) = map(json.loads, text.splitlines())
    assert line == {
        "outcome": "recorded",
        "first_face_to_outcome_ms": 3500,
        "phase_reached_ms": {"identifying": 150, "confirm": 400, "recorded": 3500},
        "frames": 2,
        "stage_ms": {"describe": 90.0, "detect": 50.0, "store": 12.5},
    }
    assert not any(secret in text for secret in ("p-1", "1980", "Contoh"))


def test_who_is_not_recognised_in_time_is_a_line_too(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace.jsonl")
    trace.frame(10.0, True, {"detect": 30.0})
    trace.stepped(_at(Phase.IDENTIFYING), 10.1)
    trace.stepped(_at(Phase.NOT_IN_TIME), 20.1)
    trace.close()
    (line,) = map(json.loads, (tmp_path / "trace.jsonl").read_text().splitlines())
    assert (line["outcome"], line["first_face_to_outcome_ms"]) == ("not_in_time", 10100)


def test_frames_without_a_face_begin_nothing(tmp_path: Path) -> None:
    trace = Trace(tmp_path / "trace.jsonl")
    trace.frame(1.0, False, {"detect": 30.0})
    trace.stepped(_at(Phase.FAULT), 2.0)
    trace.stepped(_at(Phase.IDLE), 3.0)
    trace.close()
    assert (tmp_path / "trace.jsonl").read_text() == ""


def test_without_a_file_it_does_nothing() -> None:
    trace = Trace(None)
    trace.frame(1.0, True, {})
    trace.stepped(_at(Phase.RECORDED), 2.0)
    trace.close()


@pytest.mark.parametrize("name", ["none/trace.jsonl", "."])
def test_a_file_that_cannot_be_opened_leaves_the_terminal_without_a_trace(tmp_path: Path, name: str) -> None:
    why: list[str] = []
    trace = Trace(tmp_path / name, why.append)
    _one_encounter(trace)
    trace.close()
    assert len(why) == 1


def test_a_full_disk_ends_the_trace_and_nothing_else() -> None:
    why: list[str] = []
    trace = Trace(Path("/dev/full"), why.append)
    for _ in range(2):
        _one_encounter(trace)
    trace.close()
    assert why == ["[Errno 28] No space left on device (OSError)"]


def _one_encounter(trace: Trace) -> None:
    trace.frame(10.0, True, {"detect": 30.0})
    trace.stepped(_at(Phase.IDENTIFYING), 10.1)
    trace.stepped(_at(Phase.RECORDED), 11.0)
