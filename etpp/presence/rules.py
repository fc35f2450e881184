"""The pure rules of the day's book: arrival, departure, minutes off and what they take off the points.

Working hours and rates come from the office's calendar, which is dated data (docs/protocol.md, "calendar").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from etpp.books.model import PresenceRow
from etpp.calendar.rules import Shift, WorkCalendar

DayStatus = Literal["present", "absent", "not_reported", "unclear", "day_off"]


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
    if minutes <= (shift.grace_late_minutes if arriving else shift.grace_early_minutes):
        minutes = 0
    percent = shift.late_percent if arriving else shift.early_percent
    return Mark(presence, minutes, percent if minutes else 0.0)
