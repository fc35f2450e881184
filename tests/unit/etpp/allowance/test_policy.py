"""Policies: what is delivered, and each kind of nonsense refused with a clear error."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal

import pytest

from etpp.activities.model import EntryTerms
from etpp.allowance.model import Band, Component, Deduction, LoseAll, PointsRule, Policy, Premium, Tax
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
LEAST = """
id = "least"
title = "T"
source = "S"
first = 2026-01-01
last = 2026-01-01
correction_days = 0
component = [{ key = "most", share = 99.99, measure = "points" }, { key = "rest", share = 0.01, measure = "full" }]
tax = [{ status = "pns", percent = 0 }]
premium = [{ key = "bpjs", percent = 0 }]
lose_all = [{ key = "gone", faults = ["absent"], more_than = 0 }]
[base]
classes = [7]
by_class = { 7 = 0 }
acting_percent = 0
[caps]
rest = 0
[points]
day = 0.01
month = 0.01
target = "month"
given = "none"
absent_days_count = false
below = "steps"
steps = [{ at_least = 0, pays = 0 }]
[points.entries]
entry_days = 0
verify_days = 0
note_characters = 0
day_ceiling = 0.01
[[deduction]]
key = "late"
faults = ["late"]
source = "points"
free = 0
each = 0
[[deduction]]
key = "early"
faults = ["early"]
source = "allowance"
per_minute = 0
[[deduction]]
key = "short"
faults = ["short_week"]
source = "rest"
bands = [{ first = 1, last = 1, amount = 0 }, { first = 2, amount = 0 }]
[rounding]
unit = 0.01
mode = "down"
"""


def test_a_good_one() -> None:
    policy = read_policy(GOOD)
    assert policy.base == {7: Decimal(2000000), 8: Decimal("2500000.5")}
    assert policy.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert policy.rule("late") == "test#late"
    assert (policy.first, policy.last) == (dt.date(2026, 1, 1), None)


def test_what_a_policy_does_not_say_costs_and_gives_nothing() -> None:
    text = BY_POINTS + POINTS + LATE + "each = 1\n"
    assert read_policy(text) == Policy(
        "test",
        "Test",
        "a decree",
        dt.date(2026, 1, 1),
        None,
        hashlib.sha256(text.encode()).hexdigest(),
        {7: Decimal(2000000), 8: Decimal("2500000.5")},
        acting_percent=Decimal(0),
        components=(Component("all", Decimal(100), "points"),),
        points=PointsRule(
            Decimal(300),
            None,
            "days",
            "none",
            absent_days_count=True,
            points_off=False,
            below="in_proportion",
            steps=(),
            terms=EntryTerms(
                entry_days=None, verify_days=None, neglect="accepted", note_characters=0, day_ceiling=None
            ),
        ),
        deductions=(Deduction("late", frozenset({"late"}), "allowance", "percent", Decimal(1), None, (), free=0),),
        caps={},
        lose_all=(),
        paid_share=False,
        taxes=(Tax("pns", frozenset({"IV"}), Decimal(15)), Tax("pns", None, Decimal(5))),
        premiums=(),
        correction_days=None,
        rounding_unit=Decimal(1),
        rounding_mode="half_up",
    )


def test_the_least_that_each_member_can_say() -> None:
    nothing, sen = Decimal(0), Decimal("0.01")
    policy = read_policy(LEAST)
    assert (policy.title, policy.source, policy.last) == ("T", "S", policy.first)
    assert policy.components[1] == Component("rest", sen, "full")
    assert (policy.base, policy.acting_percent, policy.caps) == ({7: nothing}, nothing, {"rest": nothing})
    assert policy.points == PointsRule(
        sen, sen, "month", "none", False, False, "steps", ((nothing, nothing),), EntryTerms(0, 0, "accepted", 0, sen)
    )
    late, early, short = policy.deductions
    assert (late.each, late.free, early.per_minute) == (nothing, 0, nothing)
    assert short.bands == (Band(1, 1, nothing), Band(2, None, nothing))
    assert policy.lose_all == (LoseAll("gone", frozenset({"absent"}), 0),)
    assert (policy.taxes, policy.premiums) == ((Tax("pns", None, nothing),), (Premium("bpjs", nothing),))
    assert (policy.correction_days, policy.rounding_unit, policy.rounding_mode) == (0, sen, "down")


@pytest.mark.parametrize(
    ("least", "below", "says"),
    [
        ('title = "T"', 'title = ""', "title"),
        ('source = "S"', 'source = ""', "source"),
        ("correction_days = 0", "correction_days = -1", "correction_days"),
        ("share = 99.99, measure", "share = 100, measure", "shares sum to 100.01"),
        ("share = 0.01", "share = 0", "component.1.share"),
        ('status = "pns", percent = 0', 'status = "pns", percent = -0.01', "tax.0.percent"),
        ('[{ status = "pns", percent = 0 }]', "[]", "tax"),
        ('key = "bpjs", percent = 0', 'key = "bpjs", percent = -0.01', "premium.0.percent"),
        ('faults = ["absent"]', "faults = []", "lose_all.0.faults"),
        ("more_than = 0", "more_than = -1", "lose_all.0.more_than"),
        ("classes = [7]", "classes = []", "base.classes"),
        ("7 = 0 }", "7 = -0.01 }", "class 7: the base is negative"),
        ("acting_percent = 0", "acting_percent = -0.01", "base.acting_percent"),
        ("rest = 0", "rest = -0.01", "caps.rest"),
        ("day = 0.01\nmonth", "day = 0\nmonth", "points.day"),
        ("month = 0.01", "month = 0", "points.month"),
        ("at_least = 0", "at_least = -0.01", "points.steps.0.at_least"),
        ("pays = 0", "pays = -0.01", "points.steps.0.pays"),
        ("entry_days = 0", "entry_days = -1", "points.entries.entry_days"),
        ("verify_days = 0", "verify_days = -1", "points.entries.verify_days"),
        ("note_characters = 0", "note_characters = -1", "points.entries.note_characters"),
        ("day_ceiling = 0.01", "day_ceiling = 0", "points.entries.day_ceiling"),
        ('faults = ["late"]', "faults = []", "deduction.0.faults"),
        ("free = 0", "free = -1", "deduction.0.free"),
        ("each = 0", "each = -0.01", "deduction.0.each"),
        ("per_minute = 0", "per_minute = -0.01", "deduction.1.per_minute"),
        ("first = 1, last", "first = 0, last", "deduction short: bands overlap at 0 minutes"),
        ("last = 1, amount = 0", "last = 1, amount = -0.01", "deduction.2.bands.0.amount"),
        ("unit = 0.01", "unit = 0", "rounding.unit"),
    ],
)
def test_less_than_the_least_is_refused(least: str, below: str, says: str) -> None:
    assert LEAST.count(least) == 1
    with pytest.raises(PolicyError, match=says):
        read_policy(LEAST.replace(least, below))


@pytest.mark.parametrize(
    ("least", "most", "above", "says"),
    [
        ('status = "pns", percent = 0', "100", "100.01", "tax.0.percent"),
        ('key = "bpjs", percent = 0', "100", "100.01", "premium.0.percent"),
        ("acting_percent = 0", "100", "100.01", "base.acting_percent"),
        ("rest = 0", "100", "100.01", "caps.rest"),
        ("at_least = 0", "99.99", "100", "points.steps.0.at_least"),  # the target itself pays everything
        ("pays = 0", "100", "100.01", "points.steps.0.pays"),
    ],
)
def test_the_most_that_a_member_can_say_and_more(least: str, most: str, above: str, says: str) -> None:
    assert LEAST.count(least) == 1
    read_policy(LEAST.replace(least, least[:-1] + most))
    with pytest.raises(PolicyError, match=says):
        read_policy(LEAST.replace(least, least[:-1] + above))


@pytest.mark.parametrize(
    ("least", "above", "says"),
    [
        ("correction_days = 0", "correction_days = 3661", "correction_days"),
        ("more_than = 0", "more_than = 3661", "lose_all.0.more_than"),
        ("classes = [7]", "classes = [1000]", "base.classes.0"),
        ("7 = 0 }", "7 = 1000000000000 }", "base.by_class.7: .* before the point"),
        ("7 = 0 }", "7 = 1e70 }", "base.by_class.7: .* before the point"),
        ("7 = 0 }", "7 = 1e-999999 }", "base.by_class.7: .* after the point"),
        ("7 = 0 }", "7 = 0, 07 = 1 }", "class 7 has two bases"),
        ("7 = 0 }", f"7 = 0, {'9' * 5000} = 1 }}", "9 is no job class"),
        ("day = 0.01\nmonth", "day = 1e12\nmonth", "points.day"),
        ("month = 0.01", "month = 1e12", "points.month"),
        ("entry_days = 0", "entry_days = 3661", "points.entries.entry_days"),
        ("verify_days = 0", "verify_days = 3661", "points.entries.verify_days"),
        ("note_characters = 0", "note_characters = 10001", "points.entries.note_characters"),
        ("day_ceiling = 0.01", "day_ceiling = 1e12", "points.entries.day_ceiling"),
        ("free = 0", "free = 100001", "deduction.0.free"),
        ("each = 0", "each = 1e12", "deduction.0.each"),
        ("per_minute = 0", "per_minute = 1e12", "deduction.1.per_minute"),
        ("first = 1, last = 1", "first = 1, last = 100001", "deduction.2.bands.0.last"),
        ("unit = 0.01", "unit = 1e-13", "rounding.unit"),
        ("unit = 0.01", "unit = 1e12", "rounding.unit"),
    ],
)
def test_what_leaves_no_room_for_a_sum_is_refused(least: str, above: str, says: str) -> None:
    assert LEAST.count(least) == 1
    with pytest.raises(PolicyError, match=says):
        read_policy(LEAST.replace(least, above))


def test_the_largest_numbers_are_taken() -> None:
    large = LEAST.replace("7 = 0 }", "7 = 999999999999.999999999999 }").replace("unit = 0.01", "unit = 1e11")
    policy = read_policy(large.replace("correction_days = 0", "correction_days = 3660"))
    assert policy.base == {7: Decimal("999999999999.999999999999")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LEAST.replace('title = "T"', 'title = ""').replace('source = "S"', 'source = ""'), "^title: "),
        (GOOD.replace("classes = [7, 8]", "classes = [5, 6, 7]"), "class 5 has no base"),
        (LEAST.replace('"bpjs"', '"rest"').replace('"gone"', '"late"'), "^key late: "),  # by the alphabet
        (BY_POINTS + LATE.replace('"allowance"', '"points"') + "each = 1\n", "^all: it needs"),
    ],
)
def test_of_several_faults_the_first_is_named(text: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        read_policy(text)


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
        (GOOD.replace('[{ key = "all", share = 100, measure = "full" }]', "[]"), "shares sum to 0, not to 100"),
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
