"""What of a superior's list is worth a second look."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from etpp.activities.model import Entry
from etpp.phone.unusual import Unusual, unusual, usual_quantity

DAY = dt.date(2026, 11, 24)
NOW = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)


def entry(quantity: str = "1", item: str = "letter", date: dt.date = DAY) -> Entry:
    return Entry("e", "ani", date, item, Decimal(quantity), "", NOW)


def many(*quantities: str, item: str = "letter") -> list[Entry]:
    return [entry(each, item) for each in quantities]


@pytest.mark.parametrize(
    ("it", "before", "entered", "on_leave", "found"),
    [
        (entry("3"), many("1", "1", "1"), DAY, False, ()),  # three times as much is not far above it
        (entry("3.5"), many("1", "1", "1"), DAY, False, ("quantity",)),
        (entry("90"), many("1", "100", "30"), DAY, False, ()),  # three times the middle one, and not of the mean
        (entry("90"), many("1", "1"), DAY, False, ()),  # two make nothing usual
        (entry("0.1"), many("1", "1", "1"), DAY, False, ()),  # little is nobody's trick
        (entry(item="visit"), many("1", "1", "1", "1", "1"), DAY, False, ("first_use",)),
        (entry(item="visit"), many("1", "1", "1", "1"), DAY, False, ()),  # at the beginning all is new
        (entry(), [], DAY, False, ()),
        (entry(), [], DAY + dt.timedelta(days=3), False, ()),  # a week-end between
        (entry(), [], DAY + dt.timedelta(days=4), False, ("late",)),
        (entry(), [], DAY, True, ("leave",)),
        (
            entry("9"),
            many("1", "1", "1", "1", "1"),
            DAY + dt.timedelta(days=9),
            True,
            ("leave", "quantity", "late"),
        ),
    ],
)
def test_why_an_entry_is_worth_a_look(
    it: Entry, before: list[Entry], entered: dt.date, on_leave: bool, found: tuple[Unusual, ...]
) -> None:
    assert unusual(it, before, entered, on_leave=on_leave) == found


def test_the_usual_quantity_is_the_middle_one_of_the_same_item() -> None:
    before = [*many("1", "2", "50"), *many("7", item="visit")]
    assert usual_quantity(entry(), before) == 2
    assert usual_quantity(entry(item="meeting"), before) is None
