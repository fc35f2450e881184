"""Working hours, an office's or a person's own: is a presence an arrival or a departure, on time, what does it cost?

Pure, over dated data (`WorkCalendar`). The terminal says it on the screen; the server's books decide by the same rules
(docs/protocol.md, "calendar"), and `tests/golden/schedule.json` holds both sides to the same answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from kiosk.model import BY_THE_OFFICE, Assessment, Direction, Letter, Roster, WorkCalendar, WorkDay, WorkPeriod

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


AFTER_NIGHT = dt.timedelta(hours=4)
"""How long after work that ended at or after midnight a presence still belongs to it, at most."""
BEFORE_MIDNIGHT = dt.timedelta(hours=2)
"""How long before work that begins soon after midnight a presence belongs to it already, at most."""

_ONE_DAY = dt.timedelta(days=1)
_ONE_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Work:
    """One day's work, in UTC. Late is who comes after `arrive_by`, early who goes before `leave_from`."""

    start: dt.datetime
    end: dt.datetime
    arrive_by: dt.datetime
    leave_from: dt.datetime
    hours: WorkDay


def working_hours(
    calendar: WorkCalendar, day: dt.date, roster: Roster = BY_THE_OFFICE
) -> tuple[WorkDay, float, float] | None:
    """The hours that hold on a local date, with the per cent of a late arrival and of an early departure; None on a
    free day or a holiday. A person's roster goes before all that the office has."""
    period = _period(calendar, day)
    if by_roster(roster, day):
        hours = roster.days.get(day)
        # What it costs is the office's affair on every day; without any period nobody has said that it costs something.
        period = period or (calendar.periods[-1] if calendar.periods else None)
    else:
        hours = None if period is None or day in calendar.holidays else period.days.get(day.weekday())
    if hours is None:
        return None
    return hours, *((period.late_percent, period.early_percent) if period else (0.0, 0.0))


def by_roster(roster: Roster, day: dt.date) -> bool:
    """Whether a person's own roster, and not the office's calendar, says what a date is."""
    return day in roster.days or _in(roster.alone, day)


def elsewhere(roster: Roster, day: dt.date) -> bool:
    """Whether a date is judged by hours that are not known here: the person's office is another one, or none. Work of
    another office on the day before or after decides, too, whose a presence is."""
    around = (day + n * _ONE_DAY for n in (-1, 0, 1))
    return _in(roster.outside, day) or any(_in(roster.elsewhere, each) for each in around)


def day_of(calendar: WorkCalendar, at_utc: dt.datetime, roster: Roster = BY_THE_OFFICE) -> dt.date:
    """The date that a presence belongs to: the local one, or the one before or after it where work lies over midnight.

    The line between two days is midnight, unless the earlier one's work ends at midnight or later (then it is four
    hours after, or half of the time to the next work, whichever comes first) or the later one's begins within two hours
    (then it is two hours before it, or half of the time).
    """
    local = at_utc.astimezone(ZoneInfo(calendar.timezone)).date()
    # Hours of nearly a whole day, with the time after them, may reach into the second day after.
    around = (local + n * _ONE_DAY for n in (-2, -1, 0))
    return next((day for day in around if at_utc < _line(calendar, day + _ONE_DAY, roster)), local + _ONE_DAY)


def same_day(
    calendar: WorkCalendar, one_utc: dt.datetime, other_utc: dt.datetime, roster: Roster = BY_THE_OFFICE
) -> bool:
    """Whether two presences belong to one day of work."""
    return day_of(calendar, one_utc, roster) == day_of(calendar, other_utc, roster)


def assess(
    calendar: WorkCalendar,
    at_utc: dt.datetime,
    last_utc: dt.datetime | None,
    roster: Roster = BY_THE_OFFICE,
) -> Assessment:
    """What a presence at `at_utc` means for somebody last recorded at `last_utc` (aware UTC, not later, or never).

    The first presence of a day is the arrival, unless work is over by then; any later one is the departure: the books
    keep the day's first and last, so that somebody who leaves and comes back loses nothing. Whole minutes count:
    07:30:59 is on time for 07:30. Those of flexible hours are measured against the core. Of a date that is `elsewhere`
    nothing is said but that the person was here.
    """
    day = day_of(calendar, at_utc, roster)
    local = at_utc.astimezone(ZoneInfo(calendar.timezone))
    again = last_utc is not None and same_day(calendar, last_utc, at_utc, roster)
    if elsewhere(roster, day):
        direction = Direction.DEPARTURE if again else Direction.ARRIVAL
        return Assessment(direction, local, 0, 0.0, working_day=False, again=again, elsewhere=True)
    work, found = _work(calendar, day, roster), working_hours(calendar, day, roster)
    windows = _windows(calendar, day, roster, works=work is not None)
    held = [(name, first) for name, first, until in windows if first <= at_utc < until]
    direction, minutes, percent = Direction.DEPARTURE if again else Direction.ARRIVAL, 0, 0.0
    if work is not None and found is not None:
        _, late_percent, early_percent = found
        if again or at_utc >= work.end:
            direction, percent = Direction.DEPARTURE, early_percent
            minutes = _beyond(work.leave_from - at_utc, work.hours.grace_early_minutes)
        else:
            percent = late_percent
            minutes = _beyond(at_utc - work.arrive_by, work.hours.grace_late_minutes)
    return Assessment(
        direction,
        local,
        minutes,
        percent if minutes else 0.0,
        working_day=work is not None,
        occasions=tuple(name for name, _ in held),
        awaited=any(last_utc is None or last_utc < first for _, first in held),
        again=again,
    )


