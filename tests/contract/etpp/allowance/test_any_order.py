"""Whatever becomes known between whichever closings: in the end everybody was paid what all facts give, once.

A script of facts and closings runs through the real stores. `ALLOWANCE_SCRIPTS` says how many a database.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from etpp.absence.model import Letter, LetterDecision, LetterRevocation
from etpp.absence.store import DECISIONS, REVOCATIONS, add_letters
from etpp.activities.model import Entry, EntryStep, Weight
from etpp.activities.store import ENTRIES, STEPS, WEIGHTS
from etpp.allowance.model import Month, OfficeScore, PolicyUse, Sanction
from etpp.allowance.policy import DELIVERED, delivered_text, read_policy
from etpp.allowance.store import SANCTIONS, SCORES, USES, Closings, Policies
from etpp.books.model import ZERO_HASH, EventTime, Link
from etpp.books.store import Books
from etpp.calendar.model import Hours, RosterDay, Shift, SpecialDay
from etpp.calendar.store import ROSTER_DAYS, SHIFTS, SPECIAL_DAYS
from etpp.db import Transaction, pay_tables, recording
from etpp.faces.model import EnrolmentWord
from etpp.faces.store import WORDS
from etpp.presence.model import Correction, CorrectionDecision, ManualEntry, TimeDecision
from etpp.presence.store import CORRECTION_DECISIONS, CORRECTIONS, MANUAL_ENTRIES, TIME_DECISIONS
from etpp.roster.assignments import Acting
from etpp.roster.store import ACTINGS, ASSIGNMENTS, Roster
from tests.contract.etpp.allowance.regency import LONG_AGO, ONE, Regency, due, moved, regency
from tests.contract.etpp.running import wib

SCRIPTS = int(os.environ.get("ALLOWANCE_SCRIPTS", "1"))
OFFICES = ("a", "b", "c")
PEOPLE = {"ani": "a", "budi": "a", "citra": "b", "dewi": "b", "eko": "c"}
MONTHS = [Month(2026, 9), Month(2026, 10), Month(2026, 11), Month(2026, 12), Month(2027, 1)]

Record = Callable[[Transaction, dt.datetime], None]
"""One fact, with all that it takes to count."""


class Script:
    """Facts by chance, each about a day that is over. Those of one batch say nothing twice, so that their order is
    free."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.number = 0
        self.begins = {"a": 0, "b": self.chance.choice([0, 1]), "c": self.chance.choice([0, 1, 2])}

    def batch(self, over: int, open_events: list[tuple[str, str]]) -> list[Record]:
        """`over`: so many months are over."""
        kinds = [
            self.letter, self.letter, self.correction, self.manual, self.entry, self.returned, self.sanction,
            self.score, self.post, self.move, self.move, self.acting, self.day_off, self.roster_day, self.weight,
            self.left, self.face,
        ]  # fmt: skip
        placed: set[str] = set()
        found: list[Record] = []
        for _ in range(self.chance.randint(1, 5)):
            self.number += 1
            fact = self.chance.choice(kinds)(
                f"f{self.number}", self.day(over), self.chance.choice(list(PEOPLE)), placed
            )
            if fact is not None:
                found.append(fact)
        for who, event in open_events:
            if self.chance.random() < 0.6:
                self.number += 1
                found.append(self.time(f"f{self.number}", who, event))
        open_events.clear()
        return found

    def day(self, over: int) -> dt.date:
        month = self.chance.choice(MONTHS[:over])
        return self.chance.choice([day for day in month.dates() if day.weekday() < 5])

    def letter(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        kind = self.chance.choice(["dinas-luar", "cuti-tahunan", "cuti-sakit"])
        hours = self.chance.choice([(7, 10), (7, 17), (13, 17)])
        revoked, decided = self.chance.random() < 0.3, self.chance.random() < 0.9

        def record(tx: Transaction, now: dt.datetime) -> None:
            first, until = (wib(f"{day} {hour:02}:00") for hour in hours)
            add_letters(tx, [Letter(name, kind, "1", day, "K", (who,), first, until, "tu", now, "ab" * 32)], "tu", now)
            if decided:
                DECISIONS.add(tx, [LetterDecision(f"{name}-d", name, True, "boss", now)], "boss", now)
            if revoked:
                REVOCATIONS.add(tx, [LetterRevocation(f"{name}-r", name, "boss", now, "keliru")], "boss", now)

        return record

    def correction(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        part, approved = self.chance.choice(["arrival", "departure", "day"]), self.chance.random() < 0.8

        def record(tx: Transaction, now: dt.datetime) -> None:
            CORRECTIONS.add(tx, [Correction(name, who, day, part, None, "antre", "tu", now)], "tu", now)  # type: ignore[arg-type]
            CORRECTION_DECISIONS.add(tx, [CorrectionDecision(f"{name}-d", name, approved, "boss", now)], "boss", now)

        return record

    def manual(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        at, back = wib(f"{day} 07:2{self.chance.randrange(10)}"), self.chance.random() < 0.3

        def record(tx: Transaction, now: dt.datetime) -> None:
            entry = ManualEntry(name, who, at, "a", "listrik", "tu", now, "boss")
            MANUAL_ENTRIES.add(tx, [entry], "boss", now)
            if back:
                MANUAL_ENTRIES.withdraw(tx, [entry], "boss", now)

        return record

    def face(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        """A presence of somebody whose face waited then; by now BKPP has decided, or has not yet."""
        at = wib(f"{day} 07:1{self.chance.randrange(10)}")
        state = self.chance.choice(["waiting", "approved", "approved", "refused", "withdrawn"])
        device = self.chance.choice(["a-1", "a-1", "b-1"])

        def record(tx: Transaction, now: dt.datetime) -> None:
            for each in dict.fromkeys(["waiting", state]):
                WORDS.add(tx, [EnrolmentWord(f"{name}-e", "a", device, who, each)], "bkpp", now)  # type: ignore[arg-type]
            moment = EventTime(at, at, at, "trusted")
            at_terminal = "a", "a-1", "faces", int(name[1:]), name, "presence", ZERO_HASH, ZERO_HASH
            said = Link(*at_terminal, "accepted", None, {}, moment, None, recording(tx, now), enrolment_id=f"{name}-e")
            Books(tx).add_links([said])

        return record

    def entry(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        verified = self.chance.random() < 0.8

        def record(tx: Transaction, now: dt.datetime) -> None:
            ENTRIES.add(tx, [Entry(name, who, day, "laporan", Decimal(1), "laporan", now)], who, now)
            STEPS.add(tx, [EntryStep(f"{name}-s", name, "submitted", who, now)], who, now)
            if verified:
                STEPS.add(
                    tx, [EntryStep(f"{name}-v", name, "verified", "boss", now + dt.timedelta(seconds=1))], "b", now
                )

        return record

    def returned(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        def record(tx: Transaction, now: dt.datetime) -> None:
            table = pay_tables.entries
            if tx.execute(sa.select(table.c.entry_id).where(table.c.entry_id == f"{who}-{day}")).first():
                STEPS.add(tx, [EntryStep(name, f"{who}-{day}", "returned", "boss", now, "salah")], "boss", now)

        return record

    def sanction(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        until, percent, back = (
            day + self.chance.choice([0, 10, 40]) * ONE,
            self.chance.choice([10, 25, 100]),
            self.chance.random(),
        )

        def record(tx: Transaction, now: dt.datetime) -> None:
            said = Sanction(name, who, Decimal(percent), day, until, "SK")
            SANCTIONS.add(tx, [said], "bkpp", now)
            if back < 0.3:
                SANCTIONS.withdraw(tx, [said], "bkpp", now)

        return record

    def score(self, name: str, day: dt.date, who: str, placed: set[str]) -> Record | None:
        at = f"score-{PEOPLE[who]}-{day:%Y-%m}"
        if at in placed:
            return None
        placed.add(at)
        office, percent = PEOPLE[who], Decimal(self.chance.randrange(40, 101))

        def record(tx: Transaction, now: dt.datetime) -> None:
            SCORES.add(tx, [OfficeScore(name, office, Month(day.year, day.month), percent, now)], "bkpp", now)

        return record

    def post(self, name: str, day: dt.date, who: str, placed: set[str]) -> Record | None:
        if who in placed:
            return None
        placed.add(who)
        job_class = self.chance.randint(5, 9)

        def record(tx: Transaction, now: dt.datetime) -> None:
            held = Roster(tx).career(who).on(day)
            if held is not None:
                ASSIGNMENTS.add(tx, [replace(held, job_class=job_class)], "bkpp", now)

        return record

    def move(self, name: str, day: dt.date, who: str, placed: set[str]) -> Record | None:
        if who in placed:
            return None
        placed.add(who)
        office = self.chance.choice(OFFICES)

        def record(tx: Transaction, now: dt.datetime) -> None:
            if Roster(tx).career(who).on(day) is not None:
                moved(tx, who, office, day, now)

        return record

    def left(self, name: str, day: dt.date, who: str, placed: set[str]) -> Record | None:
        """Serves no more; or, who has left, is there again."""
        if who in placed:
            return None
        placed.add(who)

        def record(tx: Transaction, now: dt.datetime) -> None:
            last = Roster(tx).career(who).all[-1]
            ends = None if last.last is not None else max(day, last.first)
            ASSIGNMENTS.add(tx, [replace(last, last=ends)], "bkpp", now)

        return record

    def acting(self, name: str, day: dt.date, who: str, _: set[str]) -> Record:
        back = self.chance.random() < 0.4

        def record(tx: Transaction, now: dt.datetime) -> None:
            plt = Acting(name, who, "plt", 10, day, day + 20 * ONE)
            ACTINGS.add(tx, [plt], "bkpp", now)
            if back:
                ACTINGS.withdraw(tx, [plt], "bkpp", now)

        return record

    def day_off(self, name: str, day: dt.date, who: str, placed: set[str]) -> Record | None:
        if day.isoformat() in placed:
            return None
        placed.add(day.isoformat())
        scope, back = self.chance.choice([None, PEOPLE[who]]), self.chance.random() < 0.3

        def record(tx: Transaction, now: dt.datetime) -> None:
            off = SpecialDay(name, scope, day, None, "Libur", now)
            SPECIAL_DAYS.add(tx, [off], "bkpp", now)
            if back:
                SPECIAL_DAYS.withdraw(tx, [off], "bkpp", now)

        return record

    def roster_day(self, name: str, day: dt.date, who: str, placed: set[str]) -> Record | None:
        if f"{who}-{day}" in placed:
            return None
        placed.add(f"{who}-{day}")
        shift = self.chance.choice([None, "siang"])

        def record(tx: Transaction, now: dt.datetime) -> None:
            ROSTER_DAYS.add(tx, [RosterDay(name, who, day, shift, now)], "bkpp", now)

        return record

    def weight(self, name: str, day: dt.date, who: str, placed: set[str]) -> Record | None:
        if "weight" in placed:
            return None
        placed.add("weight")
        points = Decimal(self.chance.randrange(200, 400, 10))

        def record(tx: Transaction, now: dt.datetime) -> None:
            WEIGHTS.add(tx, [Weight("w1", "laporan", LONG_AGO, None, points)], "bkpp", now)

        return record

    def time(self, name: str, who: str, event: str) -> Record:
        def record(tx: Transaction, now: dt.datetime) -> None:
            utc = wib(event[len(who) + 1 : len(who) + 17]) - dt.timedelta(minutes=35)
            TIME_DECISIONS.add(tx, [TimeDecision(name, event, utc, "boss", now)], "boss", now)

        return record


def run(scene: Regency, seed: int, shuffled: int | None = None) -> None:
    """Five months of three offices, and two more closings after the last fact. `shuffled`: each batch of facts in
    another order."""
    script = Script(seed)
    policy = script.chance.choice(DELIVERED)
    with scene.record() as (tx, now):
        text = delivered_text(policy)
        Policies(tx).keep(read_policy(text), text, now)
        USES.add(tx, [PolicyUse("use", read_policy(text).sha256, MONTHS[0].first, None)], "bkpp", now)
        SHIFTS.add(tx, [Shift("siang", Hours(dt.time(12), dt.time(20)))], "bkpp", now)
    for person, office in PEOPLE.items():
        scene.person(person, office)
    uncertain: list[tuple[str, str]] = []
    closed: dict[str, int] = dict(script.begins)
    months = [*MONTHS, MONTHS[-1].following]
    for position, month in enumerate(months):
        for person in PEOPLE:
            late = {day: f"0{script.chance.randint(7, 9)}:4{script.chance.randrange(10)}" for day in (9, 16, 23)}
            scene.worked(person, month, late)
        who, day = script.chance.choice(list(PEOPLE)), script.chance.choice([8, 15, 22])
        uncertain += [(who, event) for event in scene.seen(who, f"{month.first.replace(day=day)} 07:50", sure=False)]
        for office in OFFICES:
            if script.chance.random() < 0.9:
                scene.score(office, month, script.chance.randrange(50, 101, 10))
        scene.over(month)
        last = position == len(months) - 1
        for office in script.chance.sample(OFFICES, 3):
            if not last:
                _record(scene, script.batch(position + 1, uncertain), shuffled)
            behind = not last and script.chance.random() < 0.3
            while closed[office] <= position and not behind:
                scene.close(office, months[closed[office]])
                closed[office] += 1
                if closed[office] <= position and not last:
                    _record(scene, script.batch(position + 1, uncertain), shuffled)
    month = months[-1].following
    scene.over(month)
    for office in OFFICES:
        scene.close(office, month)


def _record(scene: Regency, batch: list[Record], shuffled: int | None) -> None:
    """Each with the clock that the unshuffled one has."""
    if shuffled is not None:
        random.Random(shuffled).shuffle(batch)
    with scene.record() as (tx, now):
        for record in batch:
            record(tx, now)


def hashes(scene: Regency) -> dict[tuple[str, Month], str]:
    with scene.database.read() as tx:
        return Closings(tx).months()


@pytest.mark.long_on_postgresql
@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_in_the_end_everybody_was_paid_what_all_facts_give(url: str, seed: int) -> None:
    with regency(url, *OFFICES) as scene:
        run(scene, seed)
        paid, owed = scene.paid(), due(scene)
        assert {
            at: (paid.get(at), owed.get(at)) for at in paid.keys() | owed.keys() if paid.get(at) != owed.get(at)
        } == {}
        assert scene.findings() == []
        with scene.database.read() as tx:
            adjusted = sum(len(Closings(tx).get(*at).sealed.adjustments) for at in hashes(scene))  # type: ignore[union-attr]
        assert adjusted > 0


@pytest.mark.parametrize("seed", range(100, 100 + max(SCRIPTS // 2, 1)))
def test_the_order_of_facts_between_two_closings_changes_nothing(tmp_path: Path, seed: int) -> None:
    found = []
    for shuffled in (None, seed):
        with regency(f"sqlite:///{tmp_path}/{shuffled}.db", *OFFICES) as scene:
            run(scene, seed, shuffled)
            found.append(hashes(scene))
    assert found[0] == found[1]
