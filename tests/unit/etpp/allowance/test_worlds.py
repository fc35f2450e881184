"""That the generated months have what they are there for, and that it is not idle: without it the pay is another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from etpp.absence.rules import letter_state
from etpp.allowance.facts import MonthFacts
from etpp.allowance.model import Policy
from etpp.allowance.policy import DELIVERED, delivered
from etpp.allowance.statement import statement
from etpp.calendar.model import CalendarFacts
from etpp.calendar.plan import Calendar
from etpp.roster.assignments import Career
from tests.unit.etpp.allowance.slow_days import World
from tests.unit.etpp.allowance.worlds import worlds

LOOK = settings(
    max_examples=3000, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None, database=None
)
"""The rarest, a correction or a doubt about a time, changes the pay of one month in forty."""
ONE_MINUTE = dt.timedelta(minutes=1)
POLICIES = [delivered(policy_id) for policy_id in DELIVERED]


def without_transfer(world: World) -> MonthFacts | None:
    """Everything in the post that was held first."""
    if len({place.office_id for place in world.places}) < 2:
        return None
    return replace(world.facts, career=Career("ani", [replace(world.places[0], last=None)], world.actings))


def without_night_shifts(world: World) -> MonthFacts | None:
    over_midnight = {shift.shift_id for shift in world.calendar.shifts if shift.hours.ends_next_day}
    kept = tuple(row for row in world.calendar.roster if row.shift_id not in over_midnight)
    return None if kept == world.calendar.roster else _by(world, replace(world.calendar, roster=kept))


def without_ramadan(world: World) -> MonthFacts | None:
    usual = tuple(period for period in world.calendar.periods if period.season != "ramadan")
    month = world.facts.month
    held = [period for period in world.calendar.periods if period.season == "ramadan" and period.first <= month.last]
    if not any(period.last is None or period.last >= month.first for period in held):
        return None
    return _by(world, replace(world.calendar, periods=usual))


def without_the_minute_in_two_letters(world: World) -> MonthFacts | None:
    """Without the second of two letters in force that share one minute."""
    facts = world.facts
    held = [
        letter
        for letter in facts.letters
        if letter_state(letter, facts.letter_decisions, facts.letter_revocations) == "approved"
    ]
    second = {b.letter_id for a, b in permutations(held, 2) if a.until_utc - b.first_utc == ONE_MINUTE}
    if not second:
        return None
    return replace(facts, letters=tuple(each for each in facts.letters if each.letter_id not in second))


def without_late_letters(world: World) -> MonthFacts | None:
    facts = world.facts
    end = facts.month.following.first
    kept = tuple(letter for letter in facts.letters if letter.submitted_utc.date() < end)
    return None if kept == facts.letters else replace(facts, letters=kept)


def without_corrections(world: World) -> MonthFacts | None:
    return replace(world.facts, corrections=()) if world.facts.corrections else None


def without_doubt_about_times(world: World) -> MonthFacts | None:
    punches = tuple(
        replace(punch, earliest_utc=punch.utc, latest_utc=punch.utc, uncertain=False) for punch in world.facts.punches
    )
    return None if punches == world.facts.punches else replace(world.facts, punches=punches)


WITHOUT: list[Callable[[World], MonthFacts | None]] = [
    without_transfer,
    without_night_shifts,
    without_ramadan,
    without_the_minute_in_two_letters,
    without_late_letters,
    without_corrections,
    without_doubt_about_times,
]


@pytest.mark.slow
@pytest.mark.parametrize("take_away", WITHOUT, ids=lambda each: each.__name__)
def test_each_feature_occurs_and_matters(take_away: Callable[[World], MonthFacts | None]) -> None:
    """Somewhere in so many months it is there, and takes or gives money under one of the policies at least."""

    def matters(world: World) -> bool:
        other = take_away(world)
        return other is not None and any(_net(other, policy) != _net(world.facts, policy) for policy in POLICIES)

    find(worlds(), matters, settings=LOOK, random=Random(20261128))  # raises NoSuchExample


def _by(world: World, calendar: CalendarFacts) -> MonthFacts:
    return replace(world.facts, regency=replace(world.facts.regency, calendar=Calendar(calendar)))


def _net(facts: MonthFacts, policy: Policy) -> Decimal | None:
    found = statement(facts, policy)
    return None if found is None else found.net
