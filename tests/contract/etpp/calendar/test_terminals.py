"""Whatever is decided of when people work reaches the terminals that say it, and nothing else wakes them."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import requests

from etpp.calendar.terminal import BEFORE_ISSUE
from etpp.roster.store import People
from tests.contract.etpp.client import Terminal
from tests.contract.etpp.running import NIP, OFFICE, Running

NIGHT = {"shift_id": "night", "hours": {"start": "22:00", "end": "06:00", "grace_late_minutes": 5}}
TODAY = "2026-11-24"
APEL = {"occasion_id": "apel", "name": "Apel pagi", "first": "2026-01-01", "window": ["07:00", "07:45"]}


@pytest.fixture
def terminal(etpp: Running) -> Terminal:
    etpp.clock.local(f"{TODAY} 08:00")
    etpp.person(NIP, "Sri")
    etpp.person(NIP[:-1] + "8", "Budi")
    return etpp.terminal()


def decide(etpp: Running, expect: int = 200, **what: Any) -> Any:
    return etpp.admin("POST", "calendar", {"by": "bkpp", **what}, expect=expect)


def upload(etpp: Running, table: bytes, query: str) -> Any:
    headers = {"Authorization": f"Bearer {etpp.state.secrets.admin_token}"}
    answer = requests.post(f"{etpp.url}/v1/admin/calendar/roster?{query}", data=table, headers=headers, timeout=60)
    assert answer.status_code == 200
    return answer.json()


def gallery(terminal: Terminal, since: int = 0) -> tuple[int, Any]:
    answer = terminal.gallery(since=since)
    if answer.status_code == 204:
        return since, None
    assert answer.status_code == 200
    return answer.json()["manifest"]["version"], answer.json()["payload"]


def rosters(payload: Any) -> dict[str, Any]:
    return {person["name"]: person.get("roster") for person in payload["people"]}


def test_a_roster_reaches_the_terminals_that_know_the_person(etpp: Running, terminal: Terminal) -> None:
    version, whole = gallery(terminal)
    assert rosters(whole) == {"Sri": None, "Budi": None}
    decide(etpp, shifts=[NIGHT])
    assert gallery(terminal, version) == (version, None), "a shift that nobody has is nobody's"
    days = [{"person": NIP, "date": TODAY, "shift_id": "night"}, {"person": NIP, "date": "2026-11-26"}]
    decide(etpp, roster=days, by_roster=[{"person": NIP, "first": "2026-12-01"}])
    version, delta = gallery(terminal, version)
    assert rosters(delta) == {
        "Sri": {
            "shifts": {"night": {"hours": ["22:00", "06:00"], "grace": [5, 0]}},
            "days": {TODAY: "night", "2026-11-26": None},
            "alone": [["2026-12-01", None]],
        }
    }
    assert "occasions" not in delta["office"]["calendar"]
    later = {**NIGHT, "hours": {"start": "21:00", "end": "06:00"}}
    decide(etpp, shifts=[later])
    version, delta = gallery(terminal, version)
    assert rosters(delta)["Sri"]["shifts"] == {"night": {"hours": ["21:00", "06:00"]}}
    decide(etpp, roster=days, shifts=[later])
    assert gallery(terminal, version) == (version, None), "nothing new was said"
    known = etpp.admin("GET", f"calendar/roster?first={TODAY}&last=2026-12-31")["roster"]
    back = {"roster": [each["roster_id"] for each in known], "by_roster": [{"person": NIP, "first": "2026-12-01"}]}
    decide(etpp, withdrawn=back)
    version, delta = gallery(terminal, version)
    assert rosters(delta) == {"Sri": None}


def test_a_table_of_a_roster_wakes_a_terminal_that_waits(etpp: Running, terminal: Terminal) -> None:
    decide(etpp, shifts=[NIGHT])
    version, _ = gallery(terminal)
    table = f"nip;tanggal;jaga\n{NIP};2026-11-25;night\n".encode()
    query = "by=bkpp&dry_run=true"
    assert upload(etpp, table, query)["done"] is False
    assert gallery(terminal, version) == (version, None), "it was only shown"
    found: list[Any] = []
    waiting = threading.Thread(target=lambda: found.append(terminal.gallery(since=version, wait_s=30)))
    waiting.start()
    assert upload(etpp, table, "by=bkpp")["done"] is True
    waiting.join(30)
    (answer,) = found
    assert rosters(answer.json()["payload"])["Sri"]["days"] == {"2026-11-25": "night"}


def test_a_new_person_brings_the_roster_that_was_decided_before(etpp: Running, terminal: Terminal) -> None:
    decide(etpp, shifts=[NIGHT], roster=[{"person": NIP, "date": TODAY, "shift_id": "night"}])
    decide(etpp, roster=[{"person": NIP, "date": "2026-11-01", "shift_id": "night"}])
    _, whole = gallery(terminal)
    assert rosters(whole)["Sri"]["days"] == {TODAY: "night"}, "what is long over is not sent"
    assert dt.date(2026, 11, 1) < dt.date(2026, 11, 24) - BEFORE_ISSUE


def test_nights_flexible_hours_and_occasions_reach_the_office_s_terminals(etpp: Running, terminal: Terminal) -> None:
    version, _ = gallery(terminal)
    night = {"start": "22:00", "end": "06:00"}
    flexible = {"start": "07:00", "end": "18:00", "core": ["10:00", "15:00"], "need_minutes": 450, "break_minutes": 60}
    period = {"scope": OFFICE, "first": "2026-12-01", "season": "ramadan", "days": {"mon": flexible, "tue": night}}
    special = {"scope": OFFICE, "date": "2026-11-30", "name": "Piket", "hours": night}
    decide(etpp, periods=[period], special_days=[special], occasions=[APEL])
    version, delta = gallery(terminal, version)
    calendar = delta["office"]["calendar"]
    of_date, of_season = calendar["periods"][-2:]
    assert (of_date["days"], of_date["nights"]) == ({}, {"mon": ["22:00", "06:00"]})
    assert calendar["holidays"] == []
    assert (of_season["days"], of_season["nights"]) == ({"mon": ["10:00", "15:00"]}, {"tue": ["22:00", "06:00"]})
    assert of_season["flexible"] == {"mon": {"hours": ["07:00", "18:00"], "need_minutes": 450, "break_minutes": 60}}
    (apel,) = calendar["occasions"]
    assert apel == {
        "name": "Apel pagi",
        "first": "2026-01-01",
        "last": None,
        "window": ["07:00", "07:45"],
        "on_days_off": False,
        "for_shifts": False,
    }
    decide(etpp, withdrawn={"occasions": ["apel"]})
    version, delta = gallery(terminal, version)
    assert "occasions" not in delta["office"]["calendar"]
    decide(etpp, occasions=[{**APEL, "without_offices": [OFFICE]}])
    assert gallery(terminal, version) == (version, None), "not of this office"


def test_what_an_office_says_of_its_hours_keeps_the_occasions_that_were_decided(
    etpp: Running, terminal: Terminal
) -> None:
    decide(etpp, occasions=[APEL])
    _, whole = gallery(terminal)
    own = whole["office"]["calendar"]
    mine = {name: value for name, value in own.items() if name != "occasions"} | {"holidays": ["2026-12-24"]}
    etpp.admin("PUT", f"offices/{OFFICE}", {"name": "Dinas", "calendar": mine})
    _, whole = gallery(terminal)
    assert whole["office"]["calendar"] == {**mine, "occasions": own["occasions"]}
    invented = [{**own["occasions"][0], "name": "Senam"}]
    etpp.admin("PUT", f"offices/{OFFICE}", {"name": "Dinas", "calendar": {**mine, "occasions": invented}})
    _, whole = gallery(terminal)
    assert [each["name"] for each in whole["office"]["calendar"]["occasions"]] == ["Apel pagi"]


def test_hours_of_the_document_are_the_facts_that_pay_reads(etpp: Running, terminal: Terminal) -> None:
    days = {"mon": ["10:00", "15:00"], "tue": ["07:30", "16:00"]}
    flexible = {"mon": {"hours": ["07:00", "18:00"], "need_minutes": 450, "break_minutes": 60}}
    period = {"first": "2026-01-01", "last": None, "days": days, "nights": {"sat": ["22:00", "06:00"]}}
    period |= {"flexible": flexible, "late_percent": 1.0, "early_percent": 1.0}
    calendar = {"timezone": "Asia/Jakarta", "periods": [period], "holidays": []}
    etpp.admin("PUT", f"offices/{OFFICE}", {"name": "Dinas", "calendar": calendar})
    (found,) = etpp.admin("GET", f"calendar?office_id={OFFICE}&year=2026")["periods"]
    assert (found["days"]["sat"]["start"], found["days"]["sat"]["end"]) == ("22:00", "06:00")
    monday = found["days"]["mon"]
    assert (monday["start"], monday["end"], monday["core"]) == ("07:00", "18:00", ["10:00", "15:00"])
    assert (monday["need_minutes"], monday["break_minutes"]) == (450, 60)
    wrong = {**period, "flexible": {"mon": {**flexible["mon"], "need_minutes": 900}}}
    etpp.admin("PUT", f"offices/{OFFICE}", {"name": "Dinas", "calendar": {**calendar, "periods": [wrong]}}, expect=409)


def test_the_day_s_book_is_judged_by_the_roster_too(etpp: Running, terminal: Terminal) -> None:
    with etpp.database.read() as tx:
        ids = {person.name: person.person_id for person in People(tx).everyone(OFFICE)}
    decide(etpp, shifts=[NIGHT], roster=[{"person": NIP, "date": TODAY, "shift_id": "night"}])
    for text in (f"{TODAY} 22:06", "2026-11-25 05:30"):
        at = etpp.clock.local(text)
        terminal.send_events([terminal.presence(ids["Sri"])], at=at)
    rows = {row["name"]: row for row in etpp.presence(TODAY)["people"]}
    sri = rows["Sri"]
    assert (sri["arrival"]["minutes_off"], sri["departure"]["minutes_off"]) == (6, 30)
    assert sri["departure"]["local"] == "2026-11-25T05:30:00+07:00"
    assert rows["Budi"]["status"] == "absent"
    assert etpp.presence(TODAY)["complete"] is False, "the night is not over"
    assert etpp.presence("2026-11-25")["people"][1]["status"] == "not_reported"
    terminal.send_events([], at=etpp.clock.local("2026-11-25 06:00"))
    assert etpp.presence(TODAY)["complete"] is True
