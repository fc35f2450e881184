"""Tables from spreadsheets: what is read, what is refused and where, and that what is written comes back."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from etpp.base import sheets, workbook
from etpp.base.sheets import Column, SheetError
from etpp.base.texts import without_marks

NIP = "198503152010011007"
COLUMNS = (
    Column("nip"),
    Column("name", ("nama", "nama pegawai")),
    Column("note", ("keterangan",), required=False),
)


def xlsx(*rows: list[Any], hidden_first: bool = False, **options: Any) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True, **options})
    if hidden_first:
        lists = book.add_worksheet()
        lists.write_string(0, 0, "choices")
    page = book.add_worksheet()
    page.activate()
    if hidden_first:
        lists.hide()
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    for line, row in enumerate(rows):
        for column, cell in enumerate(row):
            page.write(line, column, cell, *([day] if isinstance(cell, dt.date) else []))
    book.close()
    return content.getvalue()


def names(content: bytes) -> list[tuple[int, str, str]]:
    return [(row.line, row["nip"], row["name"]) for row in sheets.read(content, COLUMNS)]


TEXT = f"NIP;Nama;Keterangan\r\n{NIP};Sri “Lestari”;\r\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),  # Excel's "CSV UTF-8"
        TEXT.encode("cp1252"),  # Excel's plain "CSV" on a Western Windows
        TEXT.encode("utf-16"),  # Excel's "Unicode text"
        TEXT.encode("utf-16-le"),  # without its mark
        TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace(";", ",").encode(),
        TEXT.replace("\r\n", "\n").encode(),
        TEXT.replace("\r\n", "\r").encode(),  # an old Mac's
        TEXT.replace("Nama", "NAMA  Pegawai ").encode(),  # another name of the column
        TEXT.replace(NIP, f"'{NIP}").encode(),  # a number told to be text
        TEXT.replace(NIP, f'"=""{NIP}"""').encode(),
        TEXT.replace(NIP, f"\u200b{NIP}\u00a0").encode(),  # what comes along when one copies
        xlsx(["NIP", "Nama"], [NIP, "Sri “Lestari”"]),
        xlsx(["Nama", "no", "NIP"], ["Sri “Lestari”", 1, NIP]),  # in another order, with a column more
        xlsx(["NIP", "Nama"], [NIP, "Sri “Lestari”"], hidden_first=True),
    ],
)
def test_every_way_in_which_spreadsheets_save_gives_the_same_rows(content: bytes) -> None:
    assert names(content) == [(2, NIP, "Sri “Lestari”")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"sep=;\nnip;nama\n1;a\n", 3),  # tells Excel the separator
        (b"\n\nnip;nama\n\n1;a\n", 5),  # empty lines are none
        (b"Daftar pegawai;;\nOPD: Kominfo\nnip;nama\n1;a\n", 4),  # titles above the headings
        (b'nip;nama;note\n1;a;"two\nlines"\n2;b;\n', 2),  # a cell may have two lines
        (xlsx(["Daftar"], [], ["nip", "nama"], [1, "a"]), 4),
    ],
)
def test_a_row_knows_the_line_on_which_it_begins(content: bytes, line: int) -> None:
    assert names(content)[0] == (line, "1", "a")


