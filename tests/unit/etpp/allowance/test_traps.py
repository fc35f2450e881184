"""Mistakes of public programs of this kind, each as a test with its name (issue "The one idea", domain notes)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from etpp.absence.rules import in_force
from etpp.allowance.charges import cost_of
from etpp.allowance.policy import DELIVERED, delivered
from etpp.presence.model import Fault, OfficeReports
from tests.unit.etpp.absence.letters import CATALOGUE
from tests.unit.etpp.allowance.months import (
    BANDS,
    BY_DAY,
    DISCIPLINE,
    OCTOBER,
    ZONE,
    amounts,
    approved,
    assignment,
    duty,
    line_at,
    made,
    october,
    regency,
)
from tests.unit.etpp.calendar.calendars import local

LATE = {"05": ["08:00", "16:40"]}
LETTER = duty("05 07:30", "05 09:00")


def test_an_approval_clears_the_employee_and_not_the_approver() -> None:
    """A public program deleted the deduction of whoever pressed the button."""
    facts = october(LATE, letters=[LETTER])
    assert facts.letter_decisions[0].by == "boss"
    assert amounts(made(facts, BANDS)).get("deduction:allowance", 0) == 0
    boss = replace(facts, career=type(facts.career)("boss", [assignment(person_id="boss")]))
    assert amounts(made(boss, BANDS))["deduction:allowance"] == -10_000
    assert in_force("boss", [LETTER], [approved(LETTER)], [], CATALOGUE, ZONE) == ()


@pytest.mark.parametrize("policy_id", DELIVERED)
@pytest.mark.parametrize("kind", ["late", "early", "short_week"])
def test_every_minute_lies_in_one_band_and_the_longest_counts(policy_id: str, kind: str) -> None:
    """A public program counted one band of early departure twice and the longest never."""
    for deduction in delivered(policy_id).deductions:
        if kind not in deduction.faults or not deduction.bands:
            continue
        costs = [cost_of(Fault(kind, dt.date(2026, 10, 5), m, ()), deduction) for m in range(1, 601)]
        for minute, cost in enumerate(costs, start=1):
            inside = [b for b in deduction.bands if b.first <= minute and (b.last is None or minute <= b.last)]
            assert [band.amount for band in inside] == [cost]
        assert costs == sorted(costs)
        assert costs[-1] == deduction.bands[-1].amount


def test_days_of_leave_are_multiplied_and_not_added() -> None:
    """`+ 300` stood where `* 300` was meant: five days of leave gave 305 points."""
    week = [duty("05 00:00", "10 00:00", "cuti-tahunan")]
    away = {f"{day:02}": [] for day in range(5, 10)}
    found = made(october(away, points_a_day=0, letters=week), BY_DAY)
    assert line_at(found, "activity", "points").amount == 5 * 300


def test_no_value_carries_over_from_arrival_to_departure_or_to_the_next_day() -> None:
    """A public program went on with the minutes of the arrival when the departure was judged."""
    found = made(october({"05": ["09:00", "16:40"], "06": ["07:20", "16:40"]}), DISCIPLINE)
    lines = [part.key for part in line_at(found, "deduction:discipline").parts]
    assert lines == ["percent", "late:2026-10-05"]


def test_a_deduction_is_no_balance_that_is_taken_off_again() -> None:
    """A public program kept deductions as a running balance: every look at the month took them off once more."""
    facts = october(LATE)
    first = made(facts, BANDS)
    assert made(facts, BANDS) == first
    assert amounts(first)["deduction:allowance"] == -10_000


def test_a_letter_and_its_withdrawal_leave_no_trace_in_the_figures() -> None:
    """Where a letter edits a balance, taking it back does not restore it."""
    from etpp.absence.model import LetterRevocation

    back = LetterRevocation("R", "L", "boss", local("2026-11-01 08:00"), "batal")
    with_letter = october(LATE, letters=[LETTER])
    revoked = replace(with_letter, letter_revocations=(back,))
    assert made(revoked, BANDS).lines == made(october(LATE), BANDS).lines


@pytest.mark.parametrize("policy_id", DELIVERED)
def test_nobody_is_absent_on_a_day_off(policy_id: str) -> None:
    saturdays = {f"{day:02}": [] for day in (3, 4, 10, 11, 17, 18, 24, 25, 31)}
    policy = delivered(policy_id)
    assert made(october(saturdays), policy) == made(october(), policy)


@pytest.mark.parametrize("policy_id", DELIVERED)
def test_nobody_is_absent_before_the_first_day_of_work(policy_id: str) -> None:
    """Today's books say of somebody added in November that 5 January was missed."""
    joined = assignment(first=dt.date(2026, 10, 19))
    found = made(october(assignments=[joined]), delivered(policy_id))
    assert not [line for line in found.lines if line.key.startswith("deduction")]
    assert found.entitled_days == 10


@pytest.mark.parametrize("policy_id", DELIVERED)
def test_nobody_is_absent_while_a_terminal_has_not_reported(policy_id: str) -> None:
    shared = regency()
    silent = {"kominfo": OfficeReports("kominfo", dt.date(2020, 1, 1), None)}
    nobody = {f"{date.day:02}": [] for date in OCTOBER.dates()}
    found = made(october(nobody, shared=replace(shared, reports=silent)), delivered(policy_id))
    assert not [line for line in found.lines if line.key.startswith("deduction")]
    assert len(found.open) == 22


def test_one_second_late_is_not_late_and_one_minute_is() -> None:
    """Elsewhere one second counts; here whoever reads 07:30 on a clock is in time."""
    assert "deduction:allowance" not in amounts(made(october({"05": ["07:30:59", "16:40"]}), BANDS))
    assert amounts(made(october({"05": ["07:31", "16:40"]}), BANDS))["deduction:allowance"] == -10_000


def test_activities_sent_twice_count_once() -> None:
    """A phone sends again what it has no answer to: the same id is the same activity."""
    facts = october(points_a_day=100)
    twice = replace(facts, entries=facts.entries * 2, entry_steps=facts.entry_steps * 2)
    assert made(twice) == made(facts)


def test_an_event_sent_twice_counts_once() -> None:
    facts = october(LATE)
    assert made(replace(facts, punches=facts.punches * 2), BANDS) == made(facts, BANDS)
