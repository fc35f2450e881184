"""Counters of discipline by PP 94/2021: unexcused days of a year and in a row, and who must act. Pure.

They only warn. A consequence for pay is a sanction that somebody enters.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from etpp.base.money import read_toml
from etpp.presence.model import JudgedDay


@dataclass(frozen=True, slots=True)
class Step:
    """From so many unexcused days on (in a year, or `consecutive`) somebody must act: `key` names what, `who` whom."""

    days: int
    key: str
    who: str
    consecutive: bool = False


@dataclass(frozen=True, slots=True)
class Discipline:
    """A year's counters of one person. `reached`: every step reached, with the date on which it was, by date."""

    unexcused: int
    longest_run: int
    reached: tuple[tuple[dt.date, Step], ...]


def delivered_steps() -> tuple[Step, ...]:
    text = (resources.files("etpp.presence") / "discipline.toml").read_text(encoding="utf-8")
    return tuple(Step(**row) for row in read_toml(text)["step"])


def discipline(days: Iterable[JudgedDay], year: int, steps: Sequence[Step]) -> Discipline:
    """Counts the year's unexcused days, and runs of them over working days alone.

    A run begins anew with every working day that was not unexcused; days off, and days that wait for a terminal,
    neither lengthen nor break it. One that began in the year before is counted from its beginning.
    """
    total = run = longest = 0
    reached: list[tuple[dt.date, Step]] = []
    for day in sorted(days, key=lambda d: d.date):
        if not day.works or day.status in ("outside", "not_reported", "unclear"):
            continue
        run = run + 1 if day.status == "absent" else 0
        if not run or day.date.year != year:
            continue
        total += 1
        longest = max(longest, run)
        reached += [(day.date, step) for step in steps if step.days == (run if step.consecutive else total)]
    return Discipline(total, longest, tuple(reached))
