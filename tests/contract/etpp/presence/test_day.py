"""The day's book over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime as dt

from etpp.faces import moving
from etpp.roster.moving import leave
from etpp.roster.store import People
from tests.contract.etpp.client import time_of
from tests.contract.etpp.running import OFFICE, Running, wib


def test_the_day_shows_arrival_departure_and_minutes(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    for text in ("2026-11-24 07:42", "2026-11-24 12:00", "2026-11-24 15:45"):
        at = etpp.clock.local(text)
        terminal.send_events([terminal.presence(person)], at=at)
    (row,) = etpp.presence("2026-11-24")["people"]
    assert row["status"] == "present"
    assert (row["arrival"]["local"], row["arrival"]["minutes_off"]) == ("2026-11-24T07:42:00+07:00", 12)
    assert (row["departure"]["local"], row["departure"]["minutes_off"]) == ("2026-11-24T15:45:00+07:00", 15)


def test_nobody_is_absent_before_every_terminal_has_reported(etpp: Running) -> None:
    first, second = etpp.terminal(), etpp.terminal()
    etpp.person()
    after_work = etpp.clock.local("2026-11-24 16:00")
    first.send_events([], at=after_work)
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "not_reported"
    second.send_events([], at=wib("2026-11-24 15:59"))
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "not_reported"
    second.send_events([], at=after_work)
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "absent"
    assert etpp.presence("2026-11-24")["complete"] is True


def test_a_revoked_terminal_may_still_hold_presences_until_it_is_written_off(etpp: Running) -> None:
    good, broken = etpp.terminal(), etpp.terminal()
    etpp.person()
    etpp.clock.local("2026-11-24 12:00")
    etpp.admin("POST", f"devices/{broken.device_id}/revoke")
    good.send_events([], at=etpp.clock.local("2026-11-25 17:00"))
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "not_reported"
    assert etpp.presence("2026-11-25")["people"][0]["status"] == "absent"
    etpp.admin("POST", f"devices/{broken.device_id}/write-off")
    assert etpp.presence("2026-11-24")["people"][0]["status"] == "absent"


def test_a_presence_of_uncertain_time_makes_a_day_unclear_instead_of_absent(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    etpp.clock.local("2026-11-26 17:00")
    batch = terminal.batch([terminal.presence(person)], etpp.clock.now)
    batch["events"][0]["time"] = time_of(wib("2026-11-25 12:00"), 86400, "uncertain")
    terminal.post("events", batch)
    assert etpp.presence("2026-11-23")["people"] == []  # the day before she was added
    days = ("2026-11-24", "2026-11-25", "2026-11-26")
    statuses = [etpp.presence(day)["people"][0]["status"] for day in days]
    assert statuses == ["unclear", "present", "unclear"]


def test_nobody_is_absent_before_joining_and_an_erased_face_rewrites_no_past_day(etpp: Running) -> None:
    """5 January was "absent, complete" for somebody who was added in November, and a removed one's past vanished."""
    terminal, person = etpp.terminal(), etpp.person()
    terminal.send_events([terminal.presence(person)], at=etpp.clock.local("2026-11-24 07:20"))
    terminal.send_events([], at=etpp.clock.local("2026-11-25 17:00"))
    january = etpp.presence("2026-01-05")
    assert (january["people"], january["complete"]) == ([], False)  # there was no terminal either
    before = {day: etpp.presence(day)["people"] for day in ("2026-11-24", "2026-11-25")}
    assert [people[0]["status"] for people in before.values()] == ["present", "absent"]
    etpp.admin("DELETE", f"offices/{OFFICE}/people/{person}")
    terminal.send_events([], at=etpp.clock.local("2026-11-26 17:00"))
    for day, people in before.items():
        assert [each | {"name": ""} for each in etpp.presence(day)["people"]] == [
            each | {"name": ""} for each in people
        ]
    assert etpp.presence("2026-11-26")["people"] == []


def test_who_moves_takes_presence_and_face_along(etpp: Running) -> None:
    etpp.admin("POST", "offices", {"office_id": "lain", "name": "Dinas Lain"})
    here, there = etpp.terminal(), etpp.terminal("lain")
    here.send_events([here.enrolment("198503152010011007", "Sri Lestari", 1)], at=etpp.clock.now)
    (waiting,) = etpp.admin("GET", "enrolments")["enrolments"]
    event = waiting["event_id"]
    person = etpp.admin("POST", f"offices/{OFFICE}/enrolments/{event}/approve")["person_id"]
    here.send_events([here.presence(person)], at=etpp.clock.local("2026-11-24 07:20"))
    with etpp.database.begin() as tx:
        known = People(tx).get(OFFICE, person)
        assert known is not None
        moving.move(tx, known.employee_id, "lain", dt.date(2026, 11, 26), "bkpp", etpp.clock.now)
    (moved,) = etpp.admin("GET", "offices/lain/people")["people"]
    assert (moved["templates"], moved["employee_id"]) == (1, known.employee_id)
    assert etpp.admin("GET", f"offices/{OFFICE}/people")["people"][0]["templates"] == 1  # until the day has come
    etpp.clock.local("2026-11-26 03:00")
    with etpp.database.begin() as tx:
        assert moving.settle(tx, etpp.clock.now) == 1
        assert moving.settle(tx, etpp.clock.now) == 0
    assert etpp.admin("GET", f"offices/{OFFICE}/people")["people"] == []
    there.send_events([there.presence(moved["person_id"])], at=etpp.clock.local("2026-11-26 07:25"))
    assert [each["name"] for each in etpp.presence("2026-11-24")["people"]] == ["Sri Lestari"]
    assert etpp.presence("2026-11-26")["people"] == []
    assert [each["status"] for each in etpp.presence("2026-11-26", "lain")["people"]] == ["present"]
    assert etpp.presence("2026-11-25", "lain")["people"] == []


def test_who_has_left_is_not_absent(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    with etpp.database.begin() as tx:
        known = People(tx).get(OFFICE, person)
        assert known is not None
        leave(tx, known.employee_id, dt.date(2026, 11, 25), "bkpp", etpp.clock.now)
    terminal.send_events([], at=etpp.clock.local("2026-11-27 17:00"))
    found = {day: [p["status"] for p in etpp.presence(f"2026-11-{day}")["people"]] for day in (24, 25, 26, 27)}
    assert found == {24: ["absent"], 25: ["absent"], 26: [], 27: []}


def test_no_event_happened_after_it_arrived(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    terminal.send_events([terminal.presence(person)], at=wib("2031-01-01 07:00"))
    (link,) = etpp.events()
    assert (link["utc"], link["time_state"]) == ("2026-11-24T00:00:00.000Z", "uncertain")
    assert etpp.presence("2026-11-24")["reported_through"] == "2026-11-24T00:00:00.000Z"
