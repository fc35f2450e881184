"""A roster as a table: a row a person with a column a date, or a row a person and date. Pure.

A cell is a shift's id, or one of OFF; an empty one says nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from etpp.base import sheets
from etpp.base.sheets import Column, Fault, Row
from etpp.calendar.model import RosterDay

COLUMNS = (
    Column("person", ("nip", "pegawai", "id", "nip pegawai"), label="NIP"),
    Column("name", ("nama", "nama pegawai"), required=False, label="Nama"),
    Column("date", ("tanggal", "hari"), required=False, label="Tanggal"),
    Column("shift", ("giliran", "jaga", "sif"), required=False, label="Sif"),
)
OFF = frozenset({"off", "libur", "l", "x", "-"})
_DAY_OF_MONTH = re.compile(r"0?([1-9]|[12][0-9]|3[01])", re.ASCII)
Month = tuple[dt.date, dt.date]


@dataclass(frozen=True, slots=True)
class Read:
    """The days that a table has, the line of each, and its faults. The same day said twice alike is there once."""

    days: tuple[RosterDay, ...]
    lines: tuple[int, ...]
    faults: tuple[Fault, ...]


def read(
    rows: Iterable[Row],
    shift_ids: Iterable[str],
    who: Callable[[str], str | None],
    decided_utc: dt.datetime,
    month: Month | None = None,
) -> Read:
    """`who`: the id of somebody by NIP, other number or id. `month`: whose days headings such as 1 to 31 are."""
    shifts = {shift_id.casefold(): shift_id for shift_id in shift_ids}
    days: dict[str, tuple[int, RosterDay]] = {}
    faults = []
    for row in rows:
        try:
            person_id = _person(row, who)
            said = [_day(person_id, date, cell, shifts, decided_utc) for date, cell in _cells(row, month)]
            for day in said:
                before = days.get(day.roster_id)
                if before is not None and before[1].shift_id != day.shift_id:
                    raise ValueError(f"line {before[0]} says otherwise for {day.date}")
        except ValueError as error:
            faults.append(Fault(row.line, str(error)))
            continue
        for day in said:
            days.setdefault(day.roster_id, (row.line, day))
    return Read(tuple(day for _, day in days.values()), tuple(line for line, _ in days.values()), tuple(faults))


def _person(row: Row, who: Callable[[str], str | None]) -> str:
    if row.fault:
        raise ValueError(row.fault)
    try:
        found = who(sheets.digits(row["person"]))
    except ValueError as error:
        raise ValueError(f"person: {error}") from error
    if found is None:
        raise ValueError("person: nobody in the roster has this number or id")
    return found


def _cells(row: Row, month: Month | None) -> list[tuple[dt.date, str]]:
    if row["date"]:
        try:
            return [(sheets.date(row["date"]), row["shift"])]
        except ValueError as error:
            raise ValueError(f"date: {error}") from error
    return [(_dated(heading, month), cell) for heading, cell in row.others.items() if cell and _is_date(heading)]


def _is_date(heading: str) -> bool:
    """A column such as "No" or "Jabatan" is somebody's own; one with a digit must be a date."""
    return any(character.isdigit() for character in heading)


def _dated(heading: str, month: Month | None) -> dt.date:
    of_month = _DAY_OF_MONTH.fullmatch(heading)
    if of_month and month is not None:
        day = month[0] + dt.timedelta(days=int(of_month[1]) - 1)
        if day <= month[1]:
            return day
    try:
        return sheets.date(heading)
    except ValueError as error:
        raise ValueError(f"the heading of a column {error}, or a day of the month that is imported") from error


def _day(person_id: str, date: dt.date, cell: str, shifts: Mapping[str, str], decided_utc: dt.datetime) -> RosterDay:
    said = cell.casefold()
    shift_id = shifts.get(said)
    if shift_id is None and said not in OFF:
        raise ValueError(f"{date}: there is no such shift")
    return RosterDay(f"{person_id}:{date}", person_id, date, shift_id, decided_utc)
