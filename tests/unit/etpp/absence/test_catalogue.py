"""The catalogue of kinds: what is delivered, and what is refused by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from etpp.absence.catalogue import CatalogueError, delivered, read_catalogue

KIND = """
[[kind]]
id = "sakit"
name = "Sakit"
first = 2026-01-01
excuses = ["absence"]
may_enter = false
"""


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
        (KIND.replace('"absence"', '"presence"'), "excuses"),
        (KIND + "points_given = -1\n", "points_given"),
        (KIND + "points_given = nan\n", "points_given"),
        (KIND + 'points_given = "300"\n', "points_given"),
        (KIND + "points_given = true\n", "points_given"),
        (KIND + "colour = 1\n", "colour"),
        (KIND + "last = 2025-01-01\n", "ends before it begins"),
        (KIND + "paid = [{ day = 2, percent = 50 }]\n", "days ascend and begin with 1"),
        (KIND + "paid = [{ day = 1, percent = 50 }, { day = 1, percent = 0 }]\n", "days ascend"),
        (KIND + "paid = [{ day = 1, percent = 101 }]\n", "paid"),
        ("kind = 1", "kind"),
        ("[[kind", "no TOML"),
    ],
)
def test_a_catalogue_that_is_none(text: str, says: str) -> None:
    with pytest.raises(CatalogueError, match=says):
        read_catalogue(text)
