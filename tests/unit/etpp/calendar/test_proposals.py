"""What is proposed for a coming year, held to decrees that were made (SKB for 2024 and 2026)."""

from __future__ import annotations

import datetime as dt

from etpp.calendar.proposals import propose_days_off, propose_ramadan


def test_holidays_and_collective_leave_are_told_apart() -> None:
    days = {day.date: day for day in propose_days_off(2024)}
    assert days[dt.date(2024, 8, 17)].name == "Hari Kemerdekaan Republik Indonesia"
    assert not days[dt.date(2024, 8, 17)].collective
    assert days[dt.date(2024, 12, 26)].collective  # Cuti Bersama Hari Raya Natal
    assert [day.date for day in propose_days_off(2024)] == sorted(days)


def test_ramadan_is_proposed() -> None:
    # The minister's dates for 1445 H were 12 March to 9 April 2024: the proposal is a day before at its beginning.
    assert propose_ramadan(2024) == ((dt.date(2024, 3, 11), dt.date(2024, 4, 9)),)


def test_a_year_may_have_two_of_them() -> None:
    firsts = [first for first, _ in propose_ramadan(2030)]
    assert [first.year for first in firsts] == [2030, 2030]
    assert [first.month for first in firsts] == [1, 12]


def test_of_a_year_that_no_calendar_reaches_nothing_is_proposed() -> None:
    """A month's page can be asked for any year."""
    assert len(propose_ramadan(2076)) == 1
    assert [propose_ramadan(year) for year in (1923, 2077, 2500, 8999)] == [(), (), (), ()]
