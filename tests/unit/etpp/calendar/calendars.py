"""A small regency's calendar for the tests of every room that judges days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from etpp.calendar.model import CalendarFacts, Hours, WorkPeriod

JAKARTA = dt.timezone(dt.timedelta(hours=7))
DECIDED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

USUAL = Hours(dt.time(7, 30), dt.time(16, 0), break_minutes=60)
FRIDAY = Hours(dt.time(7, 30), dt.time(16, 30), break_minutes=90)
FIVE_DAYS = {0: USUAL, 1: USUAL, 2: USUAL, 3: USUAL, 4: FRIDAY}
RAMADAN = Hours(dt.time(8, 0), dt.time(15, 0), break_minutes=30)
RAMADAN_FRIDAY = Hours(dt.time(8, 0), dt.time(15, 30), break_minutes=60)
NIGHT = Hours(dt.time(21, 0), dt.time(7, 0), break_minutes=60)
FLEXIBLE = Hours(dt.time(6, 30), dt.time(18, 0), 60, core=(dt.time(9), dt.time(15)), need_minutes=450)

PARENTS = {"dinkes": None, "puskesmas": "dinkes", "kominfo": None}
REGENCY_HOURS = WorkPeriod("hours", None, dt.date(2023, 4, 12), None, FIVE_DAYS)
RAMADAN_HOURS = WorkPeriod(
    "ramadan-2026",
    None,
    dt.date(2026, 2, 18),
    dt.date(2026, 3, 19),
    {0: RAMADAN, 1: RAMADAN, 2: RAMADAN, 3: RAMADAN, 4: RAMADAN_FRIDAY},
    "ramadan",
)


def calendar_facts(**more: object) -> CalendarFacts:
    return CalendarFacts(
        **{"timezone": "Asia/Jakarta", "parents": PARENTS, "periods": (REGENCY_HOURS, RAMADAN_HOURS), **more}
    )


def local(text: str) -> dt.datetime:
    """`2026-11-24 07:30` in Jakarta, as UTC."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=JAKARTA).astimezone(dt.UTC)


@dataclass(frozen=True)
class Member:
    """Somebody who belongs to offices from dates to dates."""

    person_id: str = "ani"
    office_id: str = "kominfo"
    first: dt.date = dt.date(2020, 1, 1)
    last: dt.date | None = None
    moves: dict[dt.date, str] = field(default_factory=dict)

    def office_on(self, date: dt.date) -> str | None:
        if date < self.first or (self.last is not None and date > self.last):
            return None
        office = self.office_id
        for moved, to in sorted(self.moves.items()):
            office = to if moved <= date else office
        return office
