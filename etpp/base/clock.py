"""The server's clock, injected wherever time is needed."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def midnight_utc(day: dt.date) -> dt.datetime:
    """Where a span of moments about local days begins or ends, with room for every zone kept by the caller."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def days_utc(first: dt.date, last: dt.date, zone: dt.tzinfo) -> tuple[dt.datetime, dt.datetime]:
    """From the midnight at which the first local day begins to the one at which the last ends."""
    start, end = (
        dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC) for day in (first, last + dt.timedelta(days=1))
    )
    return start, end


def month_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the month that a day lies in."""
    first = day.replace(day=1)
    return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
