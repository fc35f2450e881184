"""Officers of terminals, notices, and whether NIP and PIN may stand in for a face. Frozen; moments are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Duty = Literal["enrol", "maintain"]
PinPolicy = Literal["off", "with-officer", "alone"]

MOST_OFFICERS = 50
"""Of one office: so many a gallery may have."""
MOST_NOTICES = 20

REGENCY = "*"
"""In place of an office: of all of them."""


@dataclass(frozen=True, slots=True)
class Officer:
    """Who may open the officer's area of an office's terminals, with a PIN. `employee_id`: who it is in the roster."""

    officer_id: str
    office_id: str
    name: str = field(repr=False)
    may: frozenset[Duty]
    pin_hash: str | None = field(repr=False)
    made_utc: dt.datetime
    made_by: str
    employee_id: str | None = None
    revoked_utc: dt.datetime | None = None
    revoked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A text for everybody who passes a terminal. `office_id` may be REGENCY; `text_en` empty: as in Indonesian."""

    notice_id: str
    office_id: str
    text_id: str
    text_en: str
    from_utc: dt.datetime
    until_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class NipPinPolicy:
    """Of an office, or of the REGENCY where an office has none of its own. `per_month`: times a person."""

    office_id: str
    policy: PinPolicy
    per_month: int


MOST_DAYS = 31
"""For which a terminal may know somebody whose face waits: who waits longer has been forgotten."""
MOST_ENDED = 5000
"""Enrolments that a bulletin may say are not to be used; with more of them none is."""


@dataclass(frozen=True, slots=True)
class LocalUse:
    """Whether an office's terminals, or all that the REGENCY's word is for, may know whom they have enrolled before
    BKPP has approved the face: for `days` from the enrolment on, 0: never."""

    office_id: str
    days: int


@dataclass(frozen=True, slots=True)
class Told:
    """What an office's terminals were told last: `content` is the `bulletin` of docs/protocol.md, which came with a
    version of the gallery."""

    version: int
    content: dict[str, object] = field(repr=False)
