"""A year of an office's people, day by day, as discipline counts it; and who of them has reached which step."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from etpp.absence.rules import Cover, in_force
from etpp.absence.store import kinds, letters_within, said_of
from etpp.base.clock import midnight_utc, month_of
from etpp.base.errors import Conflict
from etpp.books.store import Books
from etpp.calendar.model import PlanError
from etpp.calendar.plan import Calendar
from etpp.db import Transaction
from etpp.presence import store
from etpp.presence.corrections import CorrectionDays, month_office
from etpp.presence.daybook import office_reports
from etpp.presence.decided import DayCorrections, corrections_in_force, settle
from etpp.presence.discipline import Discipline, delivered_steps, discipline
from etpp.presence.judge import judge_days
from etpp.presence.model import Correction, CorrectionDecision, JudgedDay, OfficeReports, Punch
from etpp.roster import register
from etpp.roster.assignments import Career, CareerError
from etpp.roster.hours import regency_calendar, zone
from etpp.roster.store import Offices, Roster

BEFORE = dt.timedelta(days=62)
"""How far into the year before a run of absences is followed: by the thirtieth day somebody has acted."""
FEW = 20
ONE_DAY = dt.timedelta(days=1)
AROUND = dt.timedelta(days=3)
"""How far presences about a span of days may belong to it: a night shift ends on the next day."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one person, who serves at the office or served there last."""

    person_id: str
    office_id: str
    counters: Discipline


def disciplined(tx: Transaction, office_id: str, year: int, days: CorrectionDays, now: dt.datetime) -> list[Counted]:
    """Everybody of the office with an unexcused day in the year, by id. Raises NotFound and Conflict."""
    steps = delivered_steps()
    found = []
    for person, judged in judged_year(tx, office_id, year, days, now).items():
        counters = discipline(judged, year, steps)
        if counters.unexcused:
            found.append(Counted(person, office_id, counters))
    return found


def judged_year(
    tx: Transaction,
    office_id: str,
    year: int,
    days: CorrectionDays,
    now: dt.datetime,
    until: dt.date | None = None,
    people: Sequence[str] | None = None,
) -> dict[str, list[JudgedDay]]:
    """employee -> the days of the year up to yesterday (or to `until`, if that was before), and some before it,
    wherever they were served; by id. Of those who served last at the office in it, or of these `people`, who were ever
    assigned to it. Raises NotFound, and Conflict where calendar or roster contradict themselves."""
    here = zone(register.office(tx, office_id))
    first = dt.date(year, 1, 1)
    last = min(until or dt.date(year, 12, 31), now.astimezone(here).date() - ONE_DAY)
    if last < first:
        return {}
    try:
        return _Year(tx, office_id, first, last, days, people).judged()
    except (PlanError, CareerError) as error:
        raise Conflict(f"calendar and roster must be put right first: {error}", key="calendar_contradicts") from error


class _Year:
    """An office's year while it is being judged: what is asked for once, and not for each person."""

    def __init__(
        self,
        tx: Transaction,
        office_id: str,
        first: dt.date,
        last: dt.date,
        days: CorrectionDays,
        people: Sequence[str] | None,
    ) -> None:
        self._tx = tx
        self._first, self._last = first, last
        self._calendar: Calendar = regency_calendar(tx)
        roster = Roster(tx)
        posts = roster.assignments(first, last, office_id) if people is None else ()
        careers = roster.careers(sorted({*(people or ()), *(each.person_id for each in posts)}))
        self._careers = {
            person: career
            for person, career in careers.items()
            if people is not None or career.within(first, last)[-1].office_id == office_id
        }
        start, end = midnight_utc(first - BEFORE - AROUND), midnight_utc(last + AROUND)
        # Of a few people it is asked by their names; of a whole office by the office.
        only = people if people is not None and len(people) <= FEW else None
        self._punches = Books(tx).punches(office_id, start, end, only=only)
        self._letters = letters_within(tx, ever_at=office_id, start=start, end=end)
        self._said = said_of(tx, [each.letter_id for each in self._letters])
        self._kinds = kinds(tx)
        uncertain = [p.event_id for mine in self._punches.values() for p in mine if p.time.state == "uncertain"]
        self._times = store.times_of(tx, uncertain)
        self._manual = store.manual_of(tx, sorted(self._careers), start, end)
        self._corrections: dict[str, list[Correction]] = defaultdict(list)
        for each in store.corrections_within(tx, ever_at=office_id, first=first - BEFORE, last=last):
            self._corrections[each.person_id].append(each)
        made = [each.correction_id for mine in self._corrections.values() for each in mine]
        self._decided: dict[str, list[CorrectionDecision]] = defaultdict(list)
        for decision in store.decisions_on(tx, made):
            self._decided[decision.correction_id].append(decision)
        months = {day.replace(day=1) for day in _dates(first - BEFORE, last)}
        self._days = {month: days(tx, month) for month in months}
        served = {post.office_id for career in self._careers.values() for post in career.all}
        offices = [each for each in Offices(tx).all() if each.office_id in served]
        self._reports: dict[dt.date, dict[str, OfficeReports]] = {
            month: {each.office_id: office_reports(tx, each, month, self._looked_until(month)) for each in offices}
            for month in months
        }

    def judged(self) -> dict[str, list[JudgedDay]]:
        return {person: self._person(career) for person, career in sorted(self._careers.items())}

    def _person(self, career: Career) -> list[JudgedDay]:
        person = career.person_id
        zone_of = self._calendar.zone
        mine = [each for each in self._letters if person in each.person_ids]
        times, manual = self._times, self._manual.get(person, [])
        punches = settle(person, [Punch.of(each) for each in self._punches.get(person, ())], times, manual)
        found: list[JudgedDay] = []
        for month in sorted(self._days):
            plans = [
                (day, self._calendar.person_plan(career, day))
                for day in _dates(max(month, self._first - BEFORE), min(month_of(month)[1], self._last))
                if self._is_planned(career, day)
            ]
            if not any(plan for _, plan in plans):
                continue
            office_id = month_office(career, next(day for day, plan in plans if plan))
            excuses = in_force(person, mine, *self._said, self._kinds, zone_of(office_id))
            corrections = self._in_force(person, month, office_id)
            found += judge_days(plans, punches, Cover(excuses), corrections, self._reports[month])
        return found

    def _looked_until(self, month: dt.date) -> dt.datetime:
        """A terminal that came later holds nothing of the month's days, nor of those up to the last that is judged."""
        return midnight_utc(min(month_of(month)[1] + AROUND, self._last + ONE_DAY))

    def _in_force(self, person: str, month: dt.date, office_id: str) -> Mapping[dt.date, DayCorrections]:
        mine = [each for each in self._corrections[person] if each.date.replace(day=1) == month]
        decided = [decision for each in mine for decision in self._decided[each.correction_id]]
        due = partial(self._calendar.due, self._careers[person])
        return corrections_in_force(person, mine, decided, self._calendar.zone(office_id), due, self._days[month])[0]

    def _is_planned(self, career: Career, day: dt.date) -> bool:
        """Whether hours were decided. Raises PlanError for a day on which they had to be: of the year before, or before
        its first terminal, an office may have none, and nobody was judged there."""
        try:
            return self._calendar.person_plan(career, day) is not None
        except PlanError:
            held = career.office_on(day)
            report = None if held is None else self._reports[day.replace(day=1)].get(held)
            if day >= self._first and report is not None and report.first_day is not None and report.first_day <= day:
                raise
            return False


def _dates(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + n * ONE_DAY for n in range((last - first).days + 1)]
