"""The pure rules of the day's book: arrival, departure, minutes off and what they take off the points.

What is expected comes from the calendar's facts, as for pay; the rates from the office's calendar (docs/protocol.md).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from etpp.books.model import PresenceRow
from etpp.calendar.model import DayPlan, Work

DayStatus = Literal["present", "absent", "not_reported", "unclear", "day_off"]
Stand = Literal["present", "letter", "not_yet", "not_reported", "unclear", "absent", "day_off"]
"""As the day's pages tell it. `letter`: away by one. `not_yet`: every terminal has reported past the beginning of
work, and nobody saw the person."""


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
    presences: Sequence[PresenceRow],
    plan: DayPlan,
    percents: tuple[float, float],
    reported_utc: dt.datetime | None,
) -> Day:
    """One person's day from all presences that happened, or may have happened, on it.

    The first presence of the day's window is the arrival and the last, if another, the departure, whatever the screens
    said; a first one after the end of work is a departure without an arrival, as the screen says too.

    `percents`: of a late arrival and an early departure. `reported_utc` is the moment up to which every terminal of the
    office has reported (None: some never did): before it has passed the end of work nobody is absent, only not
    reported. A presence whose uncertain interval touches the day without its best estimate lying in it makes the day
    unclear instead of absent.
    """
    start, end, work = plan.from_utc, plan.until_utc, plan.work
    on_day = sorted((p for p in presences if start <= p.time.utc < end), key=lambda p: (p.time.utc, p.event_id))
    if on_day:
        first, last = on_day[0], on_day[-1]
        over = work is not None and first.time.utc >= work.end_utc
        arrival = None if over else _arrival(first, work, percents[0])
        departure = _departure(last, work, percents[1]) if over or last is not first else None
        return Day("present", arrival, departure)
    if work is None:
        return Day("day_off")
    if reported_utc is None or reported_utc < work.end_utc:
        return Day("not_reported")
    if any(may_be_of(plan, p) for p in presences):
        return Day("unclear")
    return Day("absent")


def stand(day: Day, plan: DayPlan, by_letter: bool, reported_utc: dt.datetime | None) -> Stand:
    if day.status in ("present", "day_off"):
        return day.status
    if by_letter:
        return "letter"
    begun = plan.work is not None and reported_utc is not None and reported_utc >= plan.work.arrive_by_utc
    return "not_yet" if day.status == "not_reported" and begun else day.status


def may_be_of(plan: DayPlan, presence: PresenceRow) -> bool:
    """Whether a presence happened on a day, or may have."""
    time = presence.time
    if time.state != "uncertain":
        return plan.from_utc <= time.utc < plan.until_utc
    return time.earliest_utc < plan.until_utc and time.latest_utc >= plan.from_utc


def _arrival(presence: PresenceRow, work: Work | None, percent: float) -> Mark:
    if work is None:
        return Mark(presence, 0, 0.0)
    return _mark(presence, presence.time.utc - work.arrive_by_utc, work.grace_late_minutes, percent)


def _departure(presence: PresenceRow, work: Work | None, percent: float) -> Mark:
    if work is None:
        return Mark(presence, 0, 0.0)
    return _mark(presence, work.leave_from_utc - presence.time.utc, work.grace_early_minutes, percent)


def _mark(presence: PresenceRow, off: dt.timedelta, grace_minutes: int, percent: float) -> Mark:
    # Whole minutes: 07:30:59 is 07:30 to everybody who reads a clock.
    minutes = max(0, off // dt.timedelta(minutes=1))
    if minutes <= grace_minutes:
        minutes = 0
    return Mark(presence, minutes, percent if minutes else 0.0)
