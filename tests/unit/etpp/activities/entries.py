"""Activities for the tests of every room that counts points."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from etpp.activities.catalogue import Catalogue
from etpp.activities.model import Entry, EntryStep, Item, Step, Weight
from tests.unit.etpp.calendar.calendars import local

LONG_AGO = dt.date(2020, 1, 1)
DAY = dt.date(2026, 11, 24)

ITEMS = (
    Item("letter", "Membuat surat", "surat", LONG_AGO, None),
    Item("visit", "Kunjungan lapangan", "kunjungan", LONG_AGO, None, most_a_day=Decimal(2)),
    Item("old", "Mengetik stensil", "lembar", LONG_AGO, dt.date(2021, 12, 31)),
    Item("unpaid", "Tanpa bobot", "kali", LONG_AGO, None),
)
WEIGHTS = (
    Weight("w-letter", "letter", LONG_AGO, None, Decimal("12.5")),
    Weight("w-letter-9", "letter", LONG_AGO, None, Decimal(20), job_class=9),
    Weight("w-letter-head", "letter", LONG_AGO, None, Decimal(30), post_id="head"),
    Weight("w-visit", "visit", LONG_AGO, dt.date(2026, 11, 30), Decimal(100)),
    Weight("w-visit-2", "visit", dt.date(2026, 12, 1), None, Decimal(90)),
    Weight("w-old", "old", LONG_AGO, None, Decimal(1)),
)
CATALOGUE = Catalogue(ITEMS, WEIGHTS)


def entry(entry_id: str = "e", quantity: object = 1, date: dt.date = DAY, **more: object) -> Entry:
    values = {"item_id": "letter", "note": "surat undangan rapat", "entered_utc": local(f"{date} 15:00"), **more}
    return Entry(entry_id=entry_id, person_id="ani", date=date, quantity=Decimal(str(quantity)), **values)


def step(kind: Step, at: str, by: str = "", entry_id: str = "e") -> EntryStep:
    by = by or ("ani" if kind in ("submitted", "withdrawn") else "boss")
    return EntryStep(f"{entry_id}-{kind}-{at}-{by}", entry_id, kind, by, local(at))


def verified(entry_id: str = "e", date: dt.date = DAY) -> list[EntryStep]:
    return [step("submitted", f"{date} 15:05", entry_id=entry_id), step("verified", f"{date} 16:00", entry_id=entry_id)]
