"""The roster's commands and calls, on both databases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etpp.__main__ import cli
from etpp.base.errors import Conflict
from tests.contract.etpp.running import NIP, OFFICE, Running

pytestmark = pytest.mark.long_on_postgresql

ROWS = f"NIP,Nama,Kantor,Jabatan,Kelas,TMT\n{NIP},Sri Lestari,{OFFICE},Pranata,8,2020-01-01\n"


def run(etpp: Running, *words: str) -> Result:
    url = etpp.database.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(cli, [*words, "--state", str(etpp.state.folder), "--db", url])


def told(etpp: Running, *words: str) -> object:
    done = run(etpp, *words, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    return json.loads(done.stdout)


def other_office(etpp: Running) -> str:
    etpp.admin("POST", "offices", {"office_id": "dinas-dua", "name": "Dinas Dua"})
    return "dinas-dua"


def test_a_preview_changes_nothing_and_an_export_comes_back_unchanged(etpp: Running, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(ROWS, encoding="utf-8")
    for words, kind in ((("--dry-run",), "new_person"), ((), "new_person"), ((), "unchanged")):
        answer = told(etpp, "roster", "import", str(tmp_path / "in.csv"), *words)
        assert isinstance(answer, dict)
        (change,) = answer.pop("changes")
        assert answer == {"imported": not words, "faults": []}
        assert (change["line"], change["change"], change["becomes"]["post"]) == (2, kind, "Pranata")
        assert change["was"] == (change["becomes"] if kind == "unchanged" else None)
    for name in ("out.csv", "out.xlsx"):
        assert run(etpp, "roster", "export", str(tmp_path / name)).exit_code == 0
        answer = told(etpp, "roster", "import", str(tmp_path / name))
        assert isinstance(answer, dict)
        assert [(each["line"], each["change"]) for each in answer["changes"]] == [(2, "unchanged")]


def test_a_preview_says_of_each_line_what_was_and_what_becomes(etpp: Running, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(ROWS, encoding="utf-8")
    told(etpp, "roster", "import", str(file))
    file.write_text(ROWS.replace(",8,", ",9,").replace("2020-01-01", "2026-03-01"), encoding="utf-8")
    shown = run(etpp, "roster", "import", str(file), "--dry-run").stdout.splitlines()[1]
    assert "class_changed" in shown
    assert f"{OFFICE}, Pranata (8), 2020-01-01 - 2026-02-28" in shown
    assert f"{OFFICE}, Pranata (9), 2026-03-01 -" in shown


def test_one_fault_refuses_the_whole_list_unless_asked_otherwise(etpp: Running, tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text(ROWS + f"123,Budi,{OFFICE},Pranata,8,2020-01-01\n", encoding="utf-8")
    refused = run(etpp, "roster", "import", str(file))
    assert isinstance(refused.exception, Conflict)
    assert told(etpp, "employee", "list") == []
    run(etpp, "roster", "import", str(file), "--skip-bad")
    assert [each["name"] for each in etpp.admin("GET", "employees")["employees"]] == ["Sri Lestari"]


def test_a_list_that_moves_somebody_takes_the_person_to_the_new_offices_terminals(
    etpp: Running, tmp_path: Path
) -> None:
    etpp.person()
    there = other_office(etpp)
    (tmp_path / "in.csv").write_text(ROWS, encoding="utf-8")
    told(etpp, "roster", "import", str(tmp_path / "in.csv"))
    (tmp_path / "in.csv").write_text(ROWS + f"{NIP},Sri Lestari,{there},Pranata,8,2026-02-01\n", encoding="utf-8")
    answer = told(etpp, "roster", "import", str(tmp_path / "in.csv"))
    assert isinstance(answer, dict)
    assert [each["change"] for each in answer["changes"]] == ["ended", "moved"]
    assert [each["nip"] for each in etpp.admin("GET", f"offices/{there}/people")["people"]] == [NIP]
    record = etpp.admin("GET", f"employees/{NIP}")
    assert [(each["office_id"], each["last"]) for each in record["posts"]] == [(OFFICE, "2026-01-31"), (there, None)]
    assert {each["office_id"] for each in record["faces"]} == {OFFICE, there}
    assert told(etpp, "employee", "show", NIP) == record


def test_employees_are_found_by_a_part_page_by_page(etpp: Running) -> None:
    etpp.person()
    etpp.person("199002022015011002", "Budi 100% Santoso")
    names = {each["name"] for each in etpp.admin("GET", "employees?query=LEST")["employees"]}
    assert names == {"Sri Lestari"}
    assert len(etpp.admin("GET", "employees?query=%25")["employees"]) == 1  # a sign of SQL's is a sign
    (first,) = etpp.admin("GET", "employees?limit=1")["employees"]
    (second,) = etpp.admin("GET", f"employees?limit=1&after={first['person_id']}")["employees"]
    assert first["person_id"] < second["person_id"]
    etpp.admin("GET", "employees/nobody", expect=404)
    etpp.admin("GET", "employees?limit=501", expect=400)


def test_offices_stand_in_a_tree_without_a_circle(etpp: Running) -> None:
    there = other_office(etpp)
    by = ("--by", "operator")
    told(etpp, "office", "place", OFFICE, "--kind", "opd", *by)
    told(etpp, "office", "place", there, "--parent", OFFICE, "--kind", "uptd", *by)
    for above in (there, OFFICE):
        refused = run(etpp, "office", "place", OFFICE, "--parent", above, "--kind", "opd", *by)
        assert isinstance(refused.exception, Conflict)
    listed = told(etpp, "office", "list")
    assert isinstance(listed, list)
    assert [(each["tree"], each["kind"]) for each in listed] == [(OFFICE, "opd"), (f"  {there}", "uptd")]
