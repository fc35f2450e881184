"""`etpp activities`, as an operator calls it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etpp.__main__ import cli
from etpp.roster.assignments import Assignment
from etpp.roster.model import Employee
from etpp.roster.store import ASSIGNMENTS, Roster
from tests.contract.etpp.running import OFFICE, Running, wib

pytestmark = pytest.mark.long_on_postgresql

LONG_AGO = dt.date(2020, 1, 1)
DAY = "2026-03-02"
TABLE = "kode;kegiatan;satuan;bobot;mulai\nletter;Membuat surat;surat;12,5;2026-01-01\n"


@pytest.fixture
def office(etpp: Running, tmp_path: Path) -> Running:
    with etpp.database.begin() as tx:
        for person, superior in (("ani", "boss"), ("boss", None)):
            Roster(tx).add(Employee(person, person, None, f"{person}-1"), "t", wib("2026-01-01 08:00"))
            place = Assignment(f"a-{person}", person, OFFICE, "clerk", 7, "", "pns", superior, LONG_AGO)
            ASSIGNMENTS.add(tx, [place], "t", wib("2026-01-01 08:00"))
    file = tmp_path / "catalogue.csv"
    file.write_text(TABLE, encoding="utf-8")
    assert run(etpp, "import", str(file))[0] == 0
    return etpp


def run(etpp: Running, *words: str) -> tuple[int, str]:
    options = ["--state", str(etpp.state.folder), "--db", str(etpp.database.engine.url)]
    done = CliRunner().invoke(cli, [*options, "activities", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return 1, f"{type(done.exception).__name__}: {done.exception}"
    return done.exit_code, done.output


def listed(etpp: Running) -> Any:
    code, output = run(etpp, "list", "ani-1", "2026-03", "--json")
    assert code == 0, output
    return json.loads(output)


def test_an_entry_by_its_authors_number_to_recognised_points(office: Running) -> None:
    entered = ("add", "--by", "ani-1", "--date", DAY, "--item", "letter", "--quantity", "2", "--id", "e")
    assert run(office, *entered)[0] == 0
    assert run(office, *entered)[0] == 0  # sent twice
    assert run(office, "submit", "--by", "ani", "e")[0] == 0
    assert run(office, "return", "--by", "boss", "--reason", "kurang jelas", "e")[0] == 0
    assert run(office, "submit", "--by", "ani", "e")[0] == 0
    assert "letter" in run(office, "waiting", "--by", "boss", "2026-03-01", "2026-03-31")[1]
    code, output = run(office, "verify", "--by", "ani", "e")
    assert (code, "forbidden" in output) == (65, True)
    assert run(office, "verify", "--by", "boss", "--all", "2026-03-01", "2026-03-31")[0] == 0
    assert listed(office)["points"] == {"entered": "25", "recognised": "25"}
    assert "points: 25 entered, 25 recognised" in run(office, "list", "ani", "2026-03")[1]
    assert run(office, "withdraw", "--by", "ani", "e")[0] == 65


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "--by", "ani", "--date", DAY, "--item", "letter", "--quantity", "0"), "quantity"),
        (("add", "--by", "ani", "--date", "2999-01-01", "--item", "letter"), "future"),
        (("add", "--by", "ani", "--date", "today", "--item", "letter"), "Conflict: date: "),
        (("add", "--by", "ani", "--date", DAY, "--item", "letter", "--start", "now"), "Conflict: start_utc: "),
        (("add", "--by", "nobody", "--date", DAY, "--item", "letter"), "NotFound: "),
        (("verify", "--by", "boss"), "name entries, or say --all"),
        (("verify", "--by", "boss", "--all", "2026-01-01", "2026-12-31"), "Conflict: first and last"),
        (("list", "ani", "March"), "month: must be a month"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(office: Running, words: tuple[str, ...], says: str) -> None:
    code, output = run(office, *words)
    assert code != 0
    assert says in output
    assert listed(office)["entries"] == []


def test_a_catalogue_is_shown_taken_and_written_again(office: Running, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text(TABLE + "visit;Kunjungan;kali;100;2026-01-01\nbad;;kali;1;2026-01-01\n", encoding="utf-8")
    code, output = run(office, "import", str(file), "--dry-run")
    assert (code, "nothing was recorded" in output, "line 4: name:" in output) == (65, True, True)
    assert run(office, "import", str(file))[0] == 65
    assert run(office, "import", str(file), "--partial")[0] == 65
    for name in ("out.xlsx", "out.csv"):
        written = tmp_path / name
        assert run(office, "export", str(written))[0] == 0
        code, output = run(office, "import", str(written), "--json")
        found = json.loads(output)
        assert (code, found["changes"], found["same"], found["faults"]) == (0, [], 4, [])
    assert run(office, "export", str(tmp_path / "no" / "where.csv"))[0] == 1
    file.write_bytes(b"%PDF-1.7\0")
    assert "neither CSV nor a workbook" in run(office, "import", str(file))[1]
