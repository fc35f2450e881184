"""Tables from strangers' spreadsheets, CSV, XLSX or XLS, and tables written for them.

Columns are recognised by name; every cell is a text, and a row that cannot be read carries its fault: what is wrong
with one line is that line's. Messages name lines and columns and quote no cell: it may be personal.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import itertools
import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation

import xlsxwriter

from etpp.base import workbook
from etpp.base.errors import Conflict
from etpp.base.texts import without_marks
from etpp.base.workbook import MAX_CELLS, MAX_CHARACTERS, MAX_ROWS, PROTECTED, TOO_LARGE

MAX_BYTES = 10 * 1024 * 1024
"""Ten thousand people with forty columns take 5 MB as CSV and 2 MB as XLSX."""
MAX_CELL = 2_000
"""Characters of one cell."""
HEADER_WITHIN = 20
"""Rows, from the first that has anything, among which the names of the columns are looked for: titles stand above."""
_PATIENCE_S = 60

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How XLSX (a ZIP) and XLS (an OLE file) begin."""
_DELIMITERS = ",;\t"
_SCIENTIFIC = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eE][+-]?\d+", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run as a formula by spreadsheets (OWASP, CSV injection)."""
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_IN_WORDS = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ -](\d{4})", re.ASCII)
_MONTHS = (
    ("januari", "january"),
    ("februari", "february", "pebruari"),
    ("maret", "march"),
    ("april",),
    ("mei", "may"),
    ("juni", "june"),
    ("juli", "july"),
    ("agustus", "august", "agt"),
    ("september",),
    ("oktober", "october"),
    ("november", "nopember"),
    ("desember", "december"),
)
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.]00)?", re.ASCII)
_SERIAL_ZERO = dt.date(1899, 12, 30)
"""Day 0 of spreadsheets since March 1900 (ECMA-376 part 1, 18.17.4.1)."""
_SERIALS = range(20_000, 80_000)
"""1954 to 2119: other numbers are no day that somebody meant."""


class SheetError(ValueError):
    """The whole table cannot be read; the message says why, and where."""


