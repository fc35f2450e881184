"""A policy in sentences: everything that its file says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import pytest

from etpp.activities.model import EntryTerms
from etpp.allowance.explain import FAULTS, explain
from etpp.allowance.model import LoseAll
from etpp.allowance.policy import DELIVERED, delivered
from etpp.base.money import plain
from etpp.presence.model import FaultKind
from tests.unit.etpp.allowance.months import BANDS, DISCIPLINE, KULON_PROGO


def test_the_default_in_sentences() -> None:
    sentences = list(explain(KULON_PROGO))
    assert sentences[0].startswith("Kulon Progo 2019 (kulon-progo-2019), in force from 2019-05-01.")
    assert "individual: 60 % of the base, earned by points." in sentences
    assert (
        "Points: a month asks for 300 points for each working day, and no more than 6000 points a month; less pays in "
        "proportion." in sentences
    )
    assert "late: a late arrival, nobody seen arriving, a day of unexcused absence: 1 % off points." in sentences
    assert "Tax of pns, rank III: 5 % of the gross amount." in sentences
    assert sentences[-1] == "Each line is rounded to 1 rupiah: a half goes up."


@pytest.mark.parametrize("policy_id", DELIVERED)
def test_every_figure_of_a_policy_is_said(policy_id: str) -> None:
    policy = delivered(policy_id)
    text = "\n".join(explain(policy))
    figures = [*policy.base.values(), *(c.share for c in policy.components), *policy.caps.values()]
    figures += [p.percent for p in policy.premiums] + [t.percent for t in policy.taxes]
    for deduction in policy.deductions:
        assert f"\n{deduction.key}: " in text
        figures += [band.amount for band in deduction.bands]
        figures += [each for each in (deduction.each, deduction.per_minute) if each is not None]
    assert all(plain(figure) in text for figure in figures)


def test_every_fault_has_a_name() -> None:
    assert set(FAULTS) == set(get_args(FaultKind))


def test_what_only_some_policies_say() -> None:
    points = replace(
        DISCIPLINE.points,
        below="steps",
        steps=((Decimal(50), Decimal(40)), (Decimal("82.5"), Decimal(75))),
        points_off=True,
        terms=EntryTerms(5, 3, "lost", 20, Decimal(450)),
    )
    free = replace(DISCIPLINE.deductions[0], free=2)
    text = "\n".join(
        explain(
            replace(
                DISCIPLINE,
                points=points,
                deductions=(free,),
                lose_all=(LoseAll("gone", frozenset({"absent"}), 2),),
                last=dt.date(2027, 1, 1),
            )
        )
    )
    for said in (
        "to 2027-01-01.",
        "An acting post pays 20 % of its base more.",
        "less pays 40 % from 50 % of them, 75 % from 82.5 % of them, and nothing below.",
        "lower the ceiling",
        "No more than 450 points count in a day.",
        "submitted within 5 working days",
        "verified within 3 working days; after that they are lost.",
        "at least 20 characters",
        "the first 2 of a month are free",
        "1 % for 1 to 15 minutes, 2 % for 16 to 30 minutes, 2.5 % for 31 minutes and more off discipline",
        "No more than 100 % is taken off discipline.",
        "gone: nothing is paid for more than 2 of a day of unexcused absence.",
        "the share that their kind says",
        "proposed for 5 working days",
    ):
        assert said in text
    assert "acting" not in "\n".join(explain(BANDS))
