"""A report as a workbook, by XlsxWriter: a sheet a section, numbers as numbers, and nothing that a spreadsheet runs."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from etpp.reports.model import Cell, Chart, Column, Facts, Mark, Reasons, Report, Section, Signatures, Table, Tone
from etpp.reports.svg import FILLS

_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
"""What a sheet's name may not hold; it has at most 31 characters."""
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'")
_PAPERS = {"A4": 9, "F4": 14}
"""By number (ECMA-376 part 1, 18.3.1.63); 14 is Folio, 8.5 by 13 inches, which is F4 here."""
_CELL_TONES: dict[Tone, str] = {
    "plain": "#FFFFFF",
    "good": "#FFFFFF",
    "late": "#FBE3BF",
    "bad": "#F3C9C5",
    "away": "#DCE3F2",
    "off": "#ECEEF1",
    "doubt": "#E6DAF1",
}
_NUMBERS = {"rupiah": "#,##0;[Red]-#,##0", "points": "#,##0.##", "count": "#,##0"}


def write(report: Report, path: Path, tell: Callable[[int, int], None]) -> None:
    """`tell` hears of each finished section, and may raise to stop. Raises OSError."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": report.title, "comments": report.made})
    formats = _Formats(book)
    names: set[str] = set()
    for n, section in enumerate(report.sections):
        _Sheet(book, report, section, formats, _sheet_name(section.name, names)).write()
        tell(n + 1, len(report.sections))
    book.close()


class _Formats:
    """Each format once: a workbook keeps all that it was ever given."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def __call__(self, **properties: Any) -> Any:
        key = tuple(sorted({"valign": "vcenter", **properties}.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(dict(key))
        return self._made[key]


class _Sheet:
    """One sheet while it is written, from the top down."""

    def __init__(self, book: Any, report: Report, section: Section, formats: _Formats, name: str) -> None:
        self._book = book
        self._report = report
        self._section = section
        self._format = formats
        self._name = name
        self._page = book.add_worksheet(name)
        self._line = 0
        self._widths: dict[int, float] = {}

    def write(self) -> None:
        section, page = self._section, self._page
        self._say(section.title, bold=True, font_size=14)
        if section.stamp:
            self._say(section.stamp, bold=True, font_size=14, font_color="#B3372F")
        for words in section.lines:
            self._say(words)
        only = [block for block in section.blocks if isinstance(block, Table)]
        for block in section.blocks:
            self._line += 1
            match block:
                case Table():
                    self._table(block, freeze=block is only[0] and len(block.rows) > 5)
                case Chart():
                    self._chart(block)
                case Reasons():
                    self._say(block.title, bold=True)
                    for sentence in block.sentences:
                        self._say(sentence.text, indent=sentence.level)
                case Facts():
                    for name, value in block.pairs:
                        self._text(self._line, 0, name, bold=True)
                        self._text(self._line, 1, value)
                        self._line += 1
                case Signatures():
                    for above, name in block.places:
                        for words in above.split("\n"):
                            self._say(words)
                        self._line += 3
                        self._say(name)
        self._line += 1
        for words in (*section.foot, self._report.made):
            self._say(words, font_size=8, font_color="#555555")
        for column, width in self._widths.items():
            page.set_column(column, column, width)
        self._print_set_up()

    def _print_set_up(self) -> None:
        page = self._page
        if self._report.landscape:
            page.set_landscape()
        page.set_paper(_PAPERS[self._report.paper])
        page.set_margins(0.4, 0.4, 0.7, 0.6)
        page.fit_to_pages(1, 0)
        stamp = self._section.stamp.replace("&", "&&")
        page.set_header(f"&R&B{stamp}" if stamp else "")
        page.set_footer("&C" + self._report.page_of.format(page="&P", pages="&N"))

    def _say(self, words: str, **look: Any) -> None:
        self._text(self._line, 0, words, **look)
        self._line += 1

    def _text(self, line: int, column: int, words: str, **look: Any) -> None:
        # A string cell never runs; the prefix keeps it a text when somebody edits it, or saves the sheet as CSV.
        prefix = {"quote_prefix": True} if words.startswith(_RISKY) else {}
        self._page.write_string(line, column, words, self._format(**prefix, **look))

    def _table(self, table: Table, freeze: bool = False) -> int:
        """The line of its first row."""
        if table.title:
            self._say(table.title, bold=True, font_size=12)
        if not table.rows and table.empty:
            self._say(table.empty)
            return self._line
        head = {"bold": True, "border": 1, "text_wrap": True, "align": "center", "bg_color": "#E4E8EE"}
        if any(column.group for column in table.columns):
            self._groups(table.columns, head)
        for n, column in enumerate(table.columns):
            self._text(self._line, n, column.title, **head)
            self._widths[n] = max(self._widths.get(n, 0), _characters(column))
        self._line += 1
        if freeze:
            wide = [n for n, column in enumerate(table.columns) if column.kind == "text"][:1]
            self._page.freeze_panes(self._line, wide[0] + 1 if len(table.columns) > 8 and wide else 0)
            self._page.repeat_rows(self._line - 1 - any(c.group for c in table.columns), self._line - 1)
        first = self._line
        for line, row in enumerate(table.rows):
            strong = {"bold": True, "top": 2} if line in table.strong else {}
            for n, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
                self._cell(n, column, cell, **strong)
            self._line += 1
        if table.foot:
            self._foot(table, first)
        if table.note:
            self._say(table.note, italic=True)
        return first

    def _groups(self, columns: tuple[Column, ...], head: dict[str, Any]) -> None:
        start = 0
        while start < len(columns):
            end = start
            while end + 1 < len(columns) and columns[end + 1].group == columns[start].group:
                end += 1
            if columns[start].group and end > start:
                self._page.merge_range(self._line, start, self._line, end, columns[start].group, self._format(**head))
            else:
                self._text(self._line, start, columns[start].group, **head)
            start = end + 1
        self._line += 1

    def _cell(self, n: int, column: Column, cell: Cell, **look: Any) -> None:
        line, page, edge = self._line, self._page, {"border": 1, **look}
        match cell:
            case None:
                page.write_blank(line, n, None, self._format(**edge))
            case Mark():
                self._text(line, n, cell.text, align="center", bg_color=_CELL_TONES[cell.tone], **edge)
            case dt.date():
                page.write_datetime(
                    line, n, dt.datetime.combine(cell, dt.time()), self._format(num_format="dd/mm/yyyy", **edge)
                )
            case int() | Decimal():
                number = self._format(num_format=_NUMBERS.get(column.kind, "0"), **edge)
                page.write_number(line, n, float(cell) if isinstance(cell, Decimal) else cell, number)
            case str():
                as_text = {"num_format": "@"} if column.kind == "id" else {"text_wrap": True}
                self._text(line, n, cell, **as_text, **edge)

    def _foot(self, table: Table, first: int) -> None:
        named = False
        for n, (column, total) in enumerate(zip(table.columns, table.totals, strict=True)):
            if isinstance(total, Decimal):
                look = self._format(num_format=_NUMBERS.get(column.kind, "0"), bold=True, border=1, top=2)
                place = xlsxwriter.utility.xl_col_to_name(n)
                formula = f"=SUM({place}{first + 1}:{place}{self._line})"
                self._page.write_formula(self._line, n, formula, look, float(total))
            elif not named and column.kind == "text":
                self._text(self._line, n, table.foot, bold=True, border=1, top=2)
                named = True
            else:
                self._page.write_blank(self._line, n, None, self._format(border=1, top=2))
        self._line += 1

    def _chart(self, chart: Chart) -> None:
        self._say(chart.title, bold=True, font_size=12)
        first = self._table(chart.figures)
        last = first + len(chart.labels) - 1
        if last < first:
            return
        kind = {"type": "bar"} if chart.kind == "bars" else {"type": "column", "subtype": "stacked"}
        picture = self._book.add_chart(kind)
        for n, series in enumerate(chart.series, start=1):
            picture.add_series(
                {
                    "name": series.name,
                    "categories": [self._name, first, 0, last, 0],
                    "values": [self._name, first, n, last, n],
                    "fill": {"color": FILLS[series.tone]},
                }
            )
        picture.set_title({"name": chart.title, "name_font": {"size": 11}})
        if chart.kind == "bars":
            picture.set_y_axis({"reverse": True})
        if len(chart.series) == 1:
            picture.set_legend({"none": True})
        picture.set_size({"width": 620, "height": 260})
        self._page.insert_chart(self._line + 1, 0, picture, {"description": chart.title})
        self._line += 15


def _characters(column: Column) -> float:
    """The width of a spreadsheet's column; narrow columns of marks stay narrow."""
    least = {"id": 22.0, "rupiah": 14.0, "date": 11.0, "sign": 18.0}.get(column.kind, 4.0)
    return max(least, column.width / 2)


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that workbooks allow, each once; compared without case."""
    plain = _FORBIDDEN.sub("-", name)[:31].strip("' ") or "-"
    found, n = plain, 1
    while found.lower() in taken:
        n += 1
        found = f"{plain[: 31 - len(str(n)) - 1]} {n}"
    taken.add(found.lower())
    return found
