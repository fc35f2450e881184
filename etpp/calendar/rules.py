"""Working hours by an office's calendar, which is dated data (docs/protocol.md, "calendar"). Pure.

`tests/golden/calendars.json` has the cases for both sides: what no terminal can use, and what nobody writes any more.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from etpp.calendar.model import MINUTES_A_DAY

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)
_TIME_ONCE = re.compile(r"\d\d:?\d\d(:?\d\d)?", re.ASCII)
"""What earlier releases stored as well. "07.30", which Python reads as seven and a part of a second, is no time."""
_OF_THE_MACHINE = {"localtime", "Factory"}
"""Zone files that say something else on every machine, or nothing."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One day's work in UTC, and what a late arrival or an early departure takes off the month's points (percent).

    `grace_…_minutes`: so many minutes late or early are on time; one more, and all of them count.
    """

    start_utc: dt.datetime
    end_utc: dt.datetime
    late_percent: float
    early_percent: float
    grace_late_minutes: int
    grace_early_minutes: int


class CalendarError(ValueError):
    """A calendar cannot be used; the message names the member."""


@dataclass(frozen=True, slots=True)
class _Period:
    first: dt.date
    last: dt.date | None
    days: Mapping[str, tuple[dt.time, dt.time]]
    grace: Mapping[str, tuple[int, int]]
    late_percent: float
    early_percent: float


class WorkCalendar:
    """An office's working hours, read from their JSON: of what terminals take too, and of nothing else.

    Raises CalendarError.
    """

    def __init__(self, calendar: Mapping[str, Any]) -> None:
        self.timezone = _zone(_member(calendar, "timezone", str))
        holidays = _member(calendar, "holidays", list)
        self._holidays = frozenset(_date(f"holidays.{i}", day) for i, day in enumerate(holidays))
        periods = _member(calendar, "periods", list)
        self._periods = [_period(f"periods.{i}", period) for i, period in enumerate(periods)]

    def shift(self, day: dt.date) -> Shift | None:
        """The day's working hours, or None on a day off. Of several periods that hold, the last counts."""
        if day in self._holidays:
            return None
        holding = [p for p in self._periods if p.first <= day and (p.last is None or day <= p.last)]
        weekday = WEEKDAYS[day.weekday()]
        hours = holding[-1].days.get(weekday) if holding else None
        if hours is None:
            return None
        start, end = (dt.datetime.combine(day, time, self.timezone).astimezone(dt.UTC) for time in hours)
        period = holding[-1]
        return Shift(start, end, period.late_percent, period.early_percent, *period.grace.get(weekday, (0, 0)))

    def bounds(self, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
        """The local day as [start, end) in UTC."""
        start = dt.datetime.combine(day, dt.time(), self.timezone)
        end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), self.timezone)
        return start.astimezone(dt.UTC), end.astimezone(dt.UTC)

    def day_of(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.timezone).date()


def check_new(calendar: Mapping[str, Any]) -> None:
    """What is written from now on: usable, each value in the one form that the protocol has for it, and in order.

    Stricter than WorkCalendar, which also reads what earlier releases took. Raises CalendarError.
    """
    WorkCalendar(calendar)
    for i, day in enumerate(calendar["holidays"]):
        _in_form(f"holidays.{i}", day, _DATE, "2026-12-25")
    for i, period in enumerate(calendar["periods"]):
        where = f"periods.{i}"
        for name in ("first", "last"):
            if period[name] is not None:
                _in_form(f"{where}.{name}", period[name], _DATE, "2026-01-01")
        for name, hours in period["days"].items():
            for time in hours:
                _in_form(f"{where}.days.{name}", time, _TIME, "07:30")
    firsts = [period["first"] for period in calendar["periods"]]
    if firsts != sorted(firsts):
        # The other way round an old period hides the new one for good, as the last that holds counts.
        raise CalendarError("calendar: periods: must stand in the order of their first days")


def newest_percents(calendar: Mapping[str, Any]) -> tuple[float, float] | None:
    """What being late and being early costs by the newest period; None without a period. Raises CalendarError."""
    periods = calendar.get("periods")
    if not periods:
        return None
    at = f"periods.{len(_member(calendar, 'periods', list)) - 1}"
    return _percent(periods[-1], "late_percent", at), _percent(periods[-1], "early_percent", at)


