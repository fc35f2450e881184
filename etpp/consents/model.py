"""A consent that was taken back, or not given, and its answer. Frozen; moments are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["withdrawn", "refused"]
State = Literal["open", "erased", "otherwise", "gone", "anew"]
"""`open`: BKPP has something to do. `erased`, `otherwise`: by an answer. `gone`: there is no face any more, on another
way. `anew`: the person has agreed again since, and BKPP has approved the face."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a terminal noted. `about`: the person's id at the office, or the id of the enrolment that waited; "" of
    somebody whom the office does not know yet. `officer`: a name, as it was typed, where nobody logged in."""

    office_id: str
    event_id: str
    device_id: str
    kind: Kind
    about: str
    officer_id: str
    officer: str = field(repr=False)
    at_utc: dt.datetime | None
    latest_utc: dt.datetime
    received_utc: dt.datetime

    @property
    def wish_id(self) -> str:
        return f"{self.office_id}/{self.event_id}"


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """BKPP's, once and for all. `erased`: the face went with it; else the reason says what is done instead."""

    wish_id: str
    erased: bool
    reason: str
    by: str
    answered_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Face:
    """What a server holds of somebody at an office. `enrolments`: those that wait, of a consent that a wish reaches."""

    office_id: str
    person_id: str
    templates: int
    enrolments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """A wish, whose it is in the whole regency ("" for nobody whom the roster knows), whether anybody can say whose it
    is, what is held of the face, when the person agreed last."""

    wish: Wish
    answer: ConsentAnswer | None
    name: str = field(repr=False)
    employee_id: str
    known: bool
    faces: tuple[Face, ...]
    agreed_utc: dt.datetime | None
