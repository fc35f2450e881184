"""Kinds of absence as dated data, letters, and what is decided about them. Frozen values; moments are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Excusable = Literal["late", "early", "absence", "occasion"]
LetterState = Literal["submitted", "approved", "refused", "revoked"]


@dataclass(frozen=True, slots=True)
class PaidFrom:
    """From this day of an absence on (1 is its first) so many per cent of the day's allowance are paid."""

    day: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of absence, valid for letters that begin between two dates.

    `points_given` and `points_off`: what a working day that is wholly covered gives to the points, and takes off the
    ceiling, where the policy asks for either. `may_enter`: whether activities can be entered on such a day.
    `maximum_days`: calendar days a person may have in a year. `paid` is ascending and begins with day 1.
    """

    kind_id: str
    name: str
    first: dt.date
    last: dt.date | None
    excuses: frozenset[Excusable]
    points_given: Decimal
    points_off: Decimal
    may_enter: bool
    maximum_days: int | None
    paid: tuple[PaidFrom, ...]
    document_required: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter (surat perintah, surat cuti …) for one or many people, over [first_utc, until_utc), whole minutes.

    `document_sha256`: the file's hash; the file lies outside of the database.
    """

    letter_id: str
    kind_id: str
    number: str
    date: dt.date
    issuer: str
    person_ids: tuple[str, ...]
    first_utc: dt.datetime
    until_utc: dt.datetime
    submitted_by: str
    submitted_utc: dt.datetime
    document_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class LetterDecision:
    """A letter approved or refused. The latest decision counts; one by a person whom the letter is for is none."""

    decision_id: str
    letter_id: str
    approved: bool
    by: str
    decided_utc: dt.datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LetterRevocation:
    """A letter taken back: it excuses nothing any more, whatever is decided about it later."""

    revocation_id: str
    letter_id: str
    by: str
    revoked_utc: dt.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Excuse:
    """A letter in force for one person, with the kind that was valid on its first day."""

    letter_id: str
    kind: Kind
    first_utc: dt.datetime
    until_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Document:
    """What is known of a file in the cabinet: its hash, its type by its content, its size in bytes, who brought it."""

    sha256: str
    media_type: str
    bytes: int
    stored_utc: dt.datetime
    stored_by: str
