"""The server's clock, injected wherever time is needed."""

from __future__ import annotations

import datetime as dt


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def midnight_utc(day: dt.date) -> dt.datetime:
    """Where a span of moments about local days begins or ends, with room for every zone kept by the caller."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def month_of(day: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the month that a day lies in."""
    first = day.replace(day=1)
    return first, (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
