"""What is still owed of a month that two offices may have closed, and that was adjusted before: line by line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from etpp.allowance.adjust import Adjustment, adjustments, decided
from etpp.allowance.model import Line, Month, Statement
from tests.unit.etpp.allowance.months import made, october

SEPTEMBER = Month(2026, 9)
BLANK = replace(made(october()), person_id="ani", month=SEPTEMBER, lines=())


def of(office_id: str, *lines: Line) -> Statement:
    return replace(BLANK, office_id=office_id, lines=lines)


def line(amount: int, rule: str = "p#individual", *because: str) -> Line:
    return Line("individual", Decimal(amount), "rupiah", rule, because)


def before(amount: int, rule: str = "p#individual", *because: str) -> Adjustment:
    return Adjustment("ani", SEPTEMBER, "individual", Decimal(amount), rule, because)


def test_what_was_adjusted_before_is_not_paid_again() -> None:
    """1,000 were closed, 200 more paid since, and 1,500 are owed: 300 are left."""
    (left,) = adjustments([of("a", line(1000))], of("a", line(1500, "p#individual", "letter:L")), [before(200)])
    assert (left.amount, left.because) == (300, ("letter:L",))
    assert adjustments([of("a", line(1000))], of("a", line(1500)), [before(200), before(300)]) == ()


def test_what_two_offices_have_closed_is_taken_together_by_the_rule_of_the_last() -> None:
    paid = [of("a", line(1000, "old#individual", "event:1")), of("b", line(700, "new#individual", "event:2"))]
    assert adjustments(paid, None) == (
        Adjustment("ani", SEPTEMBER, "individual", Decimal(-1700), "new#individual", ("event:1", "event:2")),
    )


def test_what_is_as_it_was_closed_again_is_settled_by_the_rule_and_the_facts_of_the_last_adjustment() -> None:
    known = [before(200, "p#one", "letter:1"), before(50, "p#two", "letter:2"), before(7, "p#three", "letter:3")]
    closed = of("a", line(1000))
    assert adjustments([closed], closed, known) == (
        Adjustment("ani", SEPTEMBER, "individual", Decimal(-257), "p#three", ("letter:3",)),
    )


def test_whom_only_adjustments_have_paid_owes_them_back() -> None:
    (left,) = adjustments([], None, [before(200, "p#one", "letter:1")])
    assert left == Adjustment("ani", SEPTEMBER, "individual", Decimal(-200), "p#one", ("letter:1",))


def test_a_decision_stands_beside_the_facts_each_once_and_in_order() -> None:
    found = decided([before(1, "p", "letter:L"), before(2, "p", "decided:b", "event:1")], ["decided:b", "decided:a"])
    assert [each.because for each in found] == [
        ("decided:a", "decided:b", "letter:L"),
        ("decided:a", "decided:b", "event:1"),
    ]
    assert [each.amount for each in found] == [1, 2]