@cache
def zones() -> frozenset[str]:
    """The names of the time zones that this machine has files of."""
    return frozenset(zoneinfo.available_timezones() - _OF_THE_MACHINE)


def _member(data: object, name: str, kind: type, where: str = "") -> Any:
    at = f"{where}.{name}" if where else name
    if not isinstance(data, Mapping):
        raise CalendarError(f"calendar: {where or 'the whole'} must be an object")
    if name not in data:
        raise CalendarError(f"calendar: {at} is missing")
    if not isinstance(data[name], kind):
        words = {"str": "a text", "list": "a list", "dict": "an object"}
        raise CalendarError(f"calendar: {at} must be {words[kind.__name__]}")
    return data[name]


def _zone(name: str) -> ZoneInfo:
    # A name as such may be a folder ("Asia") or lead out of the zone files; only a listed one is a zone.
    if name not in zones():
        raise CalendarError(f"calendar: timezone: {name!a} is no time zone such as Asia/Jakarta")
    return ZoneInfo(name)


def _date(where: str, text: object) -> dt.date:
    try:
        return dt.date.fromisoformat(_text(where, text))
    except ValueError as error:
        raise CalendarError(f"calendar: {where} must be a day such as 2026-12-25: {error}") from error


def _time(where: str, text: object) -> dt.time:
    try:
        if _TIME_ONCE.fullmatch(_text(where, text)):
            return dt.time.fromisoformat(_text(where, text))
    except ValueError as error:
        raise CalendarError(f"calendar: {where} must be times such as 07:30: {error}") from error
    raise CalendarError(f"calendar: {where} must be times such as 07:30, in the office's zone")


def _text(where: str, text: object) -> str:
    if not isinstance(text, str):
        raise CalendarError(f"calendar: {where} must be a text")
    return text


def _percent(data: object, name: str, where: str) -> float:
    value = _member(data, name, object, where)
    # A boolean is an integer to Python; no comparison with NaN holds.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100 or math.isnan(value):
        raise CalendarError(f"calendar: {where}.{name} must be a number from 0 to 100")
    return float(value)


def _grace(where: str, period: object) -> dict[str, tuple[int, int]]:
    """Minutes late and early that are on time, by weekday; an earlier release wrote none."""
    found = {}
    known = isinstance(period, Mapping) and "grace" in period
    of_days = _member(period, "grace", dict, where) if known else {}
    for name, minutes in of_days.items():
        if name not in WEEKDAYS:
            raise CalendarError(f"calendar: {where}.grace: {name!a} is not one of {', '.join(WEEKDAYS)}")
        at = f"{where}.grace.{name}"
        if not isinstance(minutes, list) or len(minutes) != 2 or not all(_is_minutes(each) for each in minutes):
            raise CalendarError(f"calendar: {at} must be two whole numbers of minutes, late and early, below 1440")
        found[name] = (minutes[0], minutes[1])
    return found


def _is_minutes(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MINUTES_A_DAY


def _period(where: str, period: object) -> _Period:
    days = {}
    for name, hours in _member(period, "days", dict, where).items():
        if name not in WEEKDAYS:
            raise CalendarError(f"calendar: {where}.days: {name!a} is not one of {', '.join(WEEKDAYS)}")
        at = f"{where}.days.{name}"
        if not isinstance(hours, Sequence) or isinstance(hours, str) or len(hours) != 2:
            raise CalendarError(f"calendar: {at} must be two times, start and end")
        start, end = (_time(at, time) for time in hours)
        if not start < end:
            raise CalendarError(f"calendar: {at}: the start must come before the end")
        days[name] = (start, end)
    first = _date(f"{where}.first", _member(period, "first", object, where))
    last = _member(period, "last", object, where)
    last_day = None if last is None else _date(f"{where}.last", last)
    if last_day is not None and last_day < first:
        raise CalendarError(f"calendar: {where}: last must not come before first")
    percents = (_percent(period, name, where) for name in ("late_percent", "early_percent"))
    return _Period(first, last_day, days, _grace(where, period), *percents)


def _in_form(where: str, text: str, form: re.Pattern[str], example: str) -> None:
    if not form.fullmatch(text):
        raise CalendarError(f"calendar: {where} must be written as {example}")
