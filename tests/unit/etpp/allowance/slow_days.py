"""A second judgement of days, slow and obvious: minute by minute over raw facts, sharing no rule with the program.

Written from the domain's notes and docs/allowance.md. Moments are whole seconds since LOCAL_ZERO, midnight in Jakarta.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etpp.allowance.facts import MonthFacts
from etpp.calendar.model import CalendarFacts, Hours
from etpp.presence.model import Punch
from etpp.roster.assignments import Acting, Assignment

ROOT = Path(__file__).parents[4]
KINDS = {row["id"]: row for row in tomllib.loads((ROOT / "etpp/absence/kinds.toml").read_text())["kind"]}
LOCAL_ZERO = dt.datetime(2025, 12, 1, tzinfo=dt.timezone(dt.timedelta(hours=7)))
DAY, HOUR, MINUTE = 86400, 3600, 60


def second(moment: dt.datetime) -> int:
    return int((moment - LOCAL_ZERO).total_seconds())


def midnight(date: dt.date) -> int:
    return (date - LOCAL_ZERO.date()).days * DAY


def clock(date: dt.date, time: dt.time) -> int:
    return midnight(date) + time.hour * HOUR + time.minute * MINUTE


@dataclass
class Slot:
    """One punch."""

    name: str
    at: int
    earliest: int
    latest: int
    uncertain: bool
    office: str | None = None


@dataclass
class Paper:
    """One letter in force."""

    kind: dict[str, Any]
    first: int
    until: int


@dataclass
class SlowDay:
    date: dt.date
    works: bool = False
    status: str = "day_off"
    faults: list[tuple[str, int]] = field(default_factory=list)
    waiting: bool = False
    review: set[str] = field(default_factory=set)
    whole: dict[str, Any] | None = None
    worked: int | None = None
    need: int = 0
    summed: bool = False


class World:
    """Everything raw, and questions about it answered by looking through all of it."""

    def __init__(self, facts: MonthFacts, calendar: CalendarFacts, places: list[Assignment], actings: list[Acting]):
        self.facts = facts
        self.calendar = calendar
        self.places = places
        self.actings = actings
        self.person = facts.career.person_id
        self.slots = self._slots()
        self.papers = self._papers()

    def place(self, date: dt.date) -> Assignment | None:
        for each in self.places:
            if each.first <= date and (each.last is None or date <= each.last):
                return each
        return None

    def scopes(self, office: str) -> list[str | None]:
        found: list[str | None] = [office]
        while found[-1] is not None:
            found.append(self.calendar.parents[found[-1]])
        return found

    def office_hours(self, office: str, date: dt.date) -> Hours | None:
        for scope in self.scopes(office):
            rows = [s for s in self.calendar.special_days if s.scope == scope and s.date == date]
            if rows:
                return max(rows, key=lambda s: (s.decided_utc, s.special_id)).hours
        for season in ("ramadan", "usual"):
            for scope in self.scopes(office):
                for period in self.calendar.periods:
                    inside = period.first <= date and (period.last is None or date <= period.last)
                    if period.season == season and period.scope == scope and inside:
                        return period.days.get(date.weekday())
        raise AssertionError("no hours")

    def hours(self, office: str, date: dt.date) -> tuple[Hours | None, bool]:
        rows = [r for r in self.calendar.roster if r.person_id == self.person and r.date == date]
        if rows:
            row = max(rows, key=lambda r: (r.decided_utc, r.roster_id))
            for shift in self.calendar.shifts:
                if shift.shift_id == row.shift_id:
                    return shift.hours, True
            return None, True
        for each in self.calendar.by_roster:
            if each.person_id == self.person and each.first <= date and (each.last is None or date <= each.last):
                return None, True
        return self.office_hours(office, date), False

    def span(self, office: str, date: dt.date) -> tuple[int, int] | None:
        hours, _ = self.hours(office, date)
        if hours is None:
            return None
        over = date + dt.timedelta(days=1) if hours.end <= hours.start else date
        return clock(date, hours.start), clock(over, hours.end)

    def boundary(self, own: str, date: dt.date) -> float:
        """Where the day before `date` ends and `date` begins. `own`: the office of the day asked about."""
        eve = date - dt.timedelta(days=1)
        offices = [place.office_id if (place := self.place(d)) else own for d in (eve, date)]
        before, after = self.span(offices[0], eve), self.span(offices[1], date)
        zero = midnight(date)
        if before and before[1] >= zero:
            gap = (after[0] - before[1]) / 2 if after else 4 * HOUR
            return before[1] + max(0, min(4 * HOUR, gap))
        if after and after[0] < zero + 2 * HOUR:
            gap = (after[0] - before[1]) / 2 if before else 2 * HOUR
            return after[0] - min(2 * HOUR, gap)
        return zero

    def working(self, office: str, date: dt.date) -> bool:
        return self.office_hours(office, date) is not None

    def office_near(self, date: dt.date) -> str:
        """Whose working days count for what was done on a date: also of a date between two offices, or before both."""
        office = self.places[0].office_id
        for place in self.places:
            if place.first <= date:
                office = place.office_id
        return office

    def after_working_days(self, office: str, date: dt.date, days: int) -> float:
        while days:
            date += dt.timedelta(days=1)
            if self.working(office, date):
                days -= 1
        return self._office_boundary(office, date + dt.timedelta(days=1))

    def _office_boundary(self, office: str, date: dt.date) -> float:
        # No office of these tests works over midnight by its own hours.
        return midnight(date)

    def _slots(self) -> list[Slot]:
        found: dict[str, Slot] = {}
        for punch in self.facts.punches:
            slot = Slot(
                punch.event_id,
                second(punch.utc),
                second(punch.earliest_utc),
                second(punch.latest_utc),
                punch.uncertain,
                punch.office_id,
            )
            rows = [d for d in self.facts.time_decisions if d.event_id == punch.event_id and d.by != self.person]
            if rows:
                at = second(max(rows, key=lambda d: (d.decided_utc, d.decision_id)).utc)
                slot = Slot(punch.event_id, at, at, at, False, punch.office_id)
            found[punch.event_id] = slot
        for entry in self.facts.manual_entries:
            people = [entry.entered_by, entry.confirmed_by]
            two = None not in people and people[0] != people[1] and self.person not in people
            if entry.person_id == self.person and two and entry.at_utc <= entry.entered_utc:
                at = second(entry.at_utc)
                found[entry.entry_id] = Slot(entry.entry_id, at, at, at, False, entry.office_id)
        return sorted(found.values(), key=lambda s: (s.at, s.name))

    def may_fall(self, punch: Punch, date: dt.date) -> bool:
        """Whether a presence that does not count yet belongs to a day on which the person served, or may."""
        place = self.place(date)
        if place is None:
            return False
        begin = self.boundary(place.office_id, date)
        finish = self.boundary(place.office_id, date + dt.timedelta(days=1))
        if punch.uncertain:
            return second(punch.earliest_utc) < finish and second(punch.latest_utc) >= begin
        return begin <= second(punch.utc) < finish

    def _papers(self) -> list[Paper]:
        found = {}
        for letter in self.facts.letters:
            if self.person not in letter.person_ids:
                continue
            if any(r.letter_id == letter.letter_id for r in self.facts.letter_revocations):
                continue
            rows = [d for d in self.facts.letter_decisions if d.letter_id == letter.letter_id]
            rows = [d for d in rows if d.by not in letter.person_ids]
            if rows and max(rows, key=lambda d: (d.decided_utc, d.decision_id)).approved:
                paper = Paper(KINDS[letter.kind_id], second(letter.first_utc), second(letter.until_utc))
                found[letter.letter_id] = paper
        return list(found.values())

    def left(self, what: str, start: int, end: int) -> int:
        """Seconds of [start, end) in no letter that excuses this, minute by minute."""
        total, at = 0, start
        while at < end:
            until = min(end, (at // MINUTE + 1) * MINUTE)
            if not any(what in p.kind["excuses"] and p.first <= at < p.until for p in self.papers):
                total += until - at
            at = until
        return total

    def covered(self, what: str, start: int, end: int) -> bool:
        return self.left(what, start, end) == 0

    def whole_kind(self, start: int, end: int) -> dict[str, Any] | None:
        found = []
        for kind in KINDS.values():
            papers = [p for p in self.papers if p.kind is kind]
            minutes = range(start, end, MINUTE)
            if (
                papers
                and "absence" in kind["excuses"]
                and all(any(p.first <= m < p.until for p in papers) for m in minutes)
            ):
                found.append(kind)
        return max(found, key=_worth) if found else None

    def corrections(self, date: dt.date, correction_days: int | None) -> dict[tuple[str, str], Any]:
        found: dict[tuple[str, str], Any] = {}
        rows = []
        for each in {c.correction_id: c for c in self.facts.corrections}.values():
            proposed = second(each.proposed_utc)
            if each.person_id != self.person or each.date != date or midnight(date) > proposed:
                continue
            if each.at_utc is not None and (second(each.at_utc) > proposed or each.part in ("occasion", "day")):
                continue
            if (each.part == "occasion") != bool(each.occasion_id):
                continue
            office = self.office_near(date)
            if correction_days is not None and proposed > self.after_working_days(office, date, correction_days):
                continue
            decided = [
                d
                for d in self.facts.correction_decisions
                if d.correction_id == each.correction_id and d.by not in (self.person, each.proposed_by)
            ]
            if decided:
                last = max(decided, key=lambda d: (d.decided_utc, d.decision_id))
                if last.approved:
                    rows.append((last.decided_utc, last.decision_id, each))
        for _, _, each in sorted(rows, key=lambda row: row[:2]):
            found[each.part, each.occasion_id] = each
        return found

    def judge(self, date: dt.date, correction_days: int | None) -> SlowDay | None:
        place = self.place(date)
        if place is None:
            return None
        office = place.office_id
        hours, by_roster = self.hours(office, date)
        day = SlowDay(date, works=hours is not None)
        report = self.facts.regency.reports.get(office)
        if report is None or report.first_day is None or date < report.first_day:
            day.status = "outside"
            return day
        reported = -1 if report.reported_utc is None else second(report.reported_utc)
        begin = self.boundary(office, date)
        finish = self.boundary(office, date + dt.timedelta(days=1))
        mine = [s for s in self.slots if begin <= s.at < finish]
        near = [s for s in self.slots if s.uncertain and s not in mine and s.earliest < finish and s.latest >= begin]
        day.review = {s.name for s in [*mine, *near] if s.uncertain}
        fixes = self.corrections(date, correction_days)
        complete = reported >= finish
        came = went = None
        from_event = {"came": True, "went": True}
        span = self.span(office, date)
        if mine:
            after_work = span is not None and mine[0].at >= span[1]
            if not after_work:
                came = mine[0].earliest if mine[0].uncertain else mine[0].at
            if after_work or len(mine) > 1:
                went = mine[-1].latest if mine[-1].uncertain else mine[-1].at
        if hours is not None and span is not None:
            day.summed = hours.need_minutes is not None
            due, free = span
            if hours.core is not None:
                due, free = clock(date, hours.core[0]), clock(date, hours.core[1])
            if ("arrival", "") in fixes:
                at = fixes["arrival", ""].at_utc
                came, from_event["came"] = (due if at is None else second(at)), False
            if ("departure", "") in fixes:
                at = fixes["departure", ""].at_utc
                went, from_event["went"] = (free if at is None else second(at)), False
            day.whole = self.whole_kind(*span)
            if ("day", "") in fixes:
                day.status = "present"
            elif came is None and went is None:
                self._nobody(day, due, free, complete, bool(near))
            else:
                day.status = "present"
                if came is None:
                    if not self.covered("late", due, due + MINUTE):
                        self._blame(day, "missing_arrival", 0, complete)
                elif (came - due) // MINUTE > hours.grace_late_minutes:
                    minutes = self.left("late", due, came) // MINUTE
                    if minutes > hours.grace_late_minutes:
                        self._blame(day, "late", minutes, reported >= came or not from_event["came"])
                if went is None:
                    if not self.covered("early", free - MINUTE, free):
                        self._blame(day, "missing_departure", 0, complete)
                elif (free - went) // MINUTE > hours.grace_early_minutes:
                    minutes = self.left("early", went, free) // MINUTE
                    if minutes > hours.grace_early_minutes:
                        self._blame(day, "early", minutes, complete or not from_event["went"])
                if hours.need_minutes is not None and came is not None and went is not None:
                    self._flexible(day, hours, span, came, went)
                    day.waiting = day.waiting or not complete
        if hours is None or came is not None or went is not None:
            self._occasions(day, office, by_roster, span, [*mine, *near], fixes, reported)
        return day

    def _nobody(self, day: SlowDay, due: int, free: int, complete: bool, near: bool) -> None:
        arrival = self.covered("absence", due, due + MINUTE)
        departure = self.covered("absence", free - MINUTE, free)
        if arrival and departure:
            day.status = "excused"
        elif not complete or near:
            day.status, day.waiting = ("unclear" if complete else "not_reported"), True
        elif arrival or departure:
            day.status = "excused"
            day.faults.append(("missing_departure" if arrival else "missing_arrival", 0))
        else:
            day.status = "absent"
            day.faults.append(("absent", 0))

    def _blame(self, day: SlowDay, kind: str, minutes: int, known: bool) -> None:
        if known:
            day.faults.append((kind, minutes))
        else:
            day.waiting = True

    def _flexible(self, day: SlowDay, hours: Hours, span: tuple[int, int], came: int, went: int) -> None:
        start = max(came, span[0])
        end = max(min(went, span[1]), start)
        need = hours.need_minutes or 0
        present = (end - start) // MINUTE - hours.break_minutes
        excused = (end - start) + (start - span[0] - self.left("late", span[0], start))
        excused += max(span[1] - end, 0) - self.left("early", end, span[1])
        if start > span[1]:  # came after everything was over
            excused = span[1] - span[0] - self.left("late", span[0], start)
        credit = excused // MINUTE - hours.break_minutes
        day.need = need
        day.worked = max(present, 0, min(max(credit, 0), need))

    def _occasions(
        self, day: SlowDay, office: str, by_roster: bool, span: Any, seen: list[Slot], fixes: Any, reported: int
    ) -> None:
        for each in sorted(self.calendar.occasions, key=lambda o: (o.window, o.occasion_id)):
            if each.scope not in self.scopes(office) or office in each.without_offices:
                continue
            if day.date < each.first or (each.last is not None and day.date > each.last):
                continue
            if each.weekdays is not None and day.date.weekday() not in each.weekdays:
                continue
            if (span is None and not each.on_days_off) or (by_roster and not each.for_shifts):
                continue
            if ("day", "") in fixes or ("occasion", each.occasion_id) in fixes:
                continue
            first, until = clock(day.date, each.window[0]), clock(day.date, each.window[1])
            if any(s.earliest < until and s.latest >= first if s.uncertain else first <= s.at < until for s in seen):
                continue
            if span is not None and span[0] < until:
                first = max(first, span[0])
            if not self.covered("occasion", first, until):
                self._blame(day, "occasion", 0, reported >= until)


def _worth(kind: dict[str, Any]) -> tuple[Any, Any, str]:
    return kind.get("points_given", 0), -kind.get("points_off", 0), kind["id"]
