"""Working hours by an office's calendar, which is dated data (docs/protocol.md, "calendar"). Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Shift:
    """One day's work in UTC, and what a late arrival or an early departure takes off the month's points (percent)."""

    start_utc: dt.datetime
    end_utc: dt.datetime
    late_percent: float
    early_percent: float


class CalendarError(ValueError):
    """A calendar cannot be used; the message names the member."""


@dataclass(frozen=True, slots=True)
class _Period:
    first: dt.date
    last: dt.date | None
    days: Mapping[str, tuple[dt.time, dt.time]]
    late_percent: float
    early_percent: float


class WorkCalendar:
    """An office's working hours, read from their JSON. Raises CalendarError."""

    def __init__(self, calendar: Mapping[str, Any]) -> None:
        try:
            self.timezone = ZoneInfo(calendar["timezone"])
            self._holidays = frozenset(dt.date.fromisoformat(day) for day in calendar["holidays"])
            self._periods = [_period(period) for period in calendar["periods"]]
        except KeyError as error:
            raise CalendarError(f"calendar: {error.args[0]} is missing") from error
        except (ZoneInfoNotFoundError, TypeError, ValueError, AttributeError) as error:
            raise CalendarError(f"calendar: {error}") from error

    def shift(self, day: dt.date) -> Shift | None:
        """The day's working hours, or None on a day off. Of several periods that hold, the last counts."""
        if day in self._holidays:
            return None
        holding = [p for p in self._periods if p.first <= day and (p.last is None or day <= p.last)]
        hours = holding[-1].days.get(WEEKDAYS[day.weekday()]) if holding else None
        if hours is None:
            return None
        start, end = (dt.datetime.combine(day, time, self.timezone).astimezone(dt.UTC) for time in hours)
        return Shift(start, end, holding[-1].late_percent, holding[-1].early_percent)

    def bounds(self, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
        """The local day as [start, end) in UTC."""
        start = dt.datetime.combine(day, dt.time(), self.timezone)
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.timezone)
        return start.astimezone(dt.UTC), end.astimezone(dt.UTC)

    def day_of(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.timezone).date()


def _period(period: Mapping[str, Any]) -> _Period:
    days = {}
    for name, (start, end) in period["days"].items():
        if name not in WEEKDAYS:
            raise CalendarError(f"calendar: days: {name} is not one of {', '.join(WEEKDAYS)}")
        days[name] = (dt.time.fromisoformat(start), dt.time.fromisoformat(end))
        if not days[name][0] < days[name][1]:
            raise CalendarError(f"calendar: days: {name}: the start must come before the end")
    last = None if period["last"] is None else dt.date.fromisoformat(period["last"])
    first = dt.date.fromisoformat(period["first"])
    if last is not None and last < first:
        raise CalendarError("calendar: periods: last must not come before first")
    return _Period(first, last, days, float(period["late_percent"]), float(period["early_percent"]))
