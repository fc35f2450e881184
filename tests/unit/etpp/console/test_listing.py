"""The one table of the console: what the address may ask of it, and what the files hold."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi import Request, Response
from starlette.datastructures import State

from etpp.base import sheets
from etpp.console.listing import MAX_EXPORT, PER_PAGE, Cell, Column, Listing, Rows
from etpp.console.texts import texts
from etpp.console.visit import Visit

WIB = ZoneInfo("Asia/Jakarta")
HOSTILE = (
    '=HYPERLINK("http://x")',
    "+1+1",
    "-cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\tx",
    "'=1+1",
    "<script>alert(1)</script>",
)


@dataclass(frozen=True)
class Row:
    name: str
    state: str = "present"
    minutes: int | None = 0
    points: Decimal = Decimal("1.5")
    at: dt.datetime | None = None


PEOPLE: Listing[Row] = Listing(
    "pegawai",
    (
        Column("name", "name", lambda row: row.name, kind="name", finds=True),
        Column("state", "status", lambda row: row.state, says=lambda value, t: t.say(str(value)), chooses=True),
        Column("minutes", "late_by", lambda row: row.minutes, kind="number"),
        Column("points", "people", lambda row: row.points, kind="number", shows=False),
        Column("at", "arrival", lambda row: row.at),
        Column("chip", "terminal", lambda row: None, show=lambda row, t: Cell("x"), sorts=False, exports=False),
    ),
    by="name",
)


@dataclass
class _Server:
    def now(self) -> dt.datetime:
        return dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)


class _App:
    def __init__(self) -> None:
        self.state = State({"server": None, "offers": lambda actor, method, path: False})


def visit(query: str, method: str = "GET") -> Visit:
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": "/console/people",
        "query_string": query.encode(),
        "headers": [],
        "app": _App(),
    }
    return Visit(Request(scope), texts("id"), None)


def names(query: str, rows: list[Row]) -> list[str]:
    found = PEOPLE.chosen_of(PEOPLE.asked(visit(query)), rows)
    return [row.name for row in found.rows]


ROWS = [Row("Dwi", minutes=12), Row("Andi", "absent", None), Row("budi", "day_off", 3), Row("Citra", minutes=None)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Andi", "budi", "Citra", "Dwi"]),
        ("sort=-name", ["Dwi", "Citra", "budi", "Andi"]),
        ("sort=minutes", ["budi", "Dwi", "Andi", "Citra"]),
        ("sort=-minutes", ["Dwi", "budi", "Andi", "Citra"]),
        ("q=I", ["Andi", "budi", "Citra", "Dwi"]),
        ("q=+d++i", ["Andi", "budi", "Dwi"]),
        ("q=c&state=present", ["Citra"]),
        ("state=absent", ["Andi"]),
        ("state=nothing", []),
        ("sort=nothing&page=x&export=exe", ["Andi", "budi", "Citra", "Dwi"]),
        ("sort=chip", ["Andi", "budi", "Citra", "Dwi"]),
        ("page=2", []),
        ("page=0", ["Andi", "budi", "Citra", "Dwi"]),
        ("page=99999999999999999999", ["Andi", "budi", "Citra", "Dwi"]),
    ],
)
def test_the_address_says_which_rows_and_in_which_order(query: str, expected: list[str]) -> None:
    assert names(query, ROWS) == expected


def test_pages_hold_every_row_once() -> None:
    rows = [Row(f"{n:04d}") for n in range(PER_PAGE * 2 + 7)]
    pages = [names(f"page={page}", rows) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [PER_PAGE, PER_PAGE, 7, 0]
    assert [name for page in pages for name in page] == [row.name for row in rows]


def test_numbers_in_names_are_sorted_as_numbers() -> None:
    rows = [Row(name) for name in ("Kelas 10", "Kelas", "9", "Kelas 9", "10", "kelas 9 b")]
    assert names("", rows) == ["9", "10", "Kelas", "Kelas 9", "kelas 9 b", "Kelas 10"]


def test_links_keep_what_was_asked_and_quote_it() -> None:
    asked = PEOPLE.asked(visit('q="><b>&state=present&page=2'), date="2026-11-24&x=1")
    shown = PEOPLE.table(texts("id"), asked, Rows([Row("a")] * PER_PAGE, 3 * PER_PAGE, {}))
    for href in (shown.before, shown.after, shown.csv, shown.headings[2].href):
        assert "date=2026-11-24%26x%3D1" in href
        assert "q=%22%3E%3Cb%3E" in href
        assert "state=present" in href
    assert "page" not in shown.before + shown.csv
    assert "page=3" in shown.after
    assert "q=" not in shown.clear


def test_a_heading_turns_the_order_and_says_which_it_is() -> None:
    up = PEOPLE.table(texts("id"), PEOPLE.asked(visit("")), ROWS)
    assert [each.sorted for each in up.headings] == ["ascending", "", "", "", ""]
    assert up.headings[0].href.endswith("sort=-name")
    assert up.headings[2].href.endswith("sort=minutes")
    assert up.headings[4].href == ""
    down = PEOPLE.table(texts("id"), PEOPLE.asked(visit("sort=-minutes")), ROWS)
    assert [each.sorted for each in down.headings] == ["", "", "descending", "", ""]


def exported(query: str, rows: Rows[Row] | list[Row], monkeypatch: pytest.MonkeyPatch) -> Response:
    monkeypatch.setattr(Visit, "server", property(lambda self: _Server()))
    asking = visit(query)
    return asyncio.run(PEOPLE.answer(asking, PEOPLE.asked(asking), rows, "console/message.html"))


def test_what_answers_a_form_is_the_page_also_where_its_address_asks_for_a_file() -> None:
    asking = visit("export=csv", "POST")
    shown = {"text": "Tidak bisa."}
    answer = asyncio.run(PEOPLE.answer(asking, PEOPLE.asked(asking), ROWS, "console/message.html", shown, status=409))
    assert (answer.status_code, answer.media_type) == (409, "text/html")


def test_a_file_holds_all_that_was_found_and_no_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Row(name, minutes=n, at=dt.datetime(2026, 11, 24, 7, n, tzinfo=WIB)) for n, name in enumerate(HOSTILE)]
    rows += [Row(f"z{n:03d}", "absent") for n in range(PER_PAGE)]
    answer = exported("state=present&sort=minutes&export=csv&page=7", rows, monkeypatch)
    assert answer.headers["content-disposition"] == 'attachment; filename="pegawai-20261124.csv"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    lines = bytes(answer.body).decode("utf-8-sig").splitlines()
    assert lines[0] == "Nama;Status;Terlambat;Pegawai;Datang"
    assert len(lines) == 1 + len(HOSTILE)
    assert all(not re.match(r'"?[=+\-@\t]', line) for line in lines[1:])
    assert lines[-1].endswith(";Hadir;6;1.5;2026-11-24 07:06")
    content = bytes(exported("export=xlsx", rows, monkeypatch).body)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"<v>1.5</v>" in sheet
    read = sheets.read(content, (sheets.Column("name", ("nama",)),))
    assert len(read) == len(rows)


def test_a_list_longer_than_a_file_may_be_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = exported("export=csv", Rows([Row("a")] * 3, MAX_EXPORT + 1, {}), monkeypatch)
    assert f"3 dari {MAX_EXPORT + 1}" in bytes(answer.body).decode("utf-8-sig").splitlines()[-1]
    assert PEOPLE.asked(visit("export=csv&page=4")).first == 0
    assert PEOPLE.asked(visit("export=csv")).count == MAX_EXPORT
