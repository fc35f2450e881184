"""Whoever's closed statement a later fact changes is among those whom `touched` names: every kind of fact by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from etpp.absence.model import LetterRevocation
from etpp.absence.store import REVOCATIONS
from etpp.activities.model import EntryStep, Item, Weight
from etpp.activities.store import ITEMS, STEPS, WEIGHTS
from etpp.allowance import month as months
from etpp.allowance.audit import verify
from etpp.allowance.model import OfficeScore, Sanction
from etpp.allowance.seal import statement_hash
from etpp.allowance.store import SANCTIONS, SCORES, Closings, touched
from etpp.calendar.model import Hours, Occasion, RosterDay, Shift, SpecialDay
from etpp.calendar.store import OCCASIONS, ROSTER_DAYS, SHIFTS, SPECIAL_DAYS
from etpp.db import Transaction
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry
from etpp.presence.store import CORRECTION_DECISIONS, CORRECTIONS, MANUAL_ENTRIES
from etpp.roster.assignments import Acting
from etpp.roster.model import Person
from etpp.roster.store import ACTINGS, ASSIGNMENTS, People, Roster
from tests.contract.etpp.allowance.scene import NOVEMBER, Scene, november
from tests.contract.etpp.running import OFFICE, Running, wib

LATE_DAY = dt.date(2026, 11, 25)
Fact = Callable[[Scene, Transaction, dt.datetime], None]


def letter(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    scene.letter(tx, scene.budi, "2026-11-25 07:00", "2026-11-25 10:00", "late")


def revocation(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    REVOCATIONS.add(tx, [LetterRevocation("r", "before", "bkpp", now, "keliru")], "bkpp", now)


def correction(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    asked = Correction("c", scene.budi, LATE_DAY, "arrival", wib("2026-11-25 07:20"), "antre", "tu", now)
    CORRECTIONS.add(tx, [asked], "tu", now)
    CORRECTION_DECISIONS.add(tx, [CorrectionDecision("cd", "c", True, "kepala", now)], "kepala", now)


def manual_entry(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    entry = ManualEntry("m", scene.budi, wib("2026-11-25 07:21"), OFFICE, "listrik", "tu", now, "kepala")
    MANUAL_ENTRIES.add(tx, [entry], "kepala", now)


def return_of_an_entry(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    entry = f"{scene.budi}-2026-11-02"
    STEPS.add(tx, [EntryStep("back", entry, "returned", "kepala", now, "salah")], "kepala", now)


def post(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    (held,) = Roster(tx).career(scene.sri).all
    ASSIGNMENTS.add(tx, [replace(held, job_class=8)], "bkpp", now)


def acting(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    ACTINGS.add(tx, [Acting("plt", scene.sri, "kepala", 11, NOVEMBER.first, NOVEMBER.last)], "bkpp", now)


def sanction(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    SANCTIONS.add(tx, [Sanction("s", scene.sri, Decimal(25), NOVEMBER.first, NOVEMBER.last, "SK")], "bkpp", now)


def score(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    SCORES.add(tx, [OfficeScore("again", OFFICE, NOVEMBER, Decimal(50), now)], "bkpp", now)


def day_off(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    SPECIAL_DAYS.add(tx, [SpecialDay("off", None, LATE_DAY, None, "Libur", now)], "bkpp", now)


def occasion(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    apel = Occasion("apel", None, "Apel", NOVEMBER.first, None, (dt.time(5), dt.time(6)))
    OCCASIONS.add(tx, [apel], "bkpp", now)


def roster_day(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    SHIFTS.add(tx, [Shift("siang", Hours(dt.time(8), dt.time(16)))], "bkpp", now)
    ROSTER_DAYS.add(tx, [RosterDay("rd", scene.budi, LATE_DAY, "siang", now)], "bkpp", now)


def weight(scene: Scene, tx: Transaction, now: dt.datetime) -> None:
    ITEMS.add(tx, [Item("laporan", "Menyusun laporan", "dokumen", dt.date(2026, 1, 1), None, Decimal("0.5"))], "b", now)
    WEIGHTS.add(tx, [Weight("w1", "laporan", dt.date(2026, 1, 1), None, Decimal(100))], "bkpp", now)


FACTS: list[Fact] = [
    letter,
    revocation,
    correction,
    manual_entry,
    return_of_an_entry,
    post,
    acting,
    sanction,
    score,
    day_off,
    occasion,
    roster_day,
    weight,
]
CHANGES_NOTHING_OF_PAY = {occasion}
"""The default policy takes nothing off for a missed apel; the statement says all the same that it was missed."""


@pytest.fixture
def closed(etpp: Running) -> tuple[Scene, dt.datetime]:
    scene = november(etpp)
    with etpp.database.begin() as tx:
        scene.letter(tx, scene.sri, "2026-11-26 07:00", "2026-11-26 10:00", "before")
    now = etpp.clock.now
    with etpp.database.begin() as tx:
        months.check(tx, OFFICE, NOVEMBER, "kepala", now)
        done = months.close(tx, etpp.state.keys.now().signer, OFFICE, NOVEMBER, "bkpp", now)
    etpp.clock.now = now + dt.timedelta(days=1)
    return scene, done.as_of_utc


def changed(scene: Scene) -> set[str]:
    """By brute force: everybody's statement anew."""
    with scene.etpp.database.read() as tx:
        found = months.reckon(tx, OFFICE, NOVEMBER, scene.etpp.clock.now)
        before = Closings(tx).get(OFFICE, NOVEMBER)
    assert before is not None
    hashes = {each.person_id: each.hash for each in before.sealed.statements}
    return {each.person_id for each in found.statements if hashes.get(each.person_id) != statement_hash(each)}


