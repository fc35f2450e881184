"""`etpp calendar`, as an operator calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etpp.__main__ import cli
from etpp.roster.model import Employee
from etpp.roster.store import Roster
from tests.contract.etpp.running import OFFICE, Running, wib

pytestmark = pytest.mark.long_on_postgresql


@pytest.fixture
def regency(etpp: Running) -> Running:
    with etpp.database.begin() as tx:
        Roster(tx).add(Employee("ani", "ani", None, "ani-1"), "t", wib("2026-01-01 08:00"))
    return etpp


def run(etpp: Running, *words: str) -> tuple[int, str]:
    options = ["--state", str(etpp.state.folder), "--db", str(etpp.database.engine.url)]
    done = CliRunner().invoke(cli, [*options, "calendar", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return 1, f"{type(done.exception).__name__}: {done.exception}"
    return done.exit_code, done.output


def said(etpp: Running, *words: str) -> Any:
    code, output = run(etpp, *words, "--json")
    assert code == 0, output
    return json.loads(output)


def starts(etpp: Running, first: str, last: str) -> list[str | None]:
    return [each["start_utc"] for each in said(etpp, "show", "--office", OFFICE, "--days", first, last)]


def test_a_year_is_proposed_and_decided(regency: Running) -> None:
    proposed = said(regency, "propose", "2026")
    assert said(regency, "show", "--year", "2026")["special_days"] == []
    first, last = proposed["ramadan"][0]
    left_out = proposed["days_off"][0]["date"]
    decided = said(
        regency,
        *("decide", "2026", "--without", left_out, "--also", "2026-10-15", "Hari Jadi Kulon Progo"),
        *("--no-collective", "--ramadan", first, last),
    )
    public = [each["date"] for each in proposed["days_off"] if not each["collective"]]
    assert decided["recorded"] == len(public) - 1 + 1 + 1
    shown = said(regency, "show", "--year", "2026")
    dates = [each["date"] for each in shown["special_days"]]
    assert dates == sorted({*public, "2026-10-15"} - {left_out})
    (ramadan,) = shown["periods"]
    assert (ramadan["season"], ramadan["first"], ramadan["last"]) == ("ramadan", first, last)
    # 32 h 30 a week without breaks (Perpres 21/2023)
    spans = [(each["start"], each["end"], each["break_minutes"]) for each in ramadan["days"].values()]
    assert spans == [("08:00", "15:00", 30)] * 4 + [("08:00", "15:30", 60)]


def test_hours_that_hold_until_further_notice_are_ended_by_the_next(regency: Running) -> None:
    week = ("hours", "mon-thu 08:00-16:30/60", "fri 08:00-16:00/90", "--office", OFFICE, "--first", "2027-01-01")
    code, output = run(regency, *week)
    assert code == 1
    assert f"periods {OFFICE}:2026-01-01 and {OFFICE}:usual:2027-01-01 of one scope overlap" in output
    assert said(regency, *week, "--end-previous", "--grace-late", "5")["recorded"] == 2
    assert starts(regency, "2026-12-31", "2027-01-01") == ["2026-12-31T00:30:00.000Z", "2027-01-01T01:00:00.000Z"]
    flexible = ("hours", "mon-fri 07:00-18:00/60", "--first", "2020-01-01", "--core", "09:00", "15:00", "--need", "450")
    assert said(regency, *flexible)["recorded"] == 1


def test_days_occasions_shifts_and_rosters(regency: Running, tmp_path: Path) -> None:
    said(regency, "off", "2026-12-24", "Setengah hari", "--hours", "08:00-11:00")
    said(regency, "off", "2026-12-25", "Natal", "--office", OFFICE)
    assert starts(regency, "2026-12-24", "2026-12-25") == ["2026-12-24T01:00:00.000Z", None]
    said(regency, "occasion", "apel", "Apel pagi", "07:15", "07:45", "--first", "2026-01-01", "--on", "mon")
    (monday,) = said(regency, "show", "--office", OFFICE, "--days", "2026-11-23", "2026-11-23")
    assert [each["occasion_id"] for each in monday["occasions"]] == ["apel"]
    said(regency, "shift", "night", "22:00-06:00/30")
    said(regency, "roster", "only", "ani-1", "2026-12-01")
    said(regency, "roster", "set", "ani-1", "2026-12-01", "night")
    file = tmp_path / "roster.csv"
    file.write_text("nip;1;2\nani-1;night;off\n", encoding="utf-8")
    assert said(regency, "roster", "import", str(file), "--month", "2026-12") | {"offices": []} == {
        "done": True,
        "recorded": 1,
        "same": 1,
        "offices": [],
        "damaged": [],
        "faults": [],
    }
    file.write_text("nip;1;2\nani-1;evening;off\n", encoding="utf-8")
    code, output = run(regency, "roster", "import", str(file), "--month", "2026-12")
    assert (code, "line 2: 2026-12-01: there is no such shift" in output) == (65, True)
    said(regency, "withdraw", "special_days", ":2026-12-24")
    assert starts(regency, "2026-12-24", "2026-12-24") == ["2026-12-24T00:30:00.000Z"]
    code, output = run(regency, "show", "--office", OFFICE, "--year", "2026")
    assert (code, "apel" in output, "night" in output) == (0, True, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("hours", "mon 7-16", "--first", "2026-01-01"), "Conflict: hours are written as"),
        (("hours", "monday 07:30-16:00", "--first", "2026-01-01"), "Conflict: days: weekdays are"),
        (("hours", "mon-fri 07:30-16:00", "fri 07:30-16:00", "--first", "2026-01-01"), "Conflict: days: fri"),
        (("hours", "mon 07:30-16:00", "--first", "soon"), "Conflict: date: "),
        (("hours", "mon 07:30-16:00/510", "--first", "2026-01-01"), "the break is as long as the work"),
        (("off", "2026-12-25", "Natal", "--office", "nowhere"), "NotFound: there is no office nowhere"),
        (("roster", "set", "nobody", "2026-12-01", "off"), "NotFound: "),
        (("roster", "set", "ani-1", "2026-12-01", "none"), "there is no shift none"),
        (("show", "--days", "2026-12-01", "2026-12-02"), "--days needs an --office"),
        (("show", "--office", "nowhere"), "Conflict: there is no office nowhere"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(regency: Running, words: tuple[str, ...], says: str) -> None:
    code, output = run(regency, *words)
    assert code != 0
    assert says in output
