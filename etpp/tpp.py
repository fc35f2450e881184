"""The pure rules of the day's book: arrival, departure, minutes off and what they take off the points.

Working hours and rates come from the office's calendar, which is dated data (docs/protocol.md, "calendar").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from etpp.model import PresenceRow

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DayStatus = Literal["present", "absent", "not_reported", "unclear", "day_off"]


@dataclass(frozen=True, slots=True)
class Shift:
    """One day's work in UTC, and what a late arrival or an early departure takes off the month's points (percent)."""

    start_utc: dt.datetime
    end_utc: dt.datetime
    late_percent: float
    early_percent: float


@dataclass(frozen=True, slots=True)
class Mark:
    """An arrival or a departure. `minutes_off`: whole minutes late or early, 0 when on time or on a day off."""

    presence: PresenceRow
    minutes_off: int
    points_percent: float


@dataclass(frozen=True, slots=True)
class Day:
    """One person's day."""

    status: DayStatus
    arrival: Mark | None = None
    departure: Mark | None = None


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


def judge_day(
    presences: Sequence[PresenceRow], calendar: WorkCalendar, day: dt.date, reported_utc: dt.datetime | None
) -> Day:
    """One person's day from all presences that happened, or may have happened, on it.

    The first presence of the local day is the arrival and the last, if another, the departure, whatever the screens
    said; a first one after the end of work is a departure without an arrival, as the screen says too.

    `reported_utc` is the moment up to which every terminal of the office has reported (None: some never did): before it
    has passed the shift's end nobody is absent, only not reported. A presence whose uncertain interval touches the day
    without its best estimate lying in it makes the day unclear instead of absent.
    """
    start, end = calendar.bounds(day)
    on_day = sorted((p for p in presences if start <= p.time.utc < end), key=lambda p: (p.time.utc, p.event_id))
    shift = calendar.shift(day)
    if on_day:
        first, last = on_day[0], on_day[-1]
        over = shift is not None and first.time.utc >= shift.end_utc
        arrival = None if over else _mark(first, shift, arriving=True)
        departure = _mark(last, shift, arriving=False) if over or last is not first else None
        return Day("present", arrival, departure)
    if shift is None:
        return Day("day_off")
    if reported_utc is None or reported_utc < shift.end_utc:
        return Day("not_reported")
    if any(p.time.earliest_utc < end and p.time.latest_utc >= start for p in presences):
        return Day("unclear")
    return Day("absent")


def _mark(presence: PresenceRow, shift: Shift | None, arriving: bool) -> Mark:
    if shift is None:
        return Mark(presence, 0, 0.0)
    off = presence.time.utc - shift.start_utc if arriving else shift.end_utc - presence.time.utc
    # Whole minutes: 07:30:59 is 07:30 to everybody who reads a clock.
    minutes = max(0, off // dt.timedelta(minutes=1))
    percent = shift.late_percent if arriving else shift.early_percent
    return Mark(presence, minutes, percent if minutes else 0.0)


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
