"""What waits for a superior: all that can be submitted, however old, and no more than a year of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest

from etpp.activities.model import Entry, EntryStep
from etpp.activities.store import ENTRIES, STEPS
from etpp.phone import verifying
from tests.contract.etpp.allowance.regency import OCTOBER, SEPTEMBER, Regency, regency
from tests.contract.etpp.running import wib


@pytest.fixture
def scene(url: str) -> Iterator[Regency]:
    with regency(url, "a") as made:
        made.person("kepala", "a")
        made.person("sri", "a", superior_id="kepala")
        yield made


def waiting(scene: Regency, local: str) -> list[str]:
    with scene.database.read() as tx:
        return [each.entry_id for each in verifying.entries(tx, "kepala", wib(local))]


def test_what_was_submitted_late_waits_until_its_month_is_closed(scene: Regency) -> None:
    dates = {"lost": dt.date(2025, 9, 1), "old": dt.date(2026, 9, 30), "new": dt.date(2026, 12, 1)}
    with scene.record() as (tx, now):
        made = [Entry(name, "sri", date, "laporan", Decimal(1), "x", now) for name, date in dates.items()]
        ENTRIES.add(tx, made, "sri", now)
        STEPS.add(tx, [EntryStep(f"s-{name}", name, "submitted", "sri", now) for name in dates], "sri", now)
    assert waiting(scene, "2026-12-03 08:00") == ["old", "new"], "sixty-four days ago, and nothing is closed"
    for month in (SEPTEMBER, OCTOBER):
        scene.score("a", month)
        scene.over(month)
        scene.close("a", month)
    assert waiting(scene, "2026-12-03 08:00") == ["new"]
    assert waiting(scene, "2026-11-30 08:00") == ["old", "new"], "of the last two months also what is closed"
