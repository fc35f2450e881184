"""The list of people for a mass enrolment: people.csv (as a spreadsheet saves it) or people.toml."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from enrollment.refusal import Refusal

CSV_NAME = "people.csv"
TOML_NAME = "people.toml"

COLUMNS = ("nip", "name", "folder")


@dataclass(frozen=True, slots=True)
class Row:
    """One person as listed, unchecked. `number` is the row's, from 1; `consent` False when the list says so."""

    number: int
    nip: str = field(repr=False)
    name: str = field(repr=False)
    folder: str
    consent: bool = True


def read(folder: Path) -> list[Row]:
    """The people of people.csv, else of people.toml. Raises Refusal listing_missing, listing_unreadable."""
    for name, reader in ((CSV_NAME, _read_csv), (TOML_NAME, _read_toml)):
        path = folder / name
        try:
            text = path.read_text(encoding="utf-8-sig")  # spreadsheets put a byte order mark first
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal("listing_unreadable", line=1) from error
        return reader(text)
    raise Refusal("listing_missing")


def _read_csv(text: str) -> list[Row]:
    """A comma or, as spreadsheets in Indonesian write it, a semicolon between the columns; their order is free."""
    lines = text.splitlines()
    header = lines[0] if lines else ""
    reader = csv.reader(lines, delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
    rows: list[Row] = []
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if not set(COLUMNS) <= set(names):
            raise Refusal("listing_unreadable", line=1)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                raise Refusal("listing_unreadable", line=reader.line_num)
            rows.append(_row(len(rows) + 1, dict(zip(names, cells, strict=True)), reader.line_num))
    except csv.Error as error:
        raise Refusal("listing_unreadable", line=reader.line_num) from error
    return rows


def _read_toml(text: str) -> list[Row]:
    """[[person]] tables with nip, name and folder as strings."""
    try:
        people = tomllib.loads(text).get("person")
    except tomllib.TOMLDecodeError as error:
        raise Refusal("listing_unreadable", line=1) from error
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise Refusal("listing_unreadable", line=1)
    return [_row(number, person, number) for number, person in enumerate(people, start=1)]


def _row(number: int, cells: Mapping[str, object], line: int) -> Row:
    values = [cells.get(column) for column in COLUMNS]
    texts = [value.strip() for value in values if isinstance(value, str)]
    if len(texts) != len(COLUMNS):
        raise Refusal("listing_unreadable", line=line)
    nip, name, folder = texts
    # An apostrophe is how a spreadsheet is told that a number is text.
    return Row(number, nip.removeprefix("'"), name, folder, _agreed(cells.get("consent")))


def _agreed(cell: object) -> bool:
    """An optional column `consent`: a person without a word of agreement there is not enrolled."""
    if isinstance(cell, str):
        return cell.strip().lower() in {"ya", "y", "yes", "true"}
    return cell is None or cell is True
