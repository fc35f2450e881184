"""When people are expected: the office's working hours, and the hours of those who work by roster. Dated data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WorkDay:
    """Local start and end of work; an end at or before the start lies on the next day. `grace_…_minutes`: so many
    minutes late or early are on time; one more, and all of them count. `core`: of flexible hours, when nobody may be
    missing; it lies in the hours of one day."""

    start: dt.time
    end: dt.time
    grace_late_minutes: int = 0
    grace_early_minutes: int = 0
    core: tuple[dt.time, dt.time] | None = None

    @property
    def ends_next_day(self) -> bool:
        return self.end <= self.start


@dataclass(frozen=True, slots=True)
class WorkPeriod:
    """Working hours that hold from `first` to `last` (inclusive; None: until replaced). 0 = Monday."""

    first: dt.date
    last: dt.date | None
    days: Mapping[int, WorkDay]
    late_percent: float
    early_percent: float


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something at which people are to be seen: apel, upacara, a punch at noon. `window`: [start, end) of a local day,
    on the weekdays given (None: on each), for who works that day by the office's hours; `on_days_off` also on a day
    off, `for_shifts` also for who works by roster."""

    name: str
    first: dt.date
    last: dt.date | None
    window: tuple[dt.time, dt.time]
    weekdays: frozenset[int] | None = None
    on_days_off: bool = False
    for_shifts: bool = False


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """An office's working hours as dated data. Of several periods that hold on a day, the last counts."""

    timezone: str
    periods: tuple[WorkPeriod, ...]
    holidays: frozenset[dt.date] = frozenset()
    occasions: tuple[Occasion, ...] = ()


@dataclass(frozen=True, slots=True)
class Roster:
    """One person's own hours by date (None: off), which go before the office's. `alone`: from a date to a date (None:
    until further notice) the person works by roster alone, and a date without hours is off. `elsewhere`: the person
    belongs to another office, `outside`: to none, so that this office's hours say nothing."""

    days: Mapping[dt.date, WorkDay | None] = field(default_factory=dict)
    alone: tuple[tuple[dt.date, dt.date | None], ...] = ()
    elsewhere: tuple[tuple[dt.date, dt.date | None], ...] = ()
    outside: tuple[tuple[dt.date, dt.date | None], ...] = ()


BY_THE_OFFICE = Roster()
"""Of whoever works by the office's hours."""
