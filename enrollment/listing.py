"""The list of people for a mass enrolment: people.csv (as a spreadsheet saves it) or people.toml.

What is wrong with one person's line is that person's: the row carries the refusal, and all others are enrolled.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from enrollment import characters
from enrollment.catalogue import Phrase
from enrollment.decoding import decode, undecoded
from enrollment.refusal import Refusal

CSV_NAME = "people.csv"
TOML_NAME = "people.toml"

COLUMNS = ("nip", "name", "folder")
CONSENT = "consent"

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Row:
    """One person as listed, unchecked. `number` is the row's, from 1; `consent` False when the list says so.

    `line` is where it begins in the file, from 1; `fault` why it cannot be read, when it cannot.
    """

    number: int
    nip: str = field(repr=False)
    name: str = field(repr=False)
    folder: str
    consent: bool = True
    line: int = field(default=0, compare=False)
    fault: Refusal | None = field(default=None, compare=False)


def read(folder: Path) -> list[Row]:
    """The people of people.csv, else of people.toml.

    Raises Refusal listing_missing, and listing_unreadable for what concerns the whole list: its encoding, its columns.
    """
    for name, reader in ((CSV_NAME, _read_csv), (TOML_NAME, _read_toml)):
        try:
            content = (folder / name).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _unreadable(1, "disk", why=error.strerror) from error
        return reader(decode(content))
    raise Refusal("listing_missing")


# ---------------------------------------------------------------- people.csv


def _read_csv(text: str) -> list[Row]:
    """Comma, semicolon (as spreadsheets in Indonesian write it) or tab between the columns, which are in any order."""
    lines = list(io.StringIO(text, newline=""))  # at line feeds and carriage returns alone, which are kept
    first, delimiter = _delimiter(lines)
    rows: list[Row] = []
    names: list[str] | None = None
    for line, cells in _records(lines, first, delimiter):
        if not isinstance(cells, Refusal) and not any(characters.seen(cell) for cell in cells):
            continue
        if names is None:
            names = _columns(cells, line)
        else:
            rows.append(_csv_row(len(rows) + 1, names, cells, line))
    if names is None:
        raise _unreadable(1, "nothing")
    return rows


def _delimiter(lines: Sequence[str]) -> tuple[int, str]:
    """The line, from 0, at which the list begins, and what stands between its columns.

    A line `sep=;` before the list tells Excel the latter.
    """
    header = next((line for line in lines if line.strip()), "")
    told = re.fullmatch(r'"?sep=([,;\t])"?\s*', header, re.IGNORECASE)
    if told is not None:
        return lines.index(header) + 1, told[1]
    return 0, max(_DELIMITERS, key=header.count)


def _records(lines: Sequence[str], first: int, delimiter: str) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Each record, and the line, from 1, where it begins. After one that cannot be read the next line is another."""
    at = first
    while at < len(lines):
        begun = at
        reader = csv.reader(itertools.islice(lines, begun, None), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                byte = undecoded("".join(cells))
                yield at + 1, cells if byte is None else Refusal("listing_unreadable", line=at + 1, found=byte)
                at = begun + reader.line_num
        except csv.Error:
            yield at + 1, _unreadable(at + 1, "quotation")
            at += 1


def _columns(cells: list[str] | Refusal, line: int) -> list[str]:
    if isinstance(cells, Refusal):
        raise cells
    names = [characters.seen(cell).lower() for cell in cells]
    for column in (*COLUMNS, CONSENT):
        if names.count(column) > 1:
            raise _unreadable(line, "column_twice", column=column)
        if column not in names and column != CONSENT:
            raise _unreadable(line, "column_missing", column=column)
    return names


def _csv_row(number: int, names: Sequence[str], cells: list[str] | Refusal, line: int) -> Row:
    if isinstance(cells, Refusal):
        return Row(number, "", "", "", line=line, fault=cells)
    # Spreadsheets leave away empty cells at the end of a line, and add some.
    given = dict(zip(names, cells, strict=False))
    missing = [column for column in COLUMNS if column not in given]
    fault = None
    if missing:
        fault = _unreadable(line, "cell_missing", column=missing[0])
    elif any(characters.seen(cell) for cell in cells[len(names) :]):
        fault = _unreadable(line, "cells_too_many", cells=len(cells), columns=len(names))
    elif any(_swallowed(cell) for cell in cells):
        fault = _unreadable(line, "quotation")
    nip, name, folder = (given.get(column, "").strip() for column in COLUMNS)
    return Row(
        number, _number(nip), name, folder, _agreed(given.get(CONSENT, "" if CONSENT in names else None)), line, fault
    )


def _swallowed(cell: str) -> bool:
    """Whether the cell holds the next person too: a quotation mark that is not closed goes on to the next one."""
    _, *rest = re.split(r"[\r\n]", cell)
    return sum(character.isdigit() for character in "".join(rest)) >= 8


def _number(nip: str) -> str:
    """An apostrophe, or a formula, is how a spreadsheet is told that a number is text."""
    formula = re.fullmatch(r'="(.*)"', characters.seen(nip))
    return nip.removeprefix("'") if formula is None else formula[1]


def _agreed(cell: object) -> bool:
    """An optional column `consent`: a person without a word of agreement there is not enrolled."""
    if isinstance(cell, str):
        return characters.seen(cell).lower() in {"ya", "y", "yes", "true"}
    return cell is None or cell is True


# ---------------------------------------------------------------- people.toml


def _read_toml(text: str) -> list[Row]:
    """[[person]] tables with nip, name and folder as strings."""
    try:
        people = tomllib.loads(text).get("person")
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"at line (\d+)", str(error))
        line = int(told[1]) if told else 1 + text.rstrip().count("\n")  # else it is the end
        raise _unreadable(line, "toml") from error
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise _unreadable(1, "no_people")
    headers = re.finditer(r"^[ \t]*\[\[", text, re.MULTILINE)
    lines = [1 + text.count("\n", 0, header.start()) for header in headers]
    if len(lines) != len(people):  # written in another way; the number of the person is all that is known
        lines = list(range(1, len(people) + 1))
    return [_toml_row(number, *each) for number, each in enumerate(zip(people, lines, strict=True), start=1)]


def _toml_row(number: int, person: Mapping[str, object], line: int) -> Row:
    cells = [person.get(column) for column in COLUMNS]
    nip, name, folder = (cell.strip() if isinstance(cell, str) else "" for cell in cells)
    wrong = [column for column, cell in zip(COLUMNS, cells, strict=True) if not isinstance(cell, str)]
    byte = undecoded(nip + name + folder)
    fault = _unreadable(line, "no_text", column=wrong[0]) if wrong else None
    if byte is not None:
        fault = Refusal("listing_unreadable", line=line, found=byte)
    return Row(number, _number(nip), name, folder, _agreed(person.get(CONSENT)), line, fault)


def _unreadable(line: int, key: str, **values: object) -> Refusal:
    return Refusal("listing_unreadable", line=line, found=Phrase(key, values))
