"""The office's working hours: is a presence an arrival or a departure, is it on time, and what does it cost?

Pure, over dated data (`WorkCalendar`). The terminal says it on the screen; the server's books decide by the same rules
(docs/protocol.md, "Reading the calendar"), and `tests/golden/schedule.json` holds both sides to the same answers.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from kiosk.model import Assessment, Direction, WorkCalendar, WorkDay, WorkPeriod

STANDARD_HOURS = WorkCalendar(
    timezone="Asia/Jakarta",
    periods=(
        WorkPeriod(
            first=dt.date(2023, 4, 12),
            last=None,
            days={
                **{day: WorkDay(dt.time(7, 30), dt.time(16, 0)) for day in range(4)},
                4: WorkDay(dt.time(7, 30), dt.time(16, 30)),
            },
            late_percent=1.0,
            early_percent=1.0,
        ),
    ),
)
"""Perpres 21/2023: 37 h 30 in five days from 07.30, with breaks. Used until the server has sent the office's own."""


def working_hours(calendar: WorkCalendar, day: dt.date) -> tuple[WorkDay, WorkPeriod] | None:
    """The hours that hold on a local date; None on a free day or a holiday."""
    if day in calendar.holidays:
        return None
    holding = [p for p in calendar.periods if p.first <= day and (p.last is None or day <= p.last)]
    if not holding:
        return None
    period = holding[-1]
    hours = period.days.get(day.weekday())
    return None if hours is None else (hours, period)


def assess(calendar: WorkCalendar, at_utc: dt.datetime, arrived_at_utc: dt.datetime | None) -> Assessment:
    """What a presence at `at_utc` means for somebody last recorded at `arrived_at_utc` (aware UTC, or never).

    The first presence of a local day is the arrival, unless work is over by then; any later one is the departure: the
    books keep the day's first and last, so that somebody who leaves and comes back loses nothing. Seconds do not count:
    07:30:59 is on time for 07:30.
    """
    zone = ZoneInfo(calendar.timezone)
    local = at_utc.astimezone(zone)
    arrived = arrived_at_utc is not None and arrived_at_utc.astimezone(zone).date() == local.date()
    found = working_hours(calendar, local.date())
    if found is None:
        return Assessment(Direction.DEPARTURE if arrived else Direction.ARRIVAL, local, 0, 0.0, working_day=False)
    hours, period = found
    minute = local.hour * 60 + local.minute
    start, end = (t.hour * 60 + t.minute for t in (hours.start, hours.end))
    if arrived or minute >= end:
        early = _beyond(end - minute, hours.grace_early_minutes)
        cost = period.early_percent if early else 0.0
        return Assessment(Direction.DEPARTURE, local, early, cost, working_day=True)
    late = _beyond(minute - start, hours.grace_late_minutes)
    return Assessment(Direction.ARRIVAL, local, late, period.late_percent if late else 0.0, working_day=True)


def _beyond(minutes: int, grace_minutes: int) -> int:
    """All of the minutes, once there are more than grace allows."""
    return minutes if minutes > grace_minutes else 0
