"""What was enrolled before there were several recognisers stays as it was; what no terminal could ever use goes."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from etpp.db import Database
from etpp.db.tables import DLIB_RESNET_V1
from etpp.faces.choice import counting
from etpp.faces.model import Template
from etpp.faces.store import Enrolments, Templates
from tests.contract.etpp.db.earlier import tables_of

NOW = "2026-11-24 01:00:00+00"
FACE = struct.pack("<128f", *(0.1,) * 128)


@pytest.fixture(params=["0009", "0010"])
def before(url: str, request: pytest.FixtureRequest) -> Iterator[tuple[Config, sa.Connection]]:
    """The tables of an earlier release, with faces in them."""
    store = Database(url)
    with tables_of(store, request.param) as (config, connection):
        fill(connection)
        yield config, connection
    store.close()


def row(connection: sa.Connection, table: str, **values: object) -> None:
    names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def fill(connection: sa.Connection) -> None:
    office = {"name": "A", "calendar": "{}", "gallery_version": 1, "attention": 0, "created_utc": NOW}
    row(connection, "offices", office_id="a", **office)
    who = {"nip": "198503152010011007", "name": "Sri", "changed_version": 1, "employee_id": "p"}
    row(connection, "people", office_id="a", person_id="p", **who)
    for name, model_id in (("t1", DLIB_RESNET_V1), ("t2", "of-another-kind")):
        row(connection, "templates", office_id="a", template_id=name, person_id="p", model_id=model_id, descriptor=FACE)
    empty = {"device_id": "d", "qualities": "[]", "consent": "{}", "received_utc": NOW}
    for event, model_id, state, face in (
        ("e1", DLIB_RESNET_V1, "pending", FACE * 3),
        ("e2", "of-another-kind", "pending", FACE),
        ("e3", DLIB_RESNET_V1, "approved", b""),
    ):
        row(
            connection,
            "enrolments",
            office_id="a",
            event_id=event,
            model_id=model_id,
            state=state,
            descriptors=face,
            **empty,
        )


def test_what_there_is_goes_on_as_it_was(before: tuple[Config, sa.Connection]) -> None:
    config, connection = before
    command.upgrade(config, "head")
    assert Templates(connection).all("a") == [Template("t1", "p", DLIB_RESNET_V1, FACE)]
    waits, refused, decided = Enrolments(connection).search()
    assert (waits.state, dict(waits.faces)) == ("pending", {DLIB_RESNET_V1: [FACE] * 3})
    assert (refused.state, refused.decided_by, dict(refused.faces)) == ("rejected", "upgrade", {})
    assert (decided.state, decided.decided_by, dict(decided.faces)) == ("approved", None, {})
    assert waits.received_utc == dt.datetime(2026, 11, 24, 1, tzinfo=dt.UTC)
    assert counting(connection, "a") == DLIB_RESNET_V1


def test_a_way_back_hands_out_nothing_that_an_earlier_release_cannot_use(before: tuple[Config, sa.Connection]) -> None:
    config, connection = before
    command.upgrade(config, "head")
    Templates(connection).replace(
        "a", "p", [Template("t1", "p", DLIB_RESNET_V1, FACE), Template("t3", "p", "fp-112", FACE)]
    )
    command.downgrade(config, "0010")
    rows = connection.execute(sa.text("SELECT template_id, model_id FROM templates")).all()
    assert [tuple(each) for each in rows] == [("t1", DLIB_RESNET_V1)]
