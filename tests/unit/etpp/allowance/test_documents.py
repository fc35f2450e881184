"""What is answered of a statement is the statement that is sealed, member by member, and what stands before it."""

from __future__ import annotations

import json
from decimal import Decimal

from etpp.allowance.documents import NamedStatementShown, person_month_shown
from etpp.allowance.model import Line, Month, Statement
from etpp.allowance.seal import statement_document

PART = Line(
    "band", Decimal("-1.5"), "percent", "p#band", ("event:e-1",), (Line("minutes", Decimal(31), "minutes", "p"),)
)
STATEMENT = Statement(
    person_id="p-1",
    office_id="dinas-kominfo",
    month=Month(2026, 11),
    policy_id="p",
    policy_sha256="a" * 64,
    working_days=21,
    entitled_days=20,
    gross=Decimal("1000000"),
    net=Decimal("985000"),
    lines=(
        Line("gross", Decimal(1000000), "rupiah", "p#base"),
        Line("late", Decimal(-15000), "rupiah", "p#late", (), (PART,)),
    ),
    open=("waiting:2026-11-24",),
    manual=("m-1",),
)


def test_a_statement_of_a_list_is_the_sealed_one_after_a_name() -> None:
    document = {"name": "Sri Lestari", **statement_document(STATEMENT)}
    shown = NamedStatementShown.model_validate(document)
    assert json.loads(shown.model_dump_json()) == document
    assert json.dumps(shown.model_dump()) == json.dumps(document), "the members' order too"


def test_a_persons_month_is_the_sealed_one_after_what_it_is() -> None:
    document = {"name": "Sri Lestari", "closed": True, **statement_document(STATEMENT)}
    assert json.dumps(person_month_shown("Sri Lestari", True, STATEMENT).model_dump()) == json.dumps(document)
