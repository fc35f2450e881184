"""A person's month in service: which days count, in which post, and how each was judged. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from etpp.absence.catalogue import Catalogue as Kinds
from etpp.absence.model import Excuse, Letter
from etpp.absence.rules import Cover, in_force, letter_state
from etpp.allowance.facts import MonthFacts
from etpp.allowance.model import Policy
from etpp.calendar.model import DayPlan
from etpp.presence.decided import DayCorrections, corrections_in_force, manual_waits, settle
from etpp.presence.judge import judge_days, short_weeks
from etpp.presence.model import Excused, Fault, JudgedDay, Punch
from etpp.roster.assignments import Acting, Assignment, Career

ONE_DAY = dt.timedelta(days=1)
ONE_MINUTE = dt.timedelta(minutes=1)
WEEK_AFTER_MONDAY = dt.timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Segment:
    """Working days of the month in one post, the own or an acting one, that the allowance is paid for."""

    assignment: Assignment
    acting: Acting | None
    days: int


@dataclass(frozen=True, slots=True)
class Service:
    """One person's month. `working_days`: of the whole month; `entitled`: the dates of it that are paid for.

    `faults` and what was `excused`: of days that are paid for, by date. `open`: what is undecided, as in Statement.
    """

    last: Assignment
    working_days: int
    entitled: tuple[dt.date, ...]
    segments: tuple[Segment, ...]
    days: tuple[JudgedDay, ...]
    faults: tuple[Fault, ...]
    excused: tuple[Excused, ...]
    excuses: tuple[Excuse, ...]
    open: tuple[str, ...]
    manual: tuple[str, ...]
    assignments: Mapping[dt.date, Assignment]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where and when somebody was expected."""

    plans: Sequence[tuple[dt.date, DayPlan | None]]
    assignments: Mapping[dt.date, Assignment]
    working_days: int
    entitled: tuple[dt.date, ...]
    segments: tuple[Segment, ...]


def serve(facts: MonthFacts, policy: Policy) -> Service | None:
    """None for somebody who did not belong to any office in the month."""
    month, career, calendar = facts.month, facts.career, facts.regency.calendar
    first, last = month.first, month.last
    served = career.within(first, last)
    if not served:
        return None
    zone = calendar.zone(served[-1].office_id)
    place = _stay(facts, served[0]) or _follow(facts, served)
    assignments, plans = place.assignments, place.plans
    excuses: tuple[Excuse, ...] = ()
    if facts.letters:
        excuses = in_force(
            career.person_id,
            facts.letters,
            facts.letter_decisions,
            facts.letter_revocations,
            facts.regency.kinds,
            zone,
        )
    corrections: Mapping[dt.date, DayCorrections] = {}
    undecided: tuple[str, ...] = ()
    if facts.corrections:
        corrections, undecided = corrections_in_force(
            career.person_id,
            facts.corrections,
            facts.correction_decisions,
            zone,
            partial(calendar.due, career),
            policy.correction_days,
        )
    punches = settle(career.person_id, facts.punches, facts.time_decisions, facts.manual_entries)
    if calendar.flexible:
        monday = first - first.weekday() * ONE_DAY
        before = [monday + n * ONE_DAY for n in range(first.weekday())]
        plans = [*((date, calendar.person_plan(career, date)) for date in before), *plans]
    days = judge_days(plans, punches, Cover(excuses), corrections, facts.regency.reports)
    faults = [fault for day in days for fault in day.faults if fault.date >= first]
    doubted = days
    if calendar.flexible:
        faults += [f for f in short_weeks(days) if first <= _sunday(f.date) <= last]
        days = tuple(day for day in days if day.date >= first)
        if not _is_summed(plans, _sunday(first)):
            doubted = days
    return Service(
        served[-1],
        place.working_days,
        place.entitled,
        place.segments,
        days,
        tuple(sorted((f for f in faults if _is_entitled(career, f.date)), key=_by_date)),
        tuple([each for day in days for each in day.excused if _is_entitled(career, each.date)]),
        excuses,
        _open(facts, doubted, undecided, assignments, _Matters(plans, excuses, zone)),
        tuple(each for day in days for each in day.manual),
        assignments,
    )


def _stay(facts: MonthFacts, served: Assignment) -> _Places | None:
    """Of most people: they stay in one post all month, and their days are their office's."""
    month, career, calendar = facts.month, facts.career, facts.regency.calendar
    first, last = month.first, month.last
    stays = _holds(served, first - ONE_DAY) and _holds(served, last + ONE_DAY)
    if not stays or calendar.has_roster(career.person_id) or career.has_actings:
        return None
    plans, working = calendar.office_days(served.office_id, first, last)
    return _Places(
        plans,
        dict.fromkeys([date for date, _ in plans], served),
        len(working),
        working if served.entitled else (),
        (Segment(served, None, len(working)),) if served.entitled and working else (),
    )


def _follow(facts: MonthFacts, served: Sequence[Assignment]) -> _Places:
    """Day by day, wherever the person was."""
    career, calendar = facts.career, facts.regency.calendar
    plans: list[tuple[dt.date, DayPlan | None]] = []
    assignments: dict[dt.date, Assignment] = {}
    posts: list[tuple[Assignment, Acting | None]] = []
    entitled: list[dt.date] = []
    working_days = 0
    for date in facts.month.dates():
        assignment = career.on(date)
        if assignment is None:
            # Days before joining and after leaving are part of the month that the base is paid for.
            nearest = served[0] if date < served[0].first else served[-1]
            working_days += calendar.office_plan(nearest.office_id, date).work is not None
            plans.append((date, None))
            continue
        assignments[date] = assignment
        plan = calendar.person_plan(career, date)
        plans.append((date, plan))
        if plan is None or plan.work is None:
            continue
        working_days += 1
        if assignment.entitled:
            entitled.append(date)
            posts.append((assignment, None))
            posts += [(assignment, acting) for acting in career.acting_on(date)]
    return _Places(plans, assignments, working_days, tuple(entitled), _segments(posts))


