"""An objection of an employee and its answer. Frozen; moments are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

ObjectionState = Literal["waiting", "upheld", "dismissed"]


@dataclass(frozen=True, slots=True)
class Objection:
    """Somebody says that a day or an amount of the own month is wrong. `about`: `day:2026-11-03`, or `line:` and the
    key of a statement's line. `office_id`: where the person served last in the month."""

    objection_id: str
    person_id: str
    office_id: str
    month: str
    about: str
    reason: str
    filed_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class ObjectionAnswer:
    """BKPP's, once and for all: whoever finds it wrong objects anew. It changes no figure by itself: what was wrong is
    put right by a correction, a letter or an adjustment, each a fact of its own."""

    objection_id: str
    upheld: bool
    answer: str
    by: str
    answered_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Standing:
    objection: Objection
    answer: ObjectionAnswer | None

    @property
    def state(self) -> ObjectionState:
        if self.answer is None:
            return "waiting"
        return "upheld" if self.answer.upheld else "dismissed"
