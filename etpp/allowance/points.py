"""A month's points: by day, less what faults cost, against target and ceiling. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from etpp.activities.model import DayPoints, EntryTerms
from etpp.activities.rules import recognise
from etpp.allowance.charges import NOTHING, Charge
from etpp.allowance.facts import MonthFacts
from etpp.allowance.model import CEILING, POINTS, Line, PointsRule, Policy
from etpp.allowance.service import Service
from etpp.base.money import HUNDRED, ZERO
from etpp.presence.model import JudgedDay

NO_POINTS = DayPoints(dt.date.min, ZERO, ZERO, ())


@dataclass(frozen=True, slots=True)
class Achieved:
    """`earned` of `target`: the share of a component that points decide. `undecided`: entries that may still count."""

    earned: Decimal
    target: Decimal
    lines: tuple[Line, ...]
    undecided: tuple[str, ...]


def achieve(facts: MonthFacts, service: Service, policy: Policy, costs: Mapping[str, Charge]) -> Achieved | None:
    """None where the policy counts no points."""
    rule = policy.points
    if rule is None:
        return None
    by_day, undecided = recognised(facts, service, rule.terms)
    lines: list[Line] = []
    total, off = ZERO, ZERO
    name = policy.rule(POINTS)
    for day in service.days:
        date = day.date
        assignment = service.assignments.get(date)
        if assignment is None or not assignment.entitled:
            continue
        found = by_day.get(date)
        if found is None:
            if not day.works or day.whole_day is None:
                continue  # nothing entered, nothing given
            found = NO_POINTS
        points, because = _day_points(day, found, rule)
        total += points
        if points or found.entered:
            entered = () if found.entered == points else (Line("entered", found.entered, "points", name),)
            lines.append(Line("day:" + date.isoformat(), points, "points", name, because, entered))
        if rule.points_off and day.works and day.whole_day is not None:
            off += day.whole_day[0].points_off

    target = _target(rule, len(service.entitled))
    from_points, from_ceiling = costs.get(POINTS, NOTHING), costs.get(CEILING, NOTHING)
    after = max(total * (HUNDRED - from_points.percent) / HUNDRED - from_points.points, ZERO)
    ceiling = max(target - off - from_ceiling.points, ZERO)
    earned = _below(rule, min(after, ceiling), target)
    return Achieved(
        earned,
        target,
        (
            Line("points", after, "points", name, parts=(*lines, *from_points.lines)),
            Line("ceiling", ceiling, "points", name, parts=from_ceiling.lines),
            Line("target", target, "points", name),
        ),
        undecided,
    )


def recognised(
    facts: MonthFacts, service: Service, terms: EntryTerms
) -> tuple[Mapping[dt.date, DayPoints], tuple[str, ...]]:
    """A month's points from activities by day, and the entries that may still count."""
    month, regency = facts.month, facts.regency
    first, last = month.first, month.last
    entries = [entry for entry in facts.entries if first <= entry.date <= last]
    if not entries:
        return {}, ()
    office_id = service.last.office_id

    def held(date: dt.date) -> tuple[str, int] | None:
        assignment = service.assignments.get(date)
        return None if assignment is None else (assignment.post_id, assignment.job_class)

    ledger = recognise(
        entries,
        facts.entry_steps,
        regency.activities,
        terms,
        held,
        partial(regency.calendar.due, facts.career),
        regency.calendar.zone(office_id),
        regency.as_of_utc,
    )
    return {day.date: day for day in ledger.days}, ledger.undecided


def _day_points(day: JudgedDay, found: DayPoints, rule: PointsRule) -> tuple[Decimal, tuple[str, ...]]:
    """What one day gives: from activities, or from the letters that cover it."""
    if day.status == "absent" and not rule.absent_days_count:
        return ZERO, ()
    activities = tuple(["entry:" + each for each in found.entry_ids])
    if not day.works or day.whole_day is None or rule.given == "none":
        return found.recognised, activities
    kind, letters = day.whole_day
    by_letter = kind.points_given, tuple(f"letter:{each}" for each in letters)
    if rule.given == "better":
        return by_letter if by_letter[0] > found.recognised else (found.recognised, activities)
    if by_letter[0]:
        return by_letter
    return (found.recognised, activities) if kind.may_enter else (ZERO, ())


def _target(rule: PointsRule, entitled: int) -> Decimal:
    days = rule.day * entitled
    if rule.target == "days" or rule.month is None:
        return days
    month = rule.month if entitled else ZERO
    return month if rule.target == "month" else min(month, days)


def _below(rule: PointsRule, reached: Decimal, target: Decimal) -> Decimal:
    """What `reached` of `target` counts as."""
    if reached >= target or rule.below == "in_proportion":
        return reached
    if rule.below == "nothing":
        return ZERO
    pays = max((pays for at_least, pays in rule.steps if reached * HUNDRED >= at_least * target), default=ZERO)
    return target * pays / HUNDRED
