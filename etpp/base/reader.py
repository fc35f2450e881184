"""One row of a table read cell by cell: every fault is noted beside its column, and the reading goes on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

from etpp.base import sheets
from etpp.base.sheets import Fault, Row
from etpp.base.texts import plain

T = TypeVar("T")


class Reader:
    """Notes what is wrong and goes on, so that a row's faults come all at once."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self.faults: list[Fault] = []

    def fault(self, column: str, says: str) -> None:
        self.faults.append(Fault(self._row.line, f"{column}: {says}"))

    def take(self, column: str, read: Callable[[str], T], empty: T) -> T:
        if not self._row[column]:
            return empty
        try:
            return read(self._row[column])
        except ValueError as error:
            self.fault(column, str(error))
            return empty

    def need(self, column: str, read: Callable[[str], T], empty: T) -> T:
        if not self._row[column]:
            self.fault(column, "is empty")
        return self.take(column, read, empty)


def date(cell: str) -> dt.date:
    """A day that somebody can have meant. Raises ValueError."""
    found = sheets.date(cell)
    if not 1950 <= found.year <= 2100:
        raise ValueError("must be a day between 1950 and 2100")
    return found


def whose(cell: str) -> str:
    """A person's number, without the spaces that a NIP is written with, or an id as it is. Raises ValueError."""
    said = plain(sheets.digits(cell))
    return "".join(said.split()) if said.replace(" ", "").isdigit() else said


def text(most: int) -> Callable[[str], str]:
    """What reads a text of so many characters at most. Raises ValueError."""

    def read(cell: str) -> str:
        if len(plain(cell)) > most:
            raise ValueError(f"must have at most {most} characters")
        return cell

    return read
