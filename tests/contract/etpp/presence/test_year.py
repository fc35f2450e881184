"""A year of days as discipline and reports count it: wherever they were served, and from the first terminal on."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from etpp.allowance import gather
from etpp.calendar.store import PERIODS
from etpp.presence.discipline import delivered_steps, discipline
from etpp.presence.year import disciplined, judged_year
from tests.contract.etpp.allowance.regency import NOVEMBER, regency
from tests.contract.etpp.running import wib

WEEKDAYS = [day for day in NOVEMBER.dates() if day.weekday() < 5]
AWAY = {dt.date(2026, 11, 10), dt.date(2026, 11, 24), dt.date(2026, 11, 25)}


def test_who_moved_is_counted_at_both_offices_and_nobody_before_hours_were_decided(url: str) -> None:
    """The offices have terminals, and hours, since November; Sri, who is there since long before, is away once before
    and twice after her move."""
    with regency(url) as scene:
        scene.now = wib("2026-11-01 06:00")
        scene.office("a")
        scene.office("b")
        with scene.record() as (tx, now):
            (usual,) = PERIODS.find(tx)
            PERIODS.add(tx, [replace(usual, first=NOVEMBER.first)], "bkpp", now)
        scene.person("sri", "a")
        scene.moved("sri", "b", dt.date(2026, 11, 16))
        for day in WEEKDAYS:
            if day not in AWAY:
                scene.seen("sri", f"{day} 07:20", f"{day} 16:40")
        scene.over(NOVEMBER)
        with scene.database.read() as tx:
            days = gather.correction_days
            (counted,) = disciplined(tx, "b", 2026, days, scene.now)
            assert disciplined(tx, "a", 2026, days, scene.now) == []
            until = dt.date(2026, 11, 24)
            listed = judged_year(tx, "a", 2026, days, scene.now, until, ["sri"])
        assert (counted.person_id, counted.counters.unexcused, counted.counters.longest_run) == ("sri", 3, 2)
        assert {day.date for day in listed["sri"] if day.status == "absent"} == AWAY - {dt.date(2026, 11, 25)}
        assert discipline(listed["sri"], 2026, delivered_steps()).unexcused == 2