def named(scene: Scene, since: dt.datetime) -> set[str | None]:
    with scene.etpp.database.read() as tx:
        return {each.person_id for each in touched(tx, since)}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_whom_a_fact_changes_is_named(closed: tuple[Scene, dt.datetime], fact: Fact) -> None:
    scene, since = closed
    assert (changed(scene), named(scene, since)) == (set(), set())
    with scene.etpp.database.begin() as tx:
        fact(scene, tx, scene.etpp.clock.now)
    found, said = changed(scene), named(scene, since)
    assert found or fact in CHANGES_NOTHING_OF_PAY or fact is revocation
    assert said
    assert None in said or found <= said


def test_a_presence_that_comes_after_the_closing_is_named(closed: tuple[Scene, dt.datetime]) -> None:
    scene, since = closed
    scene.seen(scene.budi, "2026-11-25 07:10")  # recorded then, sent now
    assert changed(scene) == {scene.budi}
    assert named(scene, since) == {scene.budi}


def test_a_presence_accepted_after_the_closing_counts_from_then_on(etpp: Running) -> None:
    """It came before the month was closed, of a face that nobody knew: the closed month stays as it was."""
    scene = november(etpp)
    unknown = "018f2c5e-0000-7000-8000-0000000000ff"
    event = scene.terminal.presence(unknown)
    (result,) = scene.terminal.send_events([event], at=wib("2026-11-25 07:10")).json()["results"]
    assert result["status"] == "rejected"
    with etpp.database.begin() as tx:
        months.check(tx, OFFICE, NOVEMBER, "kepala", etpp.clock.now)
        signer = etpp.state.keys.now().signer
        closed = months.close(tx, signer, OFFICE, NOVEMBER, "bkpp", etpp.clock.now)
    etpp.clock.now -= dt.timedelta(hours=1)  # another server, whose clock is behind
    with etpp.database.begin() as tx:
        People(tx).add(Person(OFFICE, unknown, scene.budi, None, "Budi Santosa", 9))
    etpp.admin("POST", f"offices/{OFFICE}/events/{event['event_id']}/accept")
    assert changed(scene) == {scene.budi}
    assert named(scene, closed.as_of_utc) == {scene.budi}
    with etpp.database.read() as tx:
        (audited,) = verify(tx, OFFICE, {signer.key_id: signer.public_key})
    assert audited.findings == ()
