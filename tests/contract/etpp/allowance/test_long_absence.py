"""An absence of many letters, one after the other, longer than the year before: what is paid depends on its day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from etpp.absence import kinds
from etpp.absence.catalogue import delivered_text
from etpp.absence.model import Letter, LetterDecision
from etpp.absence.rules import day_number, in_force, paid_percent
from etpp.absence.store import DECISIONS, add_letters
from etpp.allowance import gather
from tests.contract.etpp.allowance.scene import NOVEMBER, november
from tests.contract.etpp.running import OFFICE, Running, wib

SPANS = (("2024-08-01", "2024-11-01"), ("2024-11-01", "2025-01-01"), ("2025-01-01", "2026-12-01"))
STEP = 700
"""The day of the absence from which nothing is paid; 1 November 2026 is the 823rd."""


def counted(date: dt.date) -> int:
    """Day by day backwards, while some letter has the day."""
    days = 0
    while any(first <= date.isoformat() < until for first, until in SPANS):
        days, date = days + 1, date - dt.timedelta(days=1)
    return days


@pytest.mark.parametrize(("step", "percent"), [(STEP, 0), (900, 50)])
def test_the_day_of_an_absence_is_counted_from_its_beginning(etpp: Running, step: int, percent: int) -> None:
    scene = november(etpp)
    now = etpp.clock.now
    ill = next(part for part in delivered_text().split("[[kind]]") if 'id = "cuti-sakit"' in part)
    long = ill.replace("{ day = 12, percent = 50 }]", f"{{ day = 12, percent = 50 }}, {{ day = {step}, percent = 0 }}]")
    assert long != ill
    with etpp.database.begin() as tx:
        kinds.set_kinds(tx, delivered_text().replace(ill, long), "bkpp", now)
        for n, (first, until) in enumerate(SPANS):
            begins, ends = wib(f"{first} 00:00"), wib(f"{until} 00:00")
            of = "cuti-sakit", f"445/{n}", begins.date(), "RSUD", (scene.budi,)
            add_letters(tx, [Letter(f"ill-{n}", *of, begins, ends, "tu", now, "ab" * 32)], "tu", now)
            DECISIONS.add(tx, [LetterDecision(f"d-{n}", f"ill-{n}", True, "kepala", now)], "kepala", now)
    with etpp.database.read() as tx:
        shared = gather.regency(tx, NOVEMBER, now)
        (facts,) = gather.office_month(tx, OFFICE, NOVEMBER, shared, only=[scene.budi])
    zone = shared.calendar.zone(OFFICE)
    excuses = in_force(scene.budi, facts.letters, facts.letter_decisions, facts.letter_revocations, shared.kinds, zone)
    kind = shared.kinds.on("cuti-sakit", NOVEMBER.first)
    assert kind is not None
    for date in (NOVEMBER.first, NOVEMBER.last):
        paid = paid_percent(kind, day_number(excuses, "cuti-sakit", date, zone))
        assert paid == paid_percent(kind, counted(date)) == Decimal(percent)
