"""What a later fact changes of a closed month: the differences that a later month pays or takes back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from etpp.allowance.model import Line, Month, Statement
from etpp.base.money import ZERO


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The difference of one of a statement's lines. `because`: facts that only one of the two statements rests on."""

    person_id: str
    month: Month
    key: str
    amount: Decimal
    rule: str
    because: tuple[str, ...]


def in_order(found: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """As a sealed month has them."""
    return tuple(sorted(found, key=lambda a: (a.person_id, str(a.month), a.key)))


def adjustments(closed: Statement, anew: Statement) -> tuple[Adjustment, ...]:
    """From the statement that was closed to the one that today's facts give; they add up to the difference of net.

    Raises ValueError for statements of two people, months or policies: a closed month keeps its policy.
    """
    if (closed.person_id, closed.month, closed.policy_sha256) != (anew.person_id, anew.month, anew.policy_sha256):
        raise ValueError("an adjustment is between two statements of one person, month and policy")
    before, after = ({line.key: line for line in statement.lines} for statement in (closed, anew))
    found = []
    for key, line in (before | after).items():
        old, new = before.get(key), after.get(key)
        amount = (ZERO if new is None else new.amount) - (ZERO if old is None else old.amount)
        if amount:
            facts_before, facts_after = set(_facts(old)), set(_facts(new))
            because = tuple(sorted(facts_before ^ facts_after))
            found.append(Adjustment(closed.person_id, closed.month, key, amount, line.rule, because))
    return tuple(found)


def _facts(line: Line | None) -> Iterator[str]:
    if line is not None:
        yield from line.because
        for part in line.parts:
            yield from _facts(part)
