"""A small regency straight in the real stores: offices, people who come and go, and closings, without a server.

Everything is recorded through the rooms' own stores, at a clock that a test moves.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.activities.store import ENTRIES, ITEMS, STEPS, WEIGHTS
from etpp.allowance import month as months
from etpp.allowance.adjust import Adjustment
from etpp.allowance.audit import Finding, verify
from etpp.allowance.closing import Closing
from etpp.allowance.model import Month, OfficeScore
from etpp.allowance.seal import Despite
from etpp.allowance.store import SCORES, Closings
from etpp.base.money import ZERO
from etpp.books.model import ZERO_HASH, ChainHead, EventTime, Link
from etpp.books.store import Books
from etpp.calendar.model import Hours, WorkPeriod
from etpp.calendar.store import PERIODS
from etpp.db import Database, Transaction, recording
from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee, Office, OfficePlace, Person
from etpp.roster.store import ASSIGNMENTS, PLACES, Offices, People, Roster
from etpp.terminals.model import Device
from etpp.terminals.signing import GallerySigner
from etpp.terminals.store import Devices
from tests.contract.etpp.running import wib

ONE = dt.timedelta(days=1)
LONG_AGO = dt.date(2020, 1, 1)
SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (Month(2026, n) for n in (9, 10, 11, 12))
BOSS = "kepala"


@dataclass
class Regency:
    database: Database
    signer: GallerySigner
    now: dt.datetime = field(default_factory=lambda: wib("2026-09-01 06:00"))
    seq: int = 0
    silent: set[str] = field(default_factory=set)
    """Terminals that report nothing."""

    @contextmanager
    def record(self) -> Iterator[tuple[Transaction, dt.datetime]]:
        """A transaction of its own, a second after the last."""
        self.now += dt.timedelta(seconds=1)
        with self.database.begin() as tx:
            yield tx, self.now

    def office(self, office_id: str, terminals: Sequence[str] = ("1",)) -> None:
        with self.record() as (tx, now):
            calendar = {"timezone": "Asia/Jakarta", "periods": [], "holidays": []}
            Offices(tx).add(Office(office_id, office_id.upper(), calendar, 1), now)
            PLACES.add(tx, [OfficePlace(office_id, None, "office", "Asia/Jakarta")], "bkpp", now)
            for name in terminals:
                self.terminal(tx, office_id, name, now)

    def terminal(self, tx: Transaction, office_id: str, name: str, now: dt.datetime) -> None:
        device = f"{office_id}-{name}"
        Devices(tx).add(Device(office_id, device, b"\0" * 32, None, 0, 0, now, "test", {}))
        Books(tx).lock_chain(office_id, device, "c", now)

    def reported(self, until: dt.datetime) -> None:
        """All terminals that are not silent have reported up to a moment."""
        with self.record() as (tx, _):
            for device in Devices(tx).all():
                if device.device_id in self.silent:
                    continue
                head = ChainHead(device.device_id, "c", self.seq, ZERO_HASH, until)
                Books(tx).set_head(device.office_id, head)

    def person(self, person: str, office_id: str, first: dt.date = LONG_AGO, **post: object) -> Assignment:
        """Somebody with a face at every office, who serves at one."""
        with self.record() as (tx, now):
            Roster(tx).add(Employee(person, person.title(), None), "bkpp", now)
            for office in Offices(tx).all():
                People(tx).add(Person(office.office_id, f"{office.office_id}-{person}", person, None, person, 1))
            values = {"post_id": "staf", "job_class": 7, "rank": "III/c", "status": "pns", "superior_id": None}
            held = Assignment(f"{person}-1", person, office_id, first=first, **(values | post))  # type: ignore[arg-type]
            ASSIGNMENTS.add(tx, [held], "bkpp", now)
        return held

    def seen(self, person: str, *local: str, office_id: str | None = None, sure: bool = True) -> list[str]:
        """Presences at local times, received now; their ids. Not `sure`: it may have been two hours earlier."""
        with self.record() as (tx, now):
            received = recording(tx, now)
            links = []
            for text in local:
                at = wib(text)
                held = Roster(tx).career(person).on(at.date())
                office = office_id or (held.office_id if held is not None else "a")
                self.seq += 1
                time = EventTime(at, at if sure else at - dt.timedelta(hours=2), at, "trusted" if sure else "uncertain")
                event = f"{person}-{text}-{self.seq}"
                at_terminal = (office, f"{office}-1", "c", self.seq, event, "presence", ZERO_HASH, ZERO_HASH)
                links.append(Link(*at_terminal, "accepted", None, {}, time, f"{office}-{person}", received))
            Books(tx).add_links(links)
        return [each.event_id for each in links]

    def worked(self, person: str, month: Month, late: Mapping[int, str] | None = None) -> None:
        """In time on every weekday but those `late`, with 300 points but on the first two, submitted and verified: so
        few that each per cent of them counts."""
        days = [day for day in month.dates() if day.weekday() < 5]
        times = [(f"{day} {(late or {}).get(day.day, '07:20')}", f"{day} 16:40") for day in days]
        self.seen(person, *(each for pair in times for each in pair))
        with self.record() as (tx, now):
            made = [Entry(f"{person}-{day}", person, day, "laporan", Decimal(1), "laporan", now) for day in days[2:]]
            ENTRIES.add(tx, made, person, now)
            STEPS.add(tx, [EntryStep(f"{e.entry_id}-s", e.entry_id, "submitted", person, now) for e in made], "x", now)
            later = now + dt.timedelta(seconds=1)
            STEPS.add(tx, [EntryStep(f"{e.entry_id}-v", e.entry_id, "verified", BOSS, later) for e in made], "x", now)

    def score(self, office_id: str, month: Month, percent: int = 100) -> None:
        with self.record() as (tx, now):
            score = OfficeScore(f"s-{office_id}-{month}-{percent}-{now}"[:64], office_id, month, Decimal(percent), now)
            SCORES.add(tx, [score], "bkpp", now)

    def moved(self, person: str, office_id: str, first: dt.date) -> None:
        """As the roster says it: the stay held on that day ends before, and another begins."""
        with self.record() as (tx, now):
            moved(tx, person, office_id, first, now)

    def over(self, month: Month) -> None:
        """The morning after a month; everything is reported."""
        self.now = max(self.now, wib(f"{month.following.first} 08:00"))
        self.reported(self.now)

    def reckoned(self, office_id: str, month: Month) -> months.Reckoned:
        with self.database.read() as tx:
            return months.reckon(tx, office_id, month, self.now)

    def close(self, office_id: str, month: Month) -> Closing:
        """Checked, and closed with what is open by two people."""
        with self.record() as (tx, now):
            matters = months.check(tx, office_id, month, BOSS, now).open
        with self.record() as (tx, now):
            despite = Despite(matters, ("bkpp", "sekda")) if matters else None
            return months.close(tx, self.signer, office_id, month, "bkpp", now, despite)

    def findings(self) -> list[Finding]:
        """What an audit of all offices finds, but for the events, which no terminal has hashed here."""
        with self.database.read() as tx:
            found = []
            for office in Offices(tx).all():
                for each in verify(tx, office.office_id, {self.signer.key_id: self.signer.public_key}):
                    found += [finding for finding in each.findings if finding.what != "event"]
        return found

    def paid(self) -> dict[tuple[str, Month, str], Decimal]:
        """(person, month, line) -> all that was ever paid and taken back, added up by hand; without what is nothing."""
        found: dict[tuple[str, Month, str], Decimal] = {}

        def add(person: str, month: Month, key: str, amount: Decimal) -> None:
            found[person, month, key] = found.get((person, month, key), ZERO) + amount

        with self.database.read() as tx:
            for office in Offices(tx).all():
                for closed in Closings(tx).of_office(office.office_id):
                    for document in Closings(tx).documents(office.office_id, closed.sealed.month).values():
                        for line in document["lines"]:
                            add(document["person_id"], closed.sealed.month, line["key"], Decimal(line["amount"]))
                    for each in closed.sealed.adjustments:
                        add(each.person_id, each.month, each.key, each.amount)
        return {at: amount for at, amount in found.items() if amount}

    def net(self, person: str, month: Month) -> Decimal:
        return sum((amount for at, amount in self.paid().items() if at[:2] == (person, month)), ZERO)


def moved(tx: Transaction, person: str, office_id: str, first: dt.date, now: dt.datetime) -> None:
    career = Roster(tx).career(person)
    held = career.on(first)
    assert held is not None
    new = Assignment(
        f"{person}-{office_id}-{first}-{now:%d%H%M%S}",
        person,
        office_id,
        held.post_id,
        held.job_class,
        held.rank,
        held.status,
        None,
        first,
        held.last,
    )
    if held.first == first:
        ASSIGNMENTS.withdraw(tx, [held], "bkpp", now)
    else:
        ended = {name: getattr(held, name) for name in held.__dataclass_fields__} | {"last": first - ONE}
        ASSIGNMENTS.add(tx, [Assignment(**ended)], "bkpp", now)
    ASSIGNMENTS.add(tx, [new], "bkpp", now)


@contextmanager
def regency(url: str, *offices: str) -> Iterator[Regency]:
    """Hours from 07:30 to 16:00 on weekdays, and one activity of 300 points."""
    database = Database(url)
    database.migrate()
    try:
        made = Regency(database, GallerySigner(Ed25519PrivateKey.from_private_bytes(b"\7" * 32)))
        for office in offices:
            made.office(office)
        with made.record() as (tx, now):
            usual = {day: Hours(dt.time(7, 30), dt.time(16)) for day in range(5)}
            PERIODS.add(tx, [WorkPeriod("hours", None, LONG_AGO, None, usual)], "bkpp", now)
            ITEMS.add(tx, [Item("laporan", "Laporan", "dokumen", LONG_AGO, None)], "bkpp", now)
            WEIGHTS.add(tx, [Weight("w1", "laporan", LONG_AGO, None, Decimal(300))], "bkpp", now)
        yield made
    finally:
        database.close()


def due(regency: Regency) -> dict[tuple[str, Month, str], Decimal]:
    """(person, month, line) -> what should have been paid in total, by today's facts: every month of every person once,
    at the office where it was served last. Slow and obvious: everything is made anew."""
    found: dict[tuple[str, Month, str], Decimal] = {}
    adjusted: set[tuple[str, Month]] = set()
    with regency.database.read() as tx:
        closed = sorted({(each.office_id, each.month) for each in Closings(tx).made()})
        begun = {office: min(month for at, month in closed if at == office) for office, _ in closed}
        listed = {(person, month) for office, month in closed for person in Closings(tx).documents(office, month)}
        for office, _ in closed:
            for sealed in (each.sealed for each in Closings(tx).of_office(office)):
                adjusted |= {(each.person_id, each.month) for each in sealed.adjustments}
        for month in sorted({month for _, month in closed}):
            for office in sorted(begun):
                for statement in months.reckon(tx, office, month, regency.now).statements:
                    person = statement.person_id
                    before = (person, month) in adjusted or any(who == person and of <= month for who, of in listed)
                    if (office, month) in closed or (begun[office] > month and before):
                        for line in statement.lines:
                            at = person, month, line.key
                            assert at not in found, "two offices have the same month of one person"
                            found[at] = line.amount
    return {at: amount for at, amount in found.items() if amount}


def of_month(found: Sequence[Adjustment], month: Month) -> Decimal:
    return sum((each.amount for each in found if each.month == month), ZERO)
