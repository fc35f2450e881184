"""Counters of PP 94/2021: days of a year, days in a row, who must act, and nothing for pay."""

from __future__ import annotations

import datetime as dt

import pytest

from etpp.presence.discipline import Discipline, delivered_steps, discipline
from etpp.presence.model import JudgedDay, Status

STEPS = delivered_steps()
FIRST = dt.date(2026, 3, 2)


def days(text: str, first: dt.date = FIRST) -> list[JudgedDay]:
    """One letter a day: `a` absent, `p` present, `e` excused, `-` off, `?` waits, `u` unclear, `o` outside."""
    status: dict[str, tuple[Status, bool]] = {
        "a": ("absent", True),
        "p": ("present", True),
        "e": ("excused", True),
        "-": ("day_off", False),
        "?": ("not_reported", True),
        "u": ("unclear", True),
        "o": ("outside", True),
    }
    return [JudgedDay(first + n * dt.timedelta(days=1), "o", *status[letter]) for n, letter in enumerate(text)]


def counted(text: str, first: dt.date = FIRST) -> Discipline:
    return discipline(days(text, first), 2026, STEPS)


@pytest.mark.parametrize(
    ("text", "unexcused", "longest", "keys"),
    [
        ("pppp", 0, 0, []),
        ("aapa", 3, 2, ["oral"]),  # the third day
        ("aapap", 3, 2, ["oral"]),
        ("aapapa", 4, 2, ["oral", "written"]),
        ("ap" * 7, 7, 1, ["oral", "written", "dissatisfaction"]),
        ("ap" * 11, 11, 1, ["oral", "written", "dissatisfaction", "cut-6"]),
        ("ap" * 14, 14, 1, ["oral", "written", "dissatisfaction", "cut-6", "cut-9"]),
        ("ap" * 17, 17, 1, ["oral", "written", "dissatisfaction", "cut-6", "cut-9", "cut-12"]),
        ("aaaaa--aaaa", 9, 9, ["oral", "written", "dissatisfaction"]),  # a weekend does not break a run
        ("aaaaa--aaaaa", 10, 10, ["oral", "written", "dissatisfaction", "dismissal"]),  # ten in a row
        ("aaaaaeaaaaa", 10, 5, ["oral", "written", "dissatisfaction"]),  # leave does
        ("aaaaa?aaaaa", 10, 10, ["oral", "written", "dissatisfaction", "dismissal"]),  # an unknown day does not count
        ("aau", 2, 2, []),
        ("aao", 2, 2, []),
    ],
)
def test_steps_are_reached(text: str, unexcused: int, longest: int, keys: list[str]) -> None:
    found = counted(text)
    assert (found.unexcused, found.longest_run) == (unexcused, longest)
    assert [step.key for _, step in found.reached] == keys


def test_each_step_says_when_it_was_reached_and_who_must_act() -> None:
    found = counted("ap" * 28)
    dates = {step.key: (date, step.who) for date, step in found.reached}
    assert dates["oral"] == (FIRST + dt.timedelta(days=4), "superior")
    assert dates["cut-6"] == (FIRST + dt.timedelta(days=20), "official")
    assert [dates[key][1] for key in ("demotion", "removal", "dismissal")] == ["regent"] * 3


def test_a_year_counts_its_own_days() -> None:
    found = counted("a" * 9, dt.date(2025, 12, 28))
    assert (found.unexcused, found.longest_run) == (5, 9)  # the run began in the year before
    assert discipline(days("aaa"), 2025, STEPS) == Discipline(0, 0, ())


def test_the_order_of_days_changes_nothing() -> None:
    rows = days("aapaaappa")
    assert discipline(rows[::-1], 2026, STEPS) == discipline(rows, 2026, STEPS)
