"""Policies: what is delivered, and each kind of nonsense refused with a clear error."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal

import pytest

from etpp.allowance.model import Band
from etpp.allowance.policy import DELIVERED, PolicyError, delivered, delivered_text, read_policy

GOOD = """
id = "test"
title = "Test"
source = "a decree"
first = 2026-01-01
component = [{ key = "all", share = 100, measure = "full" }]
tax = [{ status = "pns", ranks = ["IV"], percent = 15 }, { status = "pns", percent = 5 }]
[base]
classes = [7, 8]
by_class = { 7 = 2000000, 8 = 2500000.5 }
[rounding]
unit = 1
mode = "half_up"
"""
LATE = """
[[deduction]]
key = "late"
faults = ["late"]
source = "allowance"
"""
POINTS = """
[points]
day = 300
target = "days"
given = "none"
absent_days_count = true
below = "in_proportion"
"""
BY_POINTS = GOOD.replace('"full"', '"points"')


def test_a_good_one() -> None:
    policy = read_policy(GOOD)
    assert policy.base == {7: Decimal(2000000), 8: Decimal("2500000.5")}
    assert policy.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert policy.rule("late") == "test#late"
    assert (policy.first, policy.last) == (dt.date(2026, 1, 1), None)


@pytest.mark.parametrize("policy_id", DELIVERED)
def test_the_delivered_ones_can_be_read(policy_id: str) -> None:
    policy = delivered(policy_id)
    assert policy.policy_id == policy_id
    assert sum(component.share for component in policy.components) == 100
    assert set(policy.base) == set(range(1, 18))
    assert policy.sha256 == hashlib.sha256(delivered_text(policy_id).encode()).hexdigest()


def test_the_default_has_the_figures_of_its_source() -> None:
    policy = delivered(DELIVERED[0])
    points = policy.points
    assert policy.policy_id == "kulon-progo-2019"
    assert policy.first == dt.date(2019, 5, 1)  # in force since May 2019
    assert [c.share for c in policy.components if c.measure == "points"] == [60]  # 60 % individual
    assert points is not None
    assert (points.month, points.day) == (6000, 300)
    assert {(d.key, d.each, d.unit, d.source) for d in policy.deductions} == {
        ("late", 1, "percent", "points"),
        ("early", 1, "percent", "points"),
    }


def test_each_band_lies_where_its_source_has_it() -> None:
    for policy_id, bands in [
        ("bands-2012", [(1, 30, "0.5"), (31, 60, "1"), (61, 90, "1.5"), (91, None, "2")]),
        ("discipline-30-70", [(1, 15, "1"), (16, 30, "2"), (31, None, "2.5")]),
    ]:
        for deduction in delivered(policy_id).deductions:
            if deduction.key in ("late", "early"):
                assert deduction.bands == tuple(Band(a, b, Decimal(p)) for a, b, p in bands)


def bands(*rows: str) -> str:
    return GOOD + LATE + "bands = [" + ", ".join(rows) + "]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace("share = 100", "share = 99"), "shares sum to 99, not to 100"),
        (GOOD.replace("share = 100", "share = 99.99"), "shares sum to 99.99"),
        (GOOD.replace(" }]\ntax", ' }, { key = "b", share = 1, measure = "full" }]\ntax'), "sum to 101"),
        (GOOD.replace("classes = [7, 8]", "classes = [7, 8, 9]"), "class 9 has no base"),
        (GOOD.replace("7 = 2000000", "seven = 2000000"), "seven is no job class"),
        (GOOD.replace("7 = 2000000", "7 = -1"), "class 7: the base is negative"),
        (GOOD.replace("7 = 2000000", '7 = "2000000"'), "by_class.7"),
        (GOOD.replace("7 = 2000000", "7 = inf"), "by_class.7"),
        (GOOD + LATE, "one of each, per_minute and bands"),
        (GOOD + LATE + "each = 1\nper_minute = 1\n", "one of each, per_minute and bands"),
        (bands("{ first = 1, last = 30, amount = 1 }", "{ first = 30, amount = 2 }"), "bands overlap at 30 minutes"),
        (bands("{ first = 1, last = 30, amount = 1 }", "{ first = 32, amount = 2 }"), "no band for 31 to 31 minutes"),
        (bands("{ first = 2, amount = 1 }"), "no band for 1 to 1 minutes"),
        (bands("{ first = 1, last = 30, amount = 1 }"), "no band for 31 minutes and more"),
        (bands("{ first = 1, amount = 1 }", "{ first = 31, amount = 2 }"), "bands overlap at 31 minutes"),
        (bands("{ first = 1, last = 0, amount = 1 }"), "ends before it begins"),
        (bands("{ first = 1, amount = -1 }"), "deduction.0.bands.0.amount"),
        (GOOD + LATE.replace('"late"]', '"absent"]') + "per_minute = 1\n", "absent has no minutes"),
        (GOOD + LATE.replace('"late"]', '"asleep"]') + "each = 1\n", "deduction.0.faults"),
        (GOOD + LATE.replace('"allowance"', '"bonus"') + "each = 1\n", "no component bonus"),
        (GOOD + LATE.replace('"allowance"', '"points"') + "each = 1\n", "late: it needs the table points"),
        (GOOD + LATE + 'unit = "points"\neach = 1\n', "points can be taken off"),
        (BY_POINTS + POINTS + LATE.replace('"allowance"', '"ceiling"') + "each = 1\n", "only points can be taken off"),
        (GOOD + LATE + "each = 1\n" + LATE + "each = 1\n", "key late: it is used twice"),
        (GOOD.replace('"all"', '"points"'), "key points: it is used twice, or has a meaning"),
        (BY_POINTS, "all: it needs the table points"),
        (GOOD + POINTS, "nothing of the policy uses them"),
        (BY_POINTS + POINTS.replace('"days"', '"month"'), "needs the points of a month"),
        (BY_POINTS + POINTS.replace('"in_proportion"', '"steps"'), "steps are given where"),
        (BY_POINTS + POINTS + "steps = [{ at_least = 50, pays = 50 }]\n", "steps are given where"),
        (
            BY_POINTS
            + POINTS.replace('"in_proportion"', '"steps"')
            + "steps = [{ at_least = 50, pays = 50 }, { at_least = 60, pays = 40 }]\n",
            "both figures ascend",
        ),
        (GOOD.replace("[rounding]", "[caps]\nbonus = 100\n[rounding]"), "caps: there is no component bonus"),
        (GOOD.replace("[rounding]", "[caps]\nall = 101\n[rounding]"), "between 0 and 100"),
        (GOOD.replace('ranks = ["IV"], ', ""), "two rates for the same ranks of pns"),
        (GOOD.replace("first = 2026-01-01", "first = 2026-01-01\nlast = 2025-01-01"), "ends before it begins"),
        (GOOD.replace("unit = 1", "unit = 0"), "rounding.unit"),
        (GOOD.replace('"half_up"', '"nearest"'), "rounding.mode"),
        (GOOD.replace("title", "titel"), "titel|title"),
        ("id = [", "no TOML"),
    ],
)
def test_nonsense_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        read_policy(text)
