"""A small regency that has worked for two months before the demo begins: `python -m demo.regency STATE`.

Three offices and thirty people with fictional names; their terminals' presences as those would have sent them, letters,
activities and scores; last month checked, closed and signed, this month open. Everything goes in through the rooms of
e-TPP, as it would have at the time.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.office import PEOPLE
from demo.server import OFFICE_ID, OFFICE_NAME
from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import DECISIONS, add_letters
from etpp.accounts import service as accounts
from etpp.accounts.store import Accounts
from etpp.activities.model import Entry, EntryStep, Item, Weight
from etpp.activities.store import ENTRIES, ITEMS, STEPS, WEIGHTS
from etpp.allowance import month as months
from etpp.allowance.model import Month, OfficeScore
from etpp.allowance.store import SCORES
from etpp.books import intake, wire
from etpp.books.arrivals import examine
from etpp.calendar.proposals import propose_days_off
from etpp.db import Database, Transaction
from etpp.roster import register
from etpp.roster.assignments import Assignment
from etpp.roster.store import ASSIGNMENTS, Roster
from etpp.state import State
from etpp.terminals.model import Device
from etpp.terminals.store import Devices
from kiosk.journal.outbox import uuid7
from kiosk.model import (
    DLIB_RESNET_V1,
    ClockState,
    DeviceId,
    Direction,
    Liveness,
    LivenessVerdict,
    Located,
    Match,
    Moment,
    PersonId,
    PresenceDraft,
)
from kiosk.wire.codec import digest
from kiosk.wire.events import NO_HASH, event_body, time_json

ZONE = ZoneInfo("Asia/Jakarta")
OFFICES = {
    OFFICE_ID: OFFICE_NAME,
    "demo-kesehatan": "Puskesmas Contoh",
    "demo-sekolah": "Sekolah Dasar Negeri Contoh",
}
PEOPLE_EACH = 10
NAMES = """
Adi Agus Ani Bambang Budi Citra Dewi Dian Eko Endah Fajar Gita Hadi Hesti Indra Joko Kartika Lestari Mega Nanang Nur
Putri Rahmat Ratna Rini Sari Slamet Tri Wahyu Yuni
"""
LAST_NAME = "Contoh"
ITEMS_OF_WORK = {
    "laporan": ("Menyusun laporan", "dokumen", 120),
    "pelayanan": ("Melayani masyarakat", "orang", 15),
    "rapat": ("Mengikuti rapat", "kali", 60),
    "surat": ("Menyusun surat dinas", "surat", 40),
}
OPERATOR, HEAD = "operator", "kepala"
EVENING = dt.time(17, 30)
MINUTE = dt.timedelta(minutes=1)
BOOT = "6f5c1c52-9d0d-4a5b-8f2e-1d2f3a4b5c6d"
PERMITS = (("izin-terlambat", dt.time(7), dt.time(10)), ("izin-pulang", dt.time(14), dt.time(17)))


@dataclass
class Terminal:
    """An office's terminal as it was: what it recorded, in one chain."""

    device: Device
    chain_id: str
    seq: int = 0
    hash: str = NO_HASH

    def presence(self, person_id: str, at: dt.datetime, direction: Direction) -> dict[str, object]:
        self.seq += 1
        draft = PresenceDraft(
            PersonId(person_id),
            direction,
            Match(PersonId(person_id), 4.6, 1.9, 3.0, 3, "accepted"),
            LivenessVerdict(Liveness.LIVE, 0.97, "passive"),
            DLIB_RESNET_V1,
            1,
        )
        moment = Moment(at, BOOT, int(at.timestamp() * 1000) % 10**9, ClockState.SYNCHRONISED)
        body = event_body(
            draft,
            moment,
            event_id=uuid7(at),
            device_id=DeviceId(self.device.device_id),
            chain_id=self.chain_id,
            seq=self.seq,
            prev_hash=self.hash,
        )
        self.hash = digest(body)
        located = Located(at, at - dt.timedelta(seconds=1), at + dt.timedelta(seconds=1), "trusted")
        return {"event": {**body, "hash": self.hash}, "time": time_json(located)}


