"""What every Outbox promises: the one on disk and its fake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.journal.outbox import SqliteOutbox
from kiosk.model import DeviceId, Direction, PersonId
from kiosk.ports import Outbox
from tests.unit.kiosk.journal import records
from tests.unit.kiosk.journal.fake_outbox import FakeOutbox
from tests.unit.kiosk.machine.fake_clock import FakeClock


@pytest.fixture(params=["sqlite", "fake"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outbox]:
    if request.param == "fake":
        yield FakeOutbox()
        return
    journal = SqliteOutbox(tmp_path / "outbox.sqlite", DeviceId("device-1"), key=bytes(32)).open()
    yield journal
    journal.close()


def test_events_are_numbered_and_linked(outbox: Outbox) -> None:
    clock = FakeClock()
    events = [
        outbox.append(draft, clock.now()) for draft in (records.presence(), records.attack(), records.enrolment())
    ]
    assert [event.seq for event in events] == [1, 2, 3]
    assert [event.kind for event in events] == ["presence", "attack", "enrolment"]
    assert events[0].body["prev_hash"] == "0" * 64
    assert [event.body["prev_hash"] for event in events[1:]] == [event.hash for event in events[:2]]
    assert len({event.chain_id for event in events}) == 1
    assert [event.person_id for event in events] == ["p-1", None, None]


def test_the_newest_presence_of_a_person_is_remembered(outbox: Outbox) -> None:
    clock = FakeClock()
    assert records.newest(outbox, PersonId("p-1")) is None
    outbox.append(records.presence("p-1"), clock.now())
    outbox.append(records.presence("p-2"), clock.now())
    clock.advance(3600)
    outbox.append(records.presence("p-1", Direction.DEPARTURE), clock.now())
    last = records.newest(outbox, PersonId("p-1"))
    assert last is not None
    assert (last.direction, last.moment) == (Direction.DEPARTURE, clock.now())
    other = records.newest(outbox, PersonId("p-2"))
    assert other is not None
    assert other.direction is Direction.ARRIVAL


def test_a_persons_presences_are_given_newest_first_as_far_back_as_is_asked(outbox: Outbox) -> None:
    clock = FakeClock()
    times = []
    for direction in (Direction.ARRIVAL, Direction.ARRIVAL, Direction.DEPARTURE):
        outbox.append(records.presence("p-1", direction), clock.now())
        outbox.append(records.presence("p-2"), clock.now())
        times.append(clock.now().wall_utc)
        clock.advance(3600)
    found = outbox.presences(PersonId("p-1"), times[1])
    assert [(each.direction, each.moment.wall_utc) for each in found] == [
        (Direction.DEPARTURE, times[2]),
        (Direction.ARRIVAL, times[1]),
    ]
    assert outbox.presences(PersonId("p-1"), times[2] + dt.timedelta(seconds=1)) == found[:1], "the newest at any rate"
    assert outbox.presences(PersonId("p-3"), times[0]) == []
    assert len(outbox.presences(PersonId("p-1"), times[0])) == 3


def test_what_waits_is_counted(outbox: Outbox) -> None:
    clock = FakeClock()
    assert outbox.queue_state().waiting == 0
    assert outbox.queue_state().oldest_waiting_utc is None
    outbox.append(records.presence(), clock.now())
    clock.advance(60)
    outbox.append(records.presence(), clock.now())
    state = outbox.queue_state()
    assert (state.waiting, state.parked, state.oldest_waiting_utc) == (2, 0, FakeClock().wall)


def test_counters_take_any_name(outbox: Outbox) -> None:
    outbox.count("refused_by_person")
    outbox.count("refused_by_person")