def test_what_has_no_column_is_kept_under_its_heading() -> None:
    (row,) = sheets.read(b"nip,nama,1,2\n7,Sri,P,M\n", COLUMNS)
    assert row.others == {"1": "P", "2": "M"}
    assert row["note"] == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\n ; ;\n", "empty"),
        (b"nip;alamat\n1;x\n", "column name is missing"),
        (b"nip;nama;NIP\n1;x;2\n", "column nip stands twice"),
        (b"nip;nama;nama pegawai\n1;x;y\n", "column name stands twice"),  # by two of its names
        (b"%PDF-1.7\n\0\0\0", "neither CSV nor a workbook"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\x81", "neither CSV nor a workbook"),
        (b"PK\x03\x04 and nothing more", "no workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "no workbook"),
        (b"x" * (sheets.MAX_BYTES + 1), "at most 10 MB"),
        (b"nip;nama\n" + b"1;a\n" * (sheets.MAX_ROWS + 1), "at most 100000 rows"),
        (b"nip;nama\n" + b";" * 2_000_001, "at most 2000000 cells"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_whole(content: bytes, says: str) -> None:
    with pytest.raises(SheetError, match=says):
        sheets.read(content, COLUMNS)


def far_away() -> bytes:
    """A workbook of two cells, one of them the last that there can be: seventeen thousand million between them."""
    return _replaced(xlsx(["nip", "nama"]), b'r="B1"', b'r="XFD1048576"')


def inflating() -> bytes:
    """A gigabyte of spaces in a megabyte."""
    content = io.BytesIO(xlsx(["nip", "nama"]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as book, book.open("xl/sharedStrings.xml", "w") as member:
        member.write(b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>')
        for _ in range(1200):
            member.write(b" " * 1024 * 1024)
        member.write(b"</t></si></sst>")
    return content.getvalue()


def _replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(changed, "w") as other:
        for name in book.namelist():
            other.writestr(name, book.read(name).replace(old, new))
    return changed.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize(("make"), [far_away, inflating])
def test_a_workbook_that_asks_for_too_much_ends_its_own_process_only(make: Any) -> None:
    with pytest.raises(SheetError, match="too large"):
        sheets.read(make(), COLUMNS)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b'nip;nama\n1;"Sri\n2;Budi\n', "not closed"),  # to the end of the file
        (b'nip;nama\n1;"Sri\n2;"Budi\n', "not closed"),  # to the next one's mark
        (b'nip;nama\n1;"Sri\n2;Budi"\n3;"Ani"\n', "holds the next row too"),
        (b"nip;nama\n1;Sri;;x\n", "more cells"),
        (b"nip;nama\n1;" + b"x" * (sheets.MAX_CELL + 1) + b"\n", "more than 2000 characters"),
    ],
)
def test_a_row_that_cannot_be_read_carries_its_fault(content: bytes, fault: str) -> None:
    row = sheets.read(content, COLUMNS)[0]
    assert (row.line, fault in row.fault) == (2, True)


def test_a_row_behind_one_that_cannot_be_read_is_read() -> None:
    rows = sheets.read(b'nip;nama\n1;"Sri" x\n2;Budi\n', COLUMNS)
    assert [(row.line, row["nip"], bool(row.fault)) for row in rows] == [(2, "", True), (3, "2", False)]


@pytest.mark.parametrize("cell", ["1.98503E+17", "1,98E+17", "1.98e17"])
def test_a_rounded_number_is_no_nip(cell: str) -> None:
    with pytest.raises(ValueError, match="rounded"):
        sheets.digits(cell)


def test_a_nip_that_a_workbook_holds_as_a_number_is_seen_to_be_rounded() -> None:
    ((_, nip, _),) = names(xlsx(["nip", "nama"], [int(NIP), "Sri"]))
    with pytest.raises(ValueError, match="rounded"):
        sheets.digits(nip)
    assert sheets.digits(NIP) == NIP


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.0, "12"),
        (12.5, "12.5"),
        (-3, "-3"),
        (999_999_999_999_999, "999999999999999"),  # the longest that is exact
        (True, "true"),
        (dt.datetime.fromisoformat("2026-11-24"), "2026-11-24"),
        (dt.datetime.fromisoformat("2026-11-24 07:30"), "2026-11-24 07:30"),
        (dt.date(2026, 11, 24), "2026-11-24"),
        (dt.time(7, 30), "07:30"),
        (dt.time(7, 30, 5), "07:30:05"),
        (dt.timedelta(hours=26, minutes=5), "26:05"),
    ],
)
def test_a_cell_as_text(value: object, text: str) -> None:
    assert workbook.text_of(value) == text