class Builder:
    """Puts one thing after the other into the books, each at its time."""

    def __init__(self, tx: Transaction, state: State, now: dt.datetime) -> None:
        self.tx = tx
        self.state = state
        self.now = now
        self.chance = random.Random(20261001)
        self.closed = _closed(now)
        self.begun = _at(self.closed.first - dt.timedelta(days=3), dt.time(9))
        self.people: dict[str, list[Assignment]] = {office: [] for office in OFFICES}
        self.faces: dict[str, str] = {}
        self.terminals: dict[str, Terminal] = {}

    def build(self) -> None:
        years = {self.closed.year, self.now.astimezone(ZONE).year}
        off = [str(day.date) for year in sorted(years) for day in propose_days_off(year)]
        calendar = register.first_calendar(ZONE.key, self.closed.first)
        for office, name in OFFICES.items():
            register.add_office(self.tx, office, name, {**calendar, "holidays": off}, self.begun)
            self._terminal(office)
        self._catalogue()
        for office in OFFICES:
            self._people(office)
        working = [day for day in self._days() if str(day) not in off]
        for office in OFFICES:
            self._letters(office, working)
        for month in sorted({(day.year, day.month) for day in working}):
            days = [day for day in working if (day.year, day.month) == month]
            for office in OFFICES:
                self._presences(office, days)
                self._activities(office, days)
        self._close()
        self._write_off(OFFICE_ID)

    def _days(self) -> list[dt.date]:
        """Weekdays from the closed month's first to yesterday."""
        yesterday = self.now.astimezone(ZONE).date() - dt.timedelta(days=1)
        span = (yesterday - self.closed.first).days + 1
        days = (self.closed.first + dt.timedelta(days=n) for n in range(span))
        return [day for day in days if day.weekday() < 5]

    def _terminal(self, office: str) -> None:
        key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
        device = Device(office, str(uuid.uuid4()), key, None, 1, 1, self.begun, "demo", {}, last_seen_utc=self.begun)
        Devices(self.tx).add(device)
        self.terminals[office] = Terminal(device, str(uuid.uuid4()))

    def _catalogue(self) -> None:
        first = dt.date(self.closed.year, 1, 1)
        items = [Item(key, name, unit, first, None) for key, (name, unit, _) in ITEMS_OF_WORK.items()]
        weights = [Weight(f"bobot-{key}", key, first, None, Decimal(w)) for key, (_, _, w) in ITEMS_OF_WORK.items()]
        ITEMS.add(self.tx, items, OPERATOR, self.begun)
        WEIGHTS.add(self.tx, weights, OPERATOR, self.begun)

    def _people(self, office: str) -> None:
        known = [(nip, name) for nip, name, _ in PEOPLE.values()] if office == OFFICE_ID else []
        place = list(OFFICES).index(office) * PEOPLE_EACH
        invented = [
            (_nip(place + n), f"{NAMES.split()[place + n]} {LAST_NAME}") for n in range(PEOPLE_EACH - len(known))
        ]
        superior = None
        for number, (nip, name) in enumerate([*known, *invented]):
            face = register.add_person(self.tx, office, nip, name, self.begun)
            (stay,) = Roster(self.tx).career(face.employee_id).all
            head = number == PEOPLE_EACH - 1
            post = Assignment(
                stay.assignment_id,
                face.employee_id,
                office,
                "kepala" if head else "pelaksana",
                11 if head else 6 + number % 3,
                "IV/a" if head else "III/b",
                "pns",
                superior,
                self.closed.first,
            )
            ASSIGNMENTS.add(self.tx, [post], OPERATOR, self.begun)
            self.people[office].append(post)
            self.faces[face.employee_id] = face.person_id

    def _letters(self, office: str, working: list[dt.date]) -> None:
        """Each month somebody is late with a permit, and somebody leaves early with one."""
        for month in sorted({(day.year, day.month) for day in working}):
            days = [day for day in working if (day.year, day.month) == month]
            for kind, first, until in PERMITS:
                day, who = self.chance.choice(days), self.chance.choice(self.people[office]).person_id
                at = _at(day, dt.time(6))
                number = f"800/{self.chance.randint(100, 999)}/{day.year}"
                letter = Letter(
                    str(uuid.UUID(int=self.chance.getrandbits(128))),
                    kind,
                    number,
                    day,
                    "Kepala",
                    (who,),
                    _at(day, first),
                    _at(day, until),
                    who,
                    at,
                )
                add_letters(self.tx, [letter], who, at)
                decision = LetterDecision(str(uuid.uuid4()), letter.letter_id, True, HEAD, at)
                DECISIONS.add(self.tx, [decision], HEAD, at)

    def _presences(self, office: str, days: list[dt.date]) -> None:
        terminal = self.terminals[office]
        items = []
        for day in days:
            seen = []
            for post in self.people[office]:
                if self.chance.random() < 0.01:
                    continue  # absent
                face = self.faces[post.person_id]
                seen.append((_at(day, dt.time(7, 10), self.chance.gauss(0, 9)), face, Direction.ARRIVAL))
                seen.append((_at(day, dt.time(16, 40), self.chance.gauss(0, 6)), face, Direction.DEPARTURE))
            items += [terminal.presence(face, at, way) for at, face, way in sorted(seen)]
        came = min(_at(days[-1], EVENING), self.now)
        reported = wire.ReportedThrough(chain_id=terminal.chain_id, seq=terminal.seq, utc=_at(days[-1], dt.time(17)))
        arrivals = examine(items, terminal.device.device_id)
        intake.take(self.tx, terminal.device, arrivals, terminal.chain_id, reported, came)

    def _activities(self, office: str, days: list[dt.date]) -> None:
        for post in self.people[office]:
            made, steps = [], []
            for day in days:
                at = min(_at(day, EVENING), self.now)
                for item, quantity in (("laporan", 1), ("rapat", 1), ("pelayanan", self.chance.randint(5, 10))):
                    entry = Entry(
                        str(uuid.UUID(int=self.chance.getrandbits(128))),
                        post.person_id,
                        day,
                        item,
                        Decimal(quantity),
                        ITEMS_OF_WORK[item][0],
                        at,
                    )
                    made.append(entry)
                    steps.append(EntryStep(str(uuid.uuid4()), entry.entry_id, "submitted", post.person_id, at))
                    steps.append(EntryStep(str(uuid.uuid4()), entry.entry_id, "verified", HEAD, at + MINUTE))
            ENTRIES.add(self.tx, made, post.person_id, made[-1].entered_utc)
            STEPS.add(self.tx, steps, HEAD, made[-1].entered_utc + MINUTE)

    def _close(self) -> None:
        at = _closing_time(self.closed)
        for office in OFFICES:
            percent = Decimal(self.chance.randint(90, 100))
            SCORES.add(self.tx, [OfficeScore(str(uuid.uuid4()), office, self.closed, percent, at)], OPERATOR, at)
            months.check(self.tx, office, self.closed, HEAD, at)
            months.close(self.tx, self.state.keys.now().signer, office, self.closed, "bkpp", at)

    def _write_off(self, office: str) -> None:
        """The demo's own terminal takes the place of the one before."""
        device = self.terminals[office].device
        Devices(self.tx).revoke(device, self.now)
        Devices(self.tx).write_off(device, self.now)


