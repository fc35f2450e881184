"""Working hours as the gallery brings them: the office's calendar, and the rosters of people. Pure.

What is no use is refused whole: by it some day could not be judged. Forms that only earlier servers wrote are taken
where those wrote them (`tests/golden/calendars.json`, "old").
"""

from __future__ import annotations

import datetime as dt
import math
import re
import zoneinfo
from collections.abc import Mapping
from functools import cache
from typing import cast

from kiosk.model import Occasion, Roster, WorkCalendar, WorkDay, WorkPeriod
from kiosk.wire.codec import Json, WireError, items, member

MINUTES_A_DAY = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d", re.ASCII)
_TIME_ONCE = re.compile(r"\d\d:?\d\d(:?\d\d)?", re.ASCII)
_OF_THE_MACHINE = {"localtime", "Factory"}
"""Zone files that say something else on every machine, or nothing."""

_Span = tuple[dt.time, dt.time]


def parse_calendar(data: Json) -> WorkCalendar:
    """Raises WireError for a calendar that `schedule` could not read on every day."""
    return WorkCalendar(
        timezone=_zone(member(data, "timezone", str)),
        periods=tuple(_period(period) for period in items(data, "periods")),
        holidays=frozenset(_date_once(day) for day in member(data, "holidays", list)),
        occasions=tuple(_occasion(each) for each in items(data, "occasions")) if "occasions" in data else (),
    )


def parse_roster(data: Json) -> Roster:
    """Raises WireError."""
    shifts = {name: _shift(shift) for name, shift in member(data, "shifts", dict).items()}
    days: dict[dt.date, WorkDay | None] = {}
    for date, name in member(data, "days", dict).items():
        if name is not None and (not isinstance(name, str) or name not in shifts):
            raise WireError("a day of a `roster` names none of its shifts")
        days[_date(date)] = None if name is None else shifts[name]
    elsewhere, outside = (_spans(data, name) if name in data else () for name in ("elsewhere", "outside"))
    return Roster(days, _spans(data, "alone"), elsewhere, outside)


def _spans(data: Json, name: str) -> tuple[tuple[dt.date, dt.date | None], ...]:
    spans = member(data, name, list)
    if any(not isinstance(span, list) or len(span) != 2 for span in spans):
        raise WireError(f"a span of `{name}` is not a first and a last day")
    return tuple(_dates(*span) for span in spans)


def _period(data: Json) -> WorkPeriod:
    if "last" not in data:
        raise WireError("member `last` is missing")
    first, last = _date_once(data.get("first")), None if data["last"] is None else _date_once(data["last"])
    if last is not None and last < first:
        raise WireError("a period's `last` comes before its `first`")
    grace = {day: _grace(minutes) for day, minutes in _of_weekdays(data, "grace").items()}
    flexible = _of_weekdays(data, "flexible")
    days = {}
    for day, hours in _of_weekdays(data, "days", required=True).items():
        span = _span_once(hours)
        if not span[0] < span[1]:
            raise WireError("a work day does not begin before it ends")
        days[day] = _work_day(span, grace.get(day, (0, 0)))
        if day in flexible:
            days[day] = _work_day(_whole(flexible[day]), grace.get(day, (0, 0)), core=span)
    for day, hours in _of_weekdays(data, "nights").items():
        start, end = _span(hours)
        if day in days or start < end:
            raise WireError("a day's `nights` do not end on the next day, or are hours of one day besides")
        days[day] = _work_day((start, end), grace.get(day, (0, 0)))
    if flexible.keys() - _of_weekdays(data, "days").keys():
        raise WireError("a `flexible` day has no core in `days`")
    return WorkPeriod(first, last, days, _percent(data, "late_percent"), _percent(data, "early_percent"))


