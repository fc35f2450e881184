"""An office's calendar as its terminals get it (docs/protocol.md, "calendar"): what is good and what is none. Pure.

`tests/golden/calendars.json` has the cases for both sides: what no terminal can use, and what nobody writes any more.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from etpp.calendar.model import MINUTES_A_DAY, Hours, PlanError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)
_TIME_ONCE = re.compile(r"\d\d:?\d\d(:?\d\d)?", re.ASCII)
"""What earlier releases stored as well. "07.30", which Python reads as seven and a part of a second, is no time."""
_OF_THE_MACHINE = {"localtime", "Factory"}
"""Zone files that say something else on every machine, or nothing."""


class CalendarError(ValueError):
    """A calendar cannot be used; the message names the member."""


@dataclass(frozen=True, slots=True)
class _Period:
    first: dt.date
    last: dt.date | None
    late_percent: float
    early_percent: float


class WorkCalendar:
    """An office's calendar, read from its JSON: of what terminals take too, and of nothing else. What days follow from
    it the facts say (`document.periods_of`).

    Raises CalendarError.
    """

    def __init__(self, calendar: Mapping[str, Any]) -> None:
        self.timezone = _zone(_member(calendar, "timezone", str))
        holidays = _member(calendar, "holidays", list)
        self._holidays = frozenset(_date(f"holidays.{i}", day) for i, day in enumerate(holidays))
        periods = _member(calendar, "periods", list)
        self._periods = [_period(f"periods.{i}", period) for i, period in enumerate(periods)]
        for i, occasion in enumerate(_member(calendar, "occasions", list) if "occasions" in calendar else ()):
            _check_occasion(f"occasions.{i}", occasion)

    def percents(self, day: dt.date) -> tuple[float, float]:
        """What a late arrival and an early departure of a day take off the month's points: by the last of the periods
        that hold, or the last of all, for whoever works by roster on a day that no period has."""
        holding = [p for p in self._periods if p.first <= day and (p.last is None or day <= p.last)] or self._periods
        return (holding[-1].late_percent, holding[-1].early_percent) if holding else (0.0, 0.0)

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


def _new_date(where: str, text: object) -> dt.date:
    _in_form(where, _text(where, text), _DATE, "2026-12-25")
    return _date(where, text)


def _time(where: str, text: object, form: re.Pattern[str]) -> dt.time:
    try:
        if form.fullmatch(_text(where, text)):
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


def _by_weekday(where: str, period: object, name: str) -> dict[str, Any]:
    """An object of weekdays; an earlier release wrote none but `days`."""
    known = isinstance(period, Mapping) and name in period
    found: dict[str, Any] = _member(period, name, dict, where) if known else {}
    for weekday in found:
        if weekday not in WEEKDAYS:
            raise CalendarError(f"calendar: {where}.{name}: {weekday!a} is not one of {', '.join(WEEKDAYS)}")
    return found


def _check_grace(at: str, minutes: object) -> None:
    """Minutes late and early that are on time."""
    if not isinstance(minutes, list) or len(minutes) != 2 or not all(_is_minutes(each) for each in minutes):
        raise CalendarError(f"calendar: {at} must be two whole numbers of minutes, late and early, below 1440")


def _is_minutes(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MINUTES_A_DAY


def _period(where: str, period: object) -> _Period:
    _member(period, "days", dict, where)
    cores = {}
    for name, hours in _by_weekday(where, period, "days").items():
        at = f"{where}.days.{name}"
        start, end = cores[name] = _span(at, hours, _TIME_ONCE)
        if not start < end:
            raise CalendarError(f"calendar: {at}: the start must come before the end")
    for name, hours in _by_weekday(where, period, "nights").items():
        at = f"{where}.nights.{name}"
        start, end = _span(at, hours, _TIME)
        if start < end or name in cores:
            raise CalendarError(f"calendar: {at}: must end on the next day, of a day that `days` does not have")
    for name, flexible in _by_weekday(where, period, "flexible").items():
        _check_flexible(f"{where}.flexible.{name}", flexible, cores.get(name))
    for name, minutes in _by_weekday(where, period, "grace").items():
        _check_grace(f"{where}.grace.{name}", minutes)
    first, last = _dates(where, period, _date)
    percents = (_percent(period, name, where) for name in ("late_percent", "early_percent"))
    return _Period(first, last, *percents)


def _check_flexible(at: str, flexible: object, core: tuple[dt.time, dt.time] | None) -> None:
    """All of flexible hours, of which `days` has the core; and what terminals do not need to know."""
    hours = _span(f"{at}.hours", _member(flexible, "hours", object, at), _TIME)
    need = _member(flexible, "need_minutes", object, at)
    pause = _member(flexible, "break_minutes", object, at) if "break_minutes" in cast(dict[str, Any], flexible) else 0
    if core is None:
        raise CalendarError(f"calendar: {at}: the day's core must stand in `days`")
    if not _is_minutes(need) or not _is_minutes(pause):
        raise CalendarError(f"calendar: {at}: need_minutes and break_minutes must be whole numbers below 1440")
    try:
        Hours(*hours, pause, core=core, need_minutes=need)
    except PlanError as error:
        raise CalendarError(f"calendar: {at}: {error}") from error


def _check_occasion(at: str, occasion: object) -> None:
    _member(occasion, "name", str, at)
    start, end = _span(f"{at}.window", _member(occasion, "window", object, at), _TIME)
    if not start < end:
        raise CalendarError(f"calendar: {at}.window: the start must come before the end")
    _dates(at, occasion, _new_date)
    for name in ("on_days_off", "for_shifts"):
        if not isinstance(_member(occasion, name, object, at), bool):
            raise CalendarError(f"calendar: {at}.{name} must be true or false")
    if "weekdays" in cast(Mapping[str, Any], occasion):
        for weekday in _member(occasion, "weekdays", list, at):
            if weekday not in WEEKDAYS:
                raise CalendarError(f"calendar: {at}.weekdays: {weekday!a} is not one of {', '.join(WEEKDAYS)}")


def _span(at: str, hours: object, form: re.Pattern[str]) -> tuple[dt.time, dt.time]:
    if not isinstance(hours, Sequence) or isinstance(hours, str) or len(hours) != 2:
        raise CalendarError(f"calendar: {at} must be two times, start and end")
    start, end = (_time(at, time, form) for time in hours)
    return start, end


def _dates(where: str, data: object, read: Callable[[str, object], dt.date]) -> tuple[dt.date, dt.date | None]:
    first = read(f"{where}.first", _member(data, "first", object, where))
    last = _member(data, "last", object, where)
    last_day = None if last is None else read(f"{where}.last", last)
    if last_day is not None and last_day < first:
        raise CalendarError(f"calendar: {where}: last must not come before first")
    return first, last_day


def _in_form(where: str, text: str, form: re.Pattern[str], example: str) -> None:
    if not form.fullmatch(text):
        raise CalendarError(f"calendar: {where} must be written as {example}")
