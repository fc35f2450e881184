"""The cells of a stranger's workbook as texts, read by a process of its own: `python workbook.py < FILE`.

A workbook of a few kilobytes can claim seventeen thousand million cells or inflate without end, and what the reader
does then (it is Rust, and aborts) must not end the server. The process may use MEMORY_BYTES and CPU_S, prints the first
sheet that has anything as JSON, and ends with one of the exit codes below otherwise.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import resource
import sys
from collections.abc import Sequence

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MAX_ROWS = 100_000
MAX_CELLS = 2_000_000
MAX_CHARACTERS = 20_000_000
MEMORY_BYTES = 1024 * 1024 * 1024
CPU_S = 30

TOO_LARGE, UNREADABLE, PROTECTED = 65, 66, 67
"""Exit codes."""

EXACT_BELOW = 10**15
"""A spreadsheet's number has 15 certain digits (IEEE 754 double): a NIP typed as a number has lost its end."""


def text_of(value: object) -> str:
    """A cell as text: a whole number without a point, a day as 2026-11-24, a time as 07:30; a number whose last digits
    the spreadsheet does not know in the form in which it shows it, such as 1.98503152010011E+17."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if abs(value) >= EXACT_BELOW:
            return f"{value:.15G}"
        return str(int(value)) if value == int(value) else repr(float(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dt.time):
        return value.isoformat("minutes" if value.second == 0 else "seconds")
    if isinstance(value, dt.timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    return str(value)


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for about in workbook.sheets_metadata:
            # Lists that only serve a column's choices stand on hidden sheets.
            if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
                continue
            sheet = workbook.get_sheet_by_name(about.name)
            if sheet.total_height > MAX_ROWS or sheet.total_height * sheet.total_width > MAX_CELLS:
                return TOO_LARGE
            rows = [[text_of(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
            if any(cell for row in rows for cell in row):
                return _print(rows)
    except PasswordError:
        return PROTECTED
    except (CalamineError, OverflowError, ValueError):
        return UNREADABLE
    return _print([])


def _print(rows: Sequence[Sequence[str]]) -> int:
    if sum(len(cell) for row in rows for cell in row) > MAX_CHARACTERS:
        return TOO_LARGE
    json.dump(rows, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