def _occasion(data: Json) -> Occasion:
    window = _span(data.get("window"))
    if not window[0] < window[1]:
        raise WireError("the window of an occasion does not begin before it ends")
    if "last" not in data:
        raise WireError("member `last` is missing")
    weekdays = None
    if "weekdays" in data:
        named = member(data, "weekdays", list)
        if any(name not in WEEKDAYS for name in named):
            raise WireError("a weekday of an occasion is unknown")
        weekdays = frozenset(WEEKDAYS.index(name) for name in named)
    return Occasion(
        member(data, "name", str),
        *_dates(data.get("first"), data.get("last")),
        window,
        weekdays,
        on_days_off=member(data, "on_days_off", bool),
        for_shifts=member(data, "for_shifts", bool),
    )


def _shift(data: object) -> WorkDay:
    """Of a roster. An end at or before the start lies on the next day."""
    if not isinstance(data, dict):
        raise WireError("a shift is not an object")
    core = _span(data["core"]) if "core" in data else None
    return _work_day(_span(data.get("hours")), _grace(data["grace"]) if "grace" in data else (0, 0), core)


def _work_day(hours: _Span, grace: tuple[int, int], core: _Span | None = None) -> WorkDay:
    if core is not None and not hours[0] <= core[0] < core[1] <= hours[1]:
        raise WireError("the core of flexible hours does not lie in the hours of one day")
    return WorkDay(*hours, *grace, core)


def _whole(data: object) -> _Span:
    """All of flexible hours; what else is said of them is the server's."""
    if not isinstance(data, dict):
        raise WireError("a day's `flexible` is not an object")
    return _span(data.get("hours"))


def _of_weekdays(period: Json, name: str, *, required: bool = False) -> Mapping[int, object]:
    """An object by weekday; empty from a server that does not know of it."""
    found = member(period, name, dict) if required or name in period else {}
    if set(found) - set(WEEKDAYS):
        raise WireError(f"a weekday in `{name}` is unknown")
    return {WEEKDAYS.index(day): value for day, value in found.items()}


def _grace(found: object) -> tuple[int, int]:
    """Minutes late and early that are on time."""
    if not isinstance(found, list) or len(found) != 2:
        raise WireError("a day's `grace` is not two numbers of minutes")
    for minutes in found:
        if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes < MINUTES_A_DAY:
            raise WireError(f"a day's `grace` is not two numbers of minutes below {MINUTES_A_DAY}")
    return found[0], found[1]


def _span(hours: object) -> _Span:
    return _times(hours, _TIME)


def _span_once(hours: object) -> _Span:
    # Python would read 07.30 as seven o'clock and a part of a second.
    return _times(hours, _TIME_ONCE)


def _times(hours: object, form: re.Pattern[str]) -> _Span:
    if not isinstance(hours, list) or not all(isinstance(time, str) and form.fullmatch(time) for time in hours):
        raise WireError("a day's hours are not a pair of times HH:MM")
    try:
        start, end = (dt.time.fromisoformat(time) for time in hours)
    except (ValueError, TypeError) as error:
        raise WireError("a day's hours are not a pair of times HH:MM") from error
    return start, end


def _dates(first: object, last: object) -> tuple[dt.date, dt.date | None]:
    begins, ends = _date(first), None if last is None else _date(last)
    if ends is not None and ends < begins:
        raise WireError("a last day comes before its first")
    return begins, ends


def _date(text: object) -> dt.date:
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise WireError("a date is not YYYY-MM-DD")
    return _date_once(text)


def _date_once(text: object) -> dt.date:
    try:
        return dt.date.fromisoformat(cast(str, text))
    except (ValueError, TypeError) as error:
        raise WireError("a date is not YYYY-MM-DD") from error


def _percent(data: Json, name: str) -> float:
    value = data.get(name)
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if not known or math.isnan(cast(float, value)) or not 0 <= cast(float, value) <= 100:
        raise WireError(f"member `{name}` is not a number from 0 to 100")
    return float(cast(float, value))


def _zone(name: str) -> str:
    if name not in _zones():
        raise WireError("member `timezone` is no time zone that this terminal knows")
    return name


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - _OF_THE_MACHINE)
