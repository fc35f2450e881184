"""The day's book over real HTTP, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

from tests.contract.etpp.client import time_of
from tests.contract.etpp.running import Running, wib


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
    days = ("2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26")
    statuses = [etpp.presence(day)["people"][0]["status"] for day in days]
    assert statuses == ["absent", "unclear", "present", "unclear"]


def test_no_event_happened_after_it_arrived(etpp: Running) -> None:
    terminal, person = etpp.terminal(), etpp.person()
    terminal.send_events([terminal.presence(person)], at=wib("2031-01-01 07:00"))
    (link,) = etpp.events()
    assert (link["utc"], link["time_state"]) == ("2026-11-24T00:00:00.000Z", "uncertain")
    assert etpp.presence("2026-11-24")["reported_through"] == "2026-11-24T00:00:00.000Z"
