"""A report as a value: what stands in it, before it becomes pages or a workbook. Frozen; knows no renderer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NamedTuple

Kind = Literal["nominative", "presence", "recap", "statement", "discipline", "manual"]
KINDS: tuple[Kind, ...] = ("nominative", "presence", "recap", "statement", "discipline", "manual")
Format = Literal["xlsx", "pdf"]
FORMATS: tuple[Format, ...] = ("xlsx", "pdf")
Paper = Literal["A4", "F4"]
PAPERS: tuple[Paper, ...] = ("A4", "F4")

Tone = Literal["plain", "good", "late", "bad", "away", "off", "doubt"]
"""How a mark looks besides its letter, which says the same to whoever sees no colours."""


class Mark(NamedTuple):
    """A day's verdict in a letter or two."""

    text: str
    tone: Tone = "plain"


Cell = str | int | Decimal | dt.date | Mark | None

ColumnKind = Literal["text", "id", "count", "points", "rupiah", "date", "mark", "sign"]
"""`id`: digits that are a name, kept as text. `sign`: room for a signature."""


@dataclass(frozen=True, slots=True)
class Column:
    """`width`: of a page, in millimetres. `group`: a heading over neighbouring columns. `sums`: the foot has a sum."""

    title: str
    kind: ColumnKind = "text"
    width: float = 20
    group: str = ""
    sums: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """`foot`: what the last row is called; "" for a table without one."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    foot: str = ""
    note: str = ""
    empty: str = ""
    """What is said in place of a table without rows."""
    strong: frozenset[int] = frozenset()
    """Rows, from 0, that are sums of those before them."""

    @property
    def totals(self) -> tuple[Cell, ...]:
        """One cell a column; None where there is nothing to add up."""
        return tuple(
            sum((_number(row[n]) for row in self.rows), Decimal(0)) if column.sums else None
            for n, column in enumerate(self.columns)
        )


class Series(NamedTuple):
    name: str
    values: tuple[Decimal, ...]
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and its figures. `bars`: one row a label; `columns`: the labels are successive, series are stacked."""

    kind: Literal["bars", "columns"]
    title: str
    label: str
    """What the labels are."""
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: Literal["count", "rupiah"]
    told: bool = False
    """Whether a table before it has the figures already, on a page."""

    @property
    def figures(self) -> Table:
        """The same for whoever cannot see the picture."""
        columns = (
            Column(self.label, "text", 60),
            *(Column(each.name, self.unit, 34, sums=True) for each in self.series),
        )
        values = zip(*(each.values for each in self.series), strict=True)
        return Table(columns, tuple((label, *row) for label, row in zip(self.labels, values, strict=True)))


class Sentence(NamedTuple):
    """One reason. `level`: 0 stands for itself, 1 explains the one before."""

    text: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class Reasons:
    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Short facts in pairs: what, and which."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places for the signatures of those who answer for a list: over each, where, when and as what."""

    places: tuple[tuple[str, str], ...]


Block = Table | Chart | Reasons | Facts | Signatures


@dataclass(frozen=True, slots=True)
class Section:
    """An office's part, or a person's; it begins on a new page and has a sheet of its own.

    `stamp`: what each of its pages says in large letters, such as that the list is not closed. `foot`: the lines at the
    foot of each page.
    """

    name: str
    title: str
    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    stamp: str = ""
    foot: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """`page_of`: the text with `{page}` and `{pages}`; `made`: when it was made, for the foot."""

    title: str
    language: str
    sections: tuple[Section, ...]
    page_of: str
    made: str
    landscape: bool = True
    paper: Paper = "F4"


def _number(cell: Cell) -> Decimal:
    return Decimal(cell) if isinstance(cell, (int, Decimal)) else Decimal(0)
