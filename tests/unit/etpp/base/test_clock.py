"""Spans of local days."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from etpp.base.clock import days_utc, month_of

DAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("zone", "last", "start", "end"),
    [
        ("Asia/Jakarta", DAY, "2026-11-23T17:00", "2026-11-24T17:00"),  # one day
        ("Asia/Jayapura", DAY, "2026-11-23T15:00", "2026-11-24T15:00"),  # in another zone
        ("Asia/Jakarta", month_of(DAY)[1], "2026-11-23T17:00", "2026-11-30T17:00"),  # to the end of the month
        ("Europe/Berlin", dt.date(2027, 3, 28), "2026-11-23T23:00", "2027-03-28T22:00"),  # the last day has 23 hours
    ],
)
def test_local_days_from_midnight_to_midnight(zone: str, last: dt.date, start: str, end: str) -> None:
    found = [f"{each:%Y-%m-%dT%H:%M}" for each in days_utc(DAY, last, ZoneInfo(zone))]
    assert found == [start, end]
