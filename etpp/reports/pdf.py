"""A report as pages, by WeasyPrint from HTML of our own. Nothing is fetched: neither from a network nor from a file."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, cast

import jinja2
import weasyprint
from markupsafe import Markup
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from etpp.console.texts import Language
from etpp.reports.model import Block, Cell, Column, Mark, Report, Section, Table
from etpp.reports.svg import svg
from etpp.reports.texts import Words, words

_SIZES = {"A4": "210mm 297mm", "F4": "215mm 330mm"}
_SIZES_LANDSCAPE = {"A4": "297mm 210mm", "F4": "330mm 215mm"}
NARROW = 10
"""Columns up to which amounts have their currency beside them; wider tables say it once above."""
_PROGRESS = logging.getLogger("weasyprint.progress")

_templates = jinja2.Environment(
    loader=jinja2.PrefixLoader({"reports": jinja2.PackageLoader("etpp.reports")}),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class _Nothing(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """What a report shows is in it. An address in it would be a fault of the program's, and stops it."""

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> NoReturn:  # noqa: ARG002
        raise FatalURLFetchingError("a report asks for something outside of it")


def write(report: Report, path: Path, tell: Callable[[int, int], None]) -> None:
    """`tell` hears of each page that is laid out, of an unknown number (0), and may raise to stop. Raises OSError.

    Of one thread at a time: WeasyPrint says how far it is in a logger of the process.
    """
    listener = _Listener(tell)
    _PROGRESS.addHandler(listener)
    level = _PROGRESS.level
    _PROGRESS.setLevel(logging.INFO)
    try:
        document = weasyprint.HTML(string=html(report), url_fetcher=_Nothing())
        document.write_pdf(str(path))
    finally:
        _PROGRESS.setLevel(level)
        _PROGRESS.removeHandler(listener)


def html(report: Report) -> str:
    """One page of HTML with its style in it, everything escaped."""
    say = words(cast(Language, report.language))
    sizes = _SIZES_LANDSCAPE if report.landscape else _SIZES
    template = _templates.get_template("reports/report.html")
    return template.render(
        report=report,
        size=sizes[report.paper],
        blocks=_blocks,
        say=say,
        show=lambda cell, column, table: _show(cell, column, table, say),
        groups=_groups,
        width=_width,
        picture=lambda chart: Markup(svg(chart, say.rupiah if chart.unit == "rupiah" else say.number)),
        is_mark=lambda cell: isinstance(cell, Mark),
    )


class _Listener(logging.Handler):
    def __init__(self, tell: Callable[[int, int], None]) -> None:
        super().__init__()
        self._tell = tell
        self._page = 0

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if "Page " in text:
            self._page = int(text.rpartition("Page ")[2].partition(" ")[0])
        self._tell(self._page, 0)


def _blocks(section: Section) -> list[tuple[str, Block]]:
    return [(type(block).__name__, block) for block in section.blocks]


def _show(cell: Cell, column: Column, table: Table, say: Words) -> str:
    match cell:
        case None:
            return ""
        case Mark():
            return cell.text
        case dt.date():
            return say.plain_date(cell)
        case int() | Decimal():
            if column.kind == "rupiah" and len(table.columns) <= NARROW:
                return say.rupiah(cell)
            return say.number(cell)
        case str():
            return cell


def _groups(table: Table) -> list[tuple[str, int]]:
    """Headings over columns, with how many each spans; none where no column has one."""
    found: list[tuple[str, int]] = []
    for column in table.columns:
        if found and found[-1][0] == column.group:
            found[-1] = (column.group, found[-1][1] + 1)
        else:
            found.append((column.group, 1))
    return found if any(group for group, _ in found) else []


def _width(table: Table, column: Column) -> str:
    """Its share of the page."""
    whole: Any = sum(each.width for each in table.columns)
    return f"{100 * column.width / whole:.2f}%"