def excusing(assessment: Assessment, letters: Iterable[Letter]) -> Letter | None:
    """Of the letters that together excuse all whole minutes that somebody is late or early, the first; None where one
    minute is left. By the books' rule: a letter excuses the minutes that it covers (decision 61)."""
    if not assessment.working_day or assessment.minutes_off <= 0:
        return None
    at, off = assessment.local_time.astimezone(dt.UTC), assessment.minutes_off * _ONE_MINUTE
    if assessment.direction is Direction.ARRIVAL:
        start, end, what = (at - off).replace(second=0, microsecond=0), at, "late"
    else:
        start, end, what = at, (at + off + _ONE_MINUTE).replace(second=0, microsecond=0), "early"
        end -= _ONE_MINUTE if at.second == at.microsecond == 0 else dt.timedelta()
    left, reached, used = dt.timedelta(), start, []
    for one in letters:
        if what in one.excuses and one.until_utc > start and one.from_utc < end:
            left += max(one.from_utc - reached, dt.timedelta())
            reached = max(reached, one.until_utc)
            used.append(one)
    left += max(end - reached, dt.timedelta())
    return used[0] if used and left < _ONE_MINUTE else None


def _in(spans: Iterable[tuple[dt.date, dt.date | None]], day: dt.date) -> bool:
    return any(first <= day and (last is None or day <= last) for first, last in spans)


def _period(calendar: WorkCalendar, day: dt.date) -> WorkPeriod | None:
    holding = [p for p in calendar.periods if p.first <= day and (p.last is None or day <= p.last)]
    return holding[-1] if holding else None


def _work(calendar: WorkCalendar, day: dt.date, roster: Roster) -> _Work | None:
    found = working_hours(calendar, day, roster)
    if found is None:
        return None
    hours = found[0]
    start = _moment(calendar, day, hours.start)
    end = _moment(calendar, day + _ONE_DAY if hours.ends_next_day else day, hours.end)
    if hours.core is None:
        return _Work(start, end, start, end, hours)
    return _Work(start, end, _moment(calendar, day, hours.core[0]), _moment(calendar, day, hours.core[1]), hours)


def _line(calendar: WorkCalendar, day: dt.date, roster: Roster) -> dt.datetime:
    """Where the presences of the day before end and those of `day` begin."""
    midnight = _moment(calendar, day, dt.time())
    before, after = _work(calendar, day - _ONE_DAY, roster), _work(calendar, day, roster)
    if before is not None and before.end >= midnight:
        room = AFTER_NIGHT if after is None else min(AFTER_NIGHT, (after.start - before.end) / 2)
        return before.end + max(room, dt.timedelta())
    if after is not None and after.start < midnight + BEFORE_MIDNIGHT:
        room = BEFORE_MIDNIGHT if before is None else min(BEFORE_MIDNIGHT, (after.start - before.end) / 2)
        return after.start - room
    return midnight


def _windows(
    calendar: WorkCalendar, day: dt.date, roster: Roster, *, works: bool
) -> list[tuple[str, dt.datetime, dt.datetime]]:
    """Names and windows of the occasions at which the person is to be seen on a date."""
    rostered = by_roster(roster, day)
    return [
        (each.name, _moment(calendar, day, each.window[0]), _moment(calendar, day, each.window[1]))
        for each in calendar.occasions
        if each.first <= day
        and (each.last is None or day <= each.last)
        and (each.weekdays is None or day.weekday() in each.weekdays)
        and (works or each.on_days_off)
        and (each.for_shifts or not rostered)
    ]


def _moment(calendar: WorkCalendar, day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, ZoneInfo(calendar.timezone)).astimezone(dt.UTC)


def _beyond(span: dt.timedelta, grace_minutes: int) -> int:
    """All of the whole minutes, once there are more than grace allows."""
    minutes = max(0, span // _ONE_MINUTE)
    return minutes if minutes > grace_minutes else 0
