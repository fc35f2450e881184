"""What the calendar's pages show: a month with its days, and what a change would come to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from etpp.base.clock import month_of as month_around
from etpp.base.errors import NotFound
from etpp.calendar import looking
from etpp.calendar.decide import Around, Tried
from etpp.calendar.looking import Day, Difference
from etpp.calendar.model import Hours, Occasion, SpecialDay, WorkPeriod
from etpp.calendar.plan import Calendar
from etpp.calendar.proposals import propose_days_off, propose_ramadan
from etpp.calendar.rules import WEEKDAYS
from etpp.calendar.week import usual_on
from etpp.console.texts import Texts
from etpp.db import Transaction

MOST_LINES = 40
"""Days that a preview shows one by one."""
HORIZON_DAYS = 62
"""Of what goes on for longer, so many days are compared."""
_ONE_DAY = dt.timedelta(days=1)
_TONES = {"off": "bad", "special": "warn", "undecided": "warn", "work": "", "weekend": ""}


class Reach(Protocol):
    """Whom a change of the calendar reaches, which the rooms above know."""

    def offices(self, tx: Transaction) -> Mapping[str, str]:
        """office -> its name"""

    def people(self, tx: Transaction, offices: Sequence[str], first: dt.date, last: dt.date) -> int:
        """How many serve at one of these offices on a day between two."""

    def closed(self, tx: Transaction, offices: Sequence[str], first: dt.date, last: dt.date) -> list[dt.date]:
        """The first days of the months that one of these offices has closed, of those between two dates."""


class Seen:
    """The calendar of one office, or of the regency, as a page shows it. Raises NotFound for an office that there is
    not, and PlanError for facts that contradict one another."""

    def __init__(
        self, tx: Transaction, around: Around, reach: Reach, office_id: str, now: dt.datetime, texts: Texts
    ) -> None:
        self._facts = looking.with_regency(around.facts(tx, ()))
        self._names, self._office_id, self._texts = reach.offices(tx), office_id, texts
        if office_id not in self._facts.parents:
            raise NotFound("there is no such office", key="office_unknown", office=office_id)
        self.today = now.astimezone(ZoneInfo(self._facts.timezone)).date()

    def month(self, first: dt.date) -> dict[str, Any]:
        texts, office_id, last = self._texts, self._office_id, month_around(first)[1]
        proposals = propose_days_off(first.year)
        days = looking.month_of(self._facts, office_id, first, last, proposals)
        scopes = set(Calendar(self._facts).lineage(office_id))
        held = {each.date for each in self._facts.special_days if each.scope in scopes}
        spans = looking.undecided_ramadan(self._facts, office_id, propose_ramadan(first.year))
        return {
            "office_id": office_id,
            "office": self._names.get(office_id, office_id) if office_id else texts.calendar_regency,
            "offices": sorted(self._names.items(), key=lambda each: each[1].casefold()),
            "month": f"{first:%Y-%m}",
            "month_text": texts.month_of(first),
            "year": first.year,
            "before": f"{first - _ONE_DAY:%Y-%m}",
            "after": f"{last + _ONE_DAY:%Y-%m}",
            "blanks": first.weekday(),
            "weekdays": [texts.weekday(first + n * _ONE_DAY) for n in _week_from_monday(first)],
            "days": [self._day(each) for each in days],
            "proposed_of_year": len({each.date for each in proposals} - held),
            "first": first.isoformat(),
            "ramadans": [
                {
                    "first": a.isoformat(),
                    "words": texts.say("calendar_ramadan_span", first=texts.date(a), last=texts.date(b)),
                }
                for a, b in spans
                if a <= last and first <= b
            ],
        }

    def day(self, date: dt.date) -> dict[str, Any]:
        """One day, with what can be taken back of it."""
        found = looking.month_of(self._facts, self._office_id, date, date, propose_days_off(date.year))[0]
        own: list[dict[str, str]] = []
        if found.own and isinstance(found.fact, SpecialDay):
            own.append({"kind": "special_days", "fact": found.fact.special_id, "words": self._name(found.fact)})
        if found.own and isinstance(found.fact, WorkPeriod) and found.ramadan:
            own.append({"kind": "periods", "fact": found.fact.period_id, "words": self._texts.calendar_ramadan})
        own += [
            {"kind": "occasions", "fact": each.occasion_id, "words": each.name}
            for each in found.occasions
            if each.scope == (self._office_id or None)
        ]
        return {**self._day(found), "withdrawable": own}

    def week(self, date: dt.date) -> dict[str, Any]:
        """The usual week of a date: whose it is, since when, and each weekday's hours."""
        texts, scopes = self._texts, Calendar(self._facts).lineage(self._office_id)
        held = usual_on(self._facts, scopes, date)
        own = held is not None and held.scope == (self._office_id or None)
        monday = date - date.weekday() * _ONE_DAY
        return {
            "from": "" if held is None else texts.calendar_own if own else self._above(held.scope),
            "since": "" if held is None else texts.date(held.first),
            "until": "" if held is None or held.last is None else texts.date(held.last),
            "days": [
                _weekday(name, texts.weekday(monday + n * _ONE_DAY), None if held is None else held.days.get(n), texts)
                for n, name in enumerate(WEEKDAYS)
            ],
        }

    def _above(self, scope: str | None) -> str:
        above = self._texts.calendar_regency if scope is None else self._names.get(scope, scope)
        return self._texts.say("calendar_from", office=above)

    def _day(self, day: Day) -> dict[str, Any]:
        texts = self._texts
        return {
            "date": day.date.isoformat(),
            "number": day.date.day,
            "weekday": texts.weekday(day.date),
            "date_text": texts.date(day.date),
            "kind": day.kind,
            "tone": _TONES[day.kind],
            "hours": "" if day.hours is None else hours_text(day.hours, texts),
            "state": texts.say(f"calendar_kind_{day.kind}"),
            "name": self._name(day.fact) if isinstance(day.fact, SpecialDay) else "",
            "ramadan": day.ramadan,
            "from": "" if day.fact is None else texts.calendar_own if day.own else self._above(day.scope),
            "own": day.own,
            "occasions": [_occasion(each) for each in day.occasions],
            "proposed": "" if day.proposed is None else day.proposed.name,
            "collective": day.proposed is not None and day.proposed.collective,
            "today": day.date == self.today,
        }

    def _name(self, fact: SpecialDay) -> str:
        return fact.name or self._texts.calendar_off


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change comes to: `found` of the dates that are compared; `rest`: until when it goes on after those; the
    months that somebody has `closed` of those that it changes."""

    found: tuple[Difference, ...]
    rest: dt.date | None
    closed: tuple[dt.date, ...]


def effect(tx: Transaction, tried: Tried, reach: Reach, now: dt.datetime) -> Effect:
    """Raises PlanError."""
    dates, rest = looking.dates_of(tried.changed, HORIZON_DAYS)
    found = looking.differences(tried.known, tried.coming, tried.decided.offices, dates)
    if not found:
        return Effect((), rest, ())
    changed = sorted({each.date for each in found})
    end = changed[-1] if rest is None else max(changed[-1], min(rest, now.date()))
    months = {each.replace(day=1) for each in changed}
    closed = reach.closed(tx, sorted({each.office_id for each in found}), changed[0], end)
    return Effect(tuple(found), rest, tuple(each for each in closed if each in months or each > max(months)))


def preview(tx: Transaction, tried: Tried, reach: Reach, now: dt.datetime, texts: Texts) -> dict[str, Any]:
    """What a change would come to: for which offices and people, on which days, in which months."""
    made, names = effect(tx, tried, reach, now), reach.offices(tx)
    touched = list(dict.fromkeys(each.office_id for each in made.found))
    dates = sorted({each.date for each in made.found})
    months = sorted({date.replace(day=1) for date in dates})
    lines = _one_for_all(made.found)
    rest = made.rest
    return {
        "same": not made.found,
        "offices": [names.get(each, each) for each in touched],
        "people": reach.people(tx, touched, dates[0], dates[-1]) if dates else 0,
        "months": [texts.month_of(each) for each in months],
        "goes_on": "" if rest is None else texts.until_further if rest == dt.date.max else f"– {texts.date(rest)}",
        "closed": [texts.month_of(each) for each in made.closed],
        "closed_seen": " ".join(f"{each:%Y-%m}" for each in made.closed),
        "lines": [_line(each, texts) for each in lines[:MOST_LINES]],
        "more": max(0, len(lines) - MOST_LINES),
    }


def _one_for_all(found: Sequence[Difference]) -> list[tuple[Difference, int]]:
    """Each change of a date once, with how many offices it is the same for; by date."""
    counted: dict[tuple[object, ...], list[Difference]] = {}
    for each in found:
        key = each.date, each.was, each.becomes, each.occasions_were, each.occasions_become
        counted.setdefault(key, []).append(each)
    return sorted(((same[0], len(same)) for same in counted.values()), key=lambda each: each[0].date)


def _line(counted: tuple[Difference, int], texts: Texts) -> dict[str, Any]:
    each, offices = counted
    return {
        "date": texts.date(each.date),
        "was": _said(each.was, each.occasions_were, texts),
        "becomes": _said(each.becomes, each.occasions_become, texts),
        "offices": texts.say("calendar_offices", n=offices),
    }


def _said(hours: Hours | None, occasions: Sequence[str], texts: Texts) -> str:
    return " · ".join([texts.calendar_off if hours is None else hours_text(hours, texts), *occasions])


def _occasion(occasion: Occasion) -> str:
    start, end = occasion.window
    return f"{occasion.name} {start:%H.%M}–{end:%H.%M}"


def _weekday(field: str, name: str, hours: Hours | None, texts: Texts) -> dict[str, str]:
    return {
        "field": field,
        "name": name,
        "hours": texts.calendar_off if hours is None else hours_text(hours, texts),
        "start": "" if hours is None else f"{hours.start:%H:%M}",
        "end": "" if hours is None else f"{hours.end:%H:%M}",
        "break": "" if hours is None else str(hours.break_minutes),
    }


def hours_text(hours: Hours, texts: Texts) -> str:
    words = f"{hours.start:%H.%M}–{hours.end:%H.%M}"
    return words if hours.core is None else texts.say("calendar_flexible", hours=words)


def _week_from_monday(first: dt.date) -> range:
    return range(-first.weekday(), 7 - first.weekday())
