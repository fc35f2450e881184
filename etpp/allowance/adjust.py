"""What later facts change of a month that was paid: the differences that a later list pays or takes back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from etpp.allowance.model import Line, Month, Statement
from etpp.base.money import ZERO


@dataclass(frozen=True, slots=True)
class Adjustment:
    """The difference of one of a statement's lines. `because`: facts that only one of the two statements rests on, and
    what was decided anew of its rules since the other (`decided:…`)."""

    person_id: str
    month: Month
    key: str
    amount: Decimal
    rule: str
    because: tuple[str, ...]


def in_order(found: Iterable[Adjustment]) -> tuple[Adjustment, ...]:
    """As a sealed month has them."""
    return tuple(sorted(found, key=lambda a: (a.person_id, str(a.month), a.key)))


def adjustments(
    paid: Sequence[Statement], owed: Statement | None, before: Iterable[Adjustment] = ()
) -> tuple[Adjustment, ...]:
    """What is still to be paid, or taken back, of one person's month, line by line: what today's facts give, less the
    statements that were closed (two offices may have closed one) and what was adjusted `before`, in its order.

    `owed` None: nothing. Raises ValueError for statements of two people or months, or of one office by two policies: a
    closed month keeps its policy.
    """
    all_of_them = [*paid, *(() if owed is None else (owed,))]
    if len({(s.person_id, s.month) for s in all_of_them}) > 1 or len(
        {(s.office_id, s.policy_sha256) for s in all_of_them}
    ) > len({s.office_id for s in all_of_them}):
        raise ValueError("an adjustment is between statements of one person, month and policy")
    closed: dict[str, list[Line]] = {}
    for line in (line for statement in paid for line in statement.lines):
        closed.setdefault(line.key, []).append(line)
    anew = {} if owed is None else {line.key: line for line in owed.lines}
    adjusted: dict[str, list[Adjustment]] = {}
    for each in before:
        adjusted.setdefault(each.key, []).append(each)
    found = []
    for key in {**closed, **anew, **adjusted}:
        old, new, known = closed.get(key, []), anew.get(key), adjusted.get(key, [])
        difference = (ZERO if new is None else new.amount) - sum((line.amount for line in old), ZERO)
        amount = difference - sum((each.amount for each in known), ZERO)
        if not amount:
            continue
        if difference:
            rule = (old[-1] if new is None else new).rule
            facts = set[str]().union(*(_facts(line) for line in old)) ^ set(_facts(new))
            because = tuple(sorted(facts))
        else:  # it is as it was closed again: by the same rule and the same facts
            rule, because = known[-1].rule, known[-1].because
        person_id, month = (all_of_them or known)[0].person_id, (all_of_them or known)[0].month
        found.append(Adjustment(person_id, month, key, amount, rule, because))
    # Tax and premiums rest on amounts, not on facts: theirs are those that changed the amounts.
    whole = tuple(sorted(set[str]().union(*(each.because for each in found))))
    return tuple(each if each.because else replace(each, because=whole) for each in found)


def decided(found: Iterable[Adjustment], decisions: Iterable[str]) -> tuple[Adjustment, ...]:
    """The adjustments with the decisions that they rest on besides."""
    named = set(decisions)
    return tuple(replace(each, because=tuple(sorted(named.union(each.because)))) for each in found)


def _facts(line: Line | None) -> Iterator[str]:
    if line is not None:
        yield from line.because
        for part in line.parts:
            yield from _facts(part)
