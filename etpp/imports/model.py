"""What an import would do, as one page shows it for every kind of table."""

from __future__ import annotations

from dataclasses import dataclass

from etpp.base.sheets import Fault


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of a table changes. `about`: the id of whom or what, `subject` its words, `change`: a key of the
    kind's changes ("unchanged" for nothing), `was` and `becomes` in words, "" where there was or will be nothing."""

    line: int
    about: str
    subject: str
    change: str
    was: str
    becomes: str


@dataclass(frozen=True, slots=True)
class Preview:
    """`done`: whether it was taken, rather than shown only."""

    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    done: bool

    @property
    def changing(self) -> int:
        return sum(each.change != "unchanged" for each in self.lines)
