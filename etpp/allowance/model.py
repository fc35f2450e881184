"""A policy, a statement and the facts that only pay knows. Frozen values; amounts are exact decimals."""

from __future__ import annotations

import datetime as dt
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

from etpp.activities.model import EntryTerms
from etpp.base.money import Rounding
from etpp.presence.model import FaultKind
from etpp.roster.assignments import Status

Measure = Literal["full", "points", "office_score"]
Unit = Literal["rupiah", "points", "percent", "minutes", "days"]

POINTS = "points"
CEILING = "ceiling"
ALLOWANCE = "allowance"
"""What a deduction is taken from, besides a component by its key: the month's points, their ceiling, or everything."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, in order."""

    year: int
    number: int

    @property
    def first(self) -> dt.date:
        return dt.date(self.year, self.number, 1)

    @property
    def last(self) -> dt.date:
        return dt.date(self.year, self.number, monthrange(self.year, self.number)[1])

    @property
    def following(self) -> Month:
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def before(self, count: int = 1) -> Month:
        """The one so many months earlier."""
        months = self.year * 12 + self.number - 1 - count
        return Month(months // 12, months % 12 + 1)

    def dates(self) -> Iterator[dt.date]:
        for day in range(1, self.last.day + 1):
            yield dt.date(self.year, self.number, day)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @classmethod
    def of(cls, text: str) -> Month:
        """From `2026-11`. Raises ValueError."""
        year, _, number = text.partition("-")
        if not (text.isascii() and len(year) == 4 and len(number) == 2 and year.isdecimal() and number.isdecimal()):
            raise ValueError("must be a month such as 2026-11")
        if not (1970 < int(year) < 9000 and 1 <= int(number) <= 12):
            raise ValueError("must be a month such as 2026-11")
        return cls(int(year), int(number))


@dataclass(frozen=True, slots=True)
class Component:
    """A share (per cent) of the base, and what decides how much of it is earned."""

    key: str
    share: Decimal
    measure: Measure


@dataclass(frozen=True, slots=True)
class Band:
    """From `first` to `last` minutes (None: and above)."""

    first: int
    last: int | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Deduction:
    """What a kind of fault costs, from `source`: per cent, or points where the source counts points.

    One of `each` (for every fault), `per_minute` and `bands` (by minutes) is given. The first `free` of a month, by
    date, cost nothing.
    """

    key: str
    faults: frozenset[FaultKind]
    source: str
    unit: Literal["percent", "points"]
    each: Decimal | None
    per_minute: Decimal | None
    bands: tuple[Band, ...]
    free: int


@dataclass(frozen=True, slots=True)
class LoseAll:
    """More than so many faults of these kinds in a month, and nothing is paid."""

    key: str
    faults: frozenset[FaultKind]
    more_than: int


@dataclass(frozen=True, slots=True)
class PointsRule:
    """How points become a share.

    `target`: the month asks for `day` points each working day ("days"), for `month` points, or for the lower of both.
    `given`: what a day that letters cover gives: nothing of its own, its kind's points where they are more than the
    activities' ("better"), or its kind's points in place of the activities ("instead"). `absent_days_count`: whether
    activities of a day of unexcused absence are recognised. `points_off`: whether days covered by letters lower the
    ceiling as their kind says. `below`: what less than the target pays; of `steps` the highest reached decides.
    """

    day: Decimal
    month: Decimal | None
    target: Literal["days", "month", "lower"]
    given: Literal["none", "better", "instead"]
    absent_days_count: bool
    points_off: bool
    below: Literal["in_proportion", "nothing", "steps"]
    steps: tuple[tuple[Decimal, Decimal], ...]
    terms: EntryTerms


@dataclass(frozen=True, slots=True)
class Tax:
    """A rate (per cent) for people of a status and rank (golongan without its letter); None: all ranks."""

    status: Status
    ranks: frozenset[str] | None
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Premium:
    """Taken off what is paid, per cent of the gross amount."""

    key: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Policy:
    """One regulation, in force from a date to a date. `sha256`: of its text, which never changes once it was used."""

    policy_id: str
    title: str
    source: str
    first: dt.date
    last: dt.date | None
    sha256: str
    base: Mapping[int, Decimal]
    acting_percent: Decimal
    components: tuple[Component, ...]
    points: PointsRule | None
    deductions: tuple[Deduction, ...]
    caps: Mapping[str, Decimal]
    lose_all: tuple[LoseAll, ...]
    paid_share: bool
    taxes: tuple[Tax, ...]
    premiums: tuple[Premium, ...]
    correction_days: int | None
    rounding_unit: Decimal
    rounding_mode: Rounding

    def rule(self, key: str) -> str:
        return f"{self.policy_id}#{key}"


@dataclass(frozen=True, slots=True)
class Sanction:
    """So many per cent less from a date to a date, by a document. Somebody enters it; it is never derived."""

    sanction_id: str
    person_id: str
    percent: Decimal
    first: dt.date
    last: dt.date
    document: str


@dataclass(frozen=True, slots=True)
class OfficeScore:
    """An office's performance of a month in per cent. The latest decision counts."""

    score_id: str
    office_id: str
    month: Month
    percent: Decimal
    decided_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """From a date to a date the regency pays by the policy with this hash. For a month, what holds on its first day."""

    use_id: str
    sha256: str
    first: dt.date
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class MonthStep:
    """What somebody said of an office's month: the office has checked the list with this hash, or it was paid."""

    step_id: str
    office_id: str
    month: str
    step: Literal["checked", "paid"]
    hash: str
    by: str
    at_utc: dt.datetime


class Line(NamedTuple):  # a tuple is made three times as fast, and a month has about fifty
    """One amount, the rule that it follows (`policy-id#key`), and the facts that it follows from, such as `event:…`.

    `parts` explain the amount; only a statement's own lines add up.
    """

    key: str
    amount: Decimal
    unit: Unit
    rule: str
    because: tuple[str, ...] = ()
    parts: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One person's month. `office_id`: where the person served last in it. `lines` add up to `net`.

    `open`: what somebody must still decide or a terminal report, as `review:event`, `waiting:date` …; the month cannot
    be closed before. `manual`: manual entries that figures rest on. `working_days` of the month, and `entitled_days`.
    """

    person_id: str
    office_id: str
    month: Month
    policy_id: str
    policy_sha256: str
    working_days: int
    entitled_days: int
    gross: Decimal
    net: Decimal
    lines: tuple[Line, ...]
    open: tuple[str, ...]
    manual: tuple[str, ...]