def _segments(posts: Iterable[tuple[Assignment, Acting | None]]) -> tuple[Segment, ...]:
    """Days in one post as one segment, in the order in which the posts were first held."""
    days: list[tuple[Assignment, Acting | None, int]] = []
    for assignment, acting in posts:
        for position, (own, second, n) in enumerate(days):
            if own is assignment and second is acting:
                days[position] = own, second, n + 1
                break
        else:
            days.append((assignment, acting, 1))
    return tuple([Segment(*each) for each in days])


@dataclass(frozen=True, slots=True)
class _Matters:
    """Whether something that nobody has decided could change a month at all. Leave that is filed a year ahead does not
    keep this month's pay back. `plans`: the days that are judged, in their order. Asked of few: nothing is reckoned
    before."""

    plans: Sequence[tuple[dt.date, DayPlan | None]]
    excuses: Sequence[Excuse]
    zone: dt.tzinfo

    def moment(self, at: dt.datetime) -> bool:
        """Whether a presence of this moment belongs to one of the days."""
        return any(plan is not None and plan.from_utc <= at < plan.until_utc for _, plan in self.plans)

    def punch(self, punch: Punch) -> bool:
        """Whether it belongs to one of the days, or may."""
        if not punch.uncertain:
            return self.moment(punch.utc)
        plans = (plan for _, plan in self.plans if plan is not None)
        return any(punch.earliest_utc < plan.until_utc and punch.latest_utc >= plan.from_utc for plan in plans)

    def letter(self, letter: Letter, kinds: Kinds) -> bool:
        """Whether it covers a moment of the days, or makes an absence longer that reaches into them: what is paid
        depends on the how manieth day of an absence it is."""
        first, last = self._date(letter.first_utc), self._date(letter.until_utc - ONE_MINUTE)
        if first > self.plans[-1][0]:  # but the last night shift ends on the next day
            works = (plan.work for _, plan in self.plans if plan is not None)
            return any(work is not None and letter.first_utc < work.end_utc for work in works)
        if last >= self.plans[0][0]:
            return True
        kind = kinds.on(letter.kind_id, first)
        if kind is None or len(kind.paid) < 2:
            return False
        for excuse in self.excuses:  # by their beginning
            if excuse.kind.kind_id == kind.kind_id and self._date(excuse.first_utc) <= last + ONE_DAY:
                last = max(last, self._date(excuse.until_utc - ONE_MINUTE))
        return last >= self.plans[0][0]

    def _date(self, moment: dt.datetime) -> dt.date:
        return moment.astimezone(self.zone).date()


def _open(
    facts: MonthFacts,
    days: tuple[JudgedDay, ...],
    undecided: tuple[str, ...],
    served: Mapping[dt.date, Assignment],
    matters: _Matters,
) -> tuple[str, ...]:
    """`days`: of the month, and of the flexible week that it begins with those in the month before, too: what is
    decided of them makes its minutes too few or enough. That month may have been closed despite it."""
    person_id = facts.career.person_id
    found = [f"review:{event}" for day in days for event in day.review]
    found += [f"waiting:{day.date}" for day in days if day.waiting]
    if undecided:
        dates = {correction.correction_id: correction.date for correction in facts.corrections}
        judged = {*served, *(day.date for day in days if day.status != "outside")}
        found += [f"correction:{each}" for each in undecided if dates[each] in judged]
    for letter in facts.letters:
        submitted = letter_state(letter, facts.letter_decisions, facts.letter_revocations) == "submitted"
        if submitted and person_id in letter.person_ids and matters.letter(letter, facts.regency.kinds):
            found.append(f"letter:{letter.letter_id}")
    found += [f"face:{punch.event_id}" for punch in facts.held if matters.punch(punch)]
    for entry in facts.manual_entries:
        if entry.person_id == person_id and manual_waits(entry) and matters.moment(entry.at_utc):
            found.append(f"manual:{entry.entry_id}")
    return tuple(dict.fromkeys(sorted(found)))


def _is_entitled(career: Career, date: dt.date) -> bool:
    """By the career and not by the month's days: the week of a month that begins on a Sunday lies before it."""
    assignment = career.on(date)
    return assignment is not None and assignment.entitled


def _holds(assignment: Assignment, date: dt.date) -> bool:
    return assignment.first <= date and (assignment.last is None or date <= assignment.last)


def _is_summed(plans: Sequence[tuple[dt.date, DayPlan | None]], sunday: dt.date) -> bool:
    """Whether the week until a Sunday, with which the days begin, has flexible hours."""
    works = (plan.work for date, plan in plans if plan is not None and date <= sunday)
    return any(work is not None and work.need_minutes is not None for work in works)


def _sunday(date: dt.date) -> dt.date:
    return date - date.weekday() * ONE_DAY + WEEK_AFTER_MONDAY


def _by_date(fault: Fault) -> tuple[dt.date, str, tuple[str, ...]]:
    return fault.date, fault.kind, fault.because