class _NoHeadings(SheetError):
    """The columns are not there, or stand between other separators."""


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is the key in a Row and the heading that is written; headings are compared without case, spaces and
    signs. A column that is not `required` may be missing. `label`: the heading of an empty table, where it is not the
    name."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = True
    label: str = ""

    @property
    def heading(self) -> str:
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Row:
    """`line`: where the row begins in the file, from 1. `cells`: every column's text, "" where it has none.

    `others`: what stands under headings that no column has, by heading. `fault`: why the row cannot be read, or "".
    `missing`: the columns that the whole table lacks; of these it says nothing, not even that there is nothing.
    """

    line: int
    cells: Mapping[str, str] = field(repr=False)
    others: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: str = ""
    missing: frozenset[str] = frozenset()

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one line of a table, in words that quote nothing of it."""

    line: int
    says: str


def read(content: bytes, columns: Sequence[Column]) -> list[Row]:
    """The rows below the headings, without empty ones; whether CSV or a workbook is seen from the content.

    Raises SheetError for what concerns the whole: size, kind, encoding, a column that is missing or stands twice.
    """
    if len(content) > MAX_BYTES:
        raise SheetError(f"a table has at most {MAX_BYTES // 1024 // 1024} MB: split it")
    if content.startswith(_WORKBOOKS):
        return _rows(_workbook(content), columns)
    refused: _NoHeadings | None = None
    for records in _csv(_decoded(content)):
        try:
            return _rows(records, columns)
        except _NoHeadings as error:
            refused = refused or error
    raise refused or SheetError("the table is empty")


def asked(content: bytes, columns: Sequence[Column]) -> list[Row]:
    """As `read`, of what somebody hands in. Before any transaction: a workbook takes a while. Raises Conflict."""
    try:
        return read(content, columns)
    except SheetError as error:
        raise Conflict(str(error), key="sheet_unreadable") from error


def _rows(lines: Iterator[_Line], columns: Sequence[Column]) -> list[Row]:
    filled = ((line, cells, fault) for line, cells, fault in lines if fault or any(without_marks(c) for c in cells))
    first, headings, names = _headings(filled, columns)
    missing = frozenset(column.name for column in columns).difference(names)
    rows = []
    for count, (line, cells, fault) in enumerate(filled, start=first):
        if count > MAX_ROWS:
            raise SheetError(f"a table has at most {MAX_ROWS} rows: split it")
        rows.append(replace(_row(line, cells, fault, headings, names, columns), missing=missing))
    return rows


Written = str | int | Decimal
"""A cell of a table that is written: a number that is one, such as minutes or points, is a number in the workbook."""


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Written]]) -> bytes:
    """UTF-8 with its mark, by which spreadsheets know it; formulas and long numbers are kept as text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([harmless(heading) for heading in headings])
    writer.writerows([harmless(str(cell)) for cell in row] for row in rows)
    return codecs.BOM_UTF8 + text.getvalue().encode()


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Written]], sheet: str = "Data") -> bytes:
    """Every text is a text: neither formula, nor link, nor a number that loses its end."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    page = book.add_worksheet(sheet)
    as_text, bold = book.add_format({"num_format": "@"}), book.add_format({"num_format": "@", "bold": True})
    for column, heading in enumerate(headings):
        page.write_string(0, column, heading, bold)
    for line, row in enumerate(rows, start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                page.write_string(line, column, f"'{cell}" if cell.startswith(("'", '="')) else cell, as_text)
            elif -workbook.EXACT_BELOW < cell < workbook.EXACT_BELOW:
                page.write_number(line, column, cell)
            else:
                page.write_string(line, column, str(cell), as_text)
    page.freeze_panes(1, 0)
    book.close()
    return content.getvalue()


def harmless(cell: str) -> str:
    """The cell with an apostrophe before what a spreadsheet would run, or round to 15 digits; `read` takes it off."""
    if _PLAIN_NUMBER.fullmatch(cell):
        return f"'{cell}" if len(cell) > 15 else cell
    return f"'{cell}" if cell.startswith((*_RISKY, "'")) else cell


# ---------------------------------------------------------------- what a cell says


def digits(cell: str) -> str:
    """A number that is a name, such as a NIP. Raises ValueError for what a spreadsheet made of one: `1.98E+17`."""
    if _SCIENTIFIC.fullmatch(cell):
        raise ValueError("the spreadsheet has rounded the number (1.98E+17): format the column as text, type it again")
    return cell


def date(cell: str) -> dt.date:
    """A day: 2026-11-24, 24/11/2026 (the day first, as in Indonesia), 24 November 2026, or a spreadsheet's serial
    number."""
    text = re.sub(r"[ T]00:00(:00)?$", "", cell)
    try:
        if found := _YEAR_FIRST.fullmatch(text):
            return dt.date(int(found[1]), int(found[2]), int(found[3]))
        if found := _DAY_FIRST.fullmatch(text):
            return dt.date(int(found[3]), int(found[2]), int(found[1]))
        if found := _IN_WORDS.fullmatch(text):
            return dt.date(int(found[3]), _month(found[2].lower()), int(found[1]))
    except ValueError as error:
        raise ValueError("there is no such day") from error
    if re.fullmatch(r"[0-9]{5}", text) and int(text) in _SERIALS:
        return _SERIAL_ZERO + dt.timedelta(days=int(text))
    raise ValueError("must be a day such as 2026-11-24 or 24/11/2026")


def _month(word: str) -> int:
    """By its name or the beginning of it, Indonesian or English; 0, which no date has, for another word."""
    return next((at for at, names in enumerate(_MONTHS, 1) if any(name.startswith(word) for name in names)), 0)


def time(cell: str) -> dt.time:
    """07:30, 7.30 or 07:30:00."""
    found = _CLOCK.fullmatch(cell)
    try:
        if found:
            return dt.time(int(found[1]), int(found[2]))
    except ValueError as error:
        raise ValueError("there is no such time") from error
    raise ValueError("must be a time such as 07:30")


def number(cell: str) -> Decimal:
    """A decimal with a point or, as in Indonesia, a comma; without thousands. Raises ValueError."""
    if not _PLAIN_NUMBER.fullmatch(cell) or len(cell) > 30:
        raise ValueError("must be a number such as 12.5, without separators of thousands")
    try:
        return Decimal(cell.replace(",", "."))
    except InvalidOperation as error:
        raise ValueError("must be a number") from error


# ---------------------------------------------------------------- headings and rows

_Line = tuple[int, list[str], str]
"""Where it begins, its cells, and why it cannot be read."""


def _headings(lines: Iterator[_Line], columns: Sequence[Column]) -> tuple[int, list[str], list[str]]:
    """How many rows were read, the headings as they are written, and the column of each or ""."""
    known = {_bare(alias): column.name for column in columns for alias in (column.name, *column.aliases)}
    required = [column.name for column in columns if column.required]
    best: list[str] | None = None
    for count, (line, cells, fault) in enumerate(itertools.islice(lines, HEADER_WITHIN), start=1):
        if fault:
            raise _NoHeadings(f"line {line}: {fault}")
        names = [known.get(_bare(cell), "") for cell in cells]
        missing = [name for name in required if name not in names]
        twice = [name for name in known.values() if names.count(name) > 1]
        if twice and not missing:
            raise SheetError(f"line {line}: the column {twice[0]} stands twice")
        if not missing:
            return count + 1, [without_marks(cell) for cell in cells], names
        if best is None or len(missing) < len(best):
            best = missing
    if best is None:
        raise _NoHeadings("the table is empty")
    raise _NoHeadings(f"the column {best[0]} is missing; needed are {', '.join(required)}")


def _row(
    line: int, cells: list[str], fault: str, headings: Sequence[str], names: Sequence[str], columns: Sequence[Column]
) -> Row:
    known = {column.name: "" for column in columns}
    others: dict[str, str] = {}
    for heading, name, cell in itertools.zip_longest(headings, names, map(_cell, cells), fillvalue=""):
        if name:
            known[name] = cell
        elif heading:
            others[heading] = cell
        elif cell and not fault:
            fault = "it has more cells than there are headings"
    if not fault and any(len(cell) > MAX_CELL for cell in cells):
        fault = f"a cell has more than {MAX_CELL} characters"
    return Row(line, known, others, fault)


def _cell(text: str) -> str:
    """What was typed: an apostrophe, or a formula, is how a spreadsheet is told that something is text."""
    text = without_marks(text)
    formula = re.fullmatch(r'="(.*)"', text)
    return text.removeprefix("'") if formula is None else formula[1]


def _bare(heading: str) -> str:
    composed = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(c for c in composed if c.isalnum())


# ---------------------------------------------------------------- CSV


def _decoded(content: bytes) -> str:
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    if not encoding and b"\0" in content[:2]:
        encoding = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    for each in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            text = content.decode(each)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise SheetError("the file is neither CSV nor a workbook (XLSX, XLS), or damaged")


def _csv(text: str) -> Iterator[Iterator[_Line]]:
    """The table as it is with each separator that it may have, the likeliest first: a comma, a semicolon (as
    spreadsheets in Indonesia write it) or a tab. A line `sep=;` above tells it."""
    lines = list(io.StringIO(text, newline=""))  # at line feeds and carriage returns alone, which are kept
    header = next((line for line in lines if line.strip()), "")
    told = re.fullmatch(r'"?sep=([,;\t])"?\s*', header, re.IGNORECASE)
    if told is not None:
        yield _records(lines, lines.index(header) + 1, told[1])
        return
    for delimiter in sorted(_DELIMITERS, key=header.count, reverse=True):
        yield _records(lines, 0, delimiter)


def _records(lines: Sequence[str], at: int, delimiter: str) -> Iterator[_Line]:
    """Each record from a line on. After one that cannot be read the next line is another."""
    cells_left = MAX_CELLS
    while at < len(lines):
        begun = at
        reader = csv.reader(itertools.islice(lines, begun, None), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                cells_left -= len(cells)
                if cells_left < 0:
                    raise SheetError(f"a table has at most {MAX_CELLS} cells: split it")
                swallowed = any(delimiter in rest for cell in cells for rest in re.split(r"[\r\n]", cell)[1:])
                yield at + 1, cells, "a quotation mark is not closed: it holds the next row too" if swallowed else ""
                at = begun + reader.line_num
        except csv.Error:
            yield at + 1, [], "a quotation mark is not closed, or a cell is too long"
            at += 1


# ---------------------------------------------------------------- workbooks


def _workbook(content: bytes) -> Iterator[_Line]:
    """By a process of its own (etpp.base.workbook). Raises SheetError."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", workbook.__file__],
            input=content,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SheetError("the workbook takes too long to read: save it as CSV") from None
    except OSError as error:
        raise SheetError(f"workbooks cannot be read now ({error.strerror}): save it as CSV") from error
    if done.returncode == PROTECTED:
        raise SheetError("the workbook is protected by a password: save it without one")
    if done.returncode == TOO_LARGE or done.returncode < 0:
        raise SheetError(
            f"the workbook is damaged or too large: at most {MAX_ROWS} rows, {MAX_CELLS} cells and "
            f"{MAX_CHARACTERS} characters"
        )
    if done.returncode:
        raise SheetError("the file is no workbook (XLSX, XLS) that can be read: save it anew, or as CSV")
    return ((line, cells, "") for line, cells in enumerate(json.loads(done.stdout), start=1))
