"""One table for every list of the console: its columns are declared once, and what the address asks for decides which
rows are shown, in which order and on which page; the same can be taken home as CSV or XLSX.

    PEOPLE = Listing("pegawai", (Column("name", "name", lambda p: p.name, finds=True), ...))
    asked = PEOPLE.asked(visit)
    rows = await visit.server.read(lambda tx: ...)
    return await PEOPLE.answer(visit, asked, rows, TEMPLATE, {...})

The template places it: `{% from "console/listing.html" import table with context %}{{ table(listing) }}`. Rows that the
database has chosen itself come as `Rows`, from `asked.first` on and at most `asked.count` of them.
"""

from __future__ import annotations

import datetime as dt
import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from etpp.base import sheets
from etpp.base.texts import shown
from etpp.console.texts import Texts
from etpp.console.visit import HEADERS, PREFIX, Visit

R = TypeVar("R")
Value = str | int | Decimal | dt.date | dt.datetime | None
Kind = Literal["text", "name", "number", "time", "state", "reason"]
Tone = Literal["", "good", "warn", "bad", "late", "doubt"]

PER_PAGE = 50
MAX_EXPORT = 20_000
"""Rows of a file: more than a regency has people; of a longer list the file says that it was cut."""
MAX_WORDS = 100
MAX_CHOICES = 60
_CLASSES: dict[Kind, str] = {"number": "n", "text": ""}
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: `small` below the text; `href`: a path of the console; `chip`: on a coloured ground."""

    text: str
    small: str = ""
    href: str = ""
    tone: Tone = ""
    chip: bool = False


def _plain(value: Value, texts: Texts) -> str:
    if isinstance(value, dt.datetime):
        return texts.moment(value)
    if isinstance(value, dt.date):
        return texts.date(value)
    return "" if value is None else str(value)


@dataclass(frozen=True)
class Column(Generic[R]):
    """`label`: a key of the texts. `of`: by what a row is sorted and exported; a moment is aware and local.
    `says`: the value in words; `show`: what the cell holds, where that is more than those words.
    `finds`: the search looks into it. `chooses`: of its values one can be chosen."""

    key: str
    label: str
    of: Callable[[R], Value]
    show: Callable[[R, Texts], Cell | Sequence[Cell]] | None = None
    says: Callable[[Value, Texts], str] = _plain
    kind: Kind = "text"
    finds: bool = False
    chooses: bool = False
    sorts: bool = True
    shows: bool = True
    """False: only in the file."""
    exports: bool = True

    def cells(self, row: R, texts: Texts) -> Sequence[Cell]:
        found = Cell(self.says(self.of(row), texts)) if self.show is None else self.show(row, texts)
        return (found,) if isinstance(found, Cell) else found


def state_column(
    table: str, of: Callable[[R], str], tones: Mapping[str, Tone], small: Callable[[R, Texts], str] = lambda _, __: ""
) -> Column[R]:
    """How far a row is, as a chip in the state's tone, which can be chosen. `table`: of the texts, its words."""

    def show(row: R, texts: Texts) -> Cell:
        return Cell(texts.of(table, of(row)), small=small(row, texts), tone=tones[of(row)], chip=True)

    return Column("state", "status", of, show=show, says=lambda value, texts: texts.of(table, str(value)), chooses=True)


@dataclass(frozen=True)
class Asked:
    """What the address asks of a listing, each part checked: what is unknown is as if it had not been asked.
    `words` are folded; `chosen`: column -> value; `keep`: what else the address says, and keeps saying."""

    sort: str
    descending: bool = False
    text: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    page: int = 1
    export: Literal["", "csv", "xlsx"] = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.text.casefold().split())

    @property
    def first(self) -> int:
        """How many rows come before those that are wanted."""
        return 0 if self.export else (self.page - 1) * PER_PAGE

    @property
    def count(self) -> int:
        """How many are wanted."""
        return MAX_EXPORT if self.export else PER_PAGE


@dataclass(frozen=True)
class Rows(Generic[R]):
    """Those from `asked.first` on, and how many there are in all. `choices`: column -> the values to choose from."""

    rows: Sequence[R]
    total: int
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Heading:
    """`href`: the same list sorted by it; "" for a column that does not sort. `sorted`: as `aria-sort` says it."""

    label: str
    css: str
    href: str
    sorted: Literal["", "ascending", "descending"]


@dataclass(frozen=True)
class Choice:
    key: str
    label: str
    options: Sequence[tuple[str, str, bool]]
    """Value, words, whether it is chosen."""


