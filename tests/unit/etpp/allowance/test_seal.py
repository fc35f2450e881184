"""Closed months: canonical hashes, an office's chain, what may not be sealed, and what a later fact changes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from etpp.allowance.adjust import Adjustment, adjustments
from etpp.allowance.model import Line, Month, Statement
from etpp.allowance.seal import (
    NO_MONTH,
    Despite,
    SealedMonth,
    SealError,
    broken_at,
    document_hash,
    opened,
    statement_document,
    statement_hash,
    statement_of,
    write,
)
from etpp.base.encoding import canonical
from etpp.base.errors import Conflict
from tests.unit.etpp.allowance.months import BANDS, OCTOBER, duty, made, october, sealed_of

FULL = made(october())
BUDI = replace(FULL, person_id="budi", net=Decimal(1000))


def chain(length: int = 3) -> list[SealedMonth]:
    months: list[SealedMonth] = []
    month, previous = OCTOBER, None
    for _ in range(length):
        statements = [replace(each, month=month) for each in (FULL, BUDI)]
        previous = sealed_of("kominfo", month, statements, previous)
        months.append(previous)
        month = month.following
    return months


def test_the_hash_is_that_of_the_canonical_json() -> None:
    odd = replace(FULL, lines=(*FULL.lines, Line('"\\\n\u0001é€\U0001f600', Decimal("1.50"), "points", "r")))
    assert statement_hash(odd) == hashlib.sha256(canonical(statement_document(odd))).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"person_id": "budi"},  # no two people can be swapped
        {"net": FULL.net + 1},
        {"gross": FULL.gross + 1},
        {"working_days": 21},
        {"entitled_days": 21},
        {"policy_sha256": "0" * 64},
        {"lines": FULL.lines[1:]},
        {"lines": FULL.lines[::-1]},
        {"open": ("waiting:2026-10-05",)},
        {"manual": ("m",)},
        {"month": Month(2026, 11)},
        {"office_id": "dinkes"},
    ],
)
def test_every_change_changes_the_hash(changes: dict[str, Any]) -> None:
    assert statement_hash(replace(FULL, **changes)) != statement_hash(FULL)


def test_an_event_behind_a_line_is_in_the_hash() -> None:
    line = FULL.lines[0]
    swapped = replace(FULL, lines=(line._replace(because=("event:other",)), *FULL.lines[1:]))
    assert statement_hash(swapped) != statement_hash(FULL)


def test_a_statement_can_be_read_again_from_its_document() -> None:
    document = statement_document(FULL)
    assert statement_of(document) == FULL
    assert document_hash(document) == statement_hash(FULL)


def test_a_document_with_a_figure_that_is_none_has_no_hash() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        document_hash({"net": float("nan")})


def test_equal_amounts_have_equal_hashes() -> None:
    assert statement_hash(replace(FULL, net=Decimal(f"{FULL.net}.00"))) == statement_hash(FULL)


def test_the_sum_of_the_list_is_the_sum_of_the_statements() -> None:
    sealed = sealed_of("kominfo", OCTOBER, [BUDI, FULL], None)
    assert sealed.total == FULL.net + 1000
    assert [each.person_id for each in sealed.statements] == ["ani", "budi"]
    assert sealed == sealed_of("kominfo", OCTOBER, [FULL, BUDI], None)


SEPTEMBER = Adjustment("ani", Month(2026, 9), "individual", Decimal(-500), "kulon-progo-2019#individual", ("letter:L",))
AUGUST = replace(SEPTEMBER, month=Month(2026, 8), amount=Decimal("0.5"))


def test_a_month_pays_what_later_facts_changed_of_closed_ones() -> None:
    months = [SEPTEMBER, AUGUST, replace(SEPTEMBER, key="class"), replace(SEPTEMBER, person_id="aan")]
    sealed = sealed_of("kominfo", OCTOBER, [FULL], None, adjustments=months)
    assert sealed.total == FULL.net - 1500 + Decimal("0.5")
    assert [(each.person_id, str(each.month), each.key) for each in sealed.adjustments] == [
        ("aan", "2026-09", "individual"),
        ("ani", "2026-08", "individual"),
        ("ani", "2026-09", "class"),
        ("ani", "2026-09", "individual"),
    ]
    assert sealed == sealed_of("kominfo", OCTOBER, [FULL], None, adjustments=months[::-1])
    assert broken_at([sealed]) is None
    for damaged in (
        replace(SEPTEMBER, amount=Decimal(-499)),
        replace(SEPTEMBER, person_id="budi"),
        replace(SEPTEMBER, month=Month(2026, 7)),
        replace(SEPTEMBER, key="office"),
        replace(SEPTEMBER, rule="another"),
        replace(SEPTEMBER, because=("letter:M",)),
    ):
        one = sealed_of("kominfo", OCTOBER, [FULL], None, adjustments=[SEPTEMBER])
        assert broken_at([replace(one, adjustments=(damaged,))]) == 0


@pytest.mark.parametrize(("person", "month"), [("gone", OCTOBER), ("ani", Month(2026, 11)), ("gone", Month(2026, 11))])
def test_an_adjustment_is_of_a_month_before(person: str, month: Month) -> None:
    with pytest.raises(SealError, match="an adjustment is of a month"):
        sealed_of("kominfo", OCTOBER, [FULL], None, adjustments=[replace(SEPTEMBER, person_id=person, month=month)])


def test_what_another_office_paid_of_the_month_is_taken_back_with_the_statement() -> None:
    assert FULL.person_id == "ani"
    sealed = sealed_of(
        "kominfo", OCTOBER, [FULL], None, adjustments=[replace(SEPTEMBER, person_id="ani", month=OCTOBER)]
    )
    assert sealed.total == FULL.net + SEPTEMBER.amount


def test_a_kept_statement_is_opened_only_as_it_was_sealed() -> None:
    written = write(FULL)
    at = FULL.office_id, FULL.person_id, FULL.month
    assert opened(written.document, *at, written.hash) == FULL
    changed = {**written.document, "net": "1"}
    for document, place, sealed in (
        (changed, at, written.hash),
        (written.document, at, document_hash(changed)),
        (written.document, (FULL.office_id, "budi", FULL.month), written.hash),
        (written.document, ("dinkes", FULL.person_id, FULL.month), written.hash),
        (written.document, (FULL.office_id, FULL.person_id, Month(2026, 9)), written.hash),
    ):
        with pytest.raises(Conflict, match="not what was sealed: run `etpp audit verify`"):
            opened(document, *place, sealed)


def test_months_are_chained() -> None:
    months = chain()
    assert [each.prev_hash for each in months] == [NO_MONTH, *(each.hash for each in months[:-1])]
    assert months[0].prev_hash == "0" * 64
    assert broken_at(months) is None
    assert broken_at([]) is None
    assert all(a.hash != b.hash for a, b in pairwise(months))


@pytest.mark.parametrize(
    "damage",
    [
        {"total": Decimal(1)},
        {"statements": ()},
        {"despite": Despite(("x",), ("a", "b"))},
        {"prev_hash": NO_MONTH},
        {"hash": "0" * 64},
        {"office_id": "dinkes"},
        {"month": Month(2027, 3)},
    ],
)
def test_a_damaged_month_breaks_the_chain_there(damage: dict[str, Any]) -> None:
    months = chain()
    months[1] = replace(months[1], **damage)
    assert broken_at(months) == 1


def test_a_month_taken_out_breaks_the_chain() -> None:
    first, _, third = chain()
    assert broken_at([first, third]) == 1
    assert broken_at([third]) == 0


def test_a_month_of_another_office_breaks_the_chain_there() -> None:
    first, second, third = chain()
    others = [replace(each, office_id="dinkes", month=third.month) for each in (FULL, BUDI)]
    foreign = sealed_of("dinkes", third.month, others, replace(second, office_id="dinkes"))
    assert broken_at([first, second, foreign]) == 2


def test_two_people_who_are_swapped_break_the_chain() -> None:
    months = chain(1)
    one, two = months[0].statements
    swapped = (replace(one, person_id=two.person_id), replace(two, person_id=one.person_id))
    assert broken_at([replace(months[0], statements=swapped)]) == 0


OPEN = replace(FULL, open=("review:e", "waiting:2026-10-05"))


@pytest.mark.parametrize(
    ("statements", "previous", "despite", "says"),
    [
        ([OPEN], None, None, "2 matters are open"),
        ([OPEN], None, Despite(("review:e",), ("a", "b")), "1 matters are open"),
        ([OPEN], None, Despite(OPEN.open, ("a", "a")), "two people"),
        ([FULL], None, Despite(("review:e",), ("a", "b")), "1 are named that are not"),
        ([FULL, FULL], None, None, "two statements"),
        ([replace(FULL, office_id="dinkes")], None, None, "another office"),
        ([replace(FULL, month=Month(2026, 9))], None, None, "another office or month"),
        ([FULL], chain(1)[0], None, "does not follow"),  # closed twice
        ([FULL], replace(chain(1)[0], month=Month(2026, 8)), None, "does not follow"),  # a month is missing
        ([FULL], replace(chain(1)[0], month=Month(2026, 9), office_id="dinkes"), None, "does not follow"),
    ],
)
def test_what_cannot_be_sealed(statements: Any, previous: Any, despite: Any, says: str) -> None:
    with pytest.raises(SealError, match=says):
        sealed_of("kominfo", OCTOBER, statements, previous, despite)


def test_two_people_can_close_a_month_in_spite_of_what_they_name() -> None:
    sealed = sealed_of("kominfo", OCTOBER, [OPEN], None, Despite(OPEN.open[::-1], ("a", "b")))
    assert broken_at([sealed]) is None


def test_a_late_letter_becomes_an_adjustment_with_its_reason() -> None:
    late = {"05": ["09:00", "16:40"]}
    closed = made(october(late, points_a_day=250))
    anew = made(october(late, points_a_day=250, letters=[duty("05 07:30", "05 09:00")]))
    found = adjustments([closed], anew)
    assert sum(each.amount for each in found) == anew.net - closed.net > 0
    individual = next(each for each in found if each.key == "individual")
    # one per cent of 5,500 points is 55 of 6,000
    assert individual.amount == Decimal(1_200_000) * 55 / 6000
    assert individual.because == ("letter:L",)
    assert individual.rule == "kulon-progo-2019#individual"
    # Tax rests on amounts alone: it is another one for the same reason.
    (tax,) = (each for each in found if each.key == "tax")
    assert (tax.because, tax.amount < 0) == (("letter:L",), True)
    assert adjustments([closed], closed) == ()


def test_a_line_that_appears_is_an_adjustment_too() -> None:
    closed, anew = made(october(), BANDS), made(october({"05": []}), BANDS)
    for before, after, amount in ((closed, anew, -80_000), (anew, closed, 80_000)):  # and one that vanishes
        (deduction, *_) = (each for each in adjustments([before], after) if each.key == "deduction:allowance")
        assert deduction.amount == amount
        assert deduction.because == ("calendar:hours",)
        assert deduction.rule == "bands-2012#deduction"


@pytest.mark.parametrize("changes", [{"person_id": "budi"}, {"month": Month(2026, 9)}, {"policy_sha256": "0"}])
def test_only_two_statements_of_one_person_month_and_policy_can_be_compared(changes: dict[str, Any]) -> None:
    other: Statement = replace(FULL, **changes)
    with pytest.raises(ValueError, match="one person, month and policy"):
        adjustments([FULL], other)
