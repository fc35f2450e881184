"""Entries and the steps of their lives through the calls, on both databases; and how an office's month is read."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
from decimal import Decimal
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from etpp.absence.model import Letter, LetterDecision
from etpp.absence.store import DECISIONS, add_letters
from etpp.activities.model import Entry, EntryStep
from etpp.activities.store import ENTRIES, STEPS, entries_of, steps_of
from etpp.base import sheets
from etpp.db import pay_tables
from etpp.roster.assignments import Assignment, Deputy
from etpp.roster.model import Employee
from etpp.roster.store import ASSIGNMENTS, DEPUTIES, Roster
from tests.contract.etpp.client import problem_of
from tests.contract.etpp.running import OFFICE, Running, wib
from tests.unit.etpp.absence.files import pdf

DAY = "2026-11-23"
LONG_AGO = dt.date(2020, 1, 1)
CATALOGUE = (
    "kode;kegiatan;satuan;bobot;mulai;sampai;batas harian;kelas\n"
    "letter;Membuat surat;surat;12,5;2026-01-01;;;\n"
    "visit;Kunjungan;kali;100;2026-01-01;;2;\n"
    "head;Memimpin rapat;kali;50;2026-01-01;;;12\n"
)


@pytest.fixture
def office(etpp: Running) -> Running:
    """Ani works for boss, whose deputy this month is vice; boss and other have no superior here."""
    with etpp.database.begin() as tx:
        now = wib("2026-11-01 08:00")
        for person in ("ani", "boss", "vice", "other"):
            Roster(tx).add(Employee(person, person, None, person), "t", now)
            superior = "boss" if person == "ani" else None
            place = Assignment(f"a-{person}", person, OFFICE, "clerk", 7, "III/b", "pns", superior, LONG_AGO)
            ASSIGNMENTS.add(tx, [place], "t", now)
        DEPUTIES.add(tx, [Deputy("d1", "boss", "vice", dt.date(2026, 11, 20), dt.date(2026, 11, 30))], "t", now)
    assert upload(etpp, CATALOGUE.encode()).json()["recorded"]
    return etpp


def upload(etpp: Running, content: bytes, query: str = "") -> requests.Response:
    return requests.post(
        f"{etpp.url}/v1/admin/activities/catalogue?by=bkpp{query}",
        data=content,
        headers={"Authorization": f"Bearer {etpp.state.secrets.admin_token}"},
        timeout=60,
    )


def entry(entry_id: str, **more: Any) -> dict[str, Any]:
    return {"entry_id": entry_id, "date": DAY, "item_id": "letter", "quantity": "2", "note": "undangan", **more}


def enter(
    etpp: Running, *entries: dict[str, Any], by: str = "ani", submit: bool = False
) -> list[tuple[str, list[str]]]:
    answer = etpp.admin("POST", "activities/entries", {"by": by, "entries": list(entries), "submit": submit})
    assert [each["entry_id"] for each in answer["entries"]] == [each["entry_id"] for each in entries]
    return [(each["outcome"], each["faults"]) for each in answer["entries"]]


def step(etpp: Running, kind: str, by: str, *ids: str, **more: Any) -> list[str]:
    answer = etpp.admin("POST", f"activities/entries/{kind}", {"by": by, "entry_ids": list(ids), **more})
    return [each["outcome"] for each in answer["entries"]]


def month(etpp: Running, person: str = "ani", text: str = "2026-11") -> Any:
    return etpp.admin("GET", f"activities/entries?person={person}&month={text}")


def verdicts(etpp: Running) -> dict[str, str]:
    return {each["entry_id"]: each["verdict"] for each in month(etpp)["entries"]}


# ---------------------------------------------------------------- entering


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"date": "2026-11-25"}, ["future"]),  # an activity of tomorrow
        ({"quantity": 0}, ["quantity"]),
        ({"quantity": -1}, ["quantity"]),
        ({"quantity": "NaN"}, ["quantity"]),
        ({"quantity": 10**12}, ["quantity"]),
        ({"quantity": "1e-9"}, ["quantity"]),  # a text of many digits
        ({"quantity": "Infinity"}, ["quantity"]),
        ({"item_id": "nothing"}, ["item_unknown"]),
        ({"item_id": "head"}, ["no_weight"]),  # worth something to class 12 alone
        ({"date": "2025-12-31"}, ["item_unknown"]),  # before the catalogue begins
        ({"start_utc": "2026-11-23T03:00:00Z"}, ["times"]),  # no end
        ({"start_utc": "2026-11-23T03:00:00Z", "end_utc": "2026-11-23T02:00:00Z"}, ["times"]),
        ({"start_utc": "2026-11-22T03:00:00Z", "end_utc": "2026-11-22T04:00:00Z"}, ["times_elsewhere"]),
    ],
)
def test_what_cannot_be_is_refused_at_once_and_alone(
    office: Running, change: dict[str, Any], faults: list[str]
) -> None:
    assert enter(office, entry("good"), entry("bad", **change)) == [("done", []), ("refused", faults)]
    assert verdicts(office) == {"good": "draft"}


def test_evidence_is_a_file_that_was_taken_before(office: Running) -> None:
    file = pdf()
    sha256 = hashlib.sha256(file).hexdigest()
    assert enter(office, entry("e", evidence_sha256=sha256)) == [("refused", ["evidence_unknown"])]
    requests.post(
        f"{office.url}/v1/admin/documents",
        params={"by": "ani"},
        data=file,
        headers={"Authorization": f"Bearer {office.state.secrets.admin_token}"},
        timeout=60,
    ).raise_for_status()
    assert enter(office, entry("e", evidence_sha256=sha256)) == [("done", [])]
    assert month(office)["entries"][0]["evidence_sha256"] == sha256


def test_times_that_overlap_are_refused_in_a_batch_and_after_it(office: Running) -> None:
    def at(entry_id: str, start: str, end: str) -> dict[str, Any]:
        return entry(entry_id, start_utc=f"2026-11-23T{start}:00Z", end_utc=f"2026-11-23T{end}:00Z")

    assert enter(office, at("a", "01:00", "03:00"), at("b", "02:59", "04:00"), at("c", "03:00", "04:00")) == [
        ("done", []),
        ("refused", ["overlap"]),
        ("done", []),
    ]
    assert enter(office, at("d", "01:30", "02:00")) == [("refused", ["overlap"])]
    # What was withdrawn takes up no time any more.
    assert step(office, "withdraw", "ani", "a") == ["done"]
    assert enter(office, at("d", "01:30", "02:00")) == [("done", [])]


def test_the_same_id_counts_once_and_with_other_content_is_a_conflict(office: Running) -> None:
    assert enter(office, entry("e")) == [("done", [])]
    office.clock.local("2026-11-24 08:00")
    assert enter(office, entry("e", quantity="2.0"), entry("e"), entry("e", quantity=3), entry("f")) == [
        ("known", []),
        ("known", []),
        ("conflict", []),
        ("done", []),
    ]
    assert enter(office, entry("e"), by="other") == [("conflict", [])]
    assert month(office)["points"] == {"entered": "50", "recognised": "0"}


def test_two_devices_that_send_the_same_at_the_same_moment_count_once(office: Running) -> None:
    answers: list[list[tuple[str, list[str]]]] = []
    together = threading.Barrier(4)

    def send() -> None:
        together.wait(10)
        answers.append(enter(office, *(entry(f"e{n}") for n in range(20)), submit=True))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted({outcome for outcome, _ in answer}.pop() for answer in answers) == ["done", "known", "known", "known"]
    assert set(verdicts(office).values()) == {"waiting"}


def test_a_day_under_a_letter_that_closes_it_takes_no_entry(office: Running) -> None:
    def letter(letter_id: str, kind: str, first: str, until: str) -> None:
        with office.database.begin() as tx:
            now = wib("2026-11-20 08:00")
            span = wib(first), wib(until)
            made = Letter(letter_id, kind, "1", dt.date(2026, 11, 20), "OPD", ("ani",), *span, "boss", now, "0" * 64)
            add_letters(tx, [made], "boss", now)
            DECISIONS.add(tx, [LetterDecision(f"d-{letter_id}", letter_id, True, "bkpp", now)], "bkpp", now)

    letter("l1", "cuti-sakit", "2026-11-23 00:00", "2026-11-24 00:00")
    letter("l2", "dinas-luar", "2026-11-20 00:00", "2026-11-21 00:00")
    letter("l3", "cuti-sakit", "2026-11-19 07:30", "2026-11-19 10:00")
    # the whole day; a duty leaves the right to enter; a morning is not the day
    assert enter(office, entry("a"), entry("b", date="2026-11-20"), entry("c", date="2026-11-19")) == [
        ("refused", ["day_closed"]),
        ("done", []),
        ("done", []),
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"by": "ani", "entries": []}, 400),
        ({"by": "ani", "entries": [entry(str(n)) for n in range(501)]}, 400),
        ({"by": "ani", "entries": [entry("e") | {"more": 1}]}, 400),
        ({"by": "ani", "entries": [entry("e", quantity="zwei")]}, 400),
        ({"by": "ani", "entries": [entry("e", quantity=True)]}, 400),
        ({"by": "ani", "entries": [entry("e", quantity="1" * 41)]}, 400),
        ({"by": "ani", "entries": [entry("e", date="24/11/2026")]}, 400),
        ({"by": "ani", "entries": [entry("e", note="x" * 501)]}, 400),
        ({"by": "ani", "entries": [entry("e", note="a\u202eb")]}, 400),
        ({"by": "ani", "entries": [entry("e", evidence_sha256="abc")]}, 400),
        ({"by": "nobody", "entries": [entry("e")]}, 404),
    ],
)
def test_a_batch_that_is_none_is_refused_whole(office: Running, body: dict[str, Any], status: int) -> None:
    office.admin("POST", "activities/entries", body, expect=status)


# ---------------------------------------------------------------- steps


def test_an_entry_from_draft_to_recognised_points(office: Running) -> None:
    enter(office, entry("e"), entry("visit", item_id="visit", quantity=3))
    assert step(office, "submit", "ani", "e", "visit") == ["done", "done"]
    assert step(office, "submit", "ani", "e") == ["known"]
    assert verdicts(office) == {"e": "waiting", "visit": "waiting"}
    assert step(office, "return", "boss", "e", reason="kurang jelas") == ["done"]
    assert month(office)["entries"][0]["steps"][-1] | {"at_utc": ""} == {
        "step": "returned",
        "by": "boss",
        "at_utc": "",
        "reason": "kurang jelas",
    }
    assert step(office, "submit", "ani", "e") == ["done"]
    assert step(office, "verify", "boss", "e", "visit") == ["done", "done"]
    assert step(office, "verify", "boss", "e") == ["known"]
    found = month(office)
    # 2 letters of 12.5; 3 visits of 100, of which a day counts 2
    assert found["points"] == {"entered": "325", "recognised": "225"}
    assert [each["points"] for each in found["entries"]] == [
        {"entered": "25", "recognised": "25"},
        {"entered": "300", "recognised": "200"},
    ]
    assert verdicts(office) == {"e": "recognised", "visit": "over_item"}
    # What is verified is not the author's to take back; the superior may still return it.
    assert step(office, "withdraw", "ani", "e") == ["conflict"]
    assert step(office, "return", "boss", "e", reason="salah") == ["done"]
    assert step(office, "withdraw", "ani", "e") == ["done"]
    assert step(office, "submit", "ani", "e") == ["conflict"]


@pytest.mark.parametrize(
    ("kind", "by", "date", "outcome"),
    [
        ("verify", "boss", DAY, "done"),  # the superior
        ("verify", "vice", DAY, "done"),  # a deputy on that date
        ("verify", "vice", "2026-11-19", "forbidden"),  # and the day before deputising began
        ("verify", "ani", DAY, "forbidden"),  # never by oneself
        ("verify", "other", DAY, "forbidden"),
        ("return", "ani", DAY, "forbidden"),
        ("return", "other", DAY, "forbidden"),
        ("submit", "boss", DAY, "unknown"),  # only its author submits and withdraws
        ("withdraw", "boss", DAY, "unknown"),
    ],
)
def test_who_may_do_what(office: Running, kind: str, by: str, date: str, outcome: str) -> None:
    enter(office, entry("e", date=date), submit=True)
    more = {"reason": "x"} if kind == "return" else {}
    assert step(office, kind, by, "e", "not-there", **more) == [outcome, "unknown"]
    assert verdicts(office) == {"e": "recognised" if outcome == "done" else "waiting"}


def test_nothing_is_verified_that_was_not_submitted(office: Running) -> None:
    enter(office, entry("e"))
    assert step(office, "verify", "boss", "e") == ["conflict"]
    assert step(office, "return", "boss", "e", reason="x") == ["conflict"]
    office.admin("POST", "activities/entries/return", {"by": "boss", "entry_ids": ["e"]}, expect=400)


def test_all_at_once_takes_what_waits_for_one_and_nothing_else(office: Running) -> None:
    enter(office, entry("a"), entry("b", date="2026-11-19"), submit=True)
    enter(office, entry("draft"))
    enter(office, entry("own"), by="boss", submit=True)
    listed = office.admin("GET", "activities/waiting?by=vice&first=2026-11-01&last=2026-11-30")
    assert [each["entry_id"] for each in listed["entries"]] == ["a"]
    page = office.admin("GET", "activities/waiting?by=boss&first=2026-11-01&last=2026-11-30&limit=1")
    assert (page["waiting"], page["entries"][0]["entry_id"], page["next"]) == (2, "b", "2026-11-19:b")
    rest = office.admin("GET", f"activities/waiting?by=boss&first=2026-11-01&last=2026-11-30&after={page['next']}")
    assert [each["entry_id"] for each in rest["entries"]] == ["a"]
    span = {"first": "2026-11-01", "last": "2026-11-30"}
    assert office.admin("POST", "activities/entries/verify-all", {"by": "boss", **span})["done"] == 2
    assert office.admin("POST", "activities/entries/verify-all", {"by": "boss", **span})["done"] == 0
    assert verdicts(office) == {"a": "recognised", "b": "recognised", "draft": "draft"}
    office.admin("GET", "activities/waiting?by=boss&first=2026-01-01&last=2026-11-30", expect=409)


def test_a_months_entries_come_in_pages(office: Running) -> None:
    enter(office, *(entry(f"e{n}") for n in range(5)))
    seen, after = [], ""
    while after is not None:
        page = office.admin("GET", f"activities/entries?person=ani&month=2026-11&limit=2&after={after}")
        seen += [each["entry_id"] for each in page["entries"]]
        after = page["next"]
    assert seen == [f"e{n}" for n in range(5)]
    assert month(office, text="2026-10")["entries"] == []
    office.admin("GET", "activities/entries?person=ani&month=2026-13", expect=400)
    office.admin("GET", "activities/entries?person=nobody&month=2026-11", expect=404)


# ---------------------------------------------------------------- the catalogue


def test_the_catalogue_is_shown_before_it_is_recorded_and_twice_it_changes_nothing(office: Running) -> None:
    table = CATALOGUE.replace("12,5", "15").replace("2026-01-01", "2027-01-01", 1).encode("cp1252")
    shown = upload(office, table, "&dry_run=true").json()
    assert (shown["recorded"], [each["change"] for each in shown["changes"]]) == (False, ["ended", "new"] * 2)
    assert upload(office, table).json()["recorded"]
    assert upload(office, table).json()["changes"] == []
    items = office.admin("GET", "activities/catalogue?limit=3")
    assert [each["item_id"] for each in items["items"]] == ["head", "letter", "letter"]
    assert [
        each["item_id"] for each in office.admin("GET", f"activities/catalogue?after={items['next']}")["items"]
    ] == ["visit"]


def test_a_fault_lets_nothing_in_unless_one_asks_for_the_rest(office: Running) -> None:
    table = (CATALOGUE + "bad;;kali;x;2026-01-01;;;\nnew;Baru;kali;1;2026-01-01;;;\n").encode()
    refused = upload(office, table).json()
    assert (refused["recorded"], refused["faults"]) == (
        False,
        [{"line": 5, "says": "points: must be a number such as 12.5, without separators of thousands"}],
    )
    assert len(office.admin("GET", "activities/catalogue")["items"]) == 3
    assert upload(office, table, "&partial=true").json()["recorded"]
    assert len(office.admin("GET", "activities/catalogue")["items"]) == 4


def test_what_is_no_table_or_too_large_is_refused_before_it_is_read(office: Running) -> None:
    assert upload(office, b"%PDF-1.7\0").status_code == 409
    large = upload(office, b"x" * (sheets.MAX_BYTES + 1))
    assert (large.status_code, problem_of(large)) == (413, "too-large")
    # The larger limit is this call's alone, and a stranger is refused before any limit.
    other = requests.post(
        f"{office.url}/v1/admin/activities/entries",
        data=b"x" * 300_000,
        headers={"Authorization": f"Bearer {office.state.secrets.admin_token}"},
        timeout=60,
    )
    assert other.status_code == 413
    stranger = requests.post(f"{office.url}/v1/admin/activities/catalogue?by=x", data=b"x" * 300_000, timeout=60)
    assert stranger.status_code == 401


# ---------------------------------------------------------------- a month at once


def test_a_months_entries_are_found_by_index(office: Running) -> None:
    """Of twenty offices' ten thousand entries one office's are asked for, and one person's."""
    with office.database.begin() as tx:
        now = wib("2026-10-01 08:00")
        for number in range(200):
            person = f"p{number:03}"
            place = Assignment(f"a-{person}", person, f"o{number % 20}", "clerk", 7, "", "pns", "boss", LONG_AGO)
            ASSIGNMENTS.add(tx, [place], "t", now)
            entries = [
                Entry(f"{person}-{n}", person, dt.date(2026, n % 10 + 1, n % 28 + 1), "letter", Decimal(1), "", now)
                for n in range(50)
            ]
            ENTRIES.add(tx, entries, person, now)
            STEPS.add(
                tx, [EntryStep(f"{e.entry_id}-s", e.entry_id, "submitted", person, now) for e in entries], "t", now
            )
    with office.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))
    asked: list[tuple[str, Any]] = []
    note = lambda c, cursor, statement, parameters, *more: asked.append((statement, parameters))  # noqa: E731
    people = sa.select(pay_tables.assignments.c.person_id).where(pay_tables.assignments.c.office_id == "o3")
    span = dt.date(2026, 10, 1), dt.date(2026, 10, 31)
    sa.event.listen(office.database.engine, "before_cursor_execute", note)
    with office.database.read() as tx:
        assert len(entries_of(tx, people, *span)) == 50
        assert len(steps_of(tx, people, *span)) == 50
        assert len(entries_of(tx, ["p003", "p004"], *span)) == 10
        assert len(steps_of(tx, ["p003"], *span)) == 5
    sa.event.remove(office.database.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if office.database.engine.dialect.name == "sqlite" else "EXPLAIN "
    with office.database.engine.connect() as connection:
        plans = [
            "\n".join(str(row) for row in connection.exec_driver_sql(explain + statement, parameters))
            for statement, parameters in asked
            if "entries" in statement or "entry_steps" in statement
        ]
    assert len(plans) == 4
    for plan in plans:
        assert "ix_entries_person_id_date" in plan
        assert not any(word in plan for word in ("Seq Scan on entr", "SCAN entr"))
