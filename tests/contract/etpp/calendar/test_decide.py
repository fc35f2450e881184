"""What is decided of the calendar through the calls, on both databases: recorded whole, or refused by name."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
import requests

from etpp.base import sheets
from etpp.calendar.model import CalendarFacts
from etpp.db import Transaction
from etpp.roster.hours import regency_facts
from etpp.roster.model import Employee, OfficePlace
from etpp.roster.store import PLACES, Offices, Roster
from tests.contract.etpp.client import problem_of
from tests.contract.etpp.running import OFFICE, Running, wib

pytestmark = pytest.mark.long_on_postgresql

SCHOOL = "sd-1"
DAY = {"start": "07:30", "end": "16:00", "break_minutes": 60}
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), DAY)
NIGHT = {"shift_id": "night", "hours": {"start": "22:00", "end": "06:00"}}


@pytest.fixture
def regency(etpp: Running) -> Running:
    """An OPD with hours of its own (the document's), a school below it without, and two people."""
    with etpp.database.begin() as tx:
        now = wib("2026-11-01 08:00")
        PLACES.add(tx, [OfficePlace(SCHOOL, OFFICE, "school", "Asia/Jakarta")], "t", now)
        for person in ("ani", "budi"):
            Roster(tx).add(Employee(person, person, None, person), "t", now)
    return etpp


def decide(etpp: Running, expect: int = 200, **what: Any) -> Any:
    return etpp.admin("POST", "calendar", {"by": "bkpp", **what}, expect=expect)


def facts(etpp: Running) -> CalendarFacts:
    def look(tx: Transaction) -> CalendarFacts:
        return regency_facts(tx, None)

    with etpp.database.read() as tx:
        return look(tx)


def upload(etpp: Running, content: bytes, query: str = "") -> requests.Response:
    return requests.post(
        f"{etpp.url}/v1/admin/calendar/roster?by=bkpp{query}",
        data=content,
        headers={"Authorization": f"Bearer {etpp.state.secrets.admin_token}"},
        timeout=60,
    )


def day(etpp: Running, date: str, office: str = SCHOOL) -> Any:
    (found,) = etpp.admin("GET", f"calendar/days?office_id={office}&first={date}&last={date}")["days"]
    return found


# ---------------------------------------------------------------- periods and days


def test_hours_of_the_regency_hold_where_no_office_has_its_own(regency: Running) -> None:
    """The school stands below the OPD, whose document's hours go on before the regency's."""
    answer = decide(regency, periods=[{"first": "2026-01-01", "days": WEEK}])
    assert answer == {"recorded": 1, "same": 0, "offices": [OFFICE, SCHOOL], "damaged": [], "faults": []}
    assert day(regency, "2026-11-23")["source"] == f"{OFFICE}:2026-01-01"
    own = {"scope": SCHOOL, "first": "2026-01-01", "days": {"mon": {"start": "07:00", "end": "14:00"}}}
    assert decide(regency, periods=[own])["offices"] == [SCHOOL]
    assert day(regency, "2026-11-23")["start_utc"] == "2026-11-23T00:00:00.000Z"
    assert day(regency, "2026-11-23", OFFICE)["start_utc"] == "2026-11-23T00:30:00.000Z"
    assert day(regency, "2026-11-24")["start_utc"] is None  # its own hours have no Tuesday


def test_the_same_decision_twice_is_recorded_once(regency: Running) -> None:
    what = {
        "periods": [{"first": "2026-02-18", "last": "2026-03-19", "season": "ramadan", "days": WEEK}],
        "special_days": [{"date": "2026-12-25", "name": "Natal"}],
        "shifts": [NIGHT],
        "roster": [{"person": "ani", "date": "2026-11-24", "shift_id": "night"}],
        "by_roster": [{"person": "ani", "first": "2026-11-01"}],
        "occasions": [{"occasion_id": "apel", "name": "Apel", "first": "2026-01-01", "window": ["07:15", "07:45"]}],
    }
    assert decide(regency, **what)["recorded"] == 6
    regency.clock.local("2026-11-24 09:00")
    assert decide(regency, **what) | {"offices": []} == {
        "recorded": 0,
        "same": 6,
        "offices": [],
        "damaged": [],
        "faults": [],
    }


@pytest.mark.parametrize(
    ("what", "says"),
    [
        # two open periods of one scope
        ({"periods": [{"scope": OFFICE, "first": "2026-07-01", "days": WEEK}]}, "of one scope overlap"),
        # two in one decision
        (
            {"periods": [{"first": "2026-01-01", "days": WEEK}, {"first": "2026-06-01", "days": WEEK}]},
            ":usual:2026-01-01 and :usual:2026-06-01 of one scope overlap",
        ),
        ({"periods": [{"first": "2026-02-01", "last": "2026-01-01", "days": WEEK}]}, "ends before it begins"),
        # the only hours taken back
        ({"withdrawn": {"periods": [f"{OFFICE}:2026-01-01"]}}, f"office {OFFICE}: no working hours would be decided"),
        ({"shifts": [{"shift_id": "s", "hours": DAY | {"break_minutes": 510}}]}, "the break is as long as the work"),
        ({"shifts": [{"shift_id": "s", "hours": DAY | {"core": ["09:00", "15:00"]}}]}, "flexible hours have a core"),
        (
            {"shifts": [{"shift_id": "s", "hours": DAY | {"core": ["06:00", "15:00"], "need_minutes": 450}}]},
            "the core must lie in the hours",
        ),
        ({"roster": [{"person": "ani", "date": "2026-11-24", "shift_id": "none"}]}, "there is no shift none"),
        (
            {"by_roster": [{"person": "ani", "first": "2026-01-01"}, {"person": "ani", "first": "2026-06-01"}]},
            "of one person they overlap",
        ),
        (
            {"occasions": [{"occasion_id": "a", "name": "A", "first": "2026-01-01", "window": ["08:00", "07:00"]}]},
            "occasion a: the window must begin before it ends",
        ),
        (
            {
                "occasions": [
                    {
                        "occasion_id": "a",
                        "name": "A",
                        "first": "2026-01-01",
                        "window": ["07:00", "08:00"],
                        "without_offices": ["nowhere"],
                    }
                ]
            },
            "occasion a: there is no office nowhere",
        ),
        ({"special_days": [{"date": "2026-12-25", "name": "A"}, {"date": "2026-12-25", "name": "B"}]}, "said twice"),
    ],
)
def test_a_contradiction_is_refused_by_name_and_nothing_is_half_done(
    regency: Running, what: dict[str, Any], says: str
) -> None:
    before = facts(regency)
    good = {"special_days": [{"date": "2026-12-24", "name": "Cuti bersama"}]}
    answer = decide(regency, expect=409, **{**good, **what})
    assert says in answer["detail"]
    assert facts(regency) == before


@pytest.mark.parametrize(
    "what",
    [
        {"special_days": [{"scope": "nowhere", "date": "2026-12-25", "name": "A"}]},
        {"roster": [{"person": "nobody", "date": "2026-11-24"}]},
        {"withdrawn": {"shifts": ["none"]}},
        {"withdrawn": {"by_roster": [{"person": "ani", "first": "2026-01-01"}]}},
    ],
)
def test_what_there_is_not_is_not_found(regency: Running, what: dict[str, Any]) -> None:
    decide(regency, expect=404, **what)


@pytest.mark.parametrize(
    "what",
    [
        {"periods": [{"first": "2026-01-01", "days": {"0": DAY}}]},
        {"periods": [{"first": "2026-01-01", "days": {"mon": DAY | {"start": "7.30"}}}]},
        {"periods": [{"first": "2026-01-01", "days": WEEK, "more": 1}]},
        {"special_days": [{"date": "2026-12-25", "name": ""}]},
        {"occasions": [{"occasion_id": "a", "name": "A", "first": "2026-01-01", "window": ["07:00"]}]},
        {"shifts": [{"shift_id": "a b", "hours": DAY}]},
    ],
)
def test_what_is_no_decision_is_refused_as_malformed(regency: Running, what: dict[str, Any]) -> None:
    decide(regency, expect=400, **what)


def test_an_open_period_is_ended_and_the_next_begun_in_one_decision(regency: Running) -> None:
    (held,) = regency.admin("GET", f"calendar?office_id={OFFICE}&year=2026")["periods"]
    ended = held | {"last": "2026-12-31"}
    new = {"scope": OFFICE, "first": "2027-01-01", "days": {"mon": {"start": "08:00", "end": "16:00"}}}
    assert decide(regency, periods=[ended, new])["recorded"] == 2
    assert day(regency, "2026-12-31", OFFICE)["start_utc"] == "2026-12-31T00:30:00.000Z"
    assert day(regency, "2027-01-04", OFFICE)["start_utc"] == "2027-01-04T01:00:00.000Z"


def test_what_the_document_says_anew_is_an_offices_hours_as_before(regency: Running) -> None:
    """Whatever was decided for that office alone; the regency's days stay."""
    decide(
        regency,
        special_days=[
            {"scope": OFFICE, "date": "2026-11-26", "name": "Hari jadi"},
            {"date": "2026-11-27", "name": "Cuti bersama"},
        ],
    )
    calendar = {
        "timezone": "Asia/Jakarta",
        "holidays": ["2026-11-25"],
        "periods": [
            {
                "first": "2026-01-01",
                "last": None,
                "days": {"wed": ["08:00", "16:00"], "thu": ["08:00", "16:00"], "fri": ["08:00", "16:00"]},
                "late_percent": 1.0,
                "early_percent": 1.0,
            }
        ],
    }
    regency.admin("PUT", f"offices/{OFFICE}", {"name": "Dinas", "calendar": calendar})
    starts = [day(regency, f"2026-11-{n}", OFFICE)["start_utc"] for n in (25, 26, 27)]
    assert starts == [None, "2026-11-26T01:00:00.000Z", None]


def test_a_half_day_an_occasion_on_a_day_off_and_ramadan(regency: Running) -> None:
    half = {"start": "07:30", "end": "11:30"}
    decide(
        regency,
        special_days=[
            {"date": "2026-12-24", "name": "Setengah hari", "hours": half},
            {"date": "2026-08-17", "name": "HUT RI"},
        ],
        occasions=[
            {
                "occasion_id": "hut",
                "name": "Upacara",
                "first": "2026-08-17",
                "last": "2026-08-17",
                "window": ["07:00", "09:00"],
                "on_days_off": True,
                "without_offices": [OFFICE],
            }
        ],
        periods=[
            {
                "first": "2026-02-18",
                "last": "2026-03-19",
                "season": "ramadan",
                "days": {"mon": DAY | {"start": "08:00"}},
            }
        ],
    )
    assert day(regency, "2026-12-24")["end_utc"] == "2026-12-24T04:30:00.000Z"
    assert [each["occasion_id"] for each in day(regency, "2026-08-17")["occasions"]] == ["hut"]
    assert day(regency, "2026-08-17", OFFICE)["occasions"] == []
    assert day(regency, "2026-02-23")["start_utc"] == "2026-02-23T01:00:00.000Z"
    shown = regency.admin("GET", "calendar?year=2026")
    assert [each["date"] for each in shown["special_days"]] == ["2026-08-17", "2026-12-24"]
    assert decide(regency, withdrawn={"special_days": [":2026-12-24"]})["recorded"] == 1
    assert day(regency, "2026-12-24")["end_utc"] == "2026-12-24T09:00:00.000Z"


def test_two_decisions_at_once_that_contradict_each_other_are_not_both_recorded(regency: Running) -> None:
    together = threading.Barrier(2)
    statuses = []

    def send(first: str) -> None:
        together.wait(10)
        body = {"by": "bkpp", "periods": [{"first": first, "days": WEEK}]}
        token = {"Authorization": f"Bearer {regency.state.secrets.admin_token}"}
        statuses.append(
            requests.post(f"{regency.url}/v1/admin/calendar", json=body, headers=token, timeout=60).status_code
        )

    threads = [threading.Thread(target=send, args=(first,)) for first in ("2026-01-01", "2026-06-01")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(statuses) == [200, 409]


def test_a_shift_in_somebodys_roster_is_not_taken_back(regency: Running) -> None:
    decide(regency, shifts=[NIGHT], roster=[{"person": "ani", "date": "2026-11-24", "shift_id": "night"}])
    answer = decide(regency, expect=409, withdrawn={"shifts": ["night"]})
    assert "there is no shift night" in answer["detail"]
    decide(regency, withdrawn={"shifts": ["night"], "roster": ["ani:2026-11-24"]})


def test_what_a_year_could_look_like_is_shown_and_holds_nothing(regency: Running) -> None:
    found = regency.admin("GET", "calendar/proposals?year=2026")
    assert {"date": "2026-08-17", "name": "Hari Kemerdekaan Republik Indonesia", "collective": False} in found[
        "days_off"
    ]
    assert len(found["ramadan"]) == 1
    assert regency.admin("GET", "calendar?year=2026")["special_days"] == []
    regency.admin("GET", "calendar/proposals?year=2077", expect=400)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("days?office_id=nowhere&first=2026-01-01&last=2026-01-02", 409),
        (f"days?office_id={OFFICE}&first=2026-01-02&last=2026-01-01", 409),
        (f"days?office_id={OFFICE}&first=2025-01-01&last=2026-01-02", 409),
        (f"days?office_id={OFFICE}&first=2024-01-01&last=2024-01-02", 409),  # nobody has decided hours
        (f"days?office_id={OFFICE}&first=yesterday&last=2026-01-02", 400),
        ("roster?first=2026-01-01&last=2026-01-02&limit=501", 400),
    ],
)
def test_a_look_at_nothing_is_refused(regency: Running, query: str, status: int) -> None:
    regency.admin("GET", f"calendar/{query}", expect=status)


