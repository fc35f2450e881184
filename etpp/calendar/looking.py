"""A month of an office, or of the regency, day by day: what holds, who decided it, what is only proposed. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from etpp.calendar.model import CalendarFacts, Hours, Occasion, SpecialDay, WorkPeriod
from etpp.calendar.plan import Calendar
from etpp.calendar.proposals import ProposedDay

REGENCY = ""
"""Stands for the regency where an office is asked for: no office has this id."""
ONE_DAY = dt.timedelta(days=1)

Kind = Literal["work", "off", "special", "weekend", "undecided"]
"""`off`: a holiday; `special`: a date with hours of its own; `weekend`: a weekday without hours; `undecided`: nobody
has said what the date is."""


@dataclass(frozen=True, slots=True)
class Day:
    """`fact`: what says what the date is; `own`: whether it was decided for this very scope; `scope`: for which.
    `occasions` as they take place; `proposed`: a day off that nobody has decided here or above."""

    date: dt.date
    kind: Kind
    hours: Hours | None
    fact: SpecialDay | WorkPeriod | None
    scope: str | None
    own: bool
    ramadan: bool
    occasions: tuple[Occasion, ...]
    proposed: ProposedDay | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A date of an office that a change makes another."""

    office_id: str
    date: dt.date
    was: Hours | None
    becomes: Hours | None
    occasions_were: tuple[str, ...]
    occasions_become: tuple[str, ...]


def with_regency(facts: CalendarFacts) -> CalendarFacts:
    """The facts with the regency as an office without one above, so that its own month can be asked for."""
    return replace(facts, parents={**facts.parents, REGENCY: None})


def month_of(
    facts: CalendarFacts, office_id: str, first: dt.date, last: dt.date, proposals: Iterable[ProposedDay]
) -> list[Day]:
    """`facts`: with the regency (`with_regency`). Raises PlanError for facts that contradict one another, and for an
    office that there is not."""
    calendar = Calendar(facts)
    proposed = {each.date: each for each in proposals}
    occasions = {each.occasion_id: each for each in facts.occasions}
    own = office_id or None
    found = []
    for n in range((last - first).days + 1):
        date = first + n * ONE_DAY
        fact = calendar.fact(office_id, date)
        plans = () if fact is None else calendar.office_plan(office_id, date).occasions
        special = isinstance(fact, SpecialDay)
        found.append(
            Day(
                date,
                _kind(fact, date),
                _hours(fact, date),
                fact,
                None if fact is None else fact.scope,
                fact is not None and fact.scope == own,
                isinstance(fact, WorkPeriod) and fact.season == "ramadan",
                tuple(occasions[each.occasion_id] for each in plans),
                None if special else proposed.get(date),
            )
        )
    return found


def differences(
    known: CalendarFacts, coming: CalendarFacts, offices: Iterable[str], dates: Iterable[dt.date]
) -> list[Difference]:
    """Office by office, date by date. `offices`: those that may differ. Raises PlanError."""
    before, after, asked = Calendar(known), Calendar(coming), list(dates)
    found = []
    for office_id in offices:
        for date in asked:
            was, becomes = (_hours(each.fact(office_id, date), date) for each in (before, after))
            said, says = _taking_place(before, office_id, date), _taking_place(after, office_id, date)
            if (was, said) != (becomes, says):
                found.append(Difference(office_id, date, was, becomes, said, says))
    return found


def dates_of(changed: Iterable[object], most: int) -> tuple[list[dt.date], dt.date | None]:
    """The dates that changed facts speak of, of each fact its first `most`; and, where a fact goes on after those, its
    last one (the latest of several; `dt.date.max` for one without an end)."""
    dates: set[dt.date] = set()
    rest: list[dt.date] = []
    for each in changed:
        if isinstance(each, SpecialDay):
            dates.add(each.date)
        elif isinstance(each, WorkPeriod | Occasion):
            last = each.last or dt.date.max
            compared = min(most, (last - each.first).days + 1)
            dates |= {each.first + n * ONE_DAY for n in range(compared)}
            if (last - each.first).days >= most:
                rest.append(last)
    return sorted(dates), max(rest, default=None)


def undecided_ramadan(
    facts: CalendarFacts, office_id: str, spans: Iterable[tuple[dt.date, dt.date]]
) -> list[tuple[dt.date, dt.date]]:
    """Those of the proposed Ramadans on no day of which Ramadan's hours hold for an office."""
    scopes = set(Calendar(facts).lineage(office_id))
    held = [each for each in facts.periods if each.season == "ramadan" and each.scope in scopes]
    return [
        (first, last)
        for first, last in spans
        if not any(each.first <= last and (each.last is None or first <= each.last) for each in held)
    ]


def _taking_place(calendar: Calendar, office_id: str, date: dt.date) -> tuple[str, ...]:
    decided = calendar.decided(office_id, date)
    return tuple(each.name for each in calendar.office_plan(office_id, date).occasions) if decided else ()


def _hours(fact: SpecialDay | WorkPeriod | None, date: dt.date) -> Hours | None:
    if fact is None or isinstance(fact, SpecialDay):
        return None if fact is None else fact.hours
    return fact.days.get(date.weekday())


def _kind(fact: SpecialDay | WorkPeriod | None, date: dt.date) -> Kind:
    if fact is None:
        return "undecided"
    if isinstance(fact, SpecialDay):
        return "off" if fact.hours is None else "special"
    return "weekend" if _hours(fact, date) is None else "work"
