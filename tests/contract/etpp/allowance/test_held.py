"""Pay and a presence whose face waits for BKPP: it keeps its month open, counts for nothing, and once it is approved it
is paid like every fact that comes late; an auditor with the closed months alone comes to the same."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from etpp.allowance import month as months
from etpp.allowance.month import MonthOpen
from etpp.allowance.seal import Despite
from etpp.allowance.store import touched
from etpp.console.texts import texts
from etpp.presence.judge import JudgedDay
from etpp.reports.own import own_month
from etpp.reports.sentences import Sentences
from etpp.reports.texts import words
from tests.contract.etpp.allowance.scene import DECEMBER, NOVEMBER, Scene, november
from tests.contract.etpp.allowance.test_audit import audit
from tests.contract.etpp.allowance.test_month import check, close, forget, later
from tests.contract.etpp.bundle.kit import checked, made
from tests.contract.etpp.client import text_of
from tests.contract.etpp.running import OFFICE, Running, wib

BUDI = "199001012015031001"
LATE_DAY = dt.date(2026, 11, 25)


class Held:
    """Budi, late on the 25th by his own face's first presence, came at 07:20 by a face that waits."""

    def __init__(self, scene: Scene) -> None:
        self.scene, etpp = scene, scene.etpp
        with etpp.database.begin() as tx:
            for day in ("2026-11-02", "2026-11-03"):  # so that one per cent of the points counts
                forget(tx, f"{scene.budi}-{day}")
        enrolment = scene.terminal.enrolment(BUDI, "Budi Santosa", 5, 6)
        at = wib("2026-11-25 07:20")
        presence = scene.terminal.waiting(str(enrolment["event_id"]), wall_utc=text_of(at))
        scene.terminal.send_events([enrolment], at=at)
        scene.terminal.send_events([presence], at=at)
        scene.reported("2026-12-01 08:10")
        self.enrolment_id, self.event_id = str(enrolment["event_id"]), str(presence["event_id"])

    @property
    def matter(self) -> str:
        return f"face:{self.event_id}"

    def decide(self, how: str) -> None:
        self.scene.etpp.admin("POST", f"offices/{OFFICE}/enrolments/{self.enrolment_id}/{how}")

    def reckoned(self) -> months.Reckoned:
        with self.scene.etpp.database.read() as tx:
            return months.reckon(tx, OFFICE, NOVEMBER, self.scene.etpp.clock.now)

    def net(self) -> int:
        (found,) = [each for each in self.reckoned().statements if each.person_id == self.scene.budi]
        return int(found.net)


@pytest.fixture
def held(etpp: Running) -> Held:
    return Held(november(etpp, signs=True))


def test_the_month_waits_for_the_word_and_pays_by_it(held: Held) -> None:
    late = held.net()
    assert held.reckoned().open == (held.matter,)
    check(held.scene)
    with pytest.raises(MonthOpen):
        close(held.scene)
    held.decide("approve")
    assert held.reckoned().open == ()
    assert held.net() > late


def test_a_refusal_leaves_the_month_as_if_nobody_had_come(held: Held) -> None:
    late = held.net()
    held.decide("reject")
    assert (held.reckoned().open, held.net()) == ((), late)


def test_the_person_and_whoever_looks_are_told_of_it(held: Held) -> None:
    scene = held.scene
    with scene.etpp.database.read() as tx:
        own = own_month(tx, scene.budi, NOVEMBER, scene.etpp.clock.now)
    assert own is not None
    say = Sentences(words("id"), own.office, own.person)
    day: JudgedDay = next(each for each in own.person.service.days if each.date == LATE_DAY)
    expected = "Kehadiran Rabu, 25 November 2026 07.20 WIB menunggu persetujuan wajah oleh BKPP."
    assert any(each.startswith(expected) for each in say.day(day))
    assert texts("id").of("obstacle", "face") == "Kehadiran menunggu persetujuan wajah"


def test_what_is_approved_after_the_closing_is_paid_with_a_later_month(held: Held, tmp_path: Path) -> None:
    scene = held.scene
    check(scene)
    closed = close(scene, despite=Despite((held.matter,), ("bkpp", "kepala")))
    assert checked(made(scene, tmp_path / "november.zip")) == ""
    scene.etpp.clock.now += dt.timedelta(days=1)
    held.decide("approve")
    with scene.etpp.database.read() as tx:
        assert {each.person_id for each in touched(tx, closed.as_of_utc)} == {scene.budi}
    later(scene)
    check(scene, DECEMBER)
    paid = close(scene, DECEMBER).sealed.adjustments
    assert {(each.person_id, each.month) for each in paid} == {(scene.budi, NOVEMBER)}
    assert sum(each.amount for each in paid) > 0
    assert [each.findings for each in audit(scene)] == [(), ()]
    assert checked(made(scene, tmp_path / "december.zip", DECEMBER)) == ""
