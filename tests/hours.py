"""A calendar and a roster of docs/protocol.md as the facts that the books judge by: the golden files for the server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from etpp.calendar.document import holidays_of, periods_of
from etpp.calendar.model import ByRoster, CalendarFacts, Hours, Occasion, RosterDay, Shift
from etpp.calendar.rules import WEEKDAYS
from etpp.calendar.terminal import Stay

OFFICE, PERSON = "dinas-kominfo", "person"
DECIDED = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


class Member:
    """Whoever belongs to the office on every day, or to `stays`: office, first and last day."""

    person_id = PERSON

    def __init__(self, stays: Sequence[Stay] = ((OFFICE, dt.date.min, None),)) -> None:
        self.stays = stays

    def office_on(self, date: dt.date) -> str | None:
        held = (office for office, first, last in self.stays if first <= date and (last is None or date <= last))
        return next(held, None)


def facts_of(calendar: Mapping[str, Any], roster: Mapping[str, Any] | None = None) -> CalendarFacts:
    roster = roster or {"shifts": {}, "days": {}, "alone": []}
    days = [
        RosterDay(f"{PERSON}:{date}", PERSON, dt.date.fromisoformat(date), shift, DECIDED)
        for date, shift in roster["days"].items()
    ]
    return CalendarFacts(
        calendar["timezone"],
        {OFFICE: None},
        tuple(periods_of(OFFICE, calendar)),
        tuple(holidays_of(OFFICE, calendar, DECIDED)),
        tuple(_occasion(f"o{n}", each) for n, each in enumerate(calendar.get("occasions", ()))),
        tuple(Shift(name, _hours(shift)) for name, shift in roster["shifts"].items()),
        tuple(days),
        tuple(ByRoster(PERSON, *_dates(*span)) for span in roster["alone"]),
    )


def _occasion(occasion_id: str, each: Mapping[str, Any]) -> Occasion:
    weekdays = each.get("weekdays")
    return Occasion(
        occasion_id,
        None,
        each["name"],
        *_dates(each["first"], each["last"]),
        _times(each["window"]),
        None if weekdays is None else frozenset(WEEKDAYS.index(name) for name in weekdays),
        each["on_days_off"],
        each["for_shifts"],
    )


def _hours(shift: Mapping[str, Any]) -> Hours:
    core = _times(shift["core"]) if "core" in shift else None
    return Hours(*_times(shift["hours"]), 0, *shift.get("grace", (0, 0)), core, None if core is None else 60)


def _times(span: list[str]) -> tuple[dt.time, dt.time]:
    return dt.time.fromisoformat(span[0]), dt.time.fromisoformat(span[1])


def _dates(first: str, last: str | None) -> tuple[dt.date, dt.date | None]:
    return dt.date.fromisoformat(first), None if last is None else dt.date.fromisoformat(last)
