"""The catalogue of kinds: what is delivered, and what is refused by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from etpp.absence.catalogue import CatalogueError, delivered, read_catalogue
from etpp.absence.model import Kind, PaidFrom

KIND = """
[[kind]]
id = "sakit"
name = "Sakit"
first = 2026-01-01
excuses = ["absence"]
may_enter = false
"""
FEBRUARY, MARCH = (KIND.replace("2026-01-01", first) for first in ("2026-02-01", "2026-03-01"))


def test_the_delivered_kinds_are_those_of_the_rules() -> None:
    today = dt.date(2026, 11, 24)
    for kind_id, given, off in [
        ("dinas-luar", 300, 0),  # DKI 2021: duty +300
        ("cuti-tahunan", 300, 0),  # annual leave +300
        ("diklat", 300, 0),  # training +300
        ("cuti-sakit", 60, 240),  # sick +60/-240
        ("cuti-melahirkan", 150, 150),  # maternity +150/-150
        ("cuti-besar", 0, 0),  # great leave gives nothing
    ]:
        kind = delivered().on(kind_id, today)
        assert kind is not None
        assert (kind.points_given, kind.points_off) == (given, off)


def test_what_a_kind_does_not_say_is_least() -> None:
    """No points, no maximum, all paid, and a document wanted."""
    assert read_catalogue(KIND).on("sakit", dt.date(2026, 1, 1)) == Kind(
        "sakit",
        "Sakit",
        dt.date(2026, 1, 1),
        None,
        frozenset({"absence"}),
        points_given=Decimal(0),
        points_off=Decimal(0),
        may_enter=False,
        maximum_days=None,
        paid=(PaidFrom(1, Decimal(100)),),
        document_required=True,
    )


def test_the_least_that_can_be_said() -> None:
    least = "points_off = 0\nmaximum_days = 1\nlast = 2026-01-01\npaid = [{ day = 1, percent = 0 }]\n"
    kind = read_catalogue(KIND.replace('"Sakit"', '"S"') + least).on("sakit", dt.date(2026, 1, 1))
    assert kind is not None
    assert (kind.name, kind.points_off, kind.maximum_days) == ("S", 0, 1)
    assert kind.paid == (PaidFrom(1, Decimal(0)),)
    assert kind.last == kind.first


def test_numbers_are_exact() -> None:
    kind = read_catalogue(KIND + "points_given = 0.1\n").on("sakit", dt.date(2026, 1, 1))
    assert kind is not None
    assert kind.points_given == Decimal("0.1")


def test_a_kind_holds_from_its_first_to_its_last_day() -> None:
    catalogue = read_catalogue(KIND + "last = 2026-01-31\n" + KIND.replace("2026-01-01", "2026-02-01"))
    dates = [dt.date(2025, 12, 31), dt.date(2026, 1, 31), dt.date(2026, 2, 1)]
    assert [kind.first.month if (kind := catalogue.on("sakit", d)) else None for d in dates] == [None, 1, 2]
    assert catalogue.on("other", dates[1]) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (KIND + KIND, "two of them hold on 2026-01-01"),
        (KIND + "last = 2026-02-01\n" + FEBRUARY, "two of them hold on 2026-02-01"),  # the last and the first day
        (KIND + "last = 2026-01-31\n" + FEBRUARY + MARCH, "two of them hold on 2026-03-01"),  # the second is open
        (KIND + "last = 2026-01-31\n" + FEBRUARY + "last = 2026-03-01\n" + MARCH, "two of them hold on 2026-03-01"),
        (KIND.replace('"absence"', '"presence"'), "excuses"),
        (KIND.replace('"Sakit"', '""'), "name"),
        (KIND + "points_given = -1\n", "points_given"),
        (KIND + "points_off = -1\n", "points_off"),
        (KIND + "points_off = -1\npoints_given = -1\n", r"^kind\.0\.points_given: "),  # of several the first
        (KIND + "maximum_days = 0\n", "maximum_days"),
        (KIND + "points_given = nan\n", "points_given"),
        (KIND + 'points_given = "300"\n', "points_given"),
        (KIND + "points_given = true\n", "points_given"),
        (KIND + "colour = 1\n", "colour"),
        (KIND + "last = 2025-01-01\n", "ends before it begins"),
        (KIND + "paid = []\n", "days ascend and begin with 1"),
        (KIND + "paid = [{ day = 0, percent = 50 }]\n", "days ascend and begin with 1"),
        (KIND + "paid = [{ day = 1, percent = -1 }]\n", "paid"),
        (KIND + "paid = [{ day = true, percent = 50 }]\n", "paid"),
        (KIND + "paid = [{ day = 2, percent = 50 }]\n", "days ascend and begin with 1"),
        (KIND + "paid = [{ day = 1, percent = 50 }, { day = 1, percent = 0 }]\n", "days ascend"),
        (KIND + "paid = [{ day = 1, percent = 101 }]\n", "paid"),
        (KIND + "points_given = 1e70\n", r"^kind\.0\.points_given: .* before the point"),
        (KIND + "points_off = 1e-70\n", r"^kind\.0\.points_off: .* after the point"),
        (KIND + "maximum_days = 3661\n", "maximum_days"),
        (KIND + "paid = [{ day = 1, percent = 50 }, { day = 3661, percent = 0 }]\n", r"paid\.1\.day"),
        ("kind = 1", "kind"),
        ("[[kind", "no TOML"),
    ],
)
def test_a_catalogue_that_is_none(text: str, says: str) -> None:
    with pytest.raises(CatalogueError, match=says):
        read_catalogue(text)
