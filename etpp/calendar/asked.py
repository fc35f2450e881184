"""What is decided of the calendar, as it is asked for: one strict model for calls, commands and tables."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from etpp.base import texts
from etpp.base.asked import Asked, Date, Text, Who
from etpp.base.shapes import Id
from etpp.calendar.model import ByRoster, Hours, Occasion, RosterDay, Shift, SpecialDay, WorkPeriod
from etpp.calendar.rules import WEEKDAYS

MOST_AT_ONCE = 500
"""Facts of one kind in a change; a table of a roster may hold more."""
_MINUTES = Annotated[int, Field(ge=0, le=24 * 60)]


def _time(value: object) -> dt.time:
    if isinstance(value, dt.time):
        return value
    if not isinstance(value, str) or len(value) != 5:
        raise ValueError("must be a time such as 07:30")
    try:
        return dt.time.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a time such as 07:30") from None


Clock = Annotated[dt.time, BeforeValidator(_time), WithJsonSchema({"type": "string", "examples": ["07:30"]})]
Span = Annotated[list[Clock], Field(min_length=2, max_length=2)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Scope = Id | None
"""An office, for it and all below it; nothing for the whole regency."""


class NewHours(Asked):
    """One day's hours; an `end` at or before `start` lies on the next day. With `core` they are flexible."""

    start: Clock
    end: Clock
    break_minutes: _MINUTES = 0
    grace_late_minutes: _MINUTES = 0
    grace_early_minutes: _MINUTES = 0
    core: Span | None = None
    need_minutes: _MINUTES | None = None

    def fact(self) -> Hours:
        """Raises PlanError."""
        core = None if self.core is None else (self.core[0], self.core[1])
        grace = self.grace_late_minutes, self.grace_early_minutes
        return Hours(self.start, self.end, self.break_minutes, *grace, core, self.need_minutes)


class NewPeriod(Asked):
    """Working hours from a date to a date; a weekday that is missing is off."""

    period_id: Id | None = None
    scope: Scope = None
    first: Date
    last: Date | None = None
    days: dict[Weekday, NewHours]
    season: Literal["usual", "ramadan"] = "usual"

    def fact(self) -> WorkPeriod:
        days = {WEEKDAYS.index(name): hours.fact() for name, hours in self.days.items()}
        period_id = self.period_id or f"{self.scope or ''}:{self.season}:{self.first}"
        return WorkPeriod(period_id, self.scope, self.first, self.last, days, self.season)


class NewSpecialDay(Asked):
    """A date off, or with hours of its own."""

    scope: Scope = None
    date: Date
    name: Text
    hours: NewHours | None = None

    def fact(self, decided_utc: dt.datetime) -> SpecialDay:
        hours = None if self.hours is None else self.hours.fact()
        return SpecialDay(f"{self.scope or ''}:{self.date}", self.scope, self.date, hours, self.name, decided_utc)


class NewOccasion(Asked):
    """Apel, upacara, a punch at noon: a window in which everybody of the scope is to be seen."""

    occasion_id: Id
    scope: Scope = None
    name: Text
    first: Date
    last: Date | None = None
    window: Span
    weekdays: list[Weekday] | None = Field(default=None, max_length=7)
    on_days_off: bool = False
    for_shifts: bool = False
    without_offices: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)

    def fact(self) -> Occasion:
        return Occasion(
            self.occasion_id,
            self.scope,
            self.name,
            self.first,
            self.last,
            (self.window[0], self.window[1]),
            None if self.weekdays is None else frozenset(WEEKDAYS.index(name) for name in self.weekdays),
            self.on_days_off,
            self.for_shifts,
            frozenset(self.without_offices),
        )


class NewShift(Asked):
    shift_id: Annotated[Id, AfterValidator(texts.plain)]
    hours: NewHours

    def fact(self) -> Shift:
        return Shift(self.shift_id, self.hours.fact())


class NewRosterDay(Asked):
    """One person's shift on a date, or off."""

    person: Who
    date: Date
    shift_id: Id | None = None

    def fact(self, person_id: str, decided_utc: dt.datetime) -> RosterDay:
        return RosterDay(f"{person_id}:{self.date}", person_id, self.date, self.shift_id, decided_utc)


class NewByRoster(Asked):
    """From a date to a date a person works by roster alone."""

    person: Who
    first: Date
    last: Date | None = None

    def fact(self, person_id: str) -> ByRoster:
        return ByRoster(person_id, self.first, self.last)


class Withdrawn(Asked):
    """Ids of facts that are taken back; of `by_roster` the person and the first date."""

    periods: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)
    special_days: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)
    occasions: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)
    shifts: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)
    roster: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)
    by_roster: list[NewByRoster] = Field(default=[], max_length=MOST_AT_ONCE)


class Changes(Asked):
    """What is decided at once: all of it holds, or nothing is recorded."""

    by: Who
    periods: list[NewPeriod] = Field(default=[], max_length=MOST_AT_ONCE)
    special_days: list[NewSpecialDay] = Field(default=[], max_length=MOST_AT_ONCE)
    occasions: list[NewOccasion] = Field(default=[], max_length=MOST_AT_ONCE)
    shifts: list[NewShift] = Field(default=[], max_length=MOST_AT_ONCE)
    roster: list[NewRosterDay] = Field(default=[], max_length=MOST_AT_ONCE)
    by_roster: list[NewByRoster] = Field(default=[], max_length=MOST_AT_ONCE)
    withdrawn: Withdrawn = Withdrawn()
