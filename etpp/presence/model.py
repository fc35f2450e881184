"""Presences as pay sees them, what people decided about them, and a judged day. Frozen; moments are aware UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, NamedTuple

from etpp.absence.model import Kind
from etpp.books.model import PresenceOf

FaultKind = Literal["late", "early", "missing_arrival", "missing_departure", "absent", "occasion", "short_week"]
Part = Literal["arrival", "departure", "occasion", "day"]

Status = Literal[
    "present",
    "excused",  # away by letter
    "absent",
    "day_off",
    "not_reported",  # a terminal that counts has not reported past the end of the day
    "unclear",  # nothing but a presence whose uncertain time may lie in this day
    "outside",  # before joining, after leaving, or before the office had a terminal
]


@dataclass(frozen=True, slots=True)
class Punch:
    """One presence. `uncertain`: it happened somewhere in [earliest_utc, latest_utc], and nobody has decided when.

    `office_id`: where the terminal stands; None when the books do not know its office. `manual`: two people wrote it
    down in place of a terminal, and it is shown as that wherever it appears.
    """

    event_id: str
    utc: dt.datetime
    earliest_utc: dt.datetime
    latest_utc: dt.datetime
    uncertain: bool = False
    office_id: str | None = None
    manual: bool = False

    @classmethod
    def of(cls, presence: PresenceOf) -> Punch:
        """As the books have it."""
        time = presence.time
        uncertain = time.state == "uncertain"
        return cls(presence.event_id, time.utc, time.earliest_utc, time.latest_utc, uncertain, presence.office_id)


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """A presence that no terminal recorded. It counts when another person than its writer has confirmed it, neither of
    them is the one concerned, and it was not written ahead of its time."""

    entry_id: str
    person_id: str
    at_utc: dt.datetime
    office_id: str
    reason: str
    entered_by: str
    entered_utc: dt.datetime
    confirmed_by: str | None = None


@dataclass(frozen=True, slots=True)
class TimeDecision:
    """When an uncertain presence happened, decided by anybody but the person concerned. The latest one counts."""

    decision_id: str
    event_id: str
    utc: dt.datetime
    by: str
    decided_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """What a day's record should say: `at_utc` of an arrival or departure (None: in time), an occasion that was
    attended, or the whole day."""

    correction_id: str
    person_id: str
    date: dt.date
    part: Part
    at_utc: dt.datetime | None
    reason: str
    proposed_by: str
    proposed_utc: dt.datetime
    occasion_id: str = ""
    letter_id: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionDecision:
    """A correction approved or refused, by neither its proposer nor the person concerned. The latest one counts."""

    decision_id: str
    correction_id: str
    approved: bool
    by: str
    decided_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class OfficeReports:
    """What the books can say of an office. `first_day`: since when it has a terminal (None: it has none).
    `reported_utc`: the moment up to which every terminal that counts has reported (None: some never did)."""

    office_id: str
    first_day: dt.date | None
    reported_utc: dt.datetime | None


class Mark(NamedTuple):
    """An arrival or a departure. `because`: the event or the correction that it rests on."""

    at_utc: dt.datetime
    because: str
    uncertain: bool = False
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that a policy may deduct for. `minutes`: late, early or short by; 0 for the others.

    `because`: events, corrections and calendar facts that it follows from, as `event:…`, `correction:…`, `calendar:…`.
    """

    kind: FaultKind
    date: dt.date
    minutes: int
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excused:
    """What would have been a fault without these letters (`letter:…`)."""

    kind: FaultKind
    date: dt.date
    because: tuple[str, ...]


class JudgedDay(NamedTuple):  # a tuple is made three times as fast, and a regency's month has 300,000
    """One person's day. `works`: whether work was planned. `whole_day`: the kind of letters that cover all of it.

    `review`: uncertain presences that somebody must decide on; until then doubt is in the person's favour. `waiting`:
    something is not judged because the terminals have not reported. `elsewhere`: presences at another office or at an
    unknown one. `manual`: manual entries that the day rests on. `worked_minutes` is set on days with flexible hours
    that have both an arrival and a departure, with `need_minutes`.
    """

    date: dt.date
    office_id: str
    status: Status
    works: bool
    arrival: Mark | None = None
    departure: Mark | None = None
    faults: tuple[Fault, ...] = ()
    excused: tuple[Excused, ...] = ()
    whole_day: tuple[Kind, tuple[str, ...]] | None = None
    review: tuple[str, ...] = ()
    waiting: bool = False
    elsewhere: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()
    worked_minutes: int | None = None
    need_minutes: int | None = None