def build(folder: Path, now: dt.datetime) -> None:
    """A new server's state folder and SQLite database."""
    state = State(folder)
    database = Database(folder / "etpp.db")
    database.migrate()
    accounts.first_administrator(database, state.secrets, now)
    with database.begin() as tx:
        builder = Builder(tx, state, now)
        builder.build()
        first, whose = Accounts(tx).all()[0], builder.people[OFFICE_ID][-1]
        accounts.bind(tx, first.account_id, whose.person_id)  # of whom nobody says who they are may only read
    database.close()


def local_month(utc: str) -> str:
    """Of a moment in the books' form, such as 2026-11-30T23:30:00.000Z: the month in the demo's zone."""
    return dt.datetime.fromisoformat(utc).astimezone(ZONE).strftime("%Y-%m")


def _closed(now: dt.datetime) -> Month:
    """The last month that could be closed by now."""
    today = now.astimezone(ZONE).date()
    last = today.replace(day=1) - dt.timedelta(days=1)
    month = Month(last.year, last.month)
    if _closing_time(month) < now:
        return month
    before = month.first - dt.timedelta(days=1)
    return Month(before.year, before.month)


def _closing_time(month: Month) -> dt.datetime:
    return _at(month.last + dt.timedelta(days=1), dt.time(10))


def _at(day: dt.date, time: dt.time, more_minutes: float = 0) -> dt.datetime:
    moment = dt.datetime.combine(day, time, ZONE) + dt.timedelta(minutes=more_minutes)
    return moment.astimezone(dt.UTC).replace(microsecond=0)


def _nip(number: int) -> str:
    """Of somebody born in 1980 and appointed in 2006, who does not exist."""
    return f"1980{1 + number % 12:02}{1 + number % 28:02}200601{1 + number % 2}{100 + number:03}"


if __name__ == "__main__":
    build(Path(sys.argv[1]), dt.datetime.now(dt.UTC))