@pytest.mark.parametrize(
    "cell", ["2026-11-24", "24/11/2026", "24-11-2026", "24.11.2026", "2026-11-24 00:00:00", "46350"]
)
def test_a_day_in_the_ways_in_which_it_is_written(cell: str) -> None:
    assert sheets.date(cell) == dt.date(2026, 11, 24)


def test_a_day_of_a_workbook_is_that_day() -> None:
    ((_, _, name),) = names(xlsx(["nip", "nama"], ["1", dt.date(2026, 11, 24)]))
    assert sheets.date(name) == dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    "cell", ["", "31/02/2026", "11/24/2026", "24/11/26", "1.98E+17", "19999", "２０２６-11-24", "today"]
)
def test_what_is_no_day_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="day"):
        sheets.date(cell)


@pytest.mark.parametrize(("cell", "value"), [("12.5", "12.5"), ("12,5", "12.5"), ("-3", "-3"), ("0", "0")])
def test_a_number(cell: str, value: str) -> None:
    assert sheets.number(cell) == Decimal(value)


@pytest.mark.parametrize("cell", ["", "NaN", "Infinity", "1e5", "1.000,5", "１", "0x10", "1" * 31])
def test_what_is_no_number_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="number"):
        sheets.number(cell)


@pytest.mark.parametrize(
    ("cell", "value"), [("07:30", dt.time(7, 30)), ("7.30", dt.time(7, 30)), ("07:30:00", dt.time(7, 30))]
)
def test_a_time(cell: str, value: dt.time) -> None:
    assert sheets.time(cell) == value


@pytest.mark.parametrize("cell", ["", "25:00", "0730", "07:61"])
def test_what_is_no_time_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="time"):
        sheets.time(cell)


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "'text", NIP])
def test_no_spreadsheet_runs_or_rounds_what_is_written(cell: str) -> None:
    line = sheets.write_csv(["nip", "nama"], [[cell, "x"]]).decode("utf-8-sig").splitlines()[1]
    assert line.strip('"').startswith("'")
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(sheets.write_xlsx(["nip"], [[cell]]))).read(
        "xl/worksheets/sheet1.xml"
    )


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zs", "Zl", "Zp", "Cs", "Cn", "Co")), max_size=20
).filter(lambda cell: without_marks(cell) == cell)  # marks that nobody sees are taken off, on purpose
tables = st.lists(st.tuples(cells.filter(lambda cell: bool(cell) and not cell.startswith('="')), cells), max_size=8)


@given(tables)
def test_what_is_written_as_csv_is_read_again(rows: list[tuple[str, str]]) -> None:
    written = sheets.write_csv(["nip", "name"], rows)
    assert [(row["nip"], row["name"]) for row in sheets.read(written, COLUMNS)] == rows


@settings(max_examples=5)
@given(tables)
def test_what_is_written_as_a_workbook_is_read_again(rows: list[tuple[str, str]]) -> None:
    rows = [(a.removeprefix("'"), b.removeprefix("'")) for a, b in rows if a.removeprefix("'")]
    written = sheets.write_xlsx(["nip", "name"], rows)
    assert [(row["nip"], row["name"]) for row in sheets.read(written, COLUMNS)] == rows


@given(st.binary(max_size=400))
def test_no_bytes_end_in_anything_but_an_answer(content: bytes) -> None:
    with contextlib.suppress(SheetError):
        sheets.read(b"nip;nama\n" + content, COLUMNS)


@pytest.mark.parametrize("cell", ["'Aisyah", "''", '="x"', "=1+1", "198503152010011007"])
def test_a_text_is_read_as_it_was_written_in_both_forms(cell: str) -> None:
    columns = (Column("name"), Column("note"))
    for content in (
        sheets.write_csv(["name", "note"], [[cell, "x"]]),
        sheets.write_xlsx(["name", "note"], [[cell, "x"]]),
    ):
        (row,) = sheets.read(content, columns)
        assert row["name"] == cell
