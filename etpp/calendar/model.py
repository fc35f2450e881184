"""When people are expected, as dated facts and as what follows from them for one person's day. Frozen values.

A *scope* is the office a fact is for, with all offices below it; None is the whole regency. Local times are those of
the office's zone; moments are aware UTC. `first` and `last` both belong to a period; a `last` of None is open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

MINUTES_A_DAY = 24 * 60

Season = Literal["usual", "ramadan"]


class PlanError(ValueError):
    """The calendar's facts contradict one another; the message names the facts by their ids."""


class RosterError(PlanError):
    """A row of somebody's roster names a shift that there is not."""

    def __init__(self, row: RosterDay) -> None:
        self.row = row
        super().__init__(f"roster {row.roster_id}: there is no shift {row.shift_id}")


@dataclass(frozen=True, slots=True)
class Hours:
    """One day's work by the local clock. An `end` at or before `start` lies on the next day.

    `grace_…`: so many minutes late or early are on time; one more, and all of them count. With `core` (its start and
    end) the hours are flexible: nobody is late before the core begins or early after it has ended, and what counts is
    `need_minutes` a day, without breaks, summed over the week. Raises PlanError.
    """

    start: dt.time
    end: dt.time
    break_minutes: int = 0
    grace_late_minutes: int = 0
    grace_early_minutes: int = 0
    core: tuple[dt.time, dt.time] | None = None
    need_minutes: int | None = None

    def __post_init__(self) -> None:
        if min(self.break_minutes, self.grace_late_minutes, self.grace_early_minutes) < 0:
            raise PlanError("hours: breaks and grace cannot be negative")
        if self.break_minutes >= self.span_minutes:
            raise PlanError("hours: the break is as long as the work")
        if (self.core is None) != (self.need_minutes is None):
            raise PlanError("hours: flexible hours have a core and the minutes needed a day; others have neither")
        if self.core is None or self.need_minutes is None:
            return
        if not self.start <= self.core[0] < self.core[1] <= self.end:
            raise PlanError("hours: the core must lie in the hours of one day")
        if not 0 < self.need_minutes <= self.span_minutes - self.break_minutes:
            raise PlanError("hours: the minutes needed a day do not fit into the hours")

    @property
    def ends_next_day(self) -> bool:
        return self.end <= self.start

    @property
    def span_minutes(self) -> int:
        minutes = _minutes(self.end) - _minutes(self.start)
        return minutes + MINUTES_A_DAY if self.ends_next_day else minutes


@dataclass(frozen=True, slots=True)
class WorkPeriod:
    """Working hours by weekday (0 is Monday; a weekday without hours is off) from a date to a date.

    Ramadan's hours go before the usual ones; in one season the nearest scope decides. Two periods of one scope and
    season may not overlap.
    """

    period_id: str
    scope: str | None
    first: dt.date
    last: dt.date | None
    days: Mapping[int, Hours]
    season: Season = "usual"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One date decided by itself: off (`hours` None: a public holiday, collective leave) or with its own hours (half a
    day, or work on a holiday). The nearest scope decides; in one scope the latest decision."""

    special_id: str
    scope: str | None
    date: dt.date
    hours: Hours | None
    name: str
    decided_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something with its own window at which everybody of the scope is to be seen: apel, upacara, a punch at noon.

    It takes place on the weekdays given (None: on each) between two dates, for people who work that day by their
    office's hours; `on_days_off` also on a day off (17 August), `for_shifts` also for people who work by roster.
    """

    occasion_id: str
    scope: str | None
    name: str
    first: dt.date
    last: dt.date | None
    window: tuple[dt.time, dt.time]
    weekdays: frozenset[int] | None = None
    on_days_off: bool = False
    for_shifts: bool = False
    without_offices: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.window[0] < self.window[1]:
            raise PlanError(f"occasion {self.occasion_id}: the window must begin before it ends")


@dataclass(frozen=True, slots=True)
class Shift:
    """Hours that a roster gives to people by name."""

    shift_id: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class RosterDay:
    """One person's shift on one date (None: off). The latest decision counts."""

    roster_id: str
    person_id: str
    date: dt.date
    shift_id: str | None
    decided_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class ByRoster:
    """From a date to a date a person works by roster alone: a date without a RosterDay is off."""

    person_id: str
    first: dt.date
    last: dt.date | None


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """All that is known of when people work. `parents` has every office, with the office above it or None."""

    timezone: str
    parents: Mapping[str, str | None]
    periods: tuple[WorkPeriod, ...] = ()
    special_days: tuple[SpecialDay, ...] = ()
    occasions: tuple[Occasion, ...] = ()
    shifts: tuple[Shift, ...] = ()
    roster: tuple[RosterDay, ...] = ()
    by_roster: tuple[ByRoster, ...] = ()
    timezones: Mapping[str, str] = field(default_factory=dict)
    """Offices in another zone than the regency's, each with all offices below it."""


class Placed(Protocol):
    """Whoever can have a day's plan: the roster's people."""

    @property
    def person_id(self) -> str: ...

    def office_on(self, date: dt.date) -> str | None:
        """The office that the person belongs to on a date, or None before joining and after leaving."""


class Employed(Placed, Protocol):
    """Whoever has deadlines, also for days before joining and after leaving."""

    def office_near(self, date: dt.date) -> str:
        """The office of the date, else the nearest before, else the first."""


@dataclass(frozen=True, slots=True)
class Work:
    """One day's work. Late is whoever comes after `arrive_by_utc`, early whoever goes before `leave_from_utc`: start
    and end, or those of the core. `need_minutes` is set for flexible hours. `source`: the fact that gave the hours."""

    start_utc: dt.datetime
    end_utc: dt.datetime
    arrive_by_utc: dt.datetime
    leave_from_utc: dt.datetime
    break_minutes: int
    grace_late_minutes: int
    grace_early_minutes: int
    need_minutes: int | None
    source: str


@dataclass(frozen=True, slots=True)
class OccasionPlan:
    """One occasion of one day; its window is [first_utc, until_utc)."""

    occasion_id: str
    name: str
    first_utc: dt.datetime
    until_utc: dt.datetime


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What is expected of one person on one date. Presences in [from_utc, until_utc) belong to it; the windows of
    successive days touch and never overlap. `source`: the fact that made it a working day or a day off, "" for a
    weekday without hours."""

    date: dt.date
    office_id: str
    from_utc: dt.datetime
    until_utc: dt.datetime
    work: Work | None
    occasions: tuple[OccasionPlan, ...]
    source: str


def _minutes(time: dt.time) -> int:
    return time.hour * 60 + time.minute
