"""Twelve months worked out by hand: tests/golden/statements has each with its sum in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from etpp.allowance.model import Statement
from etpp.allowance.policy import delivered
from etpp.allowance.seal import statement_hash
from etpp.base.money import read_toml
from etpp.calendar.model import Occasion
from tests.unit.etpp.allowance.months import amounts, assignment, duty, made, october, regency, sanction

CASES = sorted((Path(__file__).parents[3] / "golden" / "statements").glob("*.toml"))


def reckoned(case: dict[str, Any]) -> Statement:
    days = [f"{day:02}" for day in range(1, 32)]
    occasions: tuple[Occasion, ...] = ()
    if "apel_on" in case:
        date = dt.date.fromisoformat(case["apel_on"])
        occasions = (Occasion("apel", None, "Apel", date, date, (dt.time(7, 15), dt.time(7, 45))),)
    places = case.get("assignment", [])
    letters = case.get("letter", [])
    facts = october(
        times={day: [] for day in days} if case.get("absent_all_month") else case.get("times"),
        points_a_day=case.get("points_a_day", 300),
        letters=[duty(row["first"], row["until"], row["kind"], f"L{i}") for i, row in enumerate(letters)],
        assignments=[assignment(**({"assignment_id": f"a{i}"} | row)) for i, row in enumerate(places)],
        shared=regency(occasions=occasions),
        sanctions=tuple(sanction(**row) for row in case.get("sanction", [])),
    )
    return made(facts, delivered(case["policy"]))


def test_there_are_twelve() -> None:
    assert len(CASES) == 12


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_sum_that_was_done_by_hand(path: Path) -> None:
    case = read_toml(path.read_text(encoding="utf-8"))
    found, expected = reckoned(case), case["expected"]
    assert amounts(found) == {key: Decimal(amount) for key, amount in expected["lines"].items()}
    assert (found.gross, found.net) == (expected["gross"], expected["net"])
    assert sum(amounts(found).values()) == found.net
    assert found.open == ()
    assert statement_hash(reckoned(case)) == statement_hash(found)
