"""`kiosk run --trace FILE`: one JSON line an encounter, with the time each stage took. No personal data."""

from __future__ import annotations

import contextlib
import json
import logging
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TextIO

from kiosk.machine.lacks import Lost, cause
from kiosk.terminal.encounter import RESULTS, Encounter, Phase

_LOST = partial(logging.getLogger(__name__).warning, "no trace: %s")


@dataclass
class _Course:
    first_face_s: float
    phases: list[tuple[str, float]] = field(default_factory=list)
    stage_ms: dict[str, float] = field(default_factory=dict)
    frames: int = 0


class Trace:
    """Not thread-safe: called by the thread that steps the encounter. A file that cannot be opened or written ends the
    trace and nothing else: `lost` is told."""

    def __init__(self, path: Path | None, lost: Lost = _LOST) -> None:
        self._lost = lost
        self._file: TextIO | None = None
        try:
            self._file = path.open("a", encoding="utf-8", buffering=1) if path else None
        except OSError as error:
            lost(cause(error))
        self._course: _Course | None = None
        self._phase = Phase.IDLE

    def frame(self, t_s: float, has_face: bool, stage_ms: dict[str, float]) -> None:
        """A frame was looked at. `t_s` monotonic seconds at its capture."""
        if self._file is None or not has_face:
            return
        if self._course is None:
            self._course = _Course(first_face_s=t_s)
        self._course.frames += 1
        for stage, ms in stage_ms.items():
            self._course.stage_ms[stage] = self._course.stage_ms.get(stage, 0.0) + ms

    def stage(self, name: str, ms: float) -> None:
        """Some other stage took `ms`, such as "enquire" or "store"."""
        if self._course is not None:
            self._course.stage_ms[name] = self._course.stage_ms.get(name, 0.0) + ms

    def stepped(self, encounter: Encounter, now_s: float) -> None:
        """The encounter may have gone into another phase."""
        if self._file is None or encounter.phase is self._phase:
            return
        self._phase = encounter.phase
        if self._course is None:
            return
        self._course.phases.append((encounter.phase.value, now_s))
        if encounter.phase in RESULTS or encounter.phase is Phase.IDLE:
            self._write(encounter.phase)

    def _write(self, outcome: Phase) -> None:
        course, self._course = self._course, None
        if course is None or self._file is None:
            return
        since = {name: round((at - course.first_face_s) * 1e3) for name, at in course.phases}
        line = {
            "outcome": outcome.value,
            "first_face_to_outcome_ms": since[outcome.value],
            "phase_reached_ms": since,
            "frames": course.frames,
            "stage_ms": {name: round(ms, 2) for name, ms in sorted(course.stage_ms.items())},
        }
        try:
            self._file.write(json.dumps(line) + "\n")
        except OSError as error:
            self._lost(cause(error))
            self.close()

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # what could not be written is still in its buffer
                file.close()
