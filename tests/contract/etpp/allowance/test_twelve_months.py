"""A year of closings in a row: what was adjusted is adjusted again, and an old office asks its database no more than a
young one."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from etpp.roster.store import People
from tests.contract.etpp.allowance.regency import NOVEMBER, Regency, due, of_month, regency

pytestmark = pytest.mark.long_on_postgresql


def queries(scene: Regency, month: Any) -> int:
    """Statements that one reckoning sends to the database."""
    sent: list[str] = []

    def note(*said: Any) -> None:
        sent.append(said[2])

    sa.event.listen(scene.database.engine, "before_cursor_execute", note)
    try:
        scene.reckoned("a", month)
    finally:
        sa.event.remove(scene.database.engine, "before_cursor_execute", note)
    return len(sent)


def test_twelve_closings_each_with_an_adjustment_of_the_one_before(url: str) -> None:
    """The first month's score is decided anew before each closing; in spring Budi's face is taken away."""
    asked = []
    with regency(url, "a") as scene:
        for person in ("sri", "budi"):
            scene.person(person, "a")
            scene.worked(person, NOVEMBER, {25: "07:42"})
        month = NOVEMBER
        for n in range(12):
            if n > 0:
                scene.worked("sri", month)
                scene.score("a", NOVEMBER, 40 + (n * 17) % 60)
            if n == 5:
                with scene.record() as (tx, _):
                    People(tx).erase("a", "a-budi", 2, forget=False)
            scene.score("a", month)
            scene.over(month)
            asked.append(queries(scene, month))
            closed = scene.close("a", month)
            if n > 0:
                assert {each.person_id for each in closed.sealed.adjustments} == {"sri", "budi"}
                assert of_month(closed.sealed.adjustments, NOVEMBER) == sum(a.amount for a in closed.sealed.adjustments)
            month = month.following
        assert scene.paid() == due(scene)
        assert scene.findings() == []
    assert len(set(asked[2:])) == 1, asked


def test_nothing_is_made_anew_when_nothing_became_known(url: str) -> None:
    """Of a year without a late fact the last reckoning asks what the second one asked."""
    asked = []
    with regency(url, "a") as scene:
        scene.person("sri", "a")
        month = NOVEMBER
        for _ in range(4):
            scene.worked("sri", month)
            scene.score("a", month)
            scene.over(month)
            asked.append(queries(scene, month))
            assert scene.close("a", month).sealed.adjustments == ()
            month = month.following
    assert asked[1] == asked[3], asked
