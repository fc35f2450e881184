"""Tables brought to the console: looked at, put right, taken once; on both databases."""

from __future__ import annotations

import functools
import html
import io
import re
import zipfile
from collections.abc import Callable, Iterator

import pytest
import requests

from etpp.base import sheets
from etpp.imports.keeping import KEPT
from etpp.imports.kinds import KINDS
from etpp.ledger.store import Ledger
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


LETTERS = "Jenis;Nomor;Tanggal surat;Penerbit;NIP;Mulai;Sampai;Jam mulai;Jam selesai"
DUTY = f"Dinas luar dengan surat perintah;094/77;2026-11-20;Kepala Dinas;{ANI};24/11/2026;25/11/2026;;"
FILED = "kode;nama;satuan;bobot;mulai\nberkas;Menyusun berkas;berkas;30;2026-01-01\n"


@pytest.fixture(scope="module")
def staffed(desk: Desk) -> Desk:
    """Two people with posts, and a catalogue of one activity."""
    for kind, content in (("people", people(NEW, BAD.replace(";99;", ";9;"))), ("catalogue", FILED.encode())):
        page = bring(desk, content, kind)
        if numbers(page)[1]:
            assert "Tabel sudah diambil" in desk.post(path_of(page)).text
    return desk


def letters_of(desk: Desk, nip: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = desk.etpp.admin("GET", f"letters?person={nip}")["letters"]
    return found


def test_letters_of_many_people_come_by_a_table_and_are_decided_as_others(staffed: Desk) -> None:
    table = "\n".join(
        (
            LETTERS,
            DUTY,
            DUTY.replace(ANI, CITRA),
            f"cuti-tahunan;850/3;2026-11-20;BKPP;{ANI};2026-12-01;2026-12-01;07:30;12.00",
        )
    ).encode()
    page = bring(staffed, table, "letters")
    assert numbers(page) == [3, 3, 0, 0]
    assert "Ani" in page.text
    assert "094/77" in page.text
    assert letters_of(staffed, ANI) == []  # nothing yet
    assert "Tabel sudah diambil" in staffed.post(path_of(page)).text
    mine = {each["number"]: each for each in letters_of(staffed, ANI)}
    assert {each["state"] for each in mine.values()} == {"submitted"}
    assert len(mine["094/77"]["person_ids"]) == 2  # one letter for both
    refused = staffed.etpp.admin("POST", f"letters/{mine['094/77']['letter_id']}/approve", {"by": "bkpp"}, expect=409)
    assert "need their document" in refused["detail"]  # it comes by no table
    assert "Berkas suratnya belum ada" in staffed.get(f"/letters/{mine['094/77']['letter_id']}").text
    assert (mine["094/77"]["first_utc"], mine["094/77"]["until_utc"]) == (
        "2026-11-23T17:00:00.000Z",
        "2026-11-25T17:00:00.000Z",
    )
    assert (mine["850/3"]["first_utc"], mine["850/3"]["until_utc"]) == (
        "2026-12-01T00:30:00.000Z",
        "2026-12-01T05:00:00.000Z",
    )
    again = bring(staffed, table, "letters")
    assert numbers(again) == [3, 0, 3, 0]
    letter = mine["094/77"]["letter_id"]
    staffed.etpp.admin("POST", f"letters/{letter}/refuse", {"by": "bkpp", "reason": "salah nomor"})
    back = html.unescape(bring(staffed, table, "letters").text)
    assert back.count("Nomor surat: surat ini pernah ditolak atau dicabut") == 2


def test_every_fault_of_a_letters_line_is_named_with_its_column(staffed: Desk) -> None:
    lines = (
        f"cuti besok;;2026-13-01;Kepala;{ANI};2026-11-24;2026-11-23;;",
        f"cuti besok;1;2026-11-20;Kepala;{ANI};2026-11-24;2026-11-24;;",
        "dinas-luar;1;2026-11-20;Kepala;199901012024011009;2026-11-24;2026-11-24;;",
        f"dinas-luar;1;2026-11-20;Kepala;{ANI};2015-11-24;2015-11-24;;",
        f"dinas-luar;1;2026-11-20;Kepala;{ANI};2026-11-24;2036-11-24;;",
        f"dinas-luar;2;2026-11-20;Kepala;{ANI};2026-12-24;2026-12-24;;",
        f"dinas-luar;2;2026-11-20;Kepala;{ANI};2026-12-24;2026-12-24;;",
    )
    page = bring(staffed, "\n".join((LETTERS, *lines)).encode(), "letters")
    text = html.unescape(page.text)
    for says in (
        "Nomor surat: kosong.",
        "Tanggal surat: tanggal itu tidak ada.",
        "Sampai: lebih awal daripada mulainya.",
        "Jenis surat: jenis itu tidak ada pada hari pertama surat",
        "NIP: tidak ada pegawai dengan nomor atau ID ini.",
        "NIP: tidak menjabat di kantor mana pun",
        "Sampai: masa surat lebih dari",
        "sama dengan baris 7",
    ):
        assert says in text
    assert staffed.post(path_of(page)).status_code == 409
    assert not [each for each in letters_of(staffed, ANI) if each["number"] in ("1", "2")]


def test_activities_come_as_drafts_of_their_authors(staffed: Desk) -> None:
    head = "NIP;Tanggal;Kegiatan;Jumlah;Uraian;Jam mulai;Jam selesai"
    good = f"{CITRA};2026-11-23;Menyusun berkas;2;Berkas kenaikan pangkat;08:00;10:00"
    page = bring(staffed, f"{head}\n{good}\n".encode(), "entries")
    assert numbers(page) == [1, 1, 0, 0]
    assert "Berkas kenaikan pangkat" in page.text
    assert "Tabel sudah diambil" in staffed.post(path_of(page)).text
    month = staffed.etpp.admin("GET", f"activities/entries?person={CITRA}&month=2026-11")
    assert [(each["verdict"], each["item_id"]) for each in month["entries"]] == [("draft", "berkas")]
    assert numbers(bring(staffed, f"{head}\n{good}\n".encode(), "entries")) == [1, 0, 1, 0]
    wrong = (
        f"{CITRA};2026-12-28;berkas;1;;;",
        f"{CITRA};2026-11-23;tidur;1;;;",
        f"{CITRA};2026-11-23;berkas;0;;;",
        f"{CITRA};2026-11-23;berkas;1;;09:00;11:00",
        f"{CITRA};2026-11-23;berkas;1;;11:00;",
        f"{CITRA};2026-11-20;berkas;satu;;25:00;",
        f"{CITRA};2026-11-20;berkas;1;<script>alert(1)</script>;;",
        f"{CITRA};2026-11-20;berkas;1;<script>alert(1)</script>;;",
    )
    faulty = bring(staffed, "\n".join((head, *wrong)).encode(), "entries")
    text = html.unescape(faulty.text)
    for says in (
        "Tanggal: hari itu belum tiba.",
        "Kegiatan: kegiatan itu tidak ada dalam katalog",
        "Jumlah: harus lebih dari 0",
        "Jam mulai: kegiatan lain pegawai ini ada pada jam itu.",
        "Jam selesai: isi jam mulai dan jam selesai",
        "Jumlah: harus angka",
        "Jam mulai: jam itu tidak ada.",
        "sama dengan baris 8",
    ):
        assert says in text
    assert "<script>alert" not in faulty.text
    assert staffed.post(path_of(faulty)).status_code == 409


def test_a_table_of_scores_decides_what_has_changed(staffed: Desk) -> None:
    table = f"OPD;Bulan;Nilai\n{OFFICE};2026-10;96,5\n{OFFICE};11/2026;90 %\n"
    page = bring(staffed, table.encode(), "scores")
    assert numbers(page) == [2, 2, 0, 0]
    staffed.post(path_of(page))
    again = bring(staffed, table.replace("96,5", "97").encode(), "scores")
    assert numbers(again) == [2, 1, 1, 0]
    assert "96.5 %" in again.text
    bad = bring(staffed, f"OPD;Bulan;Nilai\n{OFFICE};2026-13;101\nTak ada;2026-10;\n".encode(), "scores")
    text = html.unescape(bad.text)
    for says in ("Bulan: harus bulan seperti 2026-11.", "Nilai: harus antara 0 dan 100.", "Kantor: kantor itu tidak"):
        assert says in text


def test_what_was_taken_is_in_the_audit_log_with_what_was_and_what_it_became(staffed: Desk) -> None:
    table = f"OPD;Bulan;Nilai\n{OFFICE};2026-09;80\n{OFFICE};2026-08;70\n"
    staffed.post(path_of(bring(staffed, table.encode(), "scores")))
    staffed.post(path_of(bring(staffed, table.replace(";80", ";85").encode(), "scores")))
    with staffed.etpp.database.read() as tx:
        said = Ledger(tx).search(limit=1)[0].said
    about = f"{OFFICE}:2026-09"
    assert said.action == "POST /console/imports/{import_id}"
    assert said.before == [{"about": about, "was": "80 %"}]
    assert said.after == [{"about": about, "change": "changed", "becomes": "85 %"}]


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_table_has_the_headings_that_are_read(desk: Desk, kind: str) -> None:
    book = desk.get(f"/imports/templates/{kind}")
    assert "attachment" in book.headers["Content-Disposition"]
    for content in (book.content, desk.get(f"/imports/templates/{kind}?csv=yes").content):
        assert sheets.read(content, KINDS[kind].columns) == []
    assert desk.get("/imports/templates/none").status_code == 404


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


@functools.cache
def hostile(what: str) -> bytes:
    return HOSTILE[what]()


@pytest.mark.parametrize(
    ("what", "kind"),
    [(what, "people") for what in HOSTILE]
    + [(what, kind) for kind in ("letters", "entries", "scores") for what in ("a ZIP bomb", "an XML bomb", "nothing")],
)
def test_what_is_no_table_is_refused_and_never_kept(desk: Desk, what: str, kind: str) -> None:
    before = set((desk.etpp.state.folder / "imports").glob("*"))
    page = bring(desk, hostile(what), kind)
    assert page.status_code == 409
    assert 'id="file-wrong"' in page.text
    assert "<script>" not in page.text
    assert set((desk.etpp.state.folder / "imports").glob("*")) == before
    assert desk.get("/imports").status_code == 200


def test_more_than_ten_megabytes_are_not_read(desk: Desk) -> None:
    assert bring(desk, b"x" * (sheets.MAX_BYTES + 20_000)).status_code in (400, 413)
    assert desk.post("/imports", file=people(NEW), kind="everything").status_code == 409