# ---------------------------------------------------------------- rosters


WIDE = "No;NIP;Nama;1;2;3\n1;ani;Ani;night;OFF;\n2;budi;Budi;;L;Night\n"
LONG = "nip;tanggal;jaga\nani;01/12/2026;night\nani;2026-12-02;off\nbudi;2026-12-02;libur\nbudi;2026-12-03;night\n"


def test_a_roster_in_either_form_says_the_same_and_twice_changes_nothing(regency: Running) -> None:
    decide(regency, shifts=[NIGHT])
    shown = upload(regency, WIDE.encode(), "&month=2026-12&dry_run=true").json()
    assert (shown["done"], shown["recorded"]) == (False, 4)
    assert regency.admin("GET", "calendar/roster?first=2026-12-01&last=2026-12-31")["roster"] == []
    assert upload(regency, WIDE.encode(), "&month=2026-12").json()["recorded"] == 4
    page = regency.admin("GET", "calendar/roster?first=2026-12-01&last=2026-12-31&limit=3")
    assert [(each["roster_id"], each["shift_id"]) for each in page["roster"]] == [
        ("ani:2026-12-01", "night"),
        ("ani:2026-12-02", None),
        ("budi:2026-12-02", None),
    ]
    rest = regency.admin("GET", f"calendar/roster?first=2026-12-01&last=2026-12-31&after={page['next']}")
    assert [each["date"] for each in rest["roster"]] == ["2026-12-03"]
    assert upload(regency, LONG.encode()).json() | {"offices": []} == {
        "done": True,
        "recorded": 0,
        "same": 4,
        "offices": [],
        "damaged": [],
        "faults": [],
    }
    one = regency.admin("GET", "calendar/roster?first=2026-12-01&last=2026-12-31&person=budi")
    assert len(one["roster"]) == 2


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("nobody;night;;", "nobody in the roster"),
        ("1.98E+17;night;;", "the spreadsheet has rounded"),
        ("budi;evening;;", "2026-12-01: there is no such shift"),
        ("budi;;;night", "the heading of a column must be a day"),  # December has no 32nd
        ("ani;off;;", "line 2 says otherwise for 2026-12-01"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_recorded_unless_asked(regency: Running, row: str, says: str) -> None:
    decide(regency, shifts=[NIGHT])
    table = f"nip;1;2;32\nani;night;;\n{row}\n".encode()
    answer = upload(regency, table, "&month=2026-12").json()
    assert (answer["done"], [each["line"] for each in answer["faults"]]) == (False, [3])
    assert says in answer["faults"][0]["says"]
    assert facts(regency).roster == ()
    assert upload(regency, table, "&month=2026-12&partial=true").json()["done"]
    assert [each.roster_id for each in facts(regency).roster] == ["ani:2026-12-01"]


def test_a_roster_too_large_or_none_is_refused(regency: Running) -> None:
    large = upload(regency, b"x" * (sheets.MAX_BYTES + 1))
    assert (large.status_code, problem_of(large)) == (413, "too-large")
    assert upload(regency, b"nama;1\nAni;night\n").status_code == 409


def test_a_later_decision_on_a_persons_day_counts(regency: Running) -> None:
    decide(regency, shifts=[NIGHT], roster=[{"person": "ani", "date": "2026-12-01", "shift_id": "night"}])
    regency.clock.local("2026-11-24 09:00")
    decide(regency, roster=[{"person": "ani", "date": "2026-12-01", "shift_id": None}])
    (found,) = facts(regency).roster
    assert (found.shift_id, found.decided_utc) == (None, wib("2026-11-24 09:00"))
    assert found.date == dt.date(2026, 12, 1)


def test_what_is_decided_for_the_regency_reaches_its_offices_terminals(etpp: Running) -> None:
    terminal = etpp.terminal()
    version = terminal.gallery().json()["manifest"]["version"]
    off = {"date": "2026-12-24", "name": "Cuti bersama"}
    half = {"date": "2026-12-31", "name": "Setengah hari", "hours": {"start": "07:30", "end": "12:00"}}
    decide(etpp, special_days=[off, half])
    told = terminal.gallery(since=version).json()
    calendar = told["payload"]["office"]["calendar"]
    assert "2026-12-24" in calendar["holidays"]
    assert calendar["periods"][-1] == {
        "first": "2026-12-31",
        "last": "2026-12-31",
        "days": {"thu": ["07:30", "12:00"]},
        "late_percent": 1.0,
        "early_percent": 1.0,
    }
    decide(etpp, withdrawn={"special_days": [":2026-12-24", ":2026-12-31"]})
    back = terminal.gallery(since=told["manifest"]["version"]).json()["payload"]["office"]["calendar"]
    assert (back["holidays"], len(back["periods"])) == ([], 1)
    decide(etpp, special_days=[{"date": "2026-12-26", "name": "Sabtu"}])  # a day that is free all the same
    same = terminal.gallery(since=0).json()["manifest"]["version"]
    assert etpp.admin("GET", "offices")["offices"][0]["gallery_version"] == same


@pytest.mark.parametrize(
    "damage",
    [{"late_percent": "satu"}, {"late_percent": None}, {"early_percent": -1}, {"early_percent": True}, "Senin"],
    ids=str,
)
def test_an_office_with_a_damaged_percent_is_named_and_the_others_are_told(etpp: Running, damage: Any) -> None:
    """An earlier release, or a hand in the database, had left it so."""
    etpp.admin("POST", "offices", {"office_id": "dinkes", "name": "Dinas Kesehatan"})
    with etpp.database.begin() as tx:
        office = Offices(tx).get("dinkes")
        assert office is not None
        (period,) = office.calendar["periods"]
        broken = {**office.calendar, "periods": [{**period, **damage} if isinstance(damage, dict) else damage]}
        Offices(tx).set_calendar("dinkes", office.name, broken)
    answer = decide(etpp, special_days=[{"date": "2026-12-24", "name": "Cuti bersama"}])
    assert answer["offices"] == [OFFICE, "dinkes"]
    ((office_id, reason),) = ((each["office_id"], each["reason"]) for each in answer["damaged"])
    assert office_id == "dinkes"
    assert "periods.0" in reason
    with etpp.database.read() as tx:
        left, told = Offices(tx).get("dinkes"), Offices(tx).get(OFFICE)
    assert left is not None
    assert told is not None
    assert left.calendar == broken
    assert "2026-12-24" in told.calendar["holidays"]
    assert [each.date for each in facts(etpp).special_days] == [dt.date(2026, 12, 24)]