@dataclass(frozen=True)
class Table:
    """What the template places."""

    field_q: str
    field_sort: str
    headings: Sequence[Heading]
    lines: Sequence[tuple[Any, Sequence[tuple[str, str, Sequence[Cell]]]]]
    """A row; and of each of its cells the class, the label and the content."""
    finds: bool
    text: str
    choices: Sequence[Choice]
    orders: Sequence[tuple[str, str, bool]]
    keep: Mapping[str, str]
    action: str
    first: int
    last: int
    total: int
    before: str
    after: str
    csv: str
    xlsx: str
    narrowed: bool
    clear: str


class Listing(Generic[R]):
    """`name`: of its file, a word; where a page has two, `prefix` stands before the second one's names in the
    address. `by`: the column that it is sorted by unless asked otherwise ("" : as the rows come); "-key" downwards."""

    def __init__(self, name: str, columns: Sequence[Column[R]], by: str = "", prefix: str = "") -> None:
        self.name = name
        self.columns = tuple(columns)
        self._by_key = {column.key: column for column in columns}
        self._default = by
        self._prefix = prefix

    def asked(self, visit: Visit, **keep: str) -> Asked:
        """`keep`: what the page's own address says besides."""
        said = visit.request.query_params

        def word(name: str) -> str:
            # Of what cannot be printed nothing is stored, and PostgreSQL takes no NUL.
            return "".join(c for c in said.get(self._prefix + name, "")[:1000] if c.isprintable())

        sort, page = word("sort"), word("page")
        column = self._by_key.get(sort.removeprefix("-"))
        if column is None or not column.sorts:
            sort = self._default
        chosen = {c.key: word(c.key)[:MAX_WORDS] for c in self.columns if c.chooses and word(c.key)}
        export = word("export")
        return Asked(
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            text=" ".join(word("q")[:MAX_WORDS].split()),
            chosen=chosen,
            page=max(1, int(page)) if re.fullmatch(r"[0-9]{1,6}", page) else 1,
            export="csv" if export == "csv" else "xlsx" if export == "xlsx" else "",
            keep={name: value for name, value in keep.items() if value},
            path=visit.request.url.path.removeprefix(PREFIX),
        )

    def chosen_of(self, asked: Asked, rows: Iterable[R]) -> Rows[R]:
        """Of rows that are all there already. A page past the end is the last one's place, and empty."""
        every = list(rows)
        found = [row for row in every if self._is_found(asked, row)]
        column = self._by_key.get(asked.sort)
        if column is not None:
            found.sort(key=lambda row: _order(column.of(row)), reverse=asked.descending)
            found.sort(key=lambda row: column.of(row) is None)  # what there is none of comes last either way
        choices = {c.key: sorted({str(c.of(row)) for row in every} - {"None"}) for c in self.columns if c.chooses}
        return Rows(found[asked.first : asked.first + asked.count], len(found), choices)

    async def answer(
        self,
        visit: Visit,
        asked: Asked,
        rows: Rows[R] | Iterable[R],
        template: str,
        values: Mapping[str, Any] | None = None,
        live: bool = False,
        status: int = 200,
    ) -> Response:
        """The page with the table in it as `listing`, or the file that the address asks for. `live`: the page follows
        what happens. What answers a form is the page, whatever its address says."""
        found = rows if isinstance(rows, Rows) else self.chosen_of(asked, rows)
        if asked.export and visit.request.method == "GET":
            return await run_in_threadpool(self._file, visit, asked, found)
        shown = {**(values or {}), "listing": self.table(visit.texts, asked, found)}
        return visit.page(template, shown, status, live=live)

    def table(self, texts: Texts, asked: Asked, rows: Rows[R] | Iterable[R]) -> Table:
        found = rows if isinstance(rows, Rows) else self.chosen_of(asked, rows)
        columns = [column for column in self.columns if column.shows]
        last = asked.first + len(found.rows)
        plain = replace(asked, text="", chosen={}, page=1)
        return Table(
            field_q=self._prefix + "q",
            field_sort=self._prefix + "sort",
            headings=[self._heading(column, asked, texts) for column in columns],
            lines=[
                (row, [(_css(c), "" if c.kind == "name" else texts.say(c.label), c.cells(row, texts)) for c in columns])
                for row in found.rows
            ],
            finds=any(column.finds for column in self.columns),
            text=asked.text,
            choices=[self._choice(c, asked, found, texts) for c in self.columns if c.chooses],
            orders=self._orders(asked, texts),
            keep=asked.keep,
            action=PREFIX + asked.path,
            first=asked.first + 1 if found.rows else 0,
            last=last if found.rows else 0,
            total=found.total,
            before=self._href(replace(asked, page=asked.page - 1)) if asked.page > 1 else "",
            after=self._href(replace(asked, page=asked.page + 1)) if found.rows and last < found.total else "",
            csv=self._href(replace(asked, page=1, export="csv")),
            xlsx=self._href(replace(asked, page=1, export="xlsx")),
            narrowed=bool(asked.text or asked.chosen),
            clear=self._href(plain),
        )

    def _is_found(self, asked: Asked, row: R) -> bool:
        if any(str(self._by_key[key].of(row)) != value for key, value in asked.chosen.items()):
            return False
        if not asked.words:
            return True
        text = " ".join(str(column.of(row)) for column in self.columns if column.finds).casefold()
        return all(word in text for word in asked.words)

    def _heading(self, column: Column[R], asked: Asked, texts: Texts) -> Heading:
        is_sorted = column.key == asked.sort
        turned = replace(asked, sort=column.key, descending=is_sorted and not asked.descending, page=1)
        return Heading(
            label=texts.say(column.label),
            css=_css(column),
            href=self._href(turned) if column.sorts else "",
            sorted="" if not is_sorted else "descending" if asked.descending else "ascending",
        )

    def _choice(self, column: Column[R], asked: Asked, rows: Rows[R], texts: Texts) -> Choice:
        chosen = asked.chosen.get(column.key, "")
        values = list(rows.choices.get(column.key, ()))[:MAX_CHOICES]
        if chosen and chosen not in values:
            values.append(chosen)
        options = [(value, column.says(value, texts), value == chosen) for value in values if value]
        return Choice(self._prefix + column.key, texts.say(column.label), options)

    def _orders(self, asked: Asked, texts: Texts) -> Sequence[tuple[str, str, bool]]:
        now = ("-" if asked.descending else "") + asked.sort
        found = [("", texts.listing_as_it_comes, not asked.sort)] if not self._default else []
        for column in self.columns:
            if column.sorts and column.shows:
                for mark, arrow in (("", "↑"), ("-", "↓")):
                    key = mark + column.key
                    found.append((key, f"{texts.say(column.label)} {arrow}", key == now))
        return found

    def _href(self, asked: Asked) -> str:
        """The address of the page as it would be asked so. Everything in it is quoted."""
        sort = ("-" if asked.descending else "") + asked.sort
        said = {
            "q": asked.text,
            **asked.chosen,
            "sort": "" if sort == self._default else sort,
            "page": "" if asked.page == 1 else str(asked.page),
            "export": asked.export,
        }
        query = {**asked.keep, **{self._prefix + name: value for name, value in said.items() if value}}
        return PREFIX + asked.path + ("?" + urllib.parse.urlencode(query) if query else "")

    def _file(self, visit: Visit, asked: Asked, found: Rows[R]) -> Response:
        texts = visit.texts
        columns = [column for column in self.columns if column.exports]
        headings = [texts.say(column.label) for column in columns]
        rows: list[list[str | int | Decimal]] = [[_filed(c, row, texts) for c in columns] for row in found.rows]
        if found.total > len(found.rows):
            rows.append([texts.say("listing_cut", n=len(found.rows), all=found.total)])
        write = sheets.write_csv if asked.export == "csv" else sheets.write_xlsx
        name = f"{self.name}-{visit.server.now():%Y%m%d}.{asked.export}"
        headers = HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(write(headings, rows), media_type=_TYPES[asked.export], headers=headers)


def _css(column: Column[R]) -> str:
    return _CLASSES.get(column.kind, column.kind)


def _order(value: Value) -> tuple[int, Any]:
    """Numbers by size, days and moments by time, texts as a reader would look them up."""
    if isinstance(value, int | Decimal):
        return 0, value
    if isinstance(value, dt.datetime):
        return 1, value.timestamp()
    if isinstance(value, dt.date):
        return 1, dt.datetime.combine(value, dt.time(), dt.UTC).timestamp()
    # Texts and numbers by turns: "Kapanewon 9" stands before "Kapanewon 10".
    parts = re.split(r"([0-9]{1,18})", str(value or "").casefold())
    return 2, [int(part) if at % 2 else part for at, part in enumerate(parts)]


def _filed(column: Column[R], row: R, texts: Texts) -> str | int | Decimal:
    """A cell of the file: a number as one, a day and a moment as spreadsheets know them, else the words."""
    value = column.of(row)
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    return shown(column.says(value, texts))
