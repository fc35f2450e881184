"""Tables brought to the console: looked at, put right, taken once; on both databases."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Callable, Iterator

import pytest
import requests

from etpp.base import sheets
from etpp.imports.keeping import KEPT
from tests.contract.etpp.desk import Desk, filled
from tests.contract.etpp.running import OFFICE, Running, running_on

pytestmark = pytest.mark.long_on_postgresql

HEAD = "NIP;ID lain;Nama;OPD;Jabatan;Kelas;Gol;Status;Atasan;TMT;Sampai;Plt"
ANI, CITRA = "199103032016012003", "199204042016012004"
NEW = f"{ANI};;Ani Wulandari;{OFFICE};Pranata;8;III/c;PNS;;2026-01-01;;"
BAD = f"{CITRA};;Citra Dewi;{OFFICE};Arsiparis;99;;;;2026-01-01;;"
ELSEWHERE = f"{CITRA};;Citra Dewi;<b>kantor tak ada;Arsiparis;9;;;;2026-01-01;;"
EVIL = '=HYPERLINK("http://x")'


@pytest.fixture(scope="module")
def desk(database: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("imports")
    with running_on(database, folder) as etpp:
        yield filled(etpp)


def people(*lines: str) -> bytes:
    return "\n".join((HEAD, *lines)).encode()


def bring(desk: Desk, content: bytes, kind: str = "people", **more: str) -> requests.Response:
    return desk.post("/imports", file=content, kind=kind, **more)


def path_of(page: requests.Response) -> str:
    return page.url.split("/console")[1].split("?")[0]


def numbers(page: requests.Response) -> list[int]:
    """Lines, changes, unchanged, lines with a fault."""
    return [int(each) for each in re.findall(r"<li><b>(\d+)</b>", page.text)]


def employees(etpp: Running) -> set[str]:
    return {each["nip"] for each in etpp.admin("GET", "employees")["employees"]}


def test_a_list_of_people_is_looked_at_and_taken_once(desk: Desk) -> None:
    page = bring(desk, people(NEW))
    assert numbers(page) == [1, 1, 0, 0]
    assert "Orang baru" in page.text
    assert "Pranata (8, III/c)" in html.unescape(page.text)
    assert ANI not in employees(desk.etpp)  # nothing yet
    path = path_of(page)
    assert "Tabel sudah diambil" in desk.post(path).text
    assert ANI in employees(desk.etpp)
    assert desk.post(path).status_code == 404  # not twice
    again = bring(desk, people(NEW))
    assert numbers(again) == [1, 0, 1, 0]
    assert "sudah tercatat demikian" in again.text


def test_each_line_with_a_fault_is_named_in_words_and_nothing_or_the_good_lines_are_taken(desk: Desk) -> None:
    page = bring(desk, people(NEW.replace("Pranata;8", "Pranata;9"), BAD, ELSEWHERE))
    path = path_of(page)
    assert numbers(page)[3] == 2
    text = html.unescape(page.text)
    assert "Kantor: kantor itu tidak ada: tulis kode atau nama resminya." in text
    assert "Kelas jabatan: harus bilangan bulat 1 sampai 17." in text
    assert '<td class="n" data-label="Baris">3</td>' in text
    assert desk.post(path).status_code == 409
    good = desk.get(f"{path}?partial=yes")
    assert "Kelas berubah" in good.text
    assert "Tabel sudah diambil" in desk.post(path, partial="yes").text
    assert CITRA not in employees(desk.etpp)
    assert numbers(bring(desk, people(NEW.replace("Pranata;8", "Pranata;9"))))[:3] == [1, 0, 1]


def test_a_table_is_seen_and_taken_by_whoever_brought_it_and_not_for_long(desk: Desk) -> None:
    path = path_of(bring(desk, people(NEW.replace("Ani Wulandari", "Ani W."))))
    assert desk.get(path, desk.other).status_code == 404
    assert desk.post(path, desk.other).status_code == 404
    assert desk.get("/imports", desk.stranger).status_code == 403
    assert desk.get("/imports/../imports/none").status_code == 404
    now = desk.etpp.clock.now
    desk.etpp.clock.now = now + KEPT * 1.01
    try:
        assert desk.get(path).status_code in (404, 200)
        assert "tidak disimpan lagi" in desk.get(path).text or "/login" in desk.get(path).url
    finally:
        desk.etpp.clock.now = now
    assert "Tabel dibuang" in desk.post(f"{path}/discard").text
    assert desk.get(path).status_code == 404
    assert list((desk.etpp.state.folder / "imports").glob("*.table")) == []


def test_the_catalogue_and_a_roster_come_the_same_way(desk: Desk) -> None:
    table = "kode;nama;satuan;bobot;mulai\nrapat;Rapat dinas;kali;30;2026-01-01\n"
    page = bring(desk, table.encode(), "catalogue")
    assert numbers(page)[:2] == [1, 2]
    assert "30 poin" in page.text
    desk.post(path_of(page))
    changed = bring(desk, table.replace(";30;", ";45;").encode(), "catalogue")
    assert "30 poin" in changed.text
    assert "45 poin" in changed.text
    hours = {"start": "07:00", "end": "14:00", "break_minutes": 30}
    desk.etpp.admin("POST", "calendar", {"by": "bkpp", "shifts": [{"shift_id": "P", "hours": hours}]})
    roster = f"NIP;1;2;3\n{ANI};P;off;Q\n{ANI};P;off;\n"
    page = bring(desk, roster.encode(), "shifts", month="2026-12")
    assert "2026-12-03: sif itu tidak ada." in page.text
    taken = desk.post(path_of(page), partial="yes")
    assert "Tabel sudah diambil" in taken.text
    found = desk.etpp.admin("GET", "calendar/roster?first=2026-12-01&last=2026-12-31")["roster"]
    assert [(each["date"], each["shift_id"]) for each in found] == [("2026-12-01", "P"), ("2026-12-02", None)]
    again = bring(desk, roster.encode(), "shifts", month="2026-12")
    assert "Tidak berubah" in again.text


def test_what_a_table_takes_home_runs_nothing(desk: Desk) -> None:
    path = path_of(bring(desk, people(NEW.replace("Pranata", EVIL.replace('"', "")))))
    file = desk.get(f"{path}?export=csv").text
    assert "HYPERLINK" in file
    assert ";=HYPERLINK" not in file


def _book(name: str, content: bytes) -> bytes:
    """A workbook with one of its parts replaced."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(sheets.write_xlsx(HEAD.split(";"), [NEW.split(";")]))) as whole,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for each in whole.namelist():
            changed.writestr(each, content if each == name else whole.read(each))
    return made.getvalue()


_LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a page of HTML": lambda: b"<!doctype html><script>alert(1)</script>",
    "a program": lambda: b"MZ" + bytes(range(256)) * 40,
    "nothing": lambda: b"",
    "a ZIP that is none": lambda: b"PK\x03\x04" + b"\0" * 200,
    "a ZIP bomb": lambda: _book("xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * 200_000_000),
    "an XML bomb": lambda: _book(
        "xl/sharedStrings.xml", b'<!DOCTYPE x [<!ENTITY l0 "ha">' + _LAUGHS + b"]><sst><si><t>&l9;</t></si></sst>"
    ),
    "a claim of cells": lambda: _book(
        "xl/worksheets/sheet1.xml",
        b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>',
    ),
}
"""Made when they are asked for: some are large before they are packed."""


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_table_is_refused_and_never_kept(desk: Desk, what: str) -> None:
    before = set((desk.etpp.state.folder / "imports").glob("*"))
    page = bring(desk, HOSTILE[what]())
    assert page.status_code == 409
    assert 'id="file-wrong"' in page.text
    assert "<script>" not in page.text
    assert set((desk.etpp.state.folder / "imports").glob("*")) == before
    assert desk.get("/imports").status_code == 200


def test_more_than_ten_megabytes_are_not_read(desk: Desk) -> None:
    assert bring(desk, b"x" * (sheets.MAX_BYTES + 20_000)).status_code in (400, 413)
    assert desk.post("/imports", file=people(NEW), kind="letters").status_code == 409
