"""What the last released tables hold becomes employees, stays and hours when pay's tables are made."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from etpp.calendar.model import Hours
from etpp.calendar.store import PERIODS, SPECIAL_DAYS
from etpp.db import Database
from etpp.roster.store import ASSIGNMENTS, PLACES, Roster
from tests.contract.etpp.db.earlier import tables_of

OFFICE_DAY = "2026-01-05 01:00:00+00"
NIP_SRI, NIP_BUDI = "198503152010012007", "199001012020211001"  # the second one's is of contract staff
CALENDAR = {
    "timezone": "Asia/Makassar",
    "periods": [
        {
            "first": "2026-01-01",
            "last": None,
            "days": {"mon": ["07:30", "16:00"]},
            "late_percent": 1,
            "early_percent": 1,
        },
        {
            "first": "2026-02-18",
            "last": "2026-03-19",
            "days": {"mon": ["08:00", "15:00"]},
            "late_percent": 1,
            "early_percent": 1,
        },
    ],
    "holidays": ["2026-08-17"],
}


@pytest.fixture
def before(url: str) -> Iterator[tuple[Database, Config, sa.Connection]]:
    """The last released tables."""
    store = Database(url)
    with tables_of(store, "0007") as (config, connection):
        yield store, config, connection
    store.close()


def row(connection: sa.Connection, table: str, **values: Any) -> None:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def office(connection: sa.Connection, office_id: str, calendar: dict[str, Any]) -> None:
    values = {"name": office_id, "calendar": json.dumps(calendar), "gallery_version": 9, "attention": 0}
    row(connection, "offices", office_id=office_id, created_utc=OFFICE_DAY, **values)
    for version, day in ((1, "2026-01-05"), (2, "2026-03-02"), (3, "2026-06-30")):
        row(
            connection,
            "gallery_versions",
            office_id=office_id,
            version=version,
            issued_utc=f"{day} 20:00:00+00",  # the next day already in the office's own zone
        )


def person(
    connection: sa.Connection, office_id: str, person_id: str, nip: str | None, changed: int, **more: Any
) -> None:
    name = None if nip is None else f"nama {person_id}"
    values = {"person_id": person_id, "nip": nip, "name": name, "changed_version": changed, "erased_version": None}
    row(connection, "people", office_id=office_id, **{**values, **more})


def presence(connection: sa.Connection, office_id: str, person_id: str, utc: str) -> None:
    chain = {"device_id": "d", "chain_id": "c", "seq": 1, "event_id": person_id, "kind": "presence"}
    kept = {"hash": "0" * 64, "prev_hash": "0" * 64, "status": "accepted", "body": "{}", "received_utc": utc}
    row(connection, "events", office_id=office_id, person_id=person_id, utc=utc, **chain, **kept)


def test_a_nip_is_one_employee_who_was_in_one_office_after_the_other(
    before: tuple[Database, Config, sa.Connection],
) -> None:
    _, config, connection = before
    office(connection, "a", CALENDAR)
    office(connection, "b", CALENDAR)
    person(connection, "a", "p1", NIP_SRI, 1)
    person(connection, "b", "p2", NIP_SRI, 3)  # the same one, known there later
    person(connection, "a", "p3", NIP_BUDI, 2, erased_version=3)
    presence(connection, "a", "p3", "2026-02-10 00:30:00+00")  # before the last change of the face
    person(connection, "b", "p4", None, 1, erased_version=2)  # name and NIP were forgotten
    command.upgrade(config, "0009")
    tx = connection
    rows = connection.execute(sa.text("SELECT person_id, employee_id FROM people ORDER BY person_id")).all()
    assert [tuple(each) for each in rows] == [("p1", "p1"), ("p2", "p1"), ("p3", "p3"), ("p4", "p4")]
    assert {key: each.nip for key, each in Roster(tx).employees().items()} == {"p1": NIP_SRI, "p3": NIP_BUDI}
    assert (Roster(tx).with_number(NIP_SRI), Roster(tx).with_number(NIP_BUDI)) == ("p1", "p3")
    stays = {
        (stay.person_id, stay.office_id): (str(stay.first), None if stay.last is None else str(stay.last))
        for stay in ASSIGNMENTS.find(tx)
    }
    assert stays == {
        ("p1", "a"): ("2026-01-06", "2026-06-30"),  # until the day before b knew her
        ("p1", "b"): ("2026-07-01", None),
        ("p3", "a"): ("2026-02-10", "2026-07-01"),  # from the first presence to the erasure
        ("p4", "b"): ("2026-01-06", "2026-03-03"),
    }
    assert {(each.person_id, each.status, each.entitled, each.job_class) for each in ASSIGNMENTS.find(tx)} == {
        ("p1", "pns", False, 0),
        ("p3", "pppk", False, 0),
        ("p4", "pns", False, 0),
    }


def test_a_calendar_becomes_hours_without_overlaps_and_holidays(before: tuple[Database, Config, sa.Connection]) -> None:
    _, config, connection = before
    office(connection, "a", CALENDAR)
    office(connection, "broken", {"timezone": "Asia"})
    office(connection, "empty", {"timezone": "Asia/Jakarta", "periods": [], "holidays": ["2026-12-25"]})
    command.upgrade(config, "0009")
    usual, ramadan = Hours(dt.time(7, 30), dt.time(16)), Hours(dt.time(8), dt.time(15))
    found = {(str(p.first), str(p.last)): dict(p.days) for p in PERIODS.find(connection)}
    assert found == {
        ("2026-01-01", "2026-02-17"): {0: usual},
        ("2026-02-18", "2026-03-19"): {0: ramadan},
        ("2026-03-20", "None"): {0: usual},
    }
    assert [(day.scope, str(day.date), day.hours) for day in SPECIAL_DAYS.find(connection)] == [
        ("a", "2026-08-17", None),
        ("empty", "2026-12-25", None),
    ]
    assert {place.office_id: place.timezone for place in PLACES.find(connection)} == {
        "a": "Asia/Makassar",
        "broken": "Asia/Jakarta",
        "empty": "Asia/Jakarta",
    }


def test_and_back(before: tuple[Database, Config, sa.Connection]) -> None:
    _, config, connection = before
    office(connection, "a", CALENDAR)
    person(connection, "a", "p1", NIP_SRI, 1)
    command.upgrade(config, "0009")
    command.downgrade(config, "0007")
    assert not sa.inspect(connection).has_table("assignments")
    assert [tuple(each) for each in connection.execute(sa.text("SELECT person_id, nip FROM people"))] == [
        ("p1", NIP_SRI)
    ]
