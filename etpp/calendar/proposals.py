"""What a coming year could look like, for BKPP to decide: nothing here is a fact before somebody takes it over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import hijridate
import holidays


@dataclass(frozen=True, slots=True)
class ProposedDay:
    """A day off. `collective`: collective leave (cuti bersama), which an office of direct service may have to work."""

    date: dt.date
    name: str
    collective: bool


RAMADAN_HOURS = {
    **{day: {"start": "08:00", "end": "15:00", "break_minutes": 30} for day in ("mon", "tue", "wed", "thu")},
    "fri": {"start": "08:00", "end": "15:30", "break_minutes": 60},
}
"""Perpres 21/2023: from 08.00, breaks of 30 minutes and of 60 on Fridays, 32 hours and 30 minutes a week."""


def propose_days_off(year: int) -> tuple[ProposedDay, ...]:
    """Indonesia's public holidays and the government's collective leave of a year, by date, with Indonesian names.

    The joint decree of three ministers names the true ones each year; those of a year without a decree are estimates.
    """
    public = holidays.country_holidays("ID", years=year, categories=("public",), language="id")
    collective = holidays.country_holidays("ID", years=year, categories=("government",), language="id")
    days = [ProposedDay(date, name, collective=False) for date, name in public.items()]
    days += [ProposedDay(date, name, collective=True) for date, name in collective.items() if date not in public]
    return tuple(sorted(days, key=lambda day: day.date))


def propose_ramadan(year: int) -> tuple[tuple[dt.date, dt.date], ...]:
    """First and last day of each Ramadan that begins in a Gregorian year: one, or two as in 2030.

    By the calculated calendar of Umm al-Qura, which ends: of a year that does not lie in it whole nothing is proposed.
    The minister's sighting (isbat) may differ by a day either way.
    """
    try:
        january = hijridate.Gregorian(year, 1, 1).to_hijri().year
        found = []
        for hijri_year in (january, january + 1):
            first = _gregorian(hijridate.Hijri(hijri_year, 9, 1))
            if first.year == year:
                found.append((first, _gregorian(hijridate.Hijri(hijri_year, 10, 1)) - dt.timedelta(days=1)))
    except OverflowError:
        return ()
    return tuple(found)


def _gregorian(date: hijridate.Hijri) -> dt.date:
    day = date.to_gregorian()
    return dt.date(day.year, day.month, day.day)
