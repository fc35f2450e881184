"""What was decided before an upgrade is told to the terminals when the server starts for the first time after it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from etpp.calendar.model import Hours, Occasion, RosterDay, Shift, SpecialDay, WorkPeriod
from etpp.calendar.store import OCCASIONS, PERIODS, ROSTER_DAYS, SHIFTS, SPECIAL_DAYS
from etpp.db import Database
from etpp.roster.assignments import Assignment
from etpp.roster.model import TOLD_FORM, Employee, Office, OfficePlace
from etpp.roster.retelling import retell
from etpp.roster.store import ASSIGNMENTS, PLACES, Offices, Roster
from etpp.terminals.gallery import GalleryMaker
from etpp.terminals.model import Device
from etpp.terminals.signing import GallerySigner
from tests.contract.etpp.db.earlier import tables_of

NIPS = {"sri": "198503152010012007", "tuti": "198503152010012008", "budi": "199001012015031001"}
BEFORE = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 11, 24, 1, tzinfo=dt.UTC)
SINCE = dt.date(2026, 1, 1)
USUAL, NIGHT = Hours(dt.time(7, 30), dt.time(16)), Hours(dt.time(21), dt.time(7))
PERIOD = {"first": "2026-01-01", "last": None, "days": {"mon": ["07:30", "16:00"]}}
RATES = {"late_percent": 0.5, "early_percent": 0.5}
NEXT_YEAR = PERIOD | {"first": "2027-01-01", "late_percent": 2.0, "early_percent": 2.0}
OWN = {"timezone": "Asia/Jakarta", "periods": [PERIOD | RATES], "holidays": ["2026-12-25"]}
CALENDARS: dict[str, Any] = {
    "klinik": OWN,  # of its hours over midnight the last release could say nothing
    "dinas": OWN,
    "tunggal": OWN | {"periods": [PERIOD | RATES | {"last": "2026-12-31"}, NEXT_YEAR]},
    "rusak": {"timezone": "Asia/Jakarta", "periods": [{"first": "2026-01-01"}], "holidays": []},
}


@pytest.fixture
def upgraded(url: str) -> Iterator[Database]:
    """The last schema's data, in this release's tables."""
    store = Database(url)
    with tables_of(store, "0015") as (_, connection):
        assert "told_form" not in {each["name"] for each in sa.inspect(connection).get_columns("offices")}
        fill(connection)
    store.migrate()
    yield store
    store.close()


def row(connection: sa.Connection, table: str, **values: object) -> None:
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def fill(tx: sa.Connection) -> None:
    for office_id, calendar in CALENDARS.items():
        office = {"name": office_id, "gallery_version": 9, "attention": 0, "created_utc": BEFORE.isoformat()}
        row(tx, "offices", office_id=office_id, calendar=json.dumps(calendar), **office)
        row(tx, "gallery_versions", office_id=office_id, version=9, issued_utc=BEFORE.isoformat())
        PLACES.add(tx, [OfficePlace(office_id, None, "office", "Asia/Jakarta")], "bkpp", BEFORE)
        off = SpecialDay(f"{office_id}:natal", office_id, dt.date(2026, 12, 25), None, "", BEFORE)
        SPECIAL_DAYS.add(tx, [off], "bkpp", BEFORE)
        hours = {0: USUAL, 2: NIGHT} if office_id == "klinik" else {0: USUAL}
        last = dt.date(2026, 12, 31) if office_id == "tunggal" else None
        PERIODS.add(tx, [WorkPeriod(f"{office_id}:1", office_id, SINCE, last, hours)], "bkpp", BEFORE)
    PERIODS.add(tx, [WorkPeriod("tunggal:2", "tunggal", dt.date(2027, 1, 1), None, {0: USUAL})], "bkpp", BEFORE)
    for name, home in (("sri", "klinik"), ("tuti", "klinik"), ("budi", "dinas")):
        Roster(tx).add(Employee(name, name, None), "bkpp", BEFORE)
        post = Assignment(name, name, home, "staf", 7, "", "pns", None, SINCE)
        ASSIGNMENTS.add(tx, [post], "bkpp", BEFORE)
        face(tx, home, name)
    face(tx, "dinas", "sri")  # a guest there
    SHIFTS.add(tx, [Shift("malam", NIGHT)], "bkpp", BEFORE)
    ROSTER_DAYS.add(tx, [RosterDay("r", "sri", dt.date(2026, 12, 1), "malam", BEFORE)], "bkpp", BEFORE)
    apel = Occasion("apel", "klinik", "Apel", SINCE, None, (dt.time(7), dt.time(8)))
    OCCASIONS.add(tx, [apel], "bkpp", BEFORE)


def face(tx: sa.Connection, office_id: str, name: str) -> None:
    who = {"nip": NIPS[name], "name": name, "changed_version": 3, "employee_id": name}
    row(tx, "people", office_id=office_id, person_id=f"{office_id}-{name}", **who)


def delta(store: Database, office_id: str) -> tuple[int, Any]:
    """What a terminal that has version 9 gets: the version now, and the payload; None for nothing."""
    signer = GallerySigner(Ed25519PrivateKey.from_private_bytes(b"\7" * 32))
    device = Device(office_id, "device", b"\0" * 32, None, 0, 0, NOW, "test", {})
    with store.read() as tx:
        answer = GalleryMaker(lambda: signer, lambda _tx, _office: None).answer(tx, device, 9)
    if answer is None:
        return 9, None
    document = json.loads(answer[0])
    return document["manifest"]["version"], document["payload"]


def test_the_terminals_get_what_was_decided_before_the_upgrade(upgraded: Database) -> None:
    assert [delta(upgraded, office) for office in CALENDARS] == [(9, None)] * 4
    retell(upgraded, NOW)
    version, payload = delta(upgraded, "klinik")
    assert version == 10
    (period,) = payload["office"]["calendar"]["periods"]
    assert period["nights"] == {"wed": ["21:00", "07:00"]}
    assert (period["late_percent"], period["early_percent"]) == (0.5, 0.5)
    assert [each["name"] for each in payload["office"]["calendar"]["occasions"]] == ["Apel"]
    (sri,) = payload["people"]  # Tuti works by the office's hours
    assert sri["roster"]["days"] == {"2026-12-01": "malam"}
    version, payload = delta(upgraded, "dinas")
    assert version == 10
    (guest,) = payload["people"]
    assert (guest["name"], guest["roster"]["elsewhere"]) == ("sri", [["2026-11-21", None]])


def test_what_an_office_says_itself_stays_with_all_that_it_costs(upgraded: Database) -> None:
    retell(upgraded, NOW)
    with upgraded.read() as tx:
        own = Offices(tx).get("tunggal")
    assert own is not None
    assert (own.gallery_version, own.calendar) == (9, CALENDARS["tunggal"])


def test_a_calendar_that_contradicts_itself_keeps_no_server_from_starting(
    upgraded: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with upgraded.begin() as tx:
        PERIODS.add(tx, [WorkPeriod("again", "klinik", SINCE, None, {0: USUAL})], "bkpp", BEFORE)
    retell(upgraded, NOW)
    assert len([each for each in caplog.records if "of one scope overlap" in each.message]) == len(CALENDARS)
    with upgraded.read() as tx:
        assert Offices(tx).told_before(TOLD_FORM) == sorted(CALENDARS)


def test_it_is_done_once_and_what_could_not_be_done_is_tried_again(
    upgraded: Database, caplog: pytest.LogCaptureFixture
) -> None:
    retell(upgraded, NOW)
    assert [each.message for each in caplog.records if "rusak" in each.message] != []
    with upgraded.begin() as tx:
        assert Offices(tx).told_before(TOLD_FORM) == ["rusak"]
        Offices(tx).set_calendar("rusak", "rusak", OWN)
    for _ in range(2):
        retell(upgraded, NOW)
        assert [delta(upgraded, office)[0] for office in CALENDARS] == [10, 10, 9, 9]
    with upgraded.begin() as tx:
        Offices(tx).add(Office("baru", "baru", OWN, 1), NOW)
        assert Offices(tx).told_before(TOLD_FORM) == []
